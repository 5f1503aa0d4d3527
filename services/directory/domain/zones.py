"""Zones: areas such as 五环内 or a 商圈, drawn as one or several polygons with holes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

import numpy
import shapely

from kit.coordinates import (
    GCJ_02,
    Point,
    check_point,
    check_system,
    to_gcj_02,
)
from kit.errors import InvalidArgument

#: Pairs of longitude and latitude around, the first one again at the end.
Ring = Sequence[tuple[float, float]]
#: The outer ring, and those of its holes.
Part = Sequence[Ring]

MOST_POINTS: Final = 10_000
_LONGEST_NAME: Final = 60
_FEWEST_POINTS: Final = 4
#: Of the sphere that has as much surface as the Earth.
_RADIUS_METRES: Final = 6_371_007.2


@dataclass(frozen=True, slots=True)
class ZoneShape:
    """Where a zone is, in degrees of a coordinate system."""

    coordinate_system: str
    parts: Sequence[Part]

    @property
    def point_count(self) -> int:
        """How many points it is drawn with."""
        return sum(len(ring) for part in self.parts for ring in part)


@dataclass(frozen=True, slots=True)
class ZoneVersion:
    """What a zone is from an instant on, but for its shape; one without points has ended."""

    zone_code: str
    version: int
    effective_from: datetime
    name: str
    coordinate_system: str
    point_count: int
    area_square_metres: float
    put_at: datetime
    put_by_person_id: str

    @property
    def ended(self) -> bool:
        """Whether there is no such zone from then on."""
        return self.point_count == 0


def check_zone(zone_code: str, name: str, shape: ZoneShape) -> None:
    """Refuse a zone without a name, or one whose rings do not enclose an area.

    Raises:
        InvalidArgument: ``ZONE_NAME_INVALID``, ``ZONE_BOUNDARY_INVALID`` or ``LOCATION_INVALID``,
            naming part, ring and point.
    """
    for field, text in (("zone.zone_code", zone_code), ("zone.name", name)):
        if not text.strip() or len(text) > _LONGEST_NAME:
            raise InvalidArgument(
                "ZONE_NAME_INVALID",
                f"a zone needs a code and a name of {_LONGEST_NAME} characters at most",
                field=field,
            )
    check_system(shape.coordinate_system, "zone")
    if not shape.parts:
        raise _invalid("a zone needs a part with an outer ring", "zone.parts")
    _check_size(shape)
    polygons = [_checked_part(shape, number) for number in range(len(shape.parts))]
    for one, other in _overlaps(polygons):
        raise _invalid(f"it overlaps part {one}: join the two", f"zone.parts[{other}]")
    if not (whole := shapely.MultiPolygon(polygons)).is_valid:
        # Parts that share an edge, and what is too rare for a sentence of its own.
        raise _invalid(shapely.is_valid_reason(whole), "zone.parts")


def outline(shape: ZoneShape) -> shapely.MultiPolygon:
    """A zone as Chinese maps draw it, in degrees of GCJ-02."""
    drawn = ([_drawn(ring, shape.coordinate_system) for ring in part] for part in shape.parts)
    return shapely.MultiPolygon([shapely.Polygon(outer, holes) for outer, *holes in drawn])


def area_square_metres(drawn: shapely.MultiPolygon) -> float:
    """How large an outline is on the globe, holes left out."""
    return float(shapely.transform(drawn, _equal_area).area)


def _drawn(ring: Ring, coordinate_system: str) -> Ring:
    if coordinate_system == GCJ_02:
        return ring
    points = (to_gcj_02(Point(*degrees, coordinate_system)) for degrees in ring)
    return [(point.longitude, point.latitude) for point in points]


def _equal_area(degrees: numpy.ndarray) -> numpy.ndarray:
    """Lambert's cylinder: metres east, and metres of height above the plane of the equator."""
    longitude, latitude = numpy.radians(degrees).T
    return _RADIUS_METRES * numpy.stack([longitude, numpy.sin(latitude)], axis=1)


def _check_size(shape: ZoneShape) -> None:
    if (count := shape.point_count) > MOST_POINTS:
        raise _invalid(
            f"{count} points are too many; draw it with {MOST_POINTS} at most", "zone.parts"
        )


def _checked_part(shape: ZoneShape, number: int) -> shapely.Polygon:
    """One part as a polygon.

    Raises:
        InvalidArgument: as ``check_zone`` does.
    """
    where = f"zone.parts[{number}]"
    rings = shape.parts[number]
    if not rings:
        raise _invalid("a part needs an outer ring", where)
    for index, ring in enumerate(rings):
        _check_ring(ring, shape.coordinate_system, f"{where}.rings[{index}]")
    outer, *holes = map(shapely.Polygon, rings)
    for index, hole in enumerate(holes, start=1):
        if not outer.covers(hole):
            raise _invalid("a hole must lie in the outer ring", f"{where}.rings[{index}]")
    for one, other in _overlaps(holes):
        raise _invalid(f"it overlaps ring {one + 1}", f"{where}.rings[{other + 1}]")
    polygon = shapely.Polygon(rings[0], rings[1:])
    if not polygon.is_valid:
        raise _invalid(shapely.is_valid_reason(polygon), where)
    return polygon


def _check_ring(ring: Ring, coordinate_system: str, where: str) -> None:
    for number, degrees in enumerate(ring):
        check_point(Point(*degrees, coordinate_system), f"{where}.points[{number}]")
    if len(ring) < _FEWEST_POINTS or ring[0] != ring[-1]:
        raise _invalid("a ring needs three corners or more, and its first point at the end", where)
    for number in range(1, len(ring)):
        if ring[number] == ring[number - 1]:
            raise _invalid("the point is the one before it again", f"{where}.points[{number}]")
    if not shapely.LinearRing(ring).is_simple:
        one, other = next(_crossings(ring))
        raise _invalid(
            f"the line to the next point meets that from point {other} to its next",
            f"{where}.points[{one}]",
        )


def _crossings(ring: Ring) -> Iterator[tuple[int, int]]:
    """The pairs of lines that meet elsewhere than where one goes on as the other, by their first
    points.
    """
    lines = [shapely.LineString(ends) for ends in pairwise(ring)]
    last = len(lines) - 1
    for one, other in _meeting(lines):
        neighbours = other - one == 1 or (one, other) == (0, last)
        if not neighbours or not lines[one].touches(lines[other]):
            yield one, other


def _overlaps(polygons: Sequence[shapely.Polygon]) -> Iterator[tuple[int, int]]:
    """The pairs of polygons that share more than their edges, by their numbers."""
    for one, other in _meeting(polygons):
        if not polygons[one].touches(polygons[other]):
            yield one, other


def _meeting(shapes: Sequence[shapely.Geometry]) -> Iterator[tuple[int, int]]:
    """The pairs of shapes that have a point in common, by their numbers, in their order.

    Found one after the other, so that whoever needs but the first of a scribble's millions has it
    at once.
    """
    tree = shapely.STRtree(shapes)
    for one, shape in enumerate(shapes):
        yield from (
            (one, int(other)) for other in sorted(tree.query(shape, "intersects")) if other > one
        )


def _invalid(message: str, field: str) -> InvalidArgument:
    return InvalidArgument("ZONE_BOUNDARY_INVALID", message, field=field)
