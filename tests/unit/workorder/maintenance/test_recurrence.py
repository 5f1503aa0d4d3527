"""On which days visits fall: month ends, leap years, seasons; nothing ever drifts."""

from calendar import monthrange
from datetime import date, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.errors import InvalidArgument
from services.workorder.domain.maintenance.recurrence import (
    Recurrence,
    Unit,
    first_not_over,
    occurrence,
    occurrences,
    require_recurrence,
)
from tests.unit.workorder.patience import PATIENT


def days(recurrence: Recurrence, count: int = 6) -> list[str]:
    return [each.due_on.isoformat() for each in islice(occurrences(recurrence), count)]


def test_the_last_day_of_the_month_comes_back_after_a_shorter_one() -> None:
    assert days(Recurrence(1, Unit.MONTH, date(2027, 12, 31))) == [
        "2027-12-31", "2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30", "2028-05-31",
    ]  # fmt: skip


def test_the_29th_of_february_is_the_28th_but_in_leap_years() -> None:
    assert days(Recurrence(12, Unit.MONTH, date(2028, 2, 29))) == [
        "2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29", "2033-02-28",
    ]  # fmt: skip


def test_2100_is_no_leap_year() -> None:
    yearly = Recurrence(48, Unit.MONTH, date(2092, 2, 29))
    assert days(yearly, 4) == ["2092-02-29", "2096-02-29", "2100-02-28", "2104-02-29"]


def test_every_second_week_keeps_its_weekday_over_the_new_year() -> None:
    fortnightly = Recurrence(2, Unit.WEEK, date(2026, 12, 17))
    assert days(fortnightly, 3) == ["2026-12-17", "2026-12-31", "2027-01-14"]


def test_visits_out_of_season_are_passed_over_and_keep_their_place() -> None:
    season = Recurrence(2, Unit.MONTH, date(2026, 1, 15), frozenset({5, 6, 7}))
    found = list(islice(occurrences(season), 4))
    assert [each.due_on for each in found] == [
        date(2026, 5, 15), date(2026, 7, 15), date(2027, 5, 15), date(2027, 7, 15),
    ]  # fmt: skip
    assert [each.number for each in found] == [2, 3, 8, 9]


def test_a_season_that_never_comes_has_no_visits() -> None:
    assert days(Recurrence(12, Unit.MONTH, date(2026, 1, 15), frozenset({6}))) == []


def test_the_last_day_is_included() -> None:
    until = Recurrence(1, Unit.MONTH, date(2026, 1, 31), ends_on=date(2026, 3, 31))
    assert days(until) == ["2026-01-31", "2026-02-28", "2026-03-31"]


def test_a_window_is_counted_from_its_own_day() -> None:
    five_days = Recurrence(1, Unit.MONTH, date(2026, 1, 31), window_days=5)
    found = list(islice(occurrences(five_days), 2))
    assert [each.last_day for each in found] == [date(2026, 2, 4), date(2026, 3, 4)]


def test_what_is_over_is_passed_over_and_what_is_on_its_last_day_is_not() -> None:
    five_days = Recurrence(1, Unit.MONTH, date(2020, 1, 31), window_days=5)
    found = first_not_over(five_days, date(2026, 3, 4))
    assert found is not None
    assert found.due_on == date(2026, 2, 28)
    later = first_not_over(five_days, date(2026, 3, 5))
    assert later is not None
    assert later.due_on == date(2026, 3, 31)


def test_the_calendar_ends_and_so_do_visits() -> None:
    yearly = Recurrence(1000, Unit.MONTH, date(2199, 1, 1))
    assert [each.due_on.year for each in occurrences(yearly)][-1] > 9900
    assert occurrence(yearly, 10**9) is None


recurrences = st.builds(
    Recurrence,
    every=st.integers(1, 40),
    unit=st.sampled_from(Unit),
    first_visit_on=st.dates(date(2000, 1, 1), date(2100, 12, 31)),
    season_months=st.frozensets(st.integers(1, 12), max_size=6),
    window_days=st.integers(1, 40),
    ends_on=st.none(),
)


@settings(PATIENT)
@given(recurrences)
def test_days_follow_one_another_in_season_and_never_drift(recurrence: Recurrence) -> None:
    found = list(islice(occurrences(recurrence), 40))
    first = recurrence.first_visit_on
    for one, following in pairwise(found):
        assert one.due_on < following.due_on
        assert one.number < following.number
    for each in found:
        assert not recurrence.season_months or each.due_on.month in recurrence.season_months
        assert each.last_day - each.due_on == timedelta(days=recurrence.window_days - 1)
        if recurrence.unit is Unit.MONTH:
            length = monthrange(each.due_on.year, each.due_on.month)[1]
            assert each.due_on.day == min(first.day, length)
            months = (each.due_on.year - first.year) * 12 + each.due_on.month - first.month
            assert months == each.number * recurrence.every
        else:
            step = recurrence.every * (7 if recurrence.unit is Unit.WEEK else 1)
            assert (each.due_on - first).days == each.number * step


@settings(PATIENT)
@given(recurrences, st.dates(date(2000, 1, 1), date(2110, 12, 31)), st.integers(0, 30))
def test_the_first_that_is_not_over_is_what_going_through_them_would_find(
    recurrence: Recurrence, today: date, number: int
) -> None:
    through = occurrences(recurrence, number)
    expected = next((each for each in through if each.last_day >= today), None)
    assert first_not_over(recurrence, today, number) == expected


@pytest.mark.parametrize(
    ("recurrence", "count", "field"),
    [
        (Recurrence(0, Unit.DAY, date(2026, 1, 1)), 0, "every"),
        (Recurrence(1001, Unit.DAY, date(2026, 1, 1)), 0, "every"),
        (Recurrence(1, Unit.DAY, date(1999, 12, 31)), 0, "first_visit_on"),
        (Recurrence(1, Unit.DAY, date(2026, 1, 1), frozenset({13})), 0, "season_months"),
        (Recurrence(1, Unit.DAY, date(2026, 1, 1), window_days=0), 0, "window_days"),
        (Recurrence(1, Unit.DAY, date(2026, 1, 2), ends_on=date(2026, 1, 1)), 0, "ends_on"),
        (Recurrence(1, Unit.DAY, date(2026, 1, 1)), -1, "visit_count"),
    ],
)
def test_what_no_contract_can_promise_names_its_field(
    recurrence: Recurrence, count: int, field: str
) -> None:
    with pytest.raises(InvalidArgument) as refused:
        require_recurrence(recurrence, count)
    assert refused.value.field == f"recurrence.{field}"
