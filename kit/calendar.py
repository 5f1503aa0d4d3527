"""Working time: instants and working durations over a calendar that is plain data.

A calendar says when a company works: weekly hours, days that differ (holidays, 调休 make-up days),
and the years whose official notice is not out yet, in which results are provisional. Whoever keeps
calendars makes the data; this only computes, so a replayed workflow computes the same again.

``add`` gives the earliest instant by which a working duration has passed; ``between`` measures the
working time from one instant to another; the one is the inverse of the other.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import Final, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from kit.errors import InvalidArgument

#: Minutes after local midnight, half-open.
Interval: TypeAlias = tuple[int, int]
Hours: TypeAlias = tuple[Interval, ...]

_DAY_MINUTES: Final = 24 * 60
_ONE_DAY: Final = timedelta(days=1)
#: Longer than any run of closed days that data could mean.
_HORIZON_YEARS: Final = 50
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Deadline:
    """An instant reached, and whether the way there crosses a provisional year."""

    at: datetime
    provisional: bool


class Span(NamedTuple):
    """A time during which a calendar is open, from an instant to an instant."""

    opened: datetime
    closed: datetime


@dataclass(frozen=True)
class BusinessCalendar:
    """Working hours as data.

    Attributes:
        code: its name in the directory.
        version_hash: names this very data; a case pins it.
        version: which edit of the company's it is; grows with each.
        time_zone: the zone of all hours and days.
        weekly: the hours of Monday … Sunday.
        days: the hours of days that differ from their weekday; empty means closed.
        provisional_years: years whose holidays are not announced.
        first_year: the first one that the days are known of.
        last_year: the last one; those after it are provisional.
    """

    code: str
    version_hash: str
    weekly: tuple[Hours, ...]
    days: Mapping[date, Hours] = field(default_factory=dict)
    time_zone: str = "Asia/Shanghai"
    provisional_years: tuple[int, ...] = ()
    version: int = 0
    first_year: int = date.min.year
    last_year: int = date.max.year

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
        index, of_year = self._span_at(at)
        return index >= 0 and _ticks(at - _EPOCH) < of_year.closed[index]

    def is_edge(self, at: datetime) -> bool:
        """True when it opens or closes at this very instant."""
        index, of_year = self._span_at(at)
        if index >= 0 and of_year.opened[index] == _ticks(at - _EPOCH):
            return True
        # One that closes at the end of a year is of the year before.
        index, of_year = self._span_at(at - _TICK)
        return index >= 0 and of_year.closed[index] == _ticks(at - _EPOCH)

    def add(self, start: datetime, duration: timedelta) -> Deadline:
        """The earliest instant by which ``duration`` of working time has passed since ``start``."""
        if duration < timedelta(0):
            raise InvalidArgument(
                "CALENDAR_DURATION_NEGATIVE", "a working duration cannot be negative"
            )
        first = start.astimezone(_zone(self.time_zone)).year
        if not duration:
            return Deadline(start.astimezone(UTC), self.is_provisional(first))
        target = self._worked(first, start) + _ticks(duration)
        for year in range(first, min(first + _HORIZON_YEARS, date.max.year)):
            of_year = self._year(year)
            if target <= of_year.worked[-1]:
                at = of_year.reached(target)
                last = at.astimezone(_zone(self.time_zone)).year
                crossed = range(first, max(first, last) + 1)
                return Deadline(at, any(self.is_provisional(each) for each in crossed))
            target -= of_year.worked[-1]
        raise InvalidArgument(
            "CALENDAR_EXHAUSTED", f"calendar {self.code} has no {duration} of working time left"
        )

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The working time from ``start`` to ``end``; negative when ``end`` comes first."""
        if end < start:
            return -self.between(end, start)
        first, last = (at.astimezone(_zone(self.time_zone)).year for at in (start, end))
        whole = sum(self._year(year).worked[-1] for year in range(first, last))
        return (whole + self._worked(last, end) - self._worked(first, start)) * _TICK

    def spans_on(self, day: date) -> tuple[Span, ...]:
        """When it is open on a local day."""
        return tuple(_spans(self.hours_on(day), day, _zone(self.time_zone)))

    def is_provisional(self, year: int) -> bool:
        """Whether a year's holidays may still change."""
        return year in self.provisional_years or year > self.last_year

    def _span_at(self, at: datetime) -> tuple[int, _Year]:
        """The last span of an instant's year that has opened by then; -1: none has."""
        of_year = self._year(at.astimezone(_zone(self.time_zone)).year)
        return bisect_right(of_year.opened, _ticks(at - _EPOCH)) - 1, of_year

    def _worked(self, year: int, at: datetime) -> int:
        """The working time from a year's beginning to an instant in it."""
        return self._year(year).worked_until(_ticks(at - _EPOCH))

    def _year(self, year: int) -> _Year:
        found = self._years.get(year)
        if found is None:
            found = self._years[year] = _lay_out(self, year)
        return found

    @cached_property
    def _years(self) -> dict[int, _Year]:
        """Its years as far as they were needed, one and the same for all calendars that are equal:
        thousands of cases have the same."""
        return _shared_years(self.time_zone, self.weekly, tuple(sorted(self.days.items())))


@dataclass(frozen=True, slots=True)
class _Year:
    """A local year's spans in microseconds of the epoch, to be searched.

    Attributes:
        worked: how much has been worked when each span opens, and in the whole year.
    """

    opened: list[int]
    closed: list[int]
    worked: list[int]

    def worked_until(self, at: int) -> int:
        """The working time from the year's beginning to an instant."""
        index = bisect_right(self.opened, at) - 1
        if index < 0:
            return 0
        return self.worked[index] + min(at, self.closed[index]) - self.opened[index]

    def reached(self, worked: int) -> datetime:
        """The earliest instant by which so much has been worked; more than nothing."""
        index = bisect_right(self.worked, worked - 1) - 1
        return _EPOCH + (self.opened[index] + worked - self.worked[index]) * _TICK


@lru_cache(maxsize=256)
def _shared_years(
    time_zone: str, weekly: tuple[Hours, ...], days: tuple[tuple[date, Hours], ...]
) -> dict[int, _Year]:
    return {}


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _lay_out(calendar: BusinessCalendar, year: int) -> _Year:
    opened: list[int] = []
    closed: list[int] = []
    worked = [0]
    day = date(year, 1, 1)
    while day.year == year:
        for span in calendar.spans_on(day):
            opened.append(_ticks(span.opened - _EPOCH))
            closed.append(_ticks(span.closed - _EPOCH))
            worked.append(worked[-1] + closed[-1] - opened[-1])
        day += _ONE_DAY
    return _Year(opened, closed, worked)


def _spans(hours: Hours, day: date, zone: ZoneInfo) -> list[Span]:
    spans = (Span(_instant(day, start, zone), _instant(day, end, zone)) for start, end in hours)
    return [span for span in spans if span.opened < span.closed]


def _instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """The instant of a local time: the first of two, or, when clocks are put forward over it, the
    one to which they are put."""
    local = datetime.combine(day, time()) + timedelta(minutes=minute)
    at = local.replace(tzinfo=zone).astimezone(UTC)
    while at.astimezone(zone).replace(tzinfo=None) != local:
        local += timedelta(minutes=1)
        at = local.replace(tzinfo=zone).astimezone(UTC)
    return at


def _ticks(duration: timedelta) -> int:
    return duration // _TICK


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
