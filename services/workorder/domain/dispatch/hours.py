"""Time as the matcher counts it: instants in microseconds, working time in quarters of an hour.

Weekly hours are Shanghai's, which keeps one offset all year. A quarter of an hour counts when all of
it is free.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from services.workorder.domain.registry.working_hours import Stretch

Micros = int
#: A number, or as many as there are.
Quarters = TypeVar("Quarters", int, NDArray[np.int64])
#: From an instant up to, not including, another.
Span = tuple[Micros, Micros]

#: The end of what has none.
FOREVER: Final[Micros] = 2**62

MINUTE: Final[Micros] = 60_000_000
QUARTER_MINUTES: Final = 15
QUARTER: Final[Micros] = QUARTER_MINUTES * MINUTE
DAY_QUARTERS: Final = 96
WEEK_QUARTERS: Final = 7 * DAY_QUARTERS
DAY: Final[Micros] = DAY_QUARTERS * QUARTER
#: More of a window than this is not looked at.
LONGEST_WINDOW: Final[Micros] = 7 * DAY

_SHANGHAI_OFFSET: Final[Micros] = 8 * 60 * MINUTE
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
#: The first of January 1970 was a Thursday.
_EPOCH_WEEKDAY: Final = 3


def micros_of(instant: datetime) -> Micros:
    """An instant as microseconds since 1970."""
    return (instant - _EPOCH) // _MICROSECOND


def instant_of(micros: Micros) -> datetime:
    """The instant of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=micros)


def day_of(micros: Micros) -> int:
    """The day in Shanghai that an instant lies in, counted from 1970."""
    return (micros + _SHANGHAI_OFFSET) // DAY


def day_span(day: int) -> Span:
    """A day in Shanghai, from midnight to midnight."""
    return day * DAY - _SHANGHAI_OFFSET, (day + 1) * DAY - _SHANGHAI_OFFSET


def quarters_within(span: Span) -> tuple[int, int]:
    """The quarters that lie wholly within a span, as first and after-last."""
    return -(-span[0] // QUARTER), span[1] // QUARTER


def quarters_touched(begins: Quarters, ends: Quarters) -> tuple[Quarters, Quarters]:
    """The quarters that spans take something of, as first and after-last; of one or of many."""
    return begins // QUARTER, -(-ends // QUARTER)


def quarter_of_week(quarter: int) -> int:
    """The place of a quarter in Shanghai's week, which begins on Monday at midnight."""
    local = quarter + _SHANGHAI_OFFSET // QUARTER
    return (local + _EPOCH_WEEKDAY * DAY_QUARTERS) % WEEK_QUARTERS


def quarters_needed(minutes: int) -> int:
    """How many quarters a visit of so many minutes takes."""
    return -(-minutes // QUARTER_MINUTES)


def week_of(hours: Iterable[Stretch]) -> frozenset[int]:
    """The quarters of the week in which somebody works; all of them where no hours are kept."""
    stretches = tuple(hours)
    if not stretches:
        return frozenset(range(WEEK_QUARTERS))
    return frozenset(
        (each.weekday - 1) * DAY_QUARTERS + quarter
        for each in stretches
        for quarter in range(
            -(-each.start_minute // QUARTER_MINUTES), each.end_minute // QUARTER_MINUTES
        )
    )


def clipped(span: Span) -> Span:
    """As much of a window as is looked at."""
    return span[0], min(span[1], span[0] + LONGEST_WINDOW)
