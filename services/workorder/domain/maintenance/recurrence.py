"""On which days a visit that comes again and again falls.

Every day is counted from the first one, never from the one before: the 31st is the last day of a
shorter month and the 31st again of the next long one, and no window ever drifts.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from kit.errors import InvalidArgument

_MOST_UNITS: Final = 1000
_MOST_DAYS: Final = 366
_MOST_VISITS: Final = 10_000
_MONTHS: Final = frozenset(range(1, 13))
#: Dates that contracts have.
_YEARS: Final = range(2000, 2200)


class Unit(StrEnum):
    """What a recurrence counts."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Every so many days, weeks or months.

    Attributes:
        first_visit_on: the day from which all are counted.
        season_months: visits of other months are passed over; empty: none is.
        window_days: how many days there are for a visit, its own day included.
        ends_on: the last day on which a visit may fall; None: without end.
    """

    every: int
    unit: Unit
    first_visit_on: date
    season_months: frozenset[int] = frozenset()
    window_days: int = 1
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One day of a recurrence, by its place in it: 0, 1, 2 …, those passed over counted too."""

    number: int
    due_on: date
    last_day: date


def occurrence(recurrence: Recurrence, number: int) -> Occurrence | None:
    """A day of a recurrence, in season or not; None: beyond its end, or any calendar."""
    due_on = _day(recurrence, number)
    if due_on is None or (recurrence.ends_on is not None and due_on > recurrence.ends_on):
        return None
    more_days = timedelta(days=recurrence.window_days - 1)
    return (
        Occurrence(number, due_on, due_on + more_days) if due_on <= date.max - more_days else None
    )


def in_season(recurrence: Recurrence, day: date) -> bool:
    """Whether a visit may fall on a day."""
    return not recurrence.season_months or day.month in recurrence.season_months


def occurrences(recurrence: Recurrence, number: int = 0) -> Iterator[Occurrence]:
    """The days in season, from a place in the recurrence on."""
    while (found := occurrence(recurrence, number)) is not None:
        if in_season(recurrence, found.due_on):
            yield found
        number += 1


def first_not_over(recurrence: Recurrence, today: date, number: int = 0) -> Occurrence | None:
    """The first visit whose days are not over yet; None: none is left."""
    number = max(number, _place_before(recurrence, today))
    found = occurrences(recurrence, number)
    return next((each for each in found if each.last_day >= today), None)


def require_recurrence(recurrence: Recurrence, visit_count: int) -> None:
    """A recurrence that a contract can promise.

    Raises:
        InvalidArgument: ``MAINTENANCE_RECURRENCE_INVALID``, naming the field.
    """
    end = recurrence.ends_on
    for field, message, wrong in (
        ("every", f"every 1 to {_MOST_UNITS} units", not 1 <= recurrence.every <= _MOST_UNITS),
        (
            "first_visit_on",
            "a day of the years 2000 to 2199",
            recurrence.first_visit_on.year not in _YEARS,
        ),
        ("season_months", "months are 1 to 12", not recurrence.season_months <= _MONTHS),
        ("window_days", f"1 to {_MOST_DAYS} days", not 1 <= recurrence.window_days <= _MOST_DAYS),
        (
            "ends_on",
            "not before the first visit",
            end is not None and end < recurrence.first_visit_on,
        ),
        ("visit_count", f"0 to {_MOST_VISITS} visits", not 0 <= visit_count <= _MOST_VISITS),
    ):
        if wrong:
            raise InvalidArgument(
                "MAINTENANCE_RECURRENCE_INVALID", message, field=f"recurrence.{field}"
            )


def _day(recurrence: Recurrence, number: int) -> date | None:
    first, steps = recurrence.first_visit_on, number * recurrence.every
    try:
        if recurrence.unit is Unit.MONTH:
            year, month = divmod(first.month - 1 + steps, 12)
            year, month = first.year + year, month + 1
            return date(year, month, min(first.day, monthrange(year, month)[1]))
        return first + timedelta(days=steps * (7 if recurrence.unit is Unit.WEEK else 1))
    except (OverflowError, ValueError):
        return None


def _place_before(recurrence: Recurrence, today: date) -> int:
    """A place in the recurrence whose days, and those of all before it, are over or nearly so; what
    would be found by going through them one by one."""
    days = (today - recurrence.first_visit_on).days - recurrence.window_days
    longest = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 31}[recurrence.unit] * recurrence.every
    return max(0, days // longest)
