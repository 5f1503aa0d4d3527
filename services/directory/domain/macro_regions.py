"""Macro-regions such as 华东: the company's own table of which provinces each is made of."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kit.errors import InvalidArgument
from services.directory.domain.places import COUNTRY

_LONGEST: Final = 60


@dataclass(frozen=True, slots=True)
class MacroRegion:
    """A group of provinces."""

    code: str
    name: str
    provinces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MacroRegions:
    """One version of the whole table."""

    version: int
    effective_from: datetime
    regions: tuple[MacroRegion, ...]
    put_at: datetime
    put_by_person_id: str

    def above(self, path: Sequence[str]) -> tuple[str, ...]:
        """A path from a place to the country, with the macro-region of its province put in."""
        if len(path) < 2:
            return tuple(path)
        *below, province, country = path
        return (*below, province, *self._of(province), country)

    def find(self, code: str) -> MacroRegion | None:
        """A macro-region by its code."""
        return next((region for region in self.regions if region.code == code), None)

    def _of(self, province: str) -> tuple[str, ...]:
        return tuple(region.code for region in self.regions if province in region.provinces)


def check_macro_regions(regions: Sequence[MacroRegion], provinces: Mapping[str, str]) -> None:
    """Refuse a table in which a province is missing, unknown or in two regions.

    Args:
        regions: the table.
        provinces: every province's name by its code.

    Raises:
        InvalidArgument: ``MACRO_REGIONS_INVALID``, naming the region and the province.
    """
    codes: set[str] = set()
    placed: dict[str, str] = {}
    for number, region in enumerate(regions):
        field = f"macro_regions[{number}]"
        _check_names(region, codes, field)
        codes.add(region.code)
        for index, province in enumerate(region.provinces):
            where = f"{field}.province_adcodes[{index}]"
            if province not in provinces:
                raise _invalid(f"{province!r} is no province of today", where)
            if province in placed:
                raise _invalid(
                    f"{provinces[province]} is in {placed[province]} and in {region.code}", where
                )
            placed[province] = region.code
    if missing := [f"{code} {name}" for code, name in provinces.items() if code not in placed]:
        raise _invalid(f"in no macro-region: {', '.join(missing)}", "macro_regions")


def _check_names(region: MacroRegion, taken: Collection[str], field: str) -> None:
    if not region.code.strip() or not region.name.strip() or not region.provinces:
        raise _invalid("a macro-region needs a code, a name and a province", field)
    if max(len(region.code), len(region.name)) > _LONGEST:
        raise _invalid(f"a code or name has {_LONGEST} characters at most", field)
    if region.code in taken or region.code == COUNTRY or region.code.isdigit():
        raise _invalid(
            f"{region.code!r} is taken; adcodes and {COUNTRY!r} are no codes of macro-regions",
            f"{field}.macro_region_code",
        )


def _invalid(message: str, field: str) -> InvalidArgument:
    return InvalidArgument("MACRO_REGIONS_INVALID", message, field=field)
