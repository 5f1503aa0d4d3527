"""Reading YAML (or JSON) as plain data that remembers where each part stood.

Only what a flow needs: maps, lists and scalars. Anchors, aliases, tags and repeated keys are
refused, and size and depth are bounded, so no document can be small to send and large to read.
Numbers with a point stay text, digit by digit; only ``true``, ``false``, ``null`` and whole numbers
are anything but text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import yaml
from yaml import events

MAX_CHARACTERS: Final = 512 * 1024
MAX_DEPTH: Final = 24
MAX_VALUES: Final = 100_000
#: Keys of one map.
MAX_KEYS: Final = 500

#: Keys and list positions from the top of the document.
Place: TypeAlias = tuple[str | int, ...]

#: Problems after which a text is not read on.
_MOST_PROBLEMS: Final = 100

_INT: Final = re.compile(r"0|-?[1-9][0-9]{0,17}", re.ASCII)
_WORDS: Final = {"true": True, "false": False, "null": None, "~": None, "": None}
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class SourceProblem:
    """Something in the text itself is wrong. ``place`` is where it was being read."""

    code: str
    message: str
    hint: str
    line: int
    place: Place = ()


@dataclass(slots=True)
class Source:
    """A document as plain data.

    Attributes:
        value: the data; None when nothing could be read.
        lines: the line, from 1, of each map entry and list element by its place.
        problems: what is wrong with the text.
    """

    value: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    problems: list[SourceProblem] = field(default_factory=list)

    def line_of(self, place: Place) -> int:
        """The line of a place, or of the nearest part around it; 0 when nothing is known."""
        while place:
            if place in self.lines:
                return self.lines[place]
            place = place[:-1]
        return self.lines.get((), 0)


class _Stop(Exception):
    def __init__(self, problem: SourceProblem) -> None:
        self.problem = problem


def read_source(text: str) -> Source:
    """Read one document; problems gather in the result, nothing is raised."""
    source = Source()
    if len(text) > MAX_CHARACTERS:
        source.problems.append(
            SourceProblem(
                "FLOW_SOURCE_TOO_BIG",
                f"a flow may have {MAX_CHARACTERS} characters, this one has {len(text)}",
                "split it into subflows",
                0,
            )
        )
        return source
    try:
        _Reader(text, source).read()
    except _Stop as stop:
        source.problems.append(stop.problem)
    except yaml.YAMLError as error:
        source.problems.append(_syntax(error))
    except UnicodeError:
        source.problems.append(
            SourceProblem("FLOW_SOURCE_SYNTAX", "the text holds half a surrogate pair", "", 0)
        )
    return source


class _Reader:
    def __init__(self, text: str, source: Source) -> None:
        self._events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
        self._source = source
        self._values = 0

    def read(self) -> None:
        """Read the first document and refuse a second."""
        documents = 0
        for event in self._events:
            if isinstance(event, events.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _stop(event, "FLOW_SOURCE_SYNTAX", "a file holds one flow", ())
                self._source.value = self._value(next(self._events), ())

    def _value(self, event: Any, place: Place) -> Any:
        self._source.lines.setdefault(place, event.start_mark.line + 1)
        self._values += 1
        if self._values > MAX_VALUES:
            raise _stop(event, "FLOW_SOURCE_TOO_BIG", f"more than {MAX_VALUES} values", place[:2])
        if len(place) > MAX_DEPTH:
            raise _stop(event, "FLOW_SOURCE_TOO_BIG", f"nested deeper than {MAX_DEPTH}", place[:2])
        if isinstance(event, events.AliasEvent) or event.anchor is not None:
            raise _stop(
                event, "FLOW_SOURCE_ALIAS", "anchors and aliases are not part of a flow", place
            )
        if event.tag is not None:
            raise _stop(event, "FLOW_SOURCE_SYNTAX", f"tag {event.tag} is not known", place)
        if isinstance(event, events.ScalarEvent):
            return _scalar(event)
        if isinstance(event, events.SequenceStartEvent):
            return self._list(place)
        return self._map(place)

    def _list(self, place: Place) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), events.SequenceEndEvent):
            items.append(self._value(event, (*place, len(items))))
        return items

    def _map(self, place: Place) -> dict[str, Any]:
        result: dict[str, Any] = {}
        while not isinstance(event := next(self._events), events.MappingEndEvent):
            key = self._key(event, place)
            inner = (*place, key)
            if len(result) == MAX_KEYS:
                raise _stop(event, "FLOW_SOURCE_TOO_BIG", f"more than {MAX_KEYS} keys", place[:2])
            if key in result:
                self._written_twice(key, event, place)
                self._value(next(self._events), (*inner, "(again)"))
                continue
            self._source.lines[inner] = event.start_mark.line + 1
            result[key] = self._value(next(self._events), inner)
        return result

    def _written_twice(self, key: str, event: Any, place: Place) -> None:
        problems = self._source.problems
        if len(problems) == _MOST_PROBLEMS:
            raise _stop(event, "FLOW_SOURCE_TOO_BIG", "there is too much wrong to read on", place)
        first = self._source.lines[(*place, key)]
        problems.append(
            SourceProblem(
                "FLOW_SOURCE_DUPLICATE_KEY",
                f"{key!r} is written twice",
                f"the first stands on line {first}; keep one",
                event.start_mark.line + 1,
                place,
            )
        )

    def _key(self, event: Any, place: Place) -> str:
        if not isinstance(event, events.ScalarEvent) or event.anchor or event.tag:
            raise _stop(event, "FLOW_SOURCE_SYNTAX", "a key must be a plain text", place)
        return str(event.value)


def _scalar(event: events.ScalarEvent) -> Any:
    text: str = event.value
    if not event.implicit[0]:  # quoted, or a block
        return text
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if _INT.fullmatch(text) else text


def _stop(event: Any, code: str, message: str, place: Place) -> _Stop:
    return _Stop(SourceProblem(code, message, "", event.start_mark.line + 1, place))


def _syntax(error: yaml.YAMLError) -> SourceProblem:
    mark = getattr(error, "problem_mark", None)
    message = str(getattr(error, "problem", "") or error)
    hint = "indent with spaces" if "'\\t'" in message else ""
    return SourceProblem("FLOW_SOURCE_SYNTAX", message, hint, mark.line + 1 if mark else 0)
