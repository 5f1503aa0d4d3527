from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.calendar import BusinessCalendar
from kit.errors import FailedPrecondition, InvalidArgument
from services.directory.domain.calendar import (
    CalendarDefinition,
    CalendarYears,
    Day,
    DaySpan,
    changed_days,
    check_definition,
    check_version,
    lay_out,
)

OFFICE = ((9 * 60, 18 * 60),)
WEEKDAYS = CalendarDefinition(
    calendar_code="office",
    time_zone="Asia/Shanghai",
    weekly=(OFFICE,) * 5 + ((), ()),
    chinese_holidays=True,
    overrides=(),
)


def hours_on(calendar: CalendarYears, day: date) -> object:
    found = {known.day: known.hours for known in calendar.days}
    return found.get(day, calendar.definition.weekly[day.weekday()])


def test_national_holidays_close_and_make_up_days_open() -> None:
    calendar = lay_out(WEEKDAYS, 2026, 2026)
    assert hours_on(calendar, date(2026, 10, 1)) == ()  # 国庆节
    assert hours_on(calendar, date(2026, 10, 7)) == ()  # swapped for 10 October
    assert hours_on(calendar, date(2026, 10, 10)) == OFFICE  # a Saturday, 调休上班
    assert hours_on(calendar, date(2026, 10, 17)) == ()  # an ordinary Saturday
    assert hours_on(calendar, date(2026, 10, 8)) == OFFICE
    assert calendar.provisional_years == ()


def test_only_days_that_differ_from_the_weekly_hours_are_listed() -> None:
    listed = {day.day for day in lay_out(WEEKDAYS, 2026, 2026).days}
    assert date(2026, 10, 3) not in listed  # a holiday on a Saturday, closed anyway
    assert all(day.year == 2026 for day in listed)


def test_a_year_without_its_notice_has_the_statutory_days_and_is_provisional() -> None:
    calendar = lay_out(WEEKDAYS, 2026, 2027)
    assert calendar.provisional_years == (2027,)
    assert hours_on(calendar, date(2027, 10, 1)) == ()
    assert hours_on(calendar, date(2027, 1, 1)) == ()


@given(st.integers(1, 9999))
def test_no_year_ever_raises(year: int) -> None:
    lay_out(WEEKDAYS, year, year)


def test_the_companys_own_overrides_lie_on_top() -> None:
    stocktaking = Day(date(2026, 10, 10), (), "盘点")
    calendar = lay_out(replace(WEEKDAYS, overrides=(stocktaking,)), 2026, 2026)
    assert hours_on(calendar, date(2026, 10, 10)) == ()


def test_a_calendar_that_is_open_every_day_needs_no_make_up_days() -> None:
    calendar = lay_out(replace(WEEKDAYS, weekly=(OFFICE,) * 7), 2026, 2026)
    assert all(day.hours == () for day in calendar.days)
    assert hours_on(calendar, date(2026, 10, 3)) == ()


def test_without_national_holidays_nothing_is_provisional() -> None:
    calendar = lay_out(replace(WEEKDAYS, chinese_holidays=False), 2026, 2027)
    assert (calendar.days, calendar.provisional_years) == ((), ())


def test_the_same_data_has_the_same_hash_and_other_data_another() -> None:
    again = lay_out(WEEKDAYS, 2026, 2026).version_hash
    assert lay_out(WEEKDAYS, 2026, 2026).version_hash == again
    assert lay_out(WEEKDAYS, 2026, 2027).version_hash != again
    later = replace(WEEKDAYS, weekly=(((600, 1080),),) * 5 + ((), ()))
    assert lay_out(later, 2026, 2026).version_hash != again


