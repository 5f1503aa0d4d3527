"""Working time explained: which day between two instants counts how much, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from kit.calendar import BusinessCalendar, Hours
from services.directory.domain.calendar import CalendarYears

#: Days that are told of; nobody reads more.
_MOST_DAYS: Final = 400
_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WorkedDay:
    """What one day counts.

    Attributes:
        label: why it differs from its weekday; empty: it does not.
    """

    day: date
    hours: Hours
    label: str
    worked: timedelta
    provisional: bool


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """Working time from an instant to another, and the days between them."""

    start: datetime
    end: datetime
    worked: timedelta
    provisional: bool
    days: tuple[WorkedDay, ...]


def add(years: CalendarYears, start: datetime, duration: timedelta) -> WorkingTime:
    """When so much working time has passed.

    Raises:
        InvalidArgument: ``CALENDAR_DURATION_NEGATIVE``, ``CALENDAR_EXHAUSTED``.
    """
    calendar = computing(years)
    end = calendar.add(start, duration).at
    return _explained(years, calendar, start, max(end, start))


def measure(years: CalendarYears, start: datetime, end: datetime) -> WorkingTime:
    """How much working time there is from an instant to a later one; none when it comes earlier."""
    return _explained(years, computing(years), start, max(start, end))


def computing(years: CalendarYears) -> BusinessCalendar:
    """The calendar as cases compute with it."""
    definition = years.definition
    return BusinessCalendar(
        code=definition.calendar_code,
        version_hash=years.version_hash,
        weekly=definition.weekly,
        days={day.day: day.hours for day in years.days},
        time_zone=definition.time_zone,
        provisional_years=years.provisional_years,
        version=definition.version,
        first_year=years.first_year,
        last_year=years.last_year,
    )


def _explained(
    years: CalendarYears, calendar: BusinessCalendar, start: datetime, end: datetime
) -> WorkingTime:
    zone = ZoneInfo(calendar.time_zone)
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    labels = {day.day: day.label for day in years.days}
    days = []
    for number in range(min((last - first).days + 1, _MOST_DAYS)):
        day = first + number * _ONE_DAY
        spans = calendar.spans_on(day)
        counted = (min(s.closed, end) - max(s.opened, start) for s in spans)
        worked = sum((each for each in counted if each > timedelta(0)), timedelta(0))
        provisional = calendar.is_provisional(day.year)
        days.append(
            WorkedDay(day, calendar.hours_on(day), labels.get(day, ""), worked, provisional)
        )
    crossed = range(first.year, last.year + 1)
    return WorkingTime(
        start,
        end,
        calendar.between(start, end),
        any(calendar.is_provisional(year) for year in crossed),
        tuple(days),
    )
