"""When a technician works: stretches of a week, less absences."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.clock import SHANGHAI
from kit.errors import InvalidArgument
from services.workorder.domain.registry.working_hours import (
    Absence,
    Span,
    Stretch,
    available,
    covers,
    read_hours,
    require_hours,
    write_hours,
)

#: Monday, 2 March 2026.
MONDAY = datetime(2026, 3, 2, tzinfo=SHANGHAI)
OFFICE = tuple(Stretch(day, 9 * 60, 18 * 60) for day in range(1, 6))
_QUARTER = timedelta(minutes=15)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """So many days after Monday."""
    return MONDAY + timedelta(days=day, hours=hour, minutes=minute)


def quarters(most: int) -> st.SearchStrategy[int]:
    return st.integers(0, most)


@st.composite
def weeks(draw: st.DrawFn) -> tuple[Stretch, ...]:
    """Hours in whole quarters that do not overlap."""
    hours: list[Stretch] = []
    for weekday in range(1, 8):
        cuts = sorted(draw(st.sets(quarters(96), max_size=6)))
        pairs = zip(cuts[::2], cuts[1::2], strict=False)
        hours += [Stretch(weekday, start * 15, end * 15) for start, end in pairs]
    return tuple(hours)


absences = st.lists(
    st.builds(
        lambda start, length: Absence(
            MONDAY + start * _QUARTER, None if not length else MONDAY + (start + length) * _QUARTER
        ),
        quarters(14 * 96),
        quarters(5 * 96),
    ),
    max_size=4,
)


@given(weeks(), absences, quarters(7 * 96), st.integers(1, 7 * 96))
def test_each_quarter_is_worked_exactly_when_its_weekday_says_so_and_nobody_is_absent(
    hours: tuple[Stretch, ...], away: list[Absence], start: int, length: int
) -> None:
    begin, end = MONDAY + start * _QUARTER, MONDAY + (start + length) * _QUARTER
    spans = available(hours, away, begin, end)
    worked = {
        span.starts_at + step * _QUARTER
        for span in spans
        for step in range((span.ends_at - span.starts_at) // _QUARTER)
    }
    for step in range(length):
        instant = begin + step * _QUARTER
        minute = instant.hour * 60 + instant.minute
        by_hours = not hours or any(
            one.weekday == instant.isoweekday() and one.start_minute <= minute < one.end_minute
            for one in hours
        )
        is_away = any(
            one.starts_at <= instant and (one.ends_at is None or instant < one.ends_at)
            for one in away
        )
        assert (instant in worked) == (by_hours and not is_away)
    assert spans == sorted(spans, key=lambda span: span.starts_at)


def test_without_hours_there_is_work_at_any_time() -> None:
    assert available((), [], at(0, 0), at(1, 0)) == [Span(at(0, 0), at(1, 0))]


def test_a_night_of_two_stretches_is_one_span() -> None:
    night = (Stretch(1, 22 * 60, 24 * 60), Stretch(2, 0, 6 * 60))
    assert available(night, [], at(0, 12), at(1, 12)) == [Span(at(0, 22), at(1, 6))]


def test_hours_are_of_shanghai_whatever_zone_is_asked_in() -> None:
    begin = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
    assert covers(OFFICE, [], begin + timedelta(hours=1), begin + timedelta(hours=10))
    assert not covers(OFFICE, [], begin, begin + timedelta(hours=2))


def test_an_absence_until_further_notice_leaves_nothing_after_it() -> None:
    away = [Absence(at(0, 12), None)]
    assert available(OFFICE, away, at(0, 0), at(3, 0)) == [Span(at(0, 9), at(0, 12))]
    assert not covers(OFFICE, away, at(0, 11), at(0, 13))


@given(weeks())
def test_hours_that_are_written_read_the_same_again(hours: tuple[Stretch, ...]) -> None:
    assert tuple(sorted(read_hours(write_hours(hours)))) == tuple(sorted(hours))


def test_hours_are_written_as_people_write_them() -> None:
    text = "1-5 9:00-18:00； 6 10：00-16:00"
    hours = read_hours(text)
    assert hours[5:] == [Stretch(6, 600, 960)]
    assert write_hours(hours) == "1-5 09:00-18:00; 6 10:00-16:00"


@pytest.mark.parametrize("text", ["周一 9-18", "1 9:00", "8 09:00-18:00", "1-5"])
def test_what_is_no_hours_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_hours(text)


@pytest.mark.parametrize(
    "wrong",
    [
        Stretch(0, 60, 120),
        Stretch(8, 60, 120),
        Stretch(1, 120, 60),
        Stretch(1, 60, 60),
        Stretch(1, -1, 60),
        Stretch(1, 60, 1441),
        Stretch(1, 9 * 60 + 59, 11 * 60),
    ],
)
def test_a_stretch_lies_within_its_day_and_over_no_other(wrong: Stretch) -> None:
    with pytest.raises(InvalidArgument) as refused:
        require_hours([Stretch(1, 9 * 60, 10 * 60), wrong], "technician.working_hours")
    assert refused.value.field == "technician.working_hours[1]"
    assert refused.value.details["zh"]


def test_stretches_that_touch_do_not_overlap_and_are_kept_in_order() -> None:
    later, earlier = Stretch(1, 600, 720), Stretch(1, 480, 600)
    assert require_hours([later, earlier], "hours") == (earlier, later)
