"""A calendar as the directory serves it, to the one that a case computes with."""

from datetime import UTC, date, datetime, timedelta

from kit.clock import SHANGHAI
from protos.directory.v1 import directory_pb2 as pb
from workflows.activities.messages import message_to_json
from workflows.runtime.calendars import calendar_from_reply, calendar_request

OPEN = [pb.OpenInterval(start_minute=9 * 60, end_minute=18 * 60)]


def at(year: int, month: int, day: int, hour: int) -> datetime:
    return datetime(year, month, day, hour, tzinfo=SHANGHAI)


def test_a_case_asks_for_the_present_year_in_shanghai_and_the_two_after_it() -> None:
    late = datetime(2026, 12, 31, 20, tzinfo=UTC)
    assert calendar_request("office", late) == {
        "calendar_code": "office",
        "first_year": 2027,
        "last_year": 2029,
    }


def test_weekdays_overrides_and_provisional_years_arrive() -> None:
    reply = pb.Calendar(
        calendar_code="office",
        version_hash="abc",
        time_zone="Asia/Shanghai",
        weekly=[pb.WeekdayHours(weekday=day, open=OPEN) for day in range(1, 6)],
        days=[pb.DayOverride(day="2026-10-10", open=OPEN), pb.DayOverride(day="2026-10-01")],
        provisional_years=[2027],
        version=3,
        first_year=2026,
        last_year=2028,
    )
    calendar = calendar_from_reply(message_to_json(reply))
    assert calendar.hours_on(date(2026, 3, 7)) == (), "a Saturday that is left out is closed"
    assert calendar.hours_on(date(2026, 10, 10)) == ((540, 1080),), "a Saturday to make up"
    assert calendar.hours_on(date(2026, 10, 1)) == (), "the national day"
    reached = calendar.add(at(2026, 3, 6, 17), timedelta(hours=2))
    assert reached.at == at(2026, 3, 9, 10)
    assert not reached.provisional
    assert calendar.add(at(2027, 3, 1, 10), timedelta(hours=1)).provisional
    assert not calendar.is_provisional(2028)
    assert calendar.is_provisional(2029), "nothing is told of it"
