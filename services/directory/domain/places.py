"""The table of places: what lies in what, and what became of codes that ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from kit.errors import InvalidArgument

#: Levels that people say: the country and macro-regions go without saying.
_SPOKEN: Final = ("province", "city", "district")


@dataclass(frozen=True, slots=True)
class PlaceRecord:
    """One code of GB/T 2260 (or a macro-region, or the country) and when it was in force.

    ``valid_to`` is the first day on which it was no more.
    """

    adcode: str
    name: str
    parent: str
    level: str
    valid_from: date | None
    valid_to: date | None
    merged_into: str

    def is_in_force(self, on: date) -> bool:
        """True when the code is in force on a day."""
        begun = self.valid_from is None or self.valid_from <= on
        return begun and (self.valid_to is None or on < self.valid_to)


@dataclass(frozen=True, slots=True)
class ResolvedPlace:
    """Where something lies, as it was when it was resolved."""

    adcode: str
    adcode_path: tuple[str, ...]
    zone_codes: tuple[str, ...]
    city_tier: str
    place_name: str


class PlaceTable:
    """Every known place, by its code."""

    def __init__(self, records: Iterable[PlaceRecord]) -> None:
        self._records: Mapping[str, PlaceRecord] = {record.adcode: record for record in records}
        self._parts: dict[str, list[PlaceRecord]] = defaultdict(list)
        for record in self._records.values():
            self._parts[record.parent].append(record)

    def adcodes(self) -> Iterable[str]:
        """Every code we know, ended ones included."""
        return self._records.keys()

    def path(self, adcode: str, on: date, field: str = "adcode") -> tuple[str, ...]:
        """The codes from a place up to the country, as of a day.

        A code that had ended by then stands for what it was merged into.

        Raises:
            InvalidArgument: ``PLACE_UNKNOWN``, naming ``field``.
        """
        record = self._in_force(adcode, on, field)
        codes = [record.adcode]
        while record.parent:
            record = self._in_force(record.parent, on, field)
            codes.append(record.adcode)
        return tuple(codes)

    def name(self, path: Iterable[str]) -> str:
        """A path in words, province first, such as 北京市朝阳区; a city named like its province once."""
        records = [self._records[code] for code in path]
        names = [record.name for record in records if record.level in _SPOKEN]
        return "".join(dict.fromkeys(reversed(names)))

    def within(
        self, parent: str, on: date, field: str = "parent_adcode"
    ) -> tuple[PlaceRecord, ...]:
        """What lies directly in a place as of a day; in none: the provinces.

        Raises:
            InvalidArgument: ``PLACE_UNKNOWN``, naming ``field``.
        """
        if not parent:
            provinces = (r for r in self._records.values() if r.level == _SPOKEN[0])
            return tuple(record for record in provinces if record.is_in_force(on))
        parent = self._in_force(parent, on, field).adcode
        return tuple(record for record in self._parts.get(parent, ()) if record.is_in_force(on))

    def _in_force(self, adcode: str, on: date, field: str) -> PlaceRecord:
        record = self._records.get(adcode)
        while record is not None and record.valid_to is not None and record.valid_to <= on:
            record = self._records.get(record.merged_into)
        if record is None or (record.valid_from is not None and on < record.valid_from):
            raise InvalidArgument(
                "PLACE_UNKNOWN",
                f"{adcode!r} is no place we know on {on}; give an adcode of GB/T 2260, such as"
                " '110105', or a macro-region, such as 'CN-NORTH'",
                field=field,
            )
        return record


def city_tier(path: Iterable[str], tier_by_adcode: Mapping[str, str]) -> str:
    """The company's tier of the nearest place on the path that has one; empty when none has."""
    return next((tier_by_adcode[code] for code in path if code in tier_by_adcode), "")
