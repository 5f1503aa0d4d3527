"""Working time: the arithmetic against a walk over every minute, and against what people expect."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from time import process_time
from typing import Any
from zoneinfo import ZoneInfo

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
    provisional = draw(st.sampled_from([(), (2026,), (2027,)]))
    return BusinessCalendar("any", "", weekly, days, time_zone=zone, provisional_years=provisional)


#: Local hours around which Berlin puts its clocks forward (29 March 2026) and back (25 October).
NIGHT_SHIFTS = BusinessCalendar(
    "night",
    "",
    (((0, 150), (155, 6 * 60), (22 * 60, 24 * 60)),) * 7,
    days={date(2026, 10, 25): ((90, 170), (175, 200))},
    time_zone="Europe/Berlin",
)
CHANGES = (datetime(2026, 3, 28, 20, tzinfo=UTC), datetime(2026, 10, 24, 20, tzinfo=UTC))
around_changes = st.tuples(st.sampled_from(CHANGES), st.integers(0, 14 * 60)).map(
    lambda drawn: drawn[0] + timedelta(minutes=drawn[1])
)


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
    assert end == walked(calendar, start, duration)


def walked(calendar: BusinessCalendar, start: datetime, duration: timedelta) -> datetime:
    """The same by looking at the clock on the wall, minute by minute."""
    worked, at = timedelta(0), start
    while worked < duration:
        local = at.astimezone(ZoneInfo(calendar.time_zone))
        minute = local.hour * 60 + local.minute
        hours = calendar.hours_on(local.date())
        if any(opened <= minute < closed for opened, closed in hours):
            worked += timedelta(minutes=1)
        at += timedelta(minutes=1)
    return at


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


@settings(max_examples=60)
@given(around_changes, st.integers(0, 600).map(lambda minute: timedelta(minutes=minute)))
def test_night_shifts_are_right_when_clocks_are_put_forward_and_back(
    start: datetime, duration: timedelta
) -> None:
    end = NIGHT_SHIFTS.add(start, duration).at
    assert NIGHT_SHIFTS.between(start, end) == duration
    worked, at = timedelta(0), start
    while worked < duration:
        worked += timedelta(minutes=1) if NIGHT_SHIFTS.is_open(at) else timedelta(0)
        at += timedelta(minutes=1)
    assert end == at
    spans = [
        span
        for day in range(4)
        for span in NIGHT_SHIFTS.spans_on((start + timedelta(days=day - 2)).date())
    ]
    assert all(one.closed <= other.opened for one, other in pairwise(spans)), "none overlap"


def test_an_hour_that_there_is_not_is_not_worked_and_one_that_comes_twice_is_worked_through() -> (
    None
):
    forward, back = date(2026, 3, 29), date(2026, 10, 25)
    assert sum((s.closed - s.opened for s in NIGHT_SHIFTS.spans_on(forward)), timedelta(0)) == (
        hours(2) + hours(3) + hours(2)  # until 02:00, from 03:00 to 06:00, from 22:00
    )
    first, second = NIGHT_SHIFTS.spans_on(back)
    assert first.closed - first.opened == timedelta(minutes=80)
    assert second.closed - second.opened == timedelta(minutes=85), "02:55 to the second 03:20"


@given(calendars(), instants)
def test_an_edge_is_where_it_opens_or_closes(calendar: BusinessCalendar, at: datetime) -> None:
    day = at.astimezone(ZoneInfo(calendar.time_zone)).date()
    around = [span for n in (-1, 0, 1) for span in calendar.spans_on(day + timedelta(days=n))]
    assert calendar.is_edge(at) == any(at in span for span in around)
    assert calendar.is_open(at) == any(span.opened <= at < span.closed for span in around)


@given(calendars(), instants, durations)
def test_what_ends_in_a_provisional_year_is_provisional(
    calendar: BusinessCalendar, start: datetime, duration: timedelta
) -> None:
    reached = calendar.add(start, duration)
    years = {at.astimezone(ZoneInfo(calendar.time_zone)).year for at in (start, reached.at)}
    assert reached.provisional == any(year in calendar.provisional_years for year in years)


def test_years_that_nothing_is_known_of_are_provisional() -> None:
    known = replace(OFFICE, last_year=2028)
    assert not known.add(shanghai("2028-12-28T09:00"), hours(8)).provisional
    assert known.add(shanghai("2028-12-28T09:00"), hours(80)).provisional


def test_a_year_is_as_quick_as_an_hour() -> None:
    """Nothing is walked day by day: a replay computes each deadline again."""
    start, calendar = shanghai("2026-02-13T16:00"), replace(OFFICE)
    calendar.add(start, hours(5_000))  # the years are laid out once
    began = process_time()
    for _ in range(1_000):
        calendar.between(start, calendar.add(start, hours(2_000)).at)
    assert process_time() - began < 0.5, "a year's arithmetic takes some 20 µs"
