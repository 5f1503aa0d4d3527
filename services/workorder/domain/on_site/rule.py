"""What holds on site: how near is there, how long is too long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from kit.errors import InvalidArgument

#: Who keeps rules and checklists.
KEEPERS: Final = ("admin", "hq", "supervisor", "technical_director")


class OutsideGeofence(StrEnum):
    """What becomes of a check-in from elsewhere."""

    FLAG = "flag"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule of a stage (empty: of every stage without one), for work orders made since it was put."""

    rule_id: str
    stage: str
    geofence_radius_m: int
    outside_geofence: str
    worst_accuracy_m: int
    clock_tolerance_seconds: int
    near_duplicate_days: int
    near_duplicate_bits: int
    wasted_trip_minutes: int
    free_waiting_minutes: int
    extra_answer_minutes: int
    checklist_blocks_completion: bool
    put_at: datetime
    put_by_person_id: str

    @property
    def clock_tolerance(self) -> timedelta:
        """How wrong a device's clock may be and is believed."""
        return timedelta(seconds=self.clock_tolerance_seconds)

    @property
    def extra_answer(self) -> timedelta:
        """How long a customer may take to answer an extra."""
        return timedelta(minutes=self.extra_answer_minutes)


_LIMITS: Final = {
    "geofence_radius_m": (10, 50_000),
    "worst_accuracy_m": (10, 50_000),
    "clock_tolerance_seconds": (1, 3_600),
    "near_duplicate_days": (0, 3_650),
    "near_duplicate_bits": (0, 16),
    "wasted_trip_minutes": (0, 480),
    "free_waiting_minutes": (0, 480),
    "extra_answer_minutes": (1, 10_080),
}


def require_rule(rule: Rule) -> Rule:
    """A rule within reason.

    Raises:
        InvalidArgument: ``ON_SITE_RULE_INVALID``, naming the field.
    """
    for field, (least, most) in _LIMITS.items():
        if not least <= getattr(rule, field) <= most:
            raise InvalidArgument(
                "ON_SITE_RULE_INVALID",
                f"{field} is {least} to {most}, not {getattr(rule, field)}",
                field=f"on_site_rule.{field}",
            )
    return rule
