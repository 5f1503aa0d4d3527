"""Points on the map, and the three systems that devices and map providers give them in.

WGS-84 is what satellites say. GCJ-02 is what Chinese maps draw: shifted by up to some hundred
metres, by a published approximation that agrees with the official shift within a metre or so.
BD-09 is GCJ-02 shifted once more, by Baidu. Back and forth is exact within a millimetre. Points
abroad are drawn unshifted by Chinese maps too; BD-09 shifts everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import atan2, cos, hypot, pi, radians, sin, sqrt
from typing import Final

from kit.errors import InvalidArgument

GCJ_02: Final = "GCJ-02"
WGS_84: Final = "WGS-84"
BD_09: Final = "BD-09"
SYSTEMS: Final = (GCJ_02, WGS_84, BD_09)

#: Krasovsky 1940, the ellipsoid of the shift.
_SEMI_MAJOR_AXIS: Final = 6378245.0
_ECCENTRICITY_SQUARED: Final = 0.00669342162296594323

_BAIDU_WAVES: Final = pi * 3000 / 180
#: A tenth of a millimetre, in degrees.
_CLOSE: Final = 1e-9

_Degrees = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Point:
    """A point in a named coordinate system, in degrees."""

    longitude: float
    latitude: float
    coordinate_system: str = GCJ_02


def check_system(coordinate_system: str, field: str) -> str:
    """The system, when we know it.

    Raises:
        InvalidArgument: ``LOCATION_INVALID``.
    """
    if coordinate_system not in SYSTEMS:
        raise InvalidArgument(
            "LOCATION_INVALID",
            f"coordinate system {coordinate_system!r} is unknown; use {', '.join(SYSTEMS)}",
            field=f"{field}.coordinate_system",
        )
    return coordinate_system


def check_point(point: Point, field: str) -> Point:
    """The point, when it lies on the globe in a system we know.

    Raises:
        InvalidArgument: ``LOCATION_INVALID``.
    """
    check_system(point.coordinate_system, field)
    # NaN fails every comparison, so it is refused too.
    if not (-180 <= point.longitude <= 180 and -90 <= point.latitude <= 90):
        raise InvalidArgument(
            "LOCATION_INVALID", "longitude is -180 to 180, latitude -90 to 90", field=field
        )
    return point


def in_system(point: Point, coordinate_system: str) -> Point:
    """The same point in another system."""
    if point.coordinate_system == coordinate_system:
        return point
    degrees = _to_gcj_02[point.coordinate_system]((point.longitude, point.latitude))
    return Point(*_from_gcj_02[coordinate_system](degrees), coordinate_system)


def to_gcj_02(point: Point) -> Point:
    """The same point as Chinese maps draw it."""
    return in_system(point, GCJ_02)


def _same(degrees: _Degrees) -> _Degrees:
    return degrees


def _wgs_84_to_gcj_02(degrees: _Degrees) -> _Degrees:
    longitude, latitude = degrees
    if not (72.004 <= longitude <= 137.8347 and 0.8293 <= latitude <= 55.8271):
        return degrees
    eastward, northward = _shift(longitude - 105.0, latitude - 35.0)
    curvature = 1 - _ECCENTRICITY_SQUARED * sin(radians(latitude)) ** 2
    parallel = _SEMI_MAJOR_AXIS / sqrt(curvature) * cos(radians(latitude))
    meridian = _SEMI_MAJOR_AXIS * (1 - _ECCENTRICITY_SQUARED) / (curvature * sqrt(curvature))
    return longitude + eastward * 180 / (parallel * pi), latitude + northward * 180 / (
        meridian * pi
    )


def _shift(x: float, y: float) -> tuple[float, float]:
    """Metres east and north of the true point, from degrees east of 105° and north of 35°."""
    root = sqrt(abs(x))
    ripple = 20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)
    eastward = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    eastward += (ripple + 20 * sin(x * pi) + 40 * sin(x / 3 * pi)) * 2 / 3
    eastward += (150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)) * 2 / 3
    northward = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    northward += (ripple + 20 * sin(y * pi) + 40 * sin(y / 3 * pi)) * 2 / 3
    northward += (160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30)) * 2 / 3
    return eastward, northward


def _gcj_02_to_bd_09(degrees: _Degrees) -> _Degrees:
    x, y = degrees
    distance = hypot(x, y) + 0.00002 * sin(y * _BAIDU_WAVES)
    angle = atan2(y, x) + 0.000003 * cos(x * _BAIDU_WAVES)
    return distance * cos(angle) + 0.0065, distance * sin(angle) + 0.006


def _undone(shift: Callable[[_Degrees], _Degrees], degrees: _Degrees) -> _Degrees:
    """What a shift moves to these degrees: approached, since the shift has no inverse in closed
    form; it is so nearly constant that each round gains two digits or more.
    """
    longitude, latitude = degrees
    for _ in range(10):
        east, north = shift((longitude, latitude))
        gap = degrees[0] - east, degrees[1] - north
        longitude, latitude = longitude + gap[0], latitude + gap[1]
        if max(abs(gap[0]), abs(gap[1])) < _CLOSE:
            break
    return longitude, latitude


_to_gcj_02: Final[dict[str, Callable[[_Degrees], _Degrees]]] = {
    GCJ_02: _same,
    WGS_84: _wgs_84_to_gcj_02,
    BD_09: lambda degrees: _undone(_gcj_02_to_bd_09, degrees),
}
_from_gcj_02: Final[dict[str, Callable[[_Degrees], _Degrees]]] = {
    GCJ_02: _same,
    WGS_84: lambda degrees: _undone(_wgs_84_to_gcj_02, degrees),
    BD_09: _gcj_02_to_bd_09,
}
