"""An anomaly from when it is raised until somebody has said what it was."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from kit.errors import FailedPrecondition, InvalidArgument
from services.workorder.domain.anomalies.rule import Rule

_MOST_HOURS: Final = 366 * 24


class State(StrEnum):
    """How far it is."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    DISMISSED = "dismissed"
    CONFIRMED = "confirmed"


_MAY: Final = {
    State.ACKNOWLEDGED: (State.OPEN,),
    State.DISMISSED: (State.OPEN, State.ACKNOWLEDGED),
    State.CONFIRMED: (State.OPEN, State.ACKNOWLEDGED),
}


def require_may(anomaly_id: str, state: State, wanted: State) -> None:
    """Refuse to decide what is decided.

    Raises:
        FailedPrecondition: ``ANOMALY_DECIDED``.
    """
    if state not in _MAY[wanted]:
        raise FailedPrecondition(
            "ANOMALY_DECIDED", f"{anomaly_id!r} is {state} already", field="anomaly_id"
        )


def raised_freeze(rule: Rule, now: datetime) -> datetime | None:
    """Until when raising it freezes its region; None: it does not."""
    return now + timedelta(hours=rule.freeze_hours) if rule.freezes_at_once else None


def confirmed_freeze(
    rule_hours: int, wanted_hours: int, frozen_until: datetime | None, now: datetime
) -> datetime | None:
    """Until when its region is frozen once it is confirmed: as long as before, or longer.

    Args:
        wanted_hours: 0: what the rule says; -1: no more than it is.

    Raises:
        InvalidArgument: ``ANOMALY_FREEZE_INVALID``.
    """
    if not -1 <= wanted_hours <= _MOST_HOURS:
        raise InvalidArgument(
            "ANOMALY_FREEZE_INVALID",
            f"0 for what the rule says, -1 for none, or 1 to {_MOST_HOURS} hours",
            field="freeze_hours",
        )
    hours = max(0, wanted_hours or rule_hours)
    until = now + timedelta(hours=hours) if hours else None
    return max(filter(None, (until, frozen_until)), default=None)
