"""What operators and functions mean on dates, instants and durations. Days are Shanghai's."""

from __future__ import annotations

import operator
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from workflows.language.failure import out_of_range
from workflows.language.values import DURATION_LIMIT, SHANGHAI


def shanghai_text(at: datetime) -> str:
    """An instant as people in China read it."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def _duration_text(value: timedelta) -> str:
    minutes = abs(value) // timedelta(minutes=1)
    days, rest = divmod(minutes, 24 * 60)
    parts = ((days, "天"), (rest // 60, "小时"), (rest % 60, "分钟"))
    text = "".join(f"{count}{unit}" for count, unit in parts if count) or "0分钟"
    return f"-{text}" if value < timedelta(0) else text


def _add_months(day: date, count: int) -> date:
    """The same day of another month, or that month's last one when it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    if not date.min.year <= year <= date.max.year:
        raise out_of_range("a date is beyond the year 9999")
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time(tzinfo=SHANGHAI)).astimezone(UTC)


def _bounded(value: datetime | timedelta) -> datetime | timedelta:
    if isinstance(value, timedelta) and abs(value) > DURATION_LIMIT:
        raise out_of_range("a duration is beyond 10,000 years")
    return value


def _whole(unit: timedelta) -> Callable[[timedelta], int]:
    """How many whole units a duration has, towards zero as in CEL."""

    def count(value: timedelta) -> int:
        units = abs(value) // unit
        return units if value >= timedelta(0) else -units

    return count


TIMES: Final[dict[str, Callable[..., Any]]] = {
    "add_time": lambda a, b: _bounded(a + b),
    "subtract_time": lambda a, b: _bounded(a - b),
    "multiply_time": lambda a, count: _bounded(a * count),
    "add_days": lambda day, count: day + timedelta(days=count),
    "add_months": _add_months,
    "days_between": lambda first, second: (second - first).days,
    "year": operator.attrgetter("year"),
    "month": operator.attrgetter("month"),
    "day": operator.attrgetter("day"),
    "weekday": date.isoweekday,
    "date_of": lambda at: at.astimezone(SHANGHAI).date(),
    "hour_of": lambda at: at.astimezone(SHANGHAI).hour,
    "minute_of": lambda at: at.astimezone(SHANGHAI).minute,
    "start_of": _start_of,
    "hours": _whole(timedelta(hours=1)),
    "minutes": _whole(timedelta(minutes=1)),
    "seconds": _whole(timedelta(seconds=1)),
    "text_date": date.isoformat,
    "text_timestamp": shanghai_text,
    "text_duration": _duration_text,
}
