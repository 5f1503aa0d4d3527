"""Points on the ground and how far apart they are.

There is no road data here: the distance along roads is the great circle's times a factor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kit.errors import InvalidArgument

#: The coordinate system of every point that distances are measured between.
COORDINATE_SYSTEM: Final = "GCJ-02"
#: What a device may report; recorded as it came.
_REPORTED_SYSTEMS: Final = frozenset({"GCJ-02", "WGS-84"})

_EARTH_RADIUS_M: Final = 6_371_008.8


@dataclass(frozen=True, slots=True)
class Point:
    """A point in degrees."""

    longitude: float
    latitude: float


def road_metres(a: Point, b: Point, road_factor_basis_points: int) -> int:
    """About how far it is along roads, in whole metres."""
    latitude_a, latitude_b = math.radians(a.latitude), math.radians(b.latitude)
    haversine = (
        math.sin((latitude_b - latitude_a) / 2) ** 2
        + math.cos(latitude_a)
        * math.cos(latitude_b)
        * math.sin(math.radians(b.longitude - a.longitude) / 2) ** 2
    )
    great_circle = 2 * _EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, haversine)))
    return round(great_circle) * road_factor_basis_points // 10_000


def unit_vector(point: Point) -> tuple[float, float, float]:
    """A point as the vector from the middle of the earth, of length 1."""
    longitude, latitude = math.radians(point.longitude), math.radians(point.latitude)
    return (
        math.cos(latitude) * math.cos(longitude),
        math.cos(latitude) * math.sin(longitude),
        math.sin(latitude),
    )


def road_metres_between(
    vectors: NDArray[np.float64], there: tuple[float, float, float], road_factor_basis_points: int
) -> NDArray[np.int64]:
    """About how far it is along roads from many points, given as unit vectors, in whole metres."""
    chord = np.sqrt(((vectors - np.array(there)) ** 2).sum(axis=1))
    great_circle = np.rint(2 * _EARTH_RADIUS_M * np.arcsin(np.minimum(1.0, chord / 2)))
    metres: NDArray[np.int64] = great_circle.astype(np.int64)
    return metres * road_factor_basis_points // 10_000


def require_point(longitude: float, latitude: float, system: str, field: str) -> Point:
    """A point that distances can be measured from.

    Raises:
        InvalidArgument: ``LOCATION_INVALID``; ``LOCATION_SYSTEM_UNSUPPORTED`` for another
            coordinate system, which is some hundred metres off.
    """
    if (system or COORDINATE_SYSTEM) != COORDINATE_SYSTEM:
        raise InvalidArgument(
            "LOCATION_SYSTEM_UNSUPPORTED",
            f"give the location in {COORDINATE_SYSTEM}, not {system}",
            field=f"{field}.coordinate_system",
        )
    return _point(longitude, latitude, field)


def require_reported_point(
    longitude: float, latitude: float, system: str, field: str
) -> tuple[Point, str]:
    """A point as a device reports it, and its coordinate system.

    Raises:
        InvalidArgument: ``LOCATION_INVALID`` or ``LOCATION_SYSTEM_UNSUPPORTED``.
    """
    system = system or COORDINATE_SYSTEM
    if system not in _REPORTED_SYSTEMS:
        raise InvalidArgument(
            "LOCATION_SYSTEM_UNSUPPORTED",
            f"unknown coordinate system {system!r}; known: {', '.join(sorted(_REPORTED_SYSTEMS))}",
            field=f"{field}.coordinate_system",
        )
    return _point(longitude, latitude, field), system


def _point(longitude: float, latitude: float, field: str) -> Point:
    # A comparison with NaN is false, so NaN is refused here too.
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise InvalidArgument(
            "LOCATION_INVALID",
            "longitude is -180 to 180 degrees and latitude -90 to 90",
            field=field,
        )
    return Point(longitude, latitude)
