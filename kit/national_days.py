"""China's statutory holidays, the days off around them, and the weekends worked instead (调休).

As the ``holidays`` package has them from the State Council's yearly notice. A year whose notice is not
out has its statutory days, and what the law puts in the place of those that fall on a weekend.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from holidays.countries.china import China, ChinaStaticHolidays

_FRIDAY: Final = 5
#: What a day off that the law does not name says of itself: 休息日（由 2026-01-04 调休）, 清明节（补假）.
_INSTEAD: Final = "（"


@dataclass(frozen=True, slots=True)
class NationalYear:
    """The days of a year that are not as their weekday says.

    Attributes:
        days_off: with their names, statutory holidays that fall on a weekend too.
        make_up_days: weekends that are worked.
        is_announced: whether the year's notice is known; before 2001 there was none to wait for.
    """

    days_off: Mapping[date, str]
    make_up_days: frozenset[date]
    is_announced: bool


@lru_cache(maxsize=64)
def national_year(year: int) -> NationalYear:
    """The days of a year."""
    national = China(years=year, language="zh_CN")  # type: ignore[no-untyped-call]  # upstream has no types
    announced = ChinaStaticHolidays.special_public_holidays
    return NationalYear(
        {day: name for day, name in national.items() if day.year == year},
        frozenset(day for day in national.weekend_workdays if day.year == year),
        year in announced or year < min(announced),
    )


def day_kind(day: date) -> str:
    """What a day is by the law: "holiday" (法定节假日), "rest_day" or "workday"."""
    year = national_year(day.year)
    name = year.days_off.get(day)
    if name is not None:
        return "rest_day" if _INSTEAD in name else "holiday"
    if day in year.make_up_days:
        return "workday"
    return "workday" if day.isoweekday() <= _FRIDAY else "rest_day"
