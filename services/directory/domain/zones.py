"""Zones: polygons such as 五环内 or a 商圈, and which of them a point lies in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import shapely

from kit.errors import InvalidArgument
from services.directory.domain.coordinates import Point, check_point, to_gcj_02


@dataclass(frozen=True, slots=True)
class ZoneShape:
    """A zone's code and its outer ring."""

    zone_code: str
    boundary: Sequence[Point]


def check_boundary(boundary: Sequence[Point]) -> None:
    """Refuse a ring that is open, too short or crosses itself.

    Raises:
        InvalidArgument: ``ZONE_BOUNDARY_INVALID`` or ``LOCATION_INVALID``, naming the point.
    """
    for number, point in enumerate(boundary):
        check_point(point, f"zone.boundary[{number}]")
    if len(boundary) < 4 or boundary[0] != boundary[-1]:
        raise InvalidArgument(
            "ZONE_BOUNDARY_INVALID",
            "a boundary needs three corners or more, and its first point again at the end",
            field="zone.boundary",
        )
    polygon = _polygon(boundary)
    if not polygon.is_valid:
        raise InvalidArgument(
            "ZONE_BOUNDARY_INVALID",
            f"the boundary is no simple ring: {shapely.is_valid_reason(polygon)}",
            field="zone.boundary",
        )


def zones_at(point: Point, zones: Iterable[ZoneShape]) -> tuple[str, ...]:
    """The codes of the zones a point lies in or on the edge of, the smallest zone first."""
    drawn = to_gcj_02(point)
    spot = shapely.Point(drawn.longitude, drawn.latitude)
    shapes = ((_polygon(zone.boundary), zone.zone_code) for zone in zones)
    around = sorted((shape.area, zone_code) for shape, zone_code in shapes if shape.covers(spot))
    return tuple(zone_code for _, zone_code in around)


def _polygon(boundary: Sequence[Point]) -> shapely.Polygon:
    drawn = [to_gcj_02(point) for point in boundary]
    return shapely.Polygon([(point.longitude, point.latitude) for point in drawn])
