"""A business calendar as the directory serves it, to the data that a case pins."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from kit.calendar import BusinessCalendar, Hours
from protos.directory.v1 import directory_pb2


def calendar_from_proto(message: directory_pb2.Calendar) -> BusinessCalendar:
    """The calendar; weekdays that the message leaves out are closed."""
    by_weekday = {hours.weekday: _hours(hours.open) for hours in message.weekly}
    return BusinessCalendar(
        code=message.calendar_code,
        version_hash=message.version_hash,
        weekly=tuple(by_weekday.get(weekday, ()) for weekday in range(1, 8)),
        days={date.fromisoformat(day.day): _hours(day.open) for day in message.days},
        time_zone=message.time_zone,
        provisional_years=tuple(message.provisional_years),
    )


def _hours(intervals: Iterable[directory_pb2.OpenInterval]) -> Hours:
    return tuple((interval.start_minute, interval.end_minute) for interval in intervals)
