"""Business calendars, between messages, rows and decisions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from google.protobuf.duration_pb2 import Duration

from kit.calendar import Hours
from kit.errors import InvalidArgument
from kit.rpc.convert import instant_to_proto
from protos.directory.v1 import directory_pb2 as pb
from services.directory.domain.calendar import CalendarDefinition, CalendarYears, Day, DaySpan
from services.directory.domain.working_time import WorkingTime
from services.directory.tables.calendars import CalendarDefinitionRow


def definition_from_proto(message: pb.PutCalendarRequest) -> CalendarDefinition:
    """What the company wrote down about a calendar.

    Raises:
        InvalidArgument: ``CALENDAR_WEEKDAY_INVALID``, ``CALENDAR_DAY_MALFORMED``.
    """
    return CalendarDefinition(
        calendar_code=message.calendar_code,
        time_zone=message.time_zone or "Asia/Shanghai",
        weekly=_weekly(message.weekly),
        chinese_holidays=message.chinese_holidays,
        overrides=tuple(
            Day(_day(override.day, number), _hours(override.open), override.label)
            for number, override in enumerate(message.overrides)
        ),
        announced_years=tuple(message.announced_years),
    )


def _weekly(messages: Sequence[pb.WeekdayHours]) -> tuple[Hours, ...]:
    """Monday first; a weekday that is not named is closed."""
    weekly: list[Hours] = [()] * 7
    named: set[int] = set()
    for number, message in enumerate(messages):
        if not 1 <= message.weekday <= 7 or message.weekday in named:
            raise InvalidArgument(
                "CALENDAR_WEEKDAY_INVALID",
                "weekdays are 1 (Monday) to 7 (Sunday), each named once",
                field=f"weekly[{number}].weekday",
            )
        named.add(message.weekday)
        weekly[message.weekday - 1] = _hours(message.open)
    return tuple(weekly)


def _hours(intervals: Iterable[pb.OpenInterval]) -> Hours:
    return tuple((interval.start_minute, interval.end_minute) for interval in intervals)


def _day(text: str, number: int) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidArgument(
            "CALENDAR_DAY_MALFORMED",
            f"{text!r} is no date; write it as 2026-10-10",
            field=f"overrides[{number}].day",
        ) from error


def definition_to_row(
    definition: CalendarDefinition, now: datetime, by_person_id: str
) -> CalendarDefinitionRow:
    """A calendar's definition as it will be kept."""
    return CalendarDefinitionRow(
        calendar_code=definition.calendar_code,
        time_zone=definition.time_zone,
        weekly=[list(hours) for hours in definition.weekly],
        chinese_holidays=definition.chinese_holidays,
        version=definition.version,
        overrides=[[day.day.isoformat(), day.hours, day.label] for day in definition.overrides],
        announced_years=list(definition.announced_years),
        defined_at=now,
        defined_by_person_id=by_person_id,
    )


def definition_from_row(row: CalendarDefinitionRow) -> CalendarDefinition:
    """A calendar's definition as it is computed with."""
    return CalendarDefinition(
        calendar_code=row.calendar_code,
        time_zone=row.time_zone,
        weekly=tuple(_stored_hours(hours) for hours in row.weekly),
        chinese_holidays=row.chinese_holidays,
        overrides=tuple(
            Day(date.fromisoformat(day), _stored_hours(hours), label)
            for day, hours, label in row.overrides
        ),
        announced_years=tuple(row.announced_years),
        version=row.version,
        defined_at=row.defined_at,
        defined_by_person_id=row.defined_by_person_id,
    )


def _stored_hours(hours: list[list[int]]) -> Hours:
    return tuple((start, end) for start, end in hours)


def calendar_to_proto(calendar: CalendarYears) -> pb.Calendar:
    """A calendar laid out for some years, on the wire."""
    message = definition_to_proto(calendar.definition)
    message.version_hash = calendar.version_hash
    message.days.extend(_days(calendar.days))
    message.provisional_years.extend(calendar.provisional_years)
    message.first_year, message.last_year = calendar.first_year, calendar.last_year
    return message


def definition_to_proto(definition: CalendarDefinition) -> pb.Calendar:
    """What the company wrote down, on the wire."""
    return pb.Calendar(
        calendar_code=definition.calendar_code,
        time_zone=definition.time_zone,
        weekly=[
            pb.WeekdayHours(weekday=number, open=_intervals(hours))
            for number, hours in enumerate(definition.weekly, start=1)
        ],
        version=definition.version,
        chinese_holidays=definition.chinese_holidays,
        overrides=_days(definition.overrides),
        announced_years=definition.announced_years,
        defined_at=instant_to_proto(definition.defined_at),
        defined_by_person_id=definition.defined_by_person_id,
    )


def spans_to_proto(spans: Iterable[DaySpan]) -> list[pb.CalendarDays]:
    """Days from the first to the last, on the wire."""
    return [
        pb.CalendarDays(first_day=span.first.isoformat(), last_day=span.last.isoformat())
        for span in spans
    ]


def working_time_to_proto(time: WorkingTime, years: CalendarYears) -> pb.WorkingTime:
    """Working time explained, on the wire."""
    return pb.WorkingTime(
        start=instant_to_proto(time.start),
        end=instant_to_proto(time.end),
        worked=_duration(time.worked),
        provisional=time.provisional,
        days=[
            pb.WorkedDay(
                day=day.day.isoformat(),
                open=_intervals(day.hours),
                label=day.label,
                worked=_duration(day.worked),
                provisional=day.provisional,
            )
            for day in time.days
        ],
        time_zone=years.definition.time_zone,
        version=years.definition.version,
    )


def _duration(duration: timedelta) -> Duration:
    message = Duration()
    message.FromTimedelta(duration)
    return message


def _days(days: Iterable[Day]) -> list[pb.DayOverride]:
    return [
        pb.DayOverride(day=day.day.isoformat(), open=_intervals(day.hours), label=day.label)
        for day in days
    ]


def _intervals(hours: Hours) -> list[pb.OpenInterval]:
    return [pb.OpenInterval(start_minute=start, end_minute=end) for start, end in hours]
