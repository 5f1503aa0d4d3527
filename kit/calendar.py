"""Working time: instants and working durations over a calendar that is plain data.

A calendar says when a company works: weekly hours, days that differ (holidays, 调休 make-up days),
and the years whose official notice is not out yet, in which results are provisional. Whoever keeps
calendars makes the data; this only computes, so a replayed workflow computes the same again.

``add`` gives the earliest instant by which a working duration has passed; ``between`` measures the
working time from one instant to another; the one is the inverse of the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from kit.errors import InvalidArgument

#: Minutes after local midnight, half-open.
Interval: TypeAlias = tuple[int, int]
Hours: TypeAlias = tuple[Interval, ...]

_DAY_MINUTES: Final = 24 * 60
_ONE_DAY: Final = timedelta(days=1)
#: Longer than any run of closed days that data could mean.
_HORIZON_DAYS: Final = 366 * 50


@dataclass(frozen=True, slots=True)
class Deadline:
    """An instant reached, and whether the way there crosses a provisional year."""

    at: datetime
    provisional: bool


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Working hours as data.

    Attributes:
        code: its name in the directory.
        version_hash: names this very data; a case pins it.
        time_zone: the zone of all hours and days.
        weekly: the hours of Monday … Sunday.
        days: the hours of days that differ from their weekday; empty means closed.
        provisional_years: years whose holidays are not announced.
    """

    code: str
    version_hash: str
    weekly: tuple[Hours, ...]
    days: Mapping[date, Hours] = field(default_factory=dict)
    time_zone: str = "Asia/Shanghai"
    provisional_years: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if len(self.weekly) != 7:
            raise InvalidArgument(
                "CALENDAR_MALFORMED", "weekly must list seven days, Monday first", field="weekly"
            )
        for hours in (*self.weekly, *self.days.values()):
            _check_hours(hours)
        if not any(self.weekly):
            raise InvalidArgument(
                "CALENDAR_MALFORMED",
                "a calendar must be open some time in the week",
                field="weekly",
            )

    def hours_on(self, day: date) -> Hours:
        """The opening hours of one local day."""
        return self.days.get(day, self.weekly[day.weekday()])

    def is_open(self, at: datetime) -> bool:
        """True when ``at`` is working time."""
        zone = _zone(self.time_zone)
        spans = _spans(self.hours_on(at.astimezone(zone).date()), at.astimezone(zone).date(), zone)
        return any(start <= at < end for start, end in spans)

    def add(self, start: datetime, duration: timedelta) -> Deadline:
        """The earliest instant by which ``duration`` of working time has passed since ``start``."""
        if duration < timedelta(0):
            raise InvalidArgument(
                "CALENDAR_DURATION_NEGATIVE", "a working duration cannot be negative"
            )
        years = {start.astimezone(_zone(self.time_zone)).year}
        if not duration:
            return Deadline(start.astimezone(UTC), self._provisional(years))
        left = duration
        for day, opened, closed in self._open_spans(start):
            years.add(day.year)
            if left <= closed - opened:
                return Deadline(opened + left, self._provisional(years))
            left -= closed - opened
        raise InvalidArgument(
            "CALENDAR_EXHAUSTED", f"calendar {self.code} has no {duration} of working time left"
        )

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The working time from ``start`` to ``end``; negative when ``end`` comes first."""
        if end < start:
            return -self.between(end, start)
        total = timedelta(0)
        for _, opened, closed in self._open_spans(start):
            if opened >= end:
                break
            total += min(closed, end) - opened
        return total

    def _open_spans(self, start: datetime) -> Iterator[tuple[date, datetime, datetime]]:
        """The open spans from ``start`` on, as UTC instants, the first one cut at ``start``."""
        zone = _zone(self.time_zone)
        day = start.astimezone(zone).date()
        start = start.astimezone(UTC)
        for _ in range(_HORIZON_DAYS):
            for opened, closed in _spans(self.hours_on(day), day, zone):
                if closed > start:
                    yield day, max(opened, start), closed
            day += _ONE_DAY

    def _provisional(self, years: set[int]) -> bool:
        return any(year in self.provisional_years for year in years)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _spans(hours: Hours, day: date, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    return [(_instant(day, start, zone), _instant(day, end, zone)) for start, end in hours]


def _instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    if minute == _DAY_MINUTES:
        day, minute = day + _ONE_DAY, 0
    local = datetime.combine(day, time(minute // 60, minute % 60), tzinfo=zone)
    return local.astimezone(UTC)


def _check_hours(hours: Hours) -> None:
    previous_end = 0
    for start, end in hours:
        if not previous_end <= start < end <= _DAY_MINUTES:
            raise InvalidArgument(
                "CALENDAR_MALFORMED",
                f"hours must be ordered, apart and within a day; got {list(hours)}",
                field="hours",
            )
        previous_end = end


#: Every minute counts: durations are elapsed time.
ROUND_THE_CLOCK: Final = BusinessCalendar(
    code="round_the_clock", version_hash="", weekly=(((0, _DAY_MINUTES),),) * 7
)
