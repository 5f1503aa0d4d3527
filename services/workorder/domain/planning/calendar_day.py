"""One day in Shanghai as a plan counts it: in seconds from its midnight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from kit.clock import SHANGHAI
from kit.errors import InvalidArgument
from services.workorder.domain.planning.day import Rest, Seconds, Span
from services.workorder.domain.registry.working_hours import Absence, Stretch, available

#: When people come to customers, where nobody keeps hours or has agreed on a time.
_OPENS: Final = timedelta(hours=8)
_CLOSES: Final = timedelta(hours=20)
_REST_FROM: Final = 11 * 3_600
_REST_UNTIL: Final = 14 * 3_600
_FURTHEST: Final = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day, and the first instant of it that may still be planned."""

    begins: datetime
    from_now: datetime

    @property
    def ends(self) -> datetime:
        """Its last midnight."""
        return self.begins + timedelta(days=1)

    @property
    def date(self) -> date:
        """Which day it is."""
        return self.begins.date()

    def seconds(self, at: datetime) -> Seconds:
        """An instant as the plan counts it."""
        return int((at - self.begins).total_seconds())

    def instant(self, seconds: Seconds) -> datetime:
        """And back."""
        return self.begins + timedelta(seconds=seconds)

    def window(self, agreed: tuple[datetime, datetime] | None, service: timedelta) -> Span:
        """The earliest and the latest begin of a visit that is done within what was agreed; without
        that, while people come to customers. One that is over has its end before its beginning."""
        opens, closes = agreed or (self.begins + _OPENS, self.begins + _CLOSES)
        earliest = max(opens, self.from_now)
        latest = min(closes, self.ends) - service
        return self.seconds(earliest), self.seconds(latest)

    def spans(self, hours: Sequence[Stretch], absences: Sequence[Absence]) -> tuple[Span, ...]:
        """When somebody is there, from now on; without hours, while people come to customers."""
        opens, closes = self.begins, self.ends
        if not hours:
            opens, closes = self.begins + _OPENS, self.begins + _CLOSES
        opens = max(opens, self.from_now)
        if opens >= closes:
            return ()
        found = available(hours, absences, opens, closes)
        return tuple((self.seconds(each.starts_at), self.seconds(each.ends_at)) for each in found)


def calendar_day(written: str, now: datetime) -> CalendarDay:
    """A day that can be planned: today, or one of the next month.

    Raises:
        InvalidArgument: ``DAY_PLAN_DAY_INVALID``.
    """
    try:
        day = date.fromisoformat(written)
    except ValueError as error:
        raise _refused(f"{written!r} is no day; write 2026-11-24") from error
    today = now.astimezone(SHANGHAI).date()
    if not today <= day <= today + _FURTHEST:
        raise _refused(f"{day} is over, or more than {_FURTHEST.days} days away")
    return shown_day(day, now)


def shown_day(day: date, now: datetime) -> CalendarDay:
    """Any day, to be looked at."""
    begins = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    return CalendarDay(begins, max(begins, now))


def rest_of(minutes: int) -> Rest | None:
    """Everybody's break, between eleven and two.

    Raises:
        InvalidArgument: ``DAY_PLAN_BREAK_INVALID``.
    """
    seconds = minutes * 60
    if not 0 <= seconds <= _REST_UNTIL - _REST_FROM:
        most = (_REST_UNTIL - _REST_FROM) // 60
        raise InvalidArgument(
            "DAY_PLAN_BREAK_INVALID", f"0 to {most} minutes", field="break_minutes"
        )
    return Rest((_REST_FROM, _REST_UNTIL - seconds), seconds) if seconds else None


def _refused(message: str) -> InvalidArgument:
    return InvalidArgument("DAY_PLAN_DAY_INVALID", message, field="day")
