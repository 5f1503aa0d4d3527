"""Rules: what is looked for, over how long, from how much on, and what follows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from kit.clock import SHANGHAI
from kit.errors import InvalidArgument


class Kind(StrEnum):
    """What is looked for."""

    REPEATED_RETURNS = "repeated_returns"
    SAME_PHOTO = "same_photo"
    IMPOSSIBLE_TRAVEL = "impossible_travel"
    OVERCHARGE = "overcharge"
    DIVERSION = "diversion"
    OUT_OF_TERRITORY = "out_of_territory"


class Severity(StrEnum):
    """How soon somebody should look."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of what is looked for.

    Attributes:
        version: 0 while it is only tried.
        window_hours: facts within so long count together.
        threshold: from how much on something is found, as the kind measures: times, km/h, or percent
            of the median.
        least: what is less does not count: metres of way, or earlier prices for a median.
        freeze_hours: for how long the region's special policies are frozen; 0: never.
        freezes_at_once: when it is raised, not only when somebody confirms it.
        enabled: whether it is looked for at all.
    """

    kind: Kind
    version: int
    window_hours: int
    threshold: int
    least: int
    severity: Severity
    freeze_hours: int
    freezes_at_once: bool
    enabled: bool

    @property
    def window(self) -> timedelta:
        """How long facts count together."""
        return timedelta(hours=self.window_hours)

    def bucket_of(self, at: datetime) -> datetime:
        """When the bucket began that an instant is in: one window after the other since the midnight
        of Shanghai on which 1970 began."""
        return at - (at - _FIRST_MIDNIGHT) % self.window


_FIRST_MIDNIGHT: Final = datetime(1970, 1, 1, tzinfo=SHANGHAI)
_MOST: Final = 366 * 24
#: The least and the most of each number, ``threshold`` by kind.
_BOUNDS: Final = {"window_hours": (1, _MOST), "least": (0, 1_000_000), "freeze_hours": (0, _MOST)}
_THRESHOLDS: Final = {
    Kind.REPEATED_RETURNS: (2, 1_000),
    Kind.SAME_PHOTO: (1, 1_000),
    Kind.IMPOSSIBLE_TRAVEL: (10, 2_000),
    Kind.OVERCHARGE: (101, 10_000),
    Kind.DIVERSION: (2, 100),
    Kind.OUT_OF_TERRITORY: (1, 1_000),
}


def require_rule(rule: Rule) -> None:
    """Refuse a rule that makes no sense.

    Raises:
        InvalidArgument: ``ANOMALY_RULE_INVALID``, naming the field.
    """
    bounds = {**_BOUNDS, "threshold": _THRESHOLDS[rule.kind]}
    for name, (least, most) in bounds.items():
        number = getattr(rule, name)
        if not least <= number <= most:
            raise _invalid(name, f"{least} to {most}, not {number}")
    if rule.freezes_at_once and not rule.freeze_hours:
        raise _invalid("freezes_at_once", "say for how many hours it freezes")


def _invalid(name: str, message: str) -> InvalidArgument:
    return InvalidArgument("ANOMALY_RULE_INVALID", message, field=f"rule.{name}")
