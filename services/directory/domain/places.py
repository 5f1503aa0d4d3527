"""The table of places: what lies in what, when, and what became of codes that ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from kit.errors import InvalidArgument

COUNTRY: Final = "CN"
PROVINCE: Final = "province"
CITY: Final = "city"
DISTRICT: Final = "district"


@dataclass(frozen=True, slots=True)
class PlaceRecord:
    """One code of GB/T 2260 under one name, and when it was in force.

    Attributes:
        valid_from: the first day of it; None: as far back as we know.
        valid_to: the first day on which it was no more.
        became: the codes it is part of since then; none when only its name changed.
    """

    adcode: str
    name: str
    parent: str
    level: str
    valid_from: date | None = None
    valid_to: date | None = None
    became: tuple[str, ...] = ()

    def is_in_force(self, on: date) -> bool:
        """True when the code bears the name on a day."""
        begun = self.valid_from is None or self.valid_from <= on
        return begun and not self.has_ended(on)

    def has_ended(self, on: date) -> bool:
        """True when it is no more by a day."""
        return self.valid_to is not None and self.valid_to <= on


@dataclass(frozen=True, slots=True)
class ResolvedPlace:
    """Where something lies, as it was when it was resolved.

    Attributes:
        zones_known: whether a location was known to look for zones with.
        former_adcode: the code that was asked about, when it had become another one; else empty.
    """

    adcode: str
    adcode_path: tuple[str, ...]
    zone_codes: tuple[str, ...]
    city_tier: str
    place_name: str
    resolved_at: datetime
    zones_known: bool
    former_adcode: str


class PlaceTable:
    """Every known place, by its code and by its time."""

    def __init__(self, records: Iterable[PlaceRecord]) -> None:
        by_code: dict[str, list[PlaceRecord]] = defaultdict(list)
        self._parts: dict[str, list[PlaceRecord]] = defaultdict(list)
        for record in records:
            by_code[record.adcode].append(record)
            self._parts[record.parent].append(record)
        for named in by_code.values():
            named.sort(key=lambda each: each.valid_from or date.min)
        self._records: Mapping[str, Sequence[PlaceRecord]] = dict(by_code)

    def records(self) -> Iterator[PlaceRecord]:
        """Every code under every name it had."""
        return (record for named in self._records.values() for record in named)

    def current(self, adcode: str, on: date, field: str = "adcode") -> PlaceRecord:
        """What a code means on a day: the place, or the one that it became by then.

        Raises:
            InvalidArgument: ``PLACE_UNKNOWN`` for a code that is none, or none yet;
                ``PLACE_AMBIGUOUS`` for one that was divided. Both name ``field``.
        """
        found = self.successors(adcode, on)
        if len(found) == 1:
            return found[0]
        if found:
            raise InvalidArgument(
                "PLACE_AMBIGUOUS",
                f"{adcode} {self._records[adcode][-1].name} was divided; say which part:"
                f" {_listed(found)}",
                field=field,
                details={"candidates": " ".join(record.adcode for record in found)},
            )
        raise InvalidArgument("PLACE_UNKNOWN", self._unknown(adcode, on), field=field)

    def successors(self, adcode: str, on: date) -> tuple[PlaceRecord, ...]:
        """The place of a code on a day, or those that it is part of by then; none when there is
        no such code by then.
        """
        found: dict[str, PlaceRecord] = {}
        for record in self._records.get(adcode, ()):
            if record.is_in_force(on):
                return (record,)
            if record.has_ended(on):
                later = (each for heir in record.became for each in self.successors(heir, on))
                found |= {each.adcode: each for each in later}
        return tuple(found.values())

    def renewed(self, codes: Iterable[str], on: date) -> list[str]:
        """Codes that were written down some time, as they are on a day: each that ended by all that
        it is part of, and whatever is no adcode as it is.
        """
        found = (
            [record.adcode for record in self.successors(code, on)] or [code] for code in codes
        )
        return list(dict.fromkeys(code for each in found for code in each))

    def path(self, adcode: str, on: date, field: str = "adcode") -> tuple[str, ...]:
        """The codes from what a code means on a day up to the country.

        Raises:
            InvalidArgument: as ``current`` does.
        """
        return tuple(record.adcode for record in self._upwards(self.current(adcode, on, field), on))

    def name(self, adcode: str, on: date) -> str:
        """A place in words, province first, such as 北京市朝阳区; a city named like its province
        once.
        """
        upwards = self._upwards(self.current(adcode, on), on)
        names = [record.name for record in upwards if record.adcode != COUNTRY]
        return "".join(dict.fromkeys(reversed(names)))

    def within(
        self, parent: str, on: date, field: str = "parent_adcode"
    ) -> tuple[PlaceRecord, ...]:
        """What lies directly in a place as of a day; in none: the provinces.

        Raises:
            InvalidArgument: as ``current`` does.
        """
        parent = self.current(parent or COUNTRY, on, field).adcode
        return tuple(each for each in self._parts.get(parent, ()) if each.is_in_force(on))

    def _upwards(self, record: PlaceRecord, on: date) -> Iterator[PlaceRecord]:
        yield record
        while record.parent:
            record = self.current(record.parent, on)
            yield record

    def _unknown(self, adcode: str, on: date) -> str:
        if named := self._records.get(adcode):
            return f"{adcode} {named[0].name} began on {named[0].valid_from}, after {on}"
        return f"{adcode!r} is no place we know; give an adcode of GB/T 2260, such as '110105'"


def _listed(records: Collection[PlaceRecord]) -> str:
    return ", ".join(f"{record.adcode} {record.name}" for record in records)
