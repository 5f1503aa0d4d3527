from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.workorder.domain.orders.forecast import forecast, hour_of

NINE = datetime(2026, 3, 2, 1, tzinfo=UTC)  # Monday, nine in the morning in Shanghai
WEEK = timedelta(weeks=1)


def test_an_hour_is_expected_to_be_like_the_same_hours_of_the_weeks_before() -> None:
    counts = {NINE - WEEK: 3, NINE - 2 * WEEK: 5, NINE - WEEK + timedelta(hours=1): 7}
    hours = forecast(counts, NINE, days=1, weeks=2)
    assert len(hours) == 24
    assert (hours[0].expected_hundredths, hours[0].least, hours[0].most) == (400, 3, 5)
    assert (hours[1].expected_hundredths, hours[1].least, hours[1].most) == (350, 0, 7)


def test_the_second_week_looks_back_at_the_same_weeks_as_the_first() -> None:
    counts = {NINE - WEEK: 4, NINE - 2 * WEEK: 8}
    hours = forecast(counts, NINE, days=8, weeks=2)
    assert hours[0].expected_hundredths == hours[7 * 24].expected_hundredths == 600


def test_where_nothing_came_nothing_is_a_peak() -> None:
    assert not any(hour.peak for hour in forecast({}, NINE, days=7, weeks=8))


@given(st.dictionaries(st.integers(1, 7 * 24 * 3), st.integers(0, 50)), st.integers(1, 14))
def test_peaks_are_the_busiest_hours(before: dict[int, int], days: int) -> None:
    counts = {NINE - timedelta(hours=hours): count for hours, count in before.items()}
    hours = forecast(counts, NINE, days, weeks=3)
    peaks = [hour.expected_hundredths for hour in hours if hour.peak]
    others = [hour.expected_hundredths for hour in hours if not hour.peak]
    assert not peaks or min(peaks) >= max(others, default=0)
    assert all(hour.least * 100 <= hour.expected_hundredths <= hour.most * 100 for hour in hours)


def test_an_hour_begins_at_its_first_minute() -> None:
    assert hour_of(NINE + timedelta(minutes=59, seconds=59)) == NINE
