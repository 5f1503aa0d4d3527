"""Business calendars: the company's weekly hours, the State Council's days off and make-up days
beneath, the company's own overrides on top; laid out as plain data with a hash.

A year whose yearly notice is not out yet has the statutory days alone and is marked provisional.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from kit.calendar import BusinessCalendar, Hours
from kit.errors import FailedPrecondition, InvalidArgument
from kit.national_days import national_year

_MAX_YEARS: Final = 20
_ONE_DAY: Final = timedelta(days=1)
_MAKE_UP_DAY: Final = "调休上班"


@dataclass(frozen=True, slots=True)
class Day:
    """The hours of one day, and why they differ from its weekday's."""

    day: date
    hours: Hours
    label: str


@dataclass(frozen=True, slots=True)
class CalendarDefinition:
    """What the company wrote down.

    Attributes:
        overrides: the company's own days; they lie on top of the national ones.
        announced_years: years whose notice is out, as far as the company knows; their days differ
            from the statutory ones by the overrides.
        version: which edit it is, from 1.
    """

    calendar_code: str
    time_zone: str
    weekly: tuple[Hours, ...]
    chinese_holidays: bool
    overrides: tuple[Day, ...]
    announced_years: tuple[int, ...] = ()
    version: int = 1
    defined_at: datetime | None = None
    defined_by_person_id: str = ""


@dataclass(frozen=True, slots=True)
class CalendarYears:
    """A definition laid out for some years."""

    definition: CalendarDefinition
    days: tuple[Day, ...]
    provisional_years: tuple[int, ...]
    version_hash: str
    first_year: int
    last_year: int


class DaySpan(NamedTuple):
    """Days from the first to the last."""

    first: date
    last: date


def check_definition(definition: CalendarDefinition) -> None:
    """Refuse a calendar that could not be computed with.

    Raises:
        InvalidArgument: ``CALENDAR_CODE_MISSING``, ``CALENDAR_TIME_ZONE_UNKNOWN``,
            ``CALENDAR_DAY_REPEATED`` or ``CALENDAR_MALFORMED``.
    """
    if not definition.calendar_code:
        raise InvalidArgument(
            "CALENDAR_CODE_MISSING", "a calendar needs a code", field="calendar_code"
        )
    try:
        ZoneInfo(definition.time_zone)
    except (KeyError, ValueError, OSError) as error:
        raise InvalidArgument(
            "CALENDAR_TIME_ZONE_UNKNOWN",
            f"{definition.time_zone!r} is no time zone; try 'Asia/Shanghai'",
            field="time_zone",
        ) from error
    seen: set[date] = set()
    for number, override in enumerate(definition.overrides):
        if override.day in seen:
            raise InvalidArgument(
                "CALENDAR_DAY_REPEATED",
                f"{override.day} is overridden twice",
                field=f"overrides[{number}].day",
            )
        seen.add(override.day)
    BusinessCalendar(
        definition.calendar_code,
        "",
        definition.weekly,
        {override.day: override.hours for override in definition.overrides},
    )


def lay_out(definition: CalendarDefinition, first_year: int, last_year: int) -> CalendarYears:
    """The days of some years that differ from the weekly hours.

    Raises:
        InvalidArgument: ``CALENDAR_YEARS_INVALID``.
    """
    if not 1 <= first_year <= last_year <= min(9999, first_year + _MAX_YEARS - 1):
        raise InvalidArgument(
            "CALENDAR_YEARS_INVALID",
            f"ask for 1 to {_MAX_YEARS} years, the first one first; got {first_year} to {last_year}",
            field="last_year",
        )
    years = range(first_year, last_year + 1)
    by_day: dict[date, Day] = {}
    if definition.chinese_holidays:
        by_day = {day.day: day for day in _national(definition.weekly, years)}
    by_day |= {day.day: day for day in definition.overrides if day.day.year in years}
    days = tuple(by_day[day] for day in sorted(by_day))
    provisional = tuple(
        year
        for year in years
        if definition.chinese_holidays
        and year not in definition.announced_years
        and not national_year(year).is_announced
    )
    content = _hash(definition, days, provisional)
    return CalendarYears(definition, days, provisional, content, first_year, last_year)


def changed_days(
    before: CalendarYears | None, after: CalendarYears, since: date
) -> tuple[DaySpan, ...]:
    """The days from ``since`` on that have other hours than before, or are provisional where they were
    not, or no longer: in spans, the first one first. A new calendar changes no days."""
    if before is None:
        return ()
    was, now = _by_day(before), _by_day(after)
    spans: list[DaySpan] = []
    for day in now:
        if day < since or was.get(day) == now[day]:
            continue
        if spans and day - spans[-1].last == _ONE_DAY:
            spans[-1] = DaySpan(spans[-1].first, day)
        else:
            spans.append(DaySpan(day, day))
    return tuple(spans)


def check_version(seen: int, newest: int) -> None:
    """Refuse an edit of what somebody else has edited meanwhile.

    Raises:
        FailedPrecondition: ``CALENDAR_VERSION_STALE``.
    """
    if seen and seen != newest:
        raise FailedPrecondition(
            "CALENDAR_VERSION_STALE",
            f"the calendar is at version {newest}, you saw {seen}: look again",
            field="version",
            details={"version": str(newest)},
        )


def _by_day(calendar: CalendarYears) -> dict[date, tuple[str, Hours, bool]]:
    """What counts of each day."""
    definition = calendar.definition
    days = {each.day: each.hours for each in calendar.days}
    found: dict[date, tuple[str, Hours, bool]] = {}
    day = date(calendar.first_year, 1, 1)
    while day.year <= calendar.last_year:
        hours = days.get(day, definition.weekly[day.weekday()])
        found[day] = (definition.time_zone, hours, day.year in calendar.provisional_years)
        day += _ONE_DAY
    return found


def _national(weekly: Sequence[Hours], years: Iterable[int]) -> Iterator[Day]:
    """Days off on which the company would work, and make-up days on which it would not."""
    working_hours = next(hours for hours in weekly if hours)
    for year in map(national_year, years):
        for day, name in year.days_off.items():
            if weekly[day.weekday()]:
                yield Day(day, (), name)
        for day in year.make_up_days:
            if not weekly[day.weekday()]:
                yield Day(day, working_hours, _MAKE_UP_DAY)


def _hash(definition: CalendarDefinition, days: Sequence[Day], provisional: Sequence[int]) -> str:
    content = {
        "time_zone": definition.time_zone,
        "weekly": definition.weekly,
        "days": [(day.day.isoformat(), day.hours, day.label) for day in days],
        "provisional_years": provisional,
    }
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
