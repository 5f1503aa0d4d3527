"""In warranty or not, for what, and until when: by days of Shanghai."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import InvalidArgument
from services.workorder.domain.assets.warranty import (
    Cover,
    Period,
    WarrantyKind,
    after_months,
    day_of,
    days_of,
    verdict,
)

BOUGHT = date(2026, 3, 18)

days = st.integers(0, 40).map(lambda number: BOUGHT + timedelta(days=number))
covers = st.frozensets(st.sampled_from(Cover), min_size=1)


@st.composite
def periods(draw: st.DrawFn) -> list[Period]:
    found = draw(st.lists(st.tuples(days, st.integers(0, 12), covers), max_size=5))
    return [
        Period(f"wr_{number}", first, first + timedelta(days=length), what)
        for number, (first, length, what) in enumerate(found)
    ]


@given(periods(), days)
def test_a_day_is_covered_for_what_its_periods_cover_and_up_to_the_first_gap(
    given_periods: list[Period], day: date
) -> None:
    found = verdict(given_periods, day)

    def of(one_day: date) -> list[Period]:
        return [one for one in given_periods if one.first_day <= one_day <= one.last_day]

    assert {one.warranty_id for one in found.periods} == {one.warranty_id for one in of(day)}
    assert found.covers == frozenset(cover for one in of(day) for cover in one.covers)
    assert found.in_warranty == bool(of(day))
    last = None
    while of(day):
        last, day = day, day + timedelta(days=1)
    assert found.covered_until == last


def test_the_last_day_is_covered_to_its_end_in_shanghai() -> None:
    period = Period("wr_1", BOUGHT, date(2027, 3, 17))
    last_minute = datetime(2027, 3, 17, 15, 59, tzinfo=UTC)
    assert verdict([period], day_of(last_minute)).in_warranty
    assert not verdict([period], day_of(last_minute + timedelta(minutes=1))).in_warranty


def test_a_standard_warranty_begins_on_the_day_of_installation() -> None:
    assert days_of(WarrantyKind.STANDARD, (None, None, 12), BOUGHT, []) == (
        BOUGHT,
        date(2027, 3, 17),
    )


def test_an_extension_begins_after_the_last_day_that_is_covered() -> None:
    had = [Period("wr_1", BOUGHT, date(2027, 3, 17))]
    first, last = days_of(WarrantyKind.EXTENDED, (None, None, 24), BOUGHT, had)
    assert (first, last) == (date(2027, 3, 18), date(2029, 3, 17))
    assert verdict([*had, Period("wr_2", first, last)], BOUGHT).covered_until == last


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 1), 12, date(2027, 12, 1)),
    ],
)
def test_months_end_on_the_same_day_or_the_last_of_a_shorter_month(
    day: date, months: int, later: date
) -> None:
    assert after_months(day, months) == later


@pytest.mark.parametrize(
    ("given_days", "installed", "field"),
    [
        ((None, None, 12), None, "first_day"),
        ((BOUGHT, None, 0), None, "last_day"),
        ((BOUGHT, BOUGHT, 12), None, "last_day"),
        ((BOUGHT, None, -1), None, "months"),
        ((BOUGHT, None, 601), None, "months"),
        ((BOUGHT, BOUGHT - timedelta(days=1), 0), None, "last_day"),
    ],
)
def test_days_that_make_no_sense_are_refused_by_their_field(
    given_days: tuple[date | None, date | None, int], installed: date | None, field: str
) -> None:
    with pytest.raises(InvalidArgument, match="WARRANTY_INVALID") as refused:
        days_of(WarrantyKind.STANDARD, given_days, installed, [])
    assert refused.value.field == field
