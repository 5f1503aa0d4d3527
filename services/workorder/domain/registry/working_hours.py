"""When a technician works: stretches of a week in Shanghai, less the times they are absent."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from kit.clock import SHANGHAI
from kit.errors import InvalidArgument

_DAY_MINUTES: Final = 24 * 60
_MOST_STRETCHES: Final = 70
_WRITTEN: Final = re.compile(
    r"(?P<first>[1-7])(-(?P<last>[1-7]))?\s+"
    r"(?P<from_h>\d{1,2}):(?P<from_m>\d{2})\s*-\s*(?P<to_h>\d{1,2}):(?P<to_m>\d{2})"
)


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """Part of a weekday, 1 Monday to 7 Sunday, in minutes after midnight; half-open."""

    weekday: int
    start_minute: int
    end_minute: int


@dataclass(frozen=True, slots=True)
class Absence:
    """A time without work; no end: until further notice."""

    starts_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Span:
    """From an instant to an instant."""

    starts_at: datetime
    ends_at: datetime


def require_hours(given: Iterable[Stretch], field: str) -> tuple[Stretch, ...]:
    """Stretches in order, each within its day, none over another.

    Raises:
        InvalidArgument: ``TECHNICIAN_INVALID``, naming the stretch.
    """
    kept: list[Stretch] = []
    for position, one in enumerate(given):
        within = 1 <= one.weekday <= 7 and 0 <= one.start_minute < one.end_minute <= _DAY_MINUTES
        if not within or len(kept) == _MOST_STRETCHES:
            raise _refusal(
                f"{field}[{position}]",
                f"a stretch is of a weekday 1 to 7, from a minute to a later one of the same day (0 to"
                f" {_DAY_MINUTES}), and there are at most {_MOST_STRETCHES}; write a night as two",
                "每段工作时间要在周一(1)到周日(7)的同一天之内，先起后止；跨夜请写成两段。",
            )
        if any(_overlap(one, other) for other in kept):
            raise _refusal(
                f"{field}[{position}]",
                "two stretches overlap; join them",
                "两段工作时间重叠了，请合并。",
            )
        kept.append(one)
    return tuple(sorted(kept))


def _overlap(a: Stretch, b: Stretch) -> bool:
    same_day = a.weekday == b.weekday
    return same_day and a.start_minute < b.end_minute and b.start_minute < a.end_minute


def _refusal(field: str, english: str, chinese: str) -> InvalidArgument:
    return InvalidArgument("TECHNICIAN_INVALID", english, field=field, details={"zh": chinese})


def available(
    hours: Sequence[Stretch], absences: Iterable[Absence], starts_at: datetime, ends_at: datetime
) -> list[Span]:
    """When there is work between two instants, in order; without hours, at any time but absences."""
    spans = list(_working(hours, starts_at, ends_at))
    for absence in absences:
        spans = [rest for span in spans for rest in _less(span, absence)]
    return spans


def covers(
    hours: Sequence[Stretch], absences: Iterable[Absence], starts_at: datetime, ends_at: datetime
) -> bool:
    """Whether somebody works all the time between two instants."""
    found = available(hours, absences, starts_at, ends_at)
    return found == [Span(starts_at, ends_at)]


def _working(hours: Sequence[Stretch], starts_at: datetime, ends_at: datetime) -> Iterator[Span]:
    """Stretches as they fall on days, those that touch joined."""
    if not hours:
        yield Span(starts_at, ends_at)
        return
    of_weekday: defaultdict[int, list[Stretch]] = defaultdict(list)
    for stretch in sorted(hours):
        of_weekday[stretch.weekday].append(stretch)
    day, last = starts_at.astimezone(SHANGHAI).date(), ends_at.astimezone(SHANGHAI).date()
    open_span: Span | None = None
    while day <= last:
        for stretch in of_weekday[day.isoweekday()]:
            opened = max(_at(day, stretch.start_minute), starts_at)
            closed = min(_at(day, stretch.end_minute), ends_at)
            if opened >= closed:
                continue
            if open_span is not None and open_span.ends_at == opened:
                open_span = Span(open_span.starts_at, closed)
                continue
            if open_span is not None:
                yield open_span
            open_span = Span(opened, closed)
        day += timedelta(days=1)
    if open_span is not None:
        yield open_span


def _at(day: date, minute: int) -> datetime:
    return datetime.combine(day, time(), SHANGHAI) + timedelta(minutes=minute)


def _less(span: Span, absence: Absence) -> Iterator[Span]:
    """What an absence leaves of a span."""
    if absence.starts_at > span.starts_at:
        yield Span(span.starts_at, min(span.ends_at, absence.starts_at))
    if absence.ends_at is not None and absence.ends_at < span.ends_at:
        yield Span(max(span.starts_at, absence.ends_at), span.ends_at)


def read_hours(text: str) -> list[Stretch]:
    """Hours as people write them: ``1-5 09:00-18:00; 6 10:00-16:00``, days from Monday, 1.

    Raises:
        ValueError: naming the piece that is none.
    """
    stretches: list[Stretch] = []
    for piece in filter(None, map(str.strip, re.split(r"[;；\n]", text.replace("：", ":")))):
        found = _WRITTEN.fullmatch(piece)
        if found is None:
            raise ValueError(piece)
        first = int(found["first"])
        start = int(found["from_h"]) * 60 + int(found["from_m"])
        end = int(found["to_h"]) * 60 + int(found["to_m"])
        days = range(first, int(found["last"] or first) + 1)
        stretches += [Stretch(day, start, end) for day in days]
    return stretches


def write_hours(hours: Iterable[Stretch]) -> str:
    """The same hours written in the one way."""
    days_of: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for stretch in sorted(hours):
        days_of[stretch.start_minute, stretch.end_minute].append(stretch.weekday)
    pieces = sorted(
        (run[0], start, f"{_days(run)} {_clock(start)}-{_clock(end)}")
        for (start, end), days in days_of.items()
        for run in _runs(days)
    )
    return "; ".join(text for _, _, text in pieces)


def _runs(days: list[int]) -> Iterator[list[int]]:
    run: list[int] = []
    for day in days:
        if run and day != run[-1] + 1:
            yield run
            run = []
        run.append(day)
    yield run


def _days(run: list[int]) -> str:
    return str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
