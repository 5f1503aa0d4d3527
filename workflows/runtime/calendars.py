"""A business calendar as the directory serves it, to the data that a case pins."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Final, TypeAlias
from weakref import WeakValueDictionary

from pydantic import AfterValidator

from kit.calendar import BusinessCalendar, Hours
from kit.clock import SHANGHAI

GET_CALENDAR: Final = "directory.v1.DirectoryService/GetCalendar"
#: Years of calendar that a case starts with, the present one first.
_YEARS: Final = 3
#: Years before the present one that are told with an edit, since a deadline may have run so long.
_YEARS_BEFORE: Final = 2


_kept: Final[WeakValueDictionary[str, BusinessCalendar]] = WeakValueDictionary()


def shared(calendar: BusinessCalendar) -> BusinessCalendar:
    """The one object of this process for a calendar's data: thousands of cases pin the same."""
    kept = _kept.setdefault(calendar.version_hash, calendar)
    return kept if kept == calendar else calendar


#: A calendar that is read from a payload.
SharedCalendar: TypeAlias = Annotated[BusinessCalendar, AfterValidator(shared)]


def calendar_request(code: str, now: datetime) -> dict[str, Any]:
    """What the directory is asked when a case that needs a calendar starts."""
    year = now.astimezone(SHANGHAI).year
    return {"calendar_code": code, "first_year": year, "last_year": year + _YEARS - 1}


def edited_calendar_request(code: str, now: datetime) -> dict[str, Any]:
    """What the directory is asked when the calendar has been edited."""
    request = calendar_request(code, now)
    return {**request, "first_year": request["first_year"] - _YEARS_BEFORE}


def calendar_from_reply(reply: dict[str, Any]) -> BusinessCalendar:
    """The calendar in the directory's reply; weekdays that it leaves out are closed."""
    by_weekday = {hours["weekday"]: _hours(hours["open"]) for hours in reply["weekly"]}
    calendar = BusinessCalendar(
        code=reply["calendar_code"],
        version_hash=reply["version_hash"],
        weekly=tuple(by_weekday.get(weekday, ()) for weekday in range(1, 8)),
        days={date.fromisoformat(day["day"]): _hours(day["open"]) for day in reply["days"]},
        time_zone=reply["time_zone"],
        provisional_years=tuple(reply["provisional_years"]),
        version=reply["version"],
        first_year=reply["first_year"],
        last_year=reply["last_year"],
    )
    return shared(calendar)


def _hours(intervals: list[dict[str, int]]) -> Hours:
    return tuple((interval["start_minute"], interval["end_minute"]) for interval in intervals)