def test_what_is_laid_out_can_be_computed_with() -> None:
    laid_out = lay_out(WEEKDAYS, 2026, 2026)
    calendar = BusinessCalendar(
        "office", laid_out.version_hash, WEEKDAYS.weekly,
        {day.day: day.hours for day in laid_out.days},
    )  # fmt: skip
    # Two working hours from the last hour before the eight days of National Day.
    asked = datetime(2026, 9, 30, 9, 0, tzinfo=UTC)  # 17:00 in Shanghai
    answered = calendar.add(asked, timedelta(hours=2)).at
    assert answered == datetime(2026, 10, 8, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("definition", "reason", "field"),
    [
        (replace(WEEKDAYS, calendar_code=""), "CALENDAR_CODE_MISSING", "calendar_code"),
        (replace(WEEKDAYS, time_zone="Mars/Olympus"), "CALENDAR_TIME_ZONE_UNKNOWN", "time_zone"),
        (replace(WEEKDAYS, time_zone="../etc"), "CALENDAR_TIME_ZONE_UNKNOWN", "time_zone"),
        (replace(WEEKDAYS, weekly=((),) * 7), "CALENDAR_MALFORMED", "weekly"),
        (replace(WEEKDAYS, weekly=(((600, 540),),) * 7), "CALENDAR_MALFORMED", "hours"),
        (
            replace(WEEKDAYS, overrides=(Day(date(2026, 5, 1), (), ""),) * 2),
            "CALENDAR_DAY_REPEATED",
            "overrides[1].day",
        ),
    ],
)
def test_a_calendar_that_cannot_be_computed_with_is_refused(
    definition: CalendarDefinition, reason: str, field: str
) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        check_definition(definition)
    assert (refusal.value.reason, refusal.value.field) == (reason, field)


@pytest.mark.parametrize(("first", "last"), [(2027, 2026), (0, 2026), (2026, 2099), (9999, 10000)])
def test_nonsense_years_are_refused(first: int, last: int) -> None:
    with pytest.raises(InvalidArgument, match="CALENDAR_YEARS_INVALID"):
        lay_out(WEEKDAYS, first, last)


def test_a_year_whose_notice_the_company_has_entered_is_not_provisional() -> None:
    told = replace(
        WEEKDAYS,
        announced_years=(2027,),
        overrides=(Day(date(2027, 2, 20), OFFICE, "调休上班"),),
    )
    calendar = lay_out(told, 2026, 2028)
    assert calendar.provisional_years == (2028,)
    assert hours_on(calendar, date(2027, 2, 20)) == OFFICE


def test_an_edit_names_the_days_from_today_on_that_it_changes_in_spans() -> None:
    off = tuple(Day(date(2026, 3, day), (), "盘点") for day in (3, 4, 5, 7, 9))
    before, after = (
        lay_out(WEEKDAYS, 2026, 2026),
        lay_out(replace(WEEKDAYS, overrides=off), 2026, 2026),
    )
    assert changed_days(before, after, date(2026, 3, 4)) == (
        DaySpan(date(2026, 3, 4), date(2026, 3, 5)),
        DaySpan(date(2026, 3, 9), date(2026, 3, 9)),
    ), "the Saturday was closed anyway, and what is past is past"
    assert changed_days(after, after, date(2026, 1, 1)) == ()
    assert changed_days(None, after, date(2026, 1, 1)) == ()


def test_a_year_that_is_not_provisional_any_more_has_changed() -> None:
    announced = replace(WEEKDAYS, announced_years=(2027,))
    (span,) = changed_days(
        lay_out(WEEKDAYS, 2026, 2027), lay_out(announced, 2026, 2027), date(2026, 11, 1)
    )
    assert span == DaySpan(date(2027, 1, 1), date(2027, 12, 31))


def test_an_edit_of_what_somebody_has_edited_meanwhile_is_refused() -> None:
    check_version(0, 7)
    check_version(7, 7)
    with pytest.raises(FailedPrecondition) as refusal:
        check_version(6, 7)
    assert (refusal.value.reason, refusal.value.details) == (
        "CALENDAR_VERSION_STALE",
        {"version": "7"},
    )
