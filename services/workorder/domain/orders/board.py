"""Boards: how many work orders stand where, and which of them are stuck."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from kit.errors import InvalidArgument
from services.workorder.domain.orders.work_order import State
from services.workorder.domain.registry.capacity import day_of

_MOST_DAYS_ENDED: Final = 31
_MOST_DAYS_DONE: Final = 92
_USUAL_DAYS_DONE: Final = 30
_MOST_STUCK: Final = 200
_DISTRICT_LENGTH: Final = 6

#: How long a work order usually is in a state; longer is stuck.
USUAL: Final[dict[State, timedelta]] = {
    State.CREATED: timedelta(minutes=30),
    State.OFFERED: timedelta(minutes=30),
    State.ACCEPTED: timedelta(hours=24),
    State.SCHEDULED: timedelta(days=7),
    State.IN_PROGRESS: timedelta(hours=8),
    State.COMPLETED: timedelta(days=3),
}
#: What nobody does anything about any more.
CLOSED: Final = (State.ACCEPTED_BY_CUSTOMER, State.CANCELLED)
#: In which the work is not done yet, so that it can be overdue.
UNDONE: Final = tuple(state for state in State if state not in (*CLOSED, State.COMPLETED))


class Grouping(StrEnum):
    """By what counts stand side by side."""

    ALL = "all"
    REGION = "region"
    OUTLET = "outlet"
    TEAM = "team"
    STAGE = "stage"
    DAY = "day"


def digits_of_region(region_code: str) -> int:
    """How many digits of an adcode tell the regions one level below a region apart.

    Provinces within the country, a macro-region or a zone, cities within a province, districts
    within a city.
    """
    if len(region_code) != _DISTRICT_LENGTH or not region_code.isdecimal():
        return 2
    if region_code.endswith("0000"):
        return 4
    return _DISTRICT_LENGTH


def ended_within(
    ended_from: datetime | None, ended_before: datetime | None, now: datetime
) -> tuple[datetime, datetime]:
    """The time whose ended work a board counts; today in Shanghai where nothing is said.

    Raises:
        InvalidArgument: ``BOARD_TIME_INVALID``.
    """
    midnight, next_midnight = day_of(now)
    since, until = ended_from or midnight, ended_before or next_midnight
    return _require_time(since, until, _MOST_DAYS_ENDED, "ended_before")


def done_within(
    done_from: datetime | None, done_before: datetime | None, now: datetime
) -> tuple[datetime, datetime]:
    """The time whose work figures are of; the last 30 days where nothing is said.

    Raises:
        InvalidArgument: ``BOARD_TIME_INVALID``.
    """
    until = done_before or now
    since = done_from or until - timedelta(days=_USUAL_DAYS_DONE)
    return _require_time(since, until, _MOST_DAYS_DONE, "done_before")


def require_stuck_limit(limit: int) -> int:
    """How many stuck ones are shown (``BOARD_LIMIT_INVALID``)."""
    if not 0 <= limit <= _MOST_STUCK:
        raise InvalidArgument("BOARD_LIMIT_INVALID", f"0 to {_MOST_STUCK}", field="stuck_limit")
    return limit


def is_overdue(state: State, due_at: datetime | None, now: datetime) -> bool:
    """Whether the work should be done and is not."""
    return due_at is not None and due_at < now and state in UNDONE


def _require_time(
    since: datetime, until: datetime, most_days: int, field: str
) -> tuple[datetime, datetime]:
    if not since < until <= since + timedelta(days=most_days):
        raise InvalidArgument(
            "BOARD_TIME_INVALID", f"a time of at most {most_days} days, forwards", field=field
        )
    return since, until
