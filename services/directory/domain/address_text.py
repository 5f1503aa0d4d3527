"""What place an address names, read from the text as people write it.

Names are read from left to right, each within the one before it, levels left out or not: 江苏昆山
is as good as 江苏省苏州市昆山市. Of all readings those that use up most of the text count. Places
that they lead to are never chosen among, except that of a place and a part of it the whole is meant
(吉林 is the province).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from kit.errors import InvalidArgument
from services.directory.domain.place_names import Named, Names, Naming
from services.directory.domain.places import DISTRICT, PlaceRecord


class Confidence(Enum):
    """How sure it is what a text names."""

    NONE = "none"
    AMBIGUOUS = "ambiguous"
    LIKELY = "likely"
    CERTAIN = "certain"


@dataclass(frozen=True, slots=True)
class Part:
    """A name that was recognised, as it was written."""

    written: str
    named: Named


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that a text may name, with the names that lead to it."""

    place: PlaceRecord
    place_name: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class ParsedAddress:
    """What a text names, and what is left of it."""

    confidence: Confidence
    candidates: tuple[Candidate, ...]
    detail: str


@dataclass(frozen=True, slots=True)
class _Reading:
    """Names one within the other, from where to where."""

    start: int
    end: int
    parts: tuple[Part, ...]

    @property
    def place(self) -> PlaceRecord:
        return self.parts[-1].named.place

    @property
    def rank(self) -> tuple[int, int]:
        """Much of the text before little, early before late."""
        return sum(len(part.written) for part in self.parts), -self.start


LONGEST_TEXT: Final = 500
_SIGNS: Final = r"\s,，、.。;；:：|/\\·()（）\[\]【】_-"
_EDGE: Final = re.compile(rf"^[{_SIGNS}]+|[{_SIGNS}]+$")
#: What may stand between two names, and before the first, without being one.
_BETWEEN: Final = re.compile(
    rf"(?:[{_SIGNS}]|中华人民共和国|中国|市辖区|(?:省|自治区)直辖县级行政区划)*"
)
#: Where an address may begin: behind a sign, a digit or a letter that something else ends with.
_BEGINNING: Final = re.compile(r"(?:^|(?<=[^\u3400-\u9fff]))(?=[\u3400-\u9fff])|(?<=地址)")
#: What makes a short name the name of something else: 南京 of 南京路, 吉林 of 吉林大学.
_NAMES_ELSE: Final = re.compile(
    r"[东西南北中新老一二三四五六七八九十\d]{0,2}"
    r"(?:路|街|大道|道|巷|弄|里|村|屯|镇|乡|桥|站|大学|学院|中学|小学|医院|宾馆|酒店|饭店|公园|广场|大厦|花园|小区|机场)"
)
#: What may name a part of a place that we do not know, such as 经济技术开发区.
_PART_UNKNOWN: Final = re.compile(r"[\u3400-\u9fff]{1,9}?[区县市旗](?![\u3400-\u9fff]?[路街道])")


