"""Zones to test with."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime

from kit.coordinates import GCJ_02
from services.directory.convert.zones import zone_from_row
from services.directory.domain.zones import Part, Ring
from services.directory.index import Atlas, DrawnZone
from services.directory.tables.places import ZoneRow

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def ring(*corners: tuple[float, float]) -> Ring:
    """A ring through corners in degrees, closed."""
    return (*corners, corners[0])


def square(west: float, south: float, east: float, north: float) -> Ring:
    """A ring along two parallels and two meridians."""
    return ring((west, south), (east, south), (east, north), (west, north))


def circle(longitude: float, latitude: float, reach: Sequence[float]) -> Ring:
    """A ring around a centre: as many points as distances, each in its direction."""
    turns = [2 * math.pi * number / len(reach) for number in range(len(reach))]
    return ring(
        *(
            (longitude + far * math.cos(turn), latitude + far * math.sin(turn))
            for far, turn in zip(reach, turns, strict=True)
        )
    )


def zone(
    zone_code: str,
    *parts: Part,
    version: int = 1,
    effective_from: datetime = NOW,
    system: str = GCJ_02,
) -> DrawnZone:
    """A version of a zone; without parts it ends."""
    row = ZoneRow(
        zone_code=zone_code,
        version=version,
        effective_from=effective_from,
        name=zone_code,
        coordinate_system=system,
        parts=list(parts) or None,
        put_at=NOW,
        put_by_person_id="pe_1",
    )
    return zone_from_row(row)


def atlas_of(*zones: DrawnZone) -> Atlas:
    """An atlas of zones alone."""
    return Atlas().extended(1, zones, (), ())
