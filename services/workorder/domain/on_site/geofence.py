"""Whether something was reported from the place of work."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kit.errors import FailedPrecondition
from services.workorder.domain import geo
from services.workorder.domain.geo import Point
from services.workorder.domain.on_site.commands import Fix
from services.workorder.domain.on_site.rule import OutsideGeofence, Rule

#: Straight there: a fence is no road.
_STRAIGHT: Final = 10_000


class Finding(StrEnum):
    """Whether it lies within."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Measure:
    """How far away it was, in metres; 0 when that is unknown."""

    finding: Finding
    distance_m: int
    radius_m: int


def measure(there: Point | None, fix: Fix | None, rule: Rule) -> Measure:
    """How far a fix is from the place of work. How inexact it is speaks for the technician, up to
    where it says nothing at all."""
    if there is None or fix is None:
        return Measure(Finding.UNKNOWN, 0, rule.geofence_radius_m)
    distance = geo.road_metres(there, fix.point, _STRAIGHT)
    if fix.accuracy_m > rule.worst_accuracy_m:
        return Measure(Finding.UNKNOWN, distance, rule.geofence_radius_m)
    inside = distance - fix.accuracy_m <= rule.geofence_radius_m
    return Measure(Finding.INSIDE if inside else Finding.OUTSIDE, distance, rule.geofence_radius_m)


def require_admitted(measured: Measure, rule: Rule) -> None:
    """Refuse a check-in from elsewhere where the rule does.

    Raises:
        FailedPrecondition: ``CHECK_IN_OUTSIDE_GEOFENCE``.
    """
    refuses = rule.outside_geofence == OutsideGeofence.REFUSE
    if refuses and measured.finding is Finding.OUTSIDE:
        raise FailedPrecondition(
            "CHECK_IN_OUTSIDE_GEOFENCE",
            f"{measured.distance_m} m from the place of work; check in within"
            f" {measured.radius_m} m of it",
            field="location",
            details={
                "distance_m": str(measured.distance_m),
                "radius_m": str(measured.radius_m),
            },
        )