def parse_address(text: str, names: Names) -> ParsedAddress:
    """What place a text names.

    Raises:
        InvalidArgument: ``ADDRESS_TEXT_INVALID`` for an empty text or one too long.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if not 0 < len(plain) <= LONGEST_TEXT:
        raise InvalidArgument(
            "ADDRESS_TEXT_INVALID",
            f"an address has 1 to {LONGEST_TEXT} characters",
            field="address_text",
        )
    readings = [
        replace(reading, start=begin.start())
        for begin in _BEGINNING.finditer(plain)
        for reading in _readings(plain, begin.start(), None, names)
    ]
    best = max((reading.rank for reading in readings), default=None)
    if best is None:
        return ParsedAddress(Confidence.NONE, (), plain)
    return _concluded(plain, [each for each in readings if each.rank == best], names)


def chosen(parsed: ParsedAddress, field: str) -> Candidate:
    """The one place that a text names.

    Raises:
        InvalidArgument: ``PLACE_AMBIGUOUS`` with the candidates, ``PLACE_UNKNOWN``; naming
            ``field``.
    """
    if parsed.confidence is Confidence.NONE:
        raise InvalidArgument(
            "PLACE_UNKNOWN",
            "the address begins with no province, city or district that we know",
            field=field,
        )
    if parsed.confidence is Confidence.AMBIGUOUS:
        listed = (f"{each.place.adcode} {each.place_name}" for each in parsed.candidates)
        raise InvalidArgument(
            "PLACE_AMBIGUOUS",
            f"the address may name {', '.join(listed)}: say its city or province too",
            field=field,
            details={"candidates": " ".join(each.place.adcode for each in parsed.candidates)},
        )
    return parsed.candidates[0]


def _readings(text: str, start: int, above: PlaceRecord | None, names: Names) -> Iterator[_Reading]:
    """The ways to read names from here on, each within the one above, as far as each goes."""
    begin = _skipped(text, start)
    for end, named in names.at(text, begin):
        if above is not None and above.adcode not in names.path(named.place.adcode)[1:]:
            continue
        part = Part(text[begin:end], named)
        deeper = False
        for reading in _readings(text, end, named.place, names):
            deeper = True
            yield _Reading(begin, reading.end, (part, *reading.parts))
        if not deeper and _stands_last(named, text, begin, end):
            yield _Reading(begin, end, (part,))


def _skipped(text: str, start: int) -> int:
    between = _BETWEEN.match(text, start)
    return between.end() if between else start


def _stands_last(named: Named, text: str, begin: int, end: int) -> bool:
    """Whether a name that no other follows is one: what follows may make it that of a street."""
    if named.naming is Naming.LETTER:
        return (begin, end) == (0, len(text))
    if named.naming is Naming.SHORT:
        return _NAMES_ELSE.match(text, end) is None
    return not (named.name.endswith("市") and text.startswith("场", end))


def _concluded(text: str, readings: Sequence[_Reading], names: Names) -> ParsedAddress:
    by_place: dict[str, _Reading] = {}
    for reading in sorted(readings, key=_former_names):
        by_place.setdefault(reading.place.adcode, reading)
    kept = _whole(_without_namesakes(list(by_place.values()), names), names)
    end = max(reading.end for reading in kept)
    before, after = (_EDGE.sub("", rest) for rest in (text[: kept[0].start], text[end:]))
    detail = " ".join(filter(None, (before, after)))
    candidates = tuple(
        Candidate(each.place, names.words(each.place.adcode), each.parts)
        for each in sorted(kept, key=lambda each: each.place.adcode)
    )
    return ParsedAddress(_confidence(kept, after), candidates, detail)


def _former_names(reading: _Reading) -> int:
    return sum(part.named.naming is Naming.FORMER for part in reading.parts)


def _without_namesakes(readings: list[_Reading], names: Names) -> list[_Reading]:
    """Without former places whose very name another one bears today in the same province."""
    today = {_province(each, names) for each in readings if not _former_names(each)}
    return [
        each for each in readings if not _former_names(each) or _province(each, names) not in today
    ]


def _province(reading: _Reading, names: Names) -> str:
    return names.path(reading.place.adcode)[-2]


def _whole(readings: list[_Reading], names: Names) -> list[_Reading]:
    """Where one place holds all the others, that one alone."""
    outermost = min(readings, key=lambda each: len(names.path(each.place.adcode)))
    if all(outermost.place.adcode in names.path(each.place.adcode) for each in readings):
        return [outermost]
    return readings


def _confidence(readings: Sequence[_Reading], after: str) -> Confidence:
    if len(readings) > 1:
        return Confidence.AMBIGUOUS
    parts = readings[0].parts
    if all(part.named.naming is Naming.FULL for part in parts):
        unknown_part = readings[0].place.level != DISTRICT and _PART_UNKNOWN.match(after)
        return Confidence.LIKELY if unknown_part else Confidence.CERTAIN
    lone = len(parts) == 1 and parts[0].named.naming is Naming.SHORT
    if lone and (readings[0].start > 0 or readings[0].place.level == DISTRICT):
        # 金山 may be the district of Shanghai, or a company; 长春 behind other words, a street.
        return Confidence.AMBIGUOUS
    return Confidence.LIKELY
