"""What operators and functions mean on lists and maps, whose parts stay plain JSON; and when two
values with parts are equal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from workflows.language.failure import out_of_range, too_much
from workflows.language.types import DECIMAL, ListOf, MapOf, Record, Type
from workflows.language.values import DECODERS, Json

#: The longest list that an expression goes through or makes.
MAX_ELEMENTS: Final = 1_000

_Equal: TypeAlias = Callable[[Any, Any], bool]


def bounded(elements: list[Json]) -> list[Json]:
    """The list itself.

    Raises:
        EvaluationError: ``EXPRESSION_TOO_MUCH`` when it is too long.
    """
    if len(elements) > MAX_ELEMENTS:
        raise too_much(
            f"a list of {len(elements)} elements; expressions go through {MAX_ELEMENTS} at most"
        )
    return elements


def _decoder(kind: str) -> Callable[[Json], Any]:
    return DECODERS.get(kind, lambda raw: raw)


def _distinct(elements: list[Json], kind: str) -> list[Json]:
    decode = _decoder(kind)
    first: dict[Any, Json] = {}
    for element in bounded(elements):
        first.setdefault(decode(element), element)
    return list(first.values())


def _extreme(choose: Callable[..., Any], word: str) -> Callable[[list[Json], str], Any]:
    def chosen(elements: list[Json], kind: str) -> Any:
        if not elements:
            raise out_of_range(f"an empty list has no {word}")
        return choose(map(_decoder(kind), bounded(elements)))

    return chosen


LISTS: Final[dict[str, Callable[..., Any]]] = {
    "size": len,
    "add_list": lambda a, b: bounded(a + b),
    "distinct": _distinct,
    "sort": lambda elements, kind: sorted(bounded(elements), key=_decoder(kind)),
    "min_of": _extreme(min, "least element"),
    "max_of": _extreme(max, "greatest element"),
}


def equality(kind: Type) -> _Equal:
    """How two values of a type, as JSON, are compared: 1.0 and 1.00 are one decimal."""
    if not _holds_decimals(kind):
        return lambda a, b: bool(a == b)
    match kind:
        case ListOf(item):
            same = equality(item)
            return lambda a, b: len(a) == len(b) and all(map(same, a, b))
        case MapOf(item):
            same = equality(item)
            return lambda a, b: a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
        case Record(fields):
            return _equal_records({field.name: equality(field.type) for field in fields})
        case _:
            decode = DECODERS["decimal"]
            return lambda a, b: bool(decode(a) == decode(b))


def _equal_records(parts: dict[str, _Equal]) -> _Equal:
    def equal(a: dict[str, Json], b: dict[str, Json]) -> bool:
        return all(
            same(a[name], b[name]) if name in a and name in b else name not in a and name not in b
            for name, same in parts.items()
        )

    return equal


def _holds_decimals(kind: Type) -> bool:
    match kind:
        case ListOf(item) | MapOf(item):
            return _holds_decimals(item)
        case Record(fields):
            return any(_holds_decimals(field.type) for field in fields)
        case _:
            return kind == DECIMAL
