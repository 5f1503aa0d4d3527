"""What a day is by the law, against the State Council's notices for 2025 and 2026."""

from datetime import date, timedelta

import pytest

from kit.national_days import day_kind, national_year

HOLIDAYS_2026 = {
    "2026-01-01", "2026-02-16", "2026-02-17", "2026-02-18", "2026-02-19", "2026-04-05",
    "2026-05-01", "2026-05-02", "2026-06-19", "2026-09-25", "2026-10-01", "2026-10-02",
    "2026-10-03",
}  # fmt: skip
MAKE_UP_DAYS_2026 = {
    "2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10",
}  # fmt: skip
DAYS_OFF_2026 = {
    "2026-01-02", "2026-02-20", "2026-02-23", "2026-04-06", "2026-05-04", "2026-05-05",
    "2026-10-05", "2026-10-06", "2026-10-07",
}  # fmt: skip


def test_every_day_of_2026_is_what_the_notice_says() -> None:
    day = date(2026, 1, 1)
    while day.year == 2026:
        written = day.isoformat()
        if written in HOLIDAYS_2026:
            expected = "holiday"
        elif written in DAYS_OFF_2026:
            expected = "rest_day"
        elif written in MAKE_UP_DAYS_2026 or day.isoweekday() <= 5:
            expected = "workday"
        else:
            expected = "rest_day"
        assert day_kind(day) == expected, written
        day += timedelta(days=1)


@pytest.mark.parametrize("written", sorted(MAKE_UP_DAYS_2026))
def test_a_weekend_that_is_worked_instead_is_a_workday(written: str) -> None:
    day = date.fromisoformat(written)
    assert day.isoweekday() > 5
    assert day_kind(day) == "workday"


def test_two_holidays_on_one_day_are_one() -> None:
    assert day_kind(date(2020, 10, 1)) == "holiday"  # 国庆节 and 中秋节


def test_a_year_whose_notice_is_not_out_has_its_statutory_days() -> None:
    assert not national_year(2040).is_announced
    assert day_kind(date(2040, 10, 1)) == "holiday"
    assert day_kind(date(2040, 10, 13)) == "rest_day"  # a Saturday
    assert not national_year(2040).make_up_days
