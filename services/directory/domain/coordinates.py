"""Points on the map and the two systems that Chinese devices and map providers give them in.

WGS-84 is what satellites say; GCJ-02 is what Chinese maps draw, shifted by up to some hundred
metres by a published approximation that holds within a metre or so.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, radians, sin, sqrt
from typing import Final

from kit.errors import InvalidArgument

GCJ_02: Final = "GCJ-02"
WGS_84: Final = "WGS-84"

#: Krasovsky 1940, the ellipsoid of the shift.
_SEMI_MAJOR_AXIS: Final = 6378245.0
_ECCENTRICITY_SQUARED: Final = 0.00669342162296594323


@dataclass(frozen=True, slots=True)
class Point:
    """A point in a named coordinate system."""

    longitude: float
    latitude: float
    coordinate_system: str = GCJ_02


def check_point(point: Point, field: str) -> Point:
    """The point, when it lies on the globe in a system we know.

    Raises:
        InvalidArgument: ``LOCATION_INVALID``.
    """
    if point.coordinate_system not in (GCJ_02, WGS_84):
        raise InvalidArgument(
            "LOCATION_INVALID",
            f"coordinate system {point.coordinate_system!r} is unknown; use {GCJ_02} or {WGS_84}",
            field=f"{field}.coordinate_system",
        )
    # NaN fails every comparison, so it is refused too.
    if not (-180 <= point.longitude <= 180 and -90 <= point.latitude <= 90):
        raise InvalidArgument(
            "LOCATION_INVALID", "longitude is -180 to 180, latitude -90 to 90", field=field
        )
    return point


def to_gcj_02(point: Point) -> Point:
    """The same point as Chinese maps draw it; points abroad are drawn unshifted."""
    abroad = not (72.004 <= point.longitude <= 137.8347 and 0.8293 <= point.latitude <= 55.8271)
    if point.coordinate_system == GCJ_02 or abroad:
        return Point(point.longitude, point.latitude)
    x, y = point.longitude - 105.0, point.latitude - 35.0
    eastward, northward = _shift(x, y)
    curvature = 1 - _ECCENTRICITY_SQUARED * sin(radians(point.latitude)) ** 2
    parallel = _SEMI_MAJOR_AXIS / sqrt(curvature) * cos(radians(point.latitude))
    meridian = _SEMI_MAJOR_AXIS * (1 - _ECCENTRICITY_SQUARED) / (curvature * sqrt(curvature))
    return Point(
        point.longitude + eastward * 180 / (parallel * pi),
        point.latitude + northward * 180 / (meridian * pi),
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
