"""Working time: the arithmetic against a walk over every minute, and against what people expect."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.calendar import ROUND_THE_CLOCK, BusinessCalendar, Hours
from kit.errors import ServiceError

NINE_TO_SIX: Hours = ((9 * 60, 12 * 60), (13 * 60, 18 * 60))
#: The office, with National Day off and a working Saturday in return.
OFFICE = BusinessCalendar(
    code="office",
    version_hash="v1",
    weekly=(*([NINE_TO_SIX] * 5), (), ()),
    days={**{date(2026, 10, day): () for day in range(1, 8)}, date(2026, 10, 10): NINE_TO_SIX},
    provisional_years=(2027,),
)


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


@pytest.mark.parametrize(
    ("start", "duration", "end"),
    [
        ("2026-03-02T09:00", hours(2), "2026-03-02T11:00"),
        ("2026-03-02T11:00", hours(2), "2026-03-02T14:00"),  # over lunch
        ("2026-03-02T07:00", hours(1), "2026-03-02T10:00"),  # before opening
        ("2026-03-02T20:00", hours(1), "2026-03-03T10:00"),  # after closing
        ("2026-03-06T17:00", hours(2), "2026-03-09T10:00"),  # over the weekend
        ("2026-03-02T09:00", hours(8), "2026-03-02T18:00"),  # to the very end of the day
        ("2026-09-30T17:00", hours(2), "2026-10-08T10:00"),  # over National Day
        ("2026-10-09T17:00", hours(2), "2026-10-10T10:00"),  # into the make-up Saturday
        ("2026-03-02T12:30", timedelta(0), "2026-03-02T12:30"),
    ],
)
def test_a_working_duration_ends_when_the_office_has_worked_it(
    start: str, duration: timedelta, end: str
) -> None:
    deadline = OFFICE.add(shanghai(start), duration)
    assert deadline.at == shanghai(end)
    assert deadline.at.tzinfo is UTC
    assert not deadline.provisional


def test_a_deadline_in_a_year_without_notice_is_provisional() -> None:
    assert OFFICE.add(shanghai("2026-12-31T17:30"), hours(1)).provisional
    assert OFFICE.add(shanghai("2027-03-01T09:00"), timedelta(0)).provisional
    assert not OFFICE.add(shanghai("2026-12-31T16:00"), hours(1)).provisional


def test_round_the_clock_every_minute_counts() -> None:
    start = shanghai("2026-10-01T00:30")
    assert ROUND_THE_CLOCK.add(start, hours(49)).at == start + hours(49)
    assert ROUND_THE_CLOCK.between(start, start + hours(49)) == hours(49)


def test_the_office_is_open_from_nine_and_no_longer_at_six() -> None:
    assert OFFICE.is_open(shanghai("2026-03-02T09:00"))
    assert not OFFICE.is_open(shanghai("2026-03-02T18:00"))
    assert not OFFICE.is_open(shanghai("2026-10-01T10:00"))


@pytest.mark.parametrize(
    "changes",
    [
        {"weekly": ((),) * 7},
        {"weekly": (NINE_TO_SIX,) * 6},
        {"weekly": (((600, 540),),) * 7},
        {"weekly": (((540, 700), (650, 800)),) * 7},
        {"weekly": (((540, 1500),),) * 7},
        {"days": {date(2026, 1, 1): ((-5, 10),)}},
    ],
)
def test_hours_that_make_no_sense_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ServiceError) as caught:
        BusinessCalendar(
            **{"code": "x", "version_hash": "", "weekly": (NINE_TO_SIX,) * 7, **changes}
        )
    assert caught.value.reason == "CALENDAR_MALFORMED"


def test_a_negative_duration_is_refused() -> None:
    with pytest.raises(ServiceError) as caught:
        OFFICE.add(shanghai("2026-03-02T09:00"), -hours(1))
    assert caught.value.reason == "CALENDAR_DURATION_NEGATIVE"


EPOCH = datetime(2026, 2, 1, tzinfo=UTC)


@st.composite
def opening_hours(draw: st.DrawFn) -> Hours:
    marks = sorted(draw(st.sets(st.integers(0, 96), max_size=6)))
    pairs = zip(marks[::2], marks[1::2], strict=False)
    return tuple((start * 15, end * 15) for start, end in pairs)


@st.composite
def calendars(draw: st.DrawFn) -> BusinessCalendar:
    weekly = draw(st.tuples(*[opening_hours()] * 7).filter(any))
    days = draw(
        st.dictionaries(st.dates(date(2026, 1, 31), date(2026, 2, 20)), opening_hours(), max_size=6)
    )
    zone = draw(st.sampled_from(["Asia/Shanghai", "Asia/Kolkata", "Asia/Bangkok"]))
    return BusinessCalendar("any", "", weekly, days, time_zone=zone)


instants = st.integers(0, 14 * 24 * 60).map(lambda minute: EPOCH + timedelta(minutes=minute))
durations = st.integers(0, 30 * 60).map(lambda minute: timedelta(minutes=minute))


@settings(max_examples=40)
@given(calendars(), instants, st.integers(0, 600).map(lambda m: timedelta(minutes=m)))
def test_adding_equals_a_walk_over_every_minute(
    calendar: BusinessCalendar, start: datetime, duration: timedelta
) -> None:
    end = calendar.add(start, duration).at
    if end - start > timedelta(days=5):
        return  # too far to walk
    worked, at = timedelta(0), start
    while worked < duration:
        if calendar.is_open(at):
            worked += timedelta(minutes=1)
        at += timedelta(minutes=1)
    assert end == at


@given(calendars(), instants, durations)
def test_measuring_is_the_inverse_of_adding(
    calendar: BusinessCalendar, start: datetime, duration: timedelta
) -> None:
    assert calendar.between(start, calendar.add(start, duration).at) == duration


@given(calendars(), instants, durations, durations)
def test_adding_twice_is_adding_the_sum(
    calendar: BusinessCalendar, start: datetime, first: timedelta, second: timedelta
) -> None:
    middle = calendar.add(start, first).at
    assert calendar.add(middle, second).at == calendar.add(start, first + second).at


@given(calendars(), instants, instants, durations)
def test_whoever_starts_later_is_not_due_earlier(
    calendar: BusinessCalendar, one: datetime, other: datetime, duration: timedelta
) -> None:
    early, late = sorted((one, other))
    assert calendar.add(early, duration).at <= calendar.add(late, duration).at or not duration


@given(calendars(), instants, durations, durations)
def test_more_work_is_not_due_earlier(
    calendar: BusinessCalendar, start: datetime, one: timedelta, other: timedelta
) -> None:
    less, more = sorted((one, other))
    assert calendar.add(start, less).at <= calendar.add(start, more).at


@given(calendars(), instants, instants, instants)
def test_spans_of_working_time_add_up(
    calendar: BusinessCalendar, one: datetime, two: datetime, three: datetime
) -> None:
    a, b, c = sorted((one, two, three))
    assert calendar.between(a, b) + calendar.between(b, c) == calendar.between(a, c)
    assert calendar.between(c, a) == -calendar.between(a, c)
