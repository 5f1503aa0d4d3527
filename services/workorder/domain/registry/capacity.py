"""How much a technician can take on in a day.

What a technician accepted today counts until midnight in Shanghai, done or not, unless it was
cancelled; an offer that is still open counts too, so that nobody is promised what they cannot take.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from kit.clock import SHANGHAI
from kit.errors import FailedPrecondition


@dataclass(frozen=True, slots=True)
class Workday:
    """One technician's day so far.

    Attributes:
        technician_id: whose.
        active: whether they take work at all.
        daily_capacity: how many work orders a day.
        taken: accepted today, or offered and still open.
    """

    technician_id: str
    active: bool
    daily_capacity: int
    taken: int


def day_of(now: datetime) -> tuple[datetime, datetime]:
    """The day in Shanghai that an instant lies in, from midnight to midnight."""
    midnight = now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight, midnight + timedelta(days=1)


def require_room(workday: Workday, more: int) -> None:
    """Refuse when ``more`` work orders do not fit into the day any more.

    Raises:
        FailedPrecondition: ``TECHNICIAN_INACTIVE`` or ``TECHNICIAN_CAPACITY_REACHED``.
    """
    if not workday.active:
        raise FailedPrecondition(
            "TECHNICIAN_INACTIVE",
            f"technician {workday.technician_id} takes no work; choose another, or make"
            " them active again first",
            field="technician_id",
        )
    if workday.taken + more > workday.daily_capacity:
        raise FailedPrecondition(
            "TECHNICIAN_CAPACITY_REACHED",
            f"technician {workday.technician_id} has {workday.taken} of"
            f" {workday.daily_capacity} work orders for today; choose another,"
            " release one of theirs, or raise their daily capacity",
            field="technician_id",
        )
