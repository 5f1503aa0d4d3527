"""Why what was planned cannot be kept, as far as is known now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from services.workorder.domain.orders.work_order import State
from services.workorder.domain.planning.accepting import Planned
from services.workorder.domain.registry.working_hours import Absence, Stretch, covers

#: Who has not begun so long after the planned time does not come.
_PATIENCE: Final = timedelta(minutes=30)
_BEGUN: Final = (State.IN_PROGRESS, State.COMPLETED, State.ACCEPTED_BY_CUSTOMER, State.CANCELLED)


class Affected(StrEnum):
    """What stands in the way."""

    TECHNICIAN_INACTIVE = "TECHNICIAN_INACTIVE"
    ABSENT = "ABSENT"
    OFF_DUTY = "OFF_DUTY"
    NOT_STARTED = "NOT_STARTED"


def is_absent(planned: Planned, absences: Iterable[Absence]) -> bool:
    """Whether the technician is away at any time of the visit."""
    return any(
        each.starts_at < planned.ends_at
        and (each.ends_at is None or each.ends_at > planned.begins_at)
        for each in absences
    )


def affected(
    planned: Planned,
    state: State,
    hours: Sequence[Stretch] | None,
    absences: Iterable[Absence],
    now: datetime,
) -> Affected | None:
    """Why a visit cannot be kept; None: it can, or it has begun.

    Args:
        state: the work order's.
        hours: the technician's; None: they take no work any more.
    """
    if state in _BEGUN:
        return None
    if hours is None:
        return Affected.TECHNICIAN_INACTIVE
    if is_absent(planned, absences):
        return Affected.ABSENT
    if hours and not covers(hours, (), planned.begins_at, planned.ends_at):
        return Affected.OFF_DUTY
    if now > planned.begins_at + _PATIENCE:
        return Affected.NOT_STARTED
    return None
