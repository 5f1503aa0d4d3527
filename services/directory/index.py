"""What is kept in memory: the table of places, the names people call them by, and the atlas of what
the company says of them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, TypeVar

import shapely

from kit.coordinates import Point, to_gcj_02
from services.directory.domain.city_tiers import CityTier
from services.directory.domain.macro_regions import MacroRegions
from services.directory.domain.place_names import Names
from services.directory.domain.places import PlaceRecord, PlaceTable
from services.directory.domain.versions import in_force
from services.directory.domain.zones import ZoneVersion

_ADCODES: Final = Path(__file__).parent / "places" / "adcodes.csv"


@cache
def load_places() -> PlaceTable:
    """Every place of ``places/adcodes.csv``."""
    with _ADCODES.open(encoding="utf-8", newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        return PlaceTable(_record(row) for row in csv.DictReader(lines))


@lru_cache(maxsize=4)
def load_names(on: date) -> Names:
    """The names of ``load_places`` as of a day."""
    return Names(load_places(), on)


#: A version of a zone with its outline; None when it has ended.
DrawnZone = tuple[ZoneVersion, shapely.MultiPolygon | None]


class Atlas:
    """Every version of every zone, city tier and table of macro-regions, up to a revision.

    Versions never change, so that a newer atlas is this one with what was edited since. Zones are
    found by a tree of their outlines: of thousands only the few around a point are looked at.
    """

    def __init__(self) -> None:
        self.revision = 0
        self._zones: dict[str, tuple[ZoneVersion, ...]] = {}
        self._tiers: dict[str, tuple[CityTier, ...]] = {}
        self._macro_regions: tuple[MacroRegions, ...] = ()
        self._drawn: list[tuple[ZoneVersion, shapely.MultiPolygon]] = []
        self._tree = shapely.STRtree([])

    def extended(
        self,
        revision: int,
        zones: Iterable[DrawnZone],
        tiers: Iterable[CityTier],
        macro_regions: Iterable[MacroRegions],
    ) -> Atlas:
        """This atlas with what was edited up to a revision."""
        newer = Atlas()
        newer.revision = revision
        newer._zones, newer._drawn = dict(self._zones), list(self._drawn)
        for zone, drawn in zones:
            _add(newer._zones, zone.zone_code, zone)
            if drawn is not None:
                shapely.prepare(drawn)
                newer._drawn.append((zone, drawn))
        newer._tree = shapely.STRtree([drawn for _, drawn in newer._drawn])
        newer._tiers = dict(self._tiers)
        for tier in tiers:
            _add(newer._tiers, tier.adcode, tier)
        newer._macro_regions = (*self._macro_regions, *macro_regions)
        return newer

    def zones_around(self, point: Point, at: datetime) -> list[ZoneVersion]:
        """The zones that a point lies in, or on the edge of, at an instant: the smallest first,
        those as large as each other by code.
        """
        drawn_at = to_gcj_02(point)
        spot = shapely.Point(drawn_at.longitude, drawn_at.latitude)
        near = (self._drawn[int(number)] for number in self._tree.query(spot))
        around = [
            version
            for version, drawn in near
            if self.zone(version.zone_code, at) is version and drawn.covers(spot)
        ]
        return sorted(around, key=lambda each: (each.area_square_metres, each.zone_code))

    def zone(self, zone_code: str, at: datetime) -> ZoneVersion | None:
        """What a zone is at an instant; None when nothing was said of it by then."""
        return in_force(self.zone_versions(zone_code), at)

    def zone_versions(self, zone_code: str) -> tuple[ZoneVersion, ...]:
        """Every edit of a zone, in their order."""
        return self._zones.get(zone_code, ())

    def zones(self, at: datetime) -> list[ZoneVersion]:
        """The zones that there are at an instant, by code."""
        found = (self.zone(zone_code, at) for zone_code in sorted(self._zones))
        return [zone for zone in found if zone is not None and not zone.ended]

    def tier(self, adcode: str, at: datetime) -> CityTier | None:
        """What is said of the tier of one place at an instant."""
        return in_force(self.tier_versions(adcode), at)

    def tier_versions(self, adcode: str) -> tuple[CityTier, ...]:
        """Every edit of a place's tier, in their order."""
        return self._tiers.get(adcode, ())

    def tiers(self, at: datetime) -> list[CityTier]:
        """The places that are in a tier of their own at an instant, by code."""
        found = (self.tier(adcode, at) for adcode in sorted(self._tiers))
        return [tier for tier in found if tier is not None and tier.city_tier]

    def nearest_tier(self, path: Iterable[str], at: datetime) -> str:
        """The tier of the nearest place on a path that is in one; empty when none is."""
        tiers = (self.tier(adcode, at) for adcode in path)
        return next((tier.city_tier for tier in tiers if tier and tier.city_tier), "")

    def macro_regions(self, at: datetime) -> MacroRegions | None:
        """The table of macro-regions at an instant."""
        return in_force(self._macro_regions, at)

    @property
    def macro_region_versions(self) -> tuple[MacroRegions, ...]:
        """Every edit of the table of macro-regions, in their order."""
        return self._macro_regions


T = TypeVar("T")


def _add(versions: dict[str, tuple[T, ...]], key: str, version: T) -> None:
    versions[key] = (*versions.get(key, ()), version)


def _record(row: dict[str, str]) -> PlaceRecord:
    return PlaceRecord(
        adcode=row["adcode"],
        name=row["name"],
        parent=row["parent"],
        level=row["level"],
        valid_from=date.fromisoformat(row["valid_from"]) if row["valid_from"] else None,
        valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
        became=tuple(row["became"].split(";")) if row["became"] else (),
    )
