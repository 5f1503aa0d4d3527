from typing import TYPE_CHECKING

import pytest

from kit.errors import FailedPrecondition, InvalidArgument, NotFound
from protos.directory.v1 import directory_pb2 as pb
from protos.events.v1 import events_pb2
from tests.rpc.conftest import Served

if TYPE_CHECKING:
    from protos.directory.v1.directory_pb2_grpc import DirectoryServiceAsyncStub as Stub

NINE_TO_SIX = [pb.OpenInterval(start_minute=540, end_minute=1080)]


def office(key: str, **more: object) -> pb.PutCalendarRequest:
    request = pb.PutCalendarRequest(
        idempotency_key=key,
        calendar_code="office",
        chinese_holidays=True,
        weekly=[pb.WeekdayHours(weekday=day, open=NINE_TO_SIX) for day in range(1, 6)],
    )
    request.MergeFrom(pb.PutCalendarRequest(**more))  # type: ignore[arg-type]  # by name
    return request


async def test_a_calendar_is_data_for_the_years_asked(stub: "Stub") -> None:
    await stub.PutCalendar(office("office 1"))
    calendar = await stub.GetCalendar(
        pb.GetCalendarRequest(calendar_code="office", first_year=2026, last_year=2027)
    )
    days = {day.day: day for day in calendar.days}
    assert list(days["2026-10-01"].open) == []
    assert list(days["2026-10-10"].open) == NINE_TO_SIX
    assert list(calendar.provisional_years) == [2027]
    assert [hours.weekday for hours in calendar.weekly if hours.open] == [1, 2, 3, 4, 5]
    assert len(calendar.version_hash) == 64


async def test_without_years_this_and_the_next_are_meant(stub: "Stub") -> None:
    put = await stub.PutCalendar(office("office 2"))
    assert await stub.GetCalendar(pb.GetCalendarRequest(calendar_code="office")) == put


async def test_an_edit_changes_the_hash_and_is_an_event(directory: Served, stub: "Stub") -> None:
    before = await stub.PutCalendar(office("office 3"))
    notice = pb.DayOverride(day="2027-02-14", open=NINE_TO_SIX, label="调休上班")
    after = await stub.PutCalendar(office("office 4", overrides=[notice]))
    assert after.version_hash != before.version_hash
    assert notice in after.days
    answer = await directory.as_().call(
        "events.v1.EventService/ReadEvents", events_pb2.ReadEventsRequest()
    )
    assert isinstance(answer, events_pb2.ReadEventsResponse)
    changes = [event for event in answer.events if event.aggregate_type == "calendar"]
    assert [event.aggregate_sequence for event in changes] == list(range(1, len(changes) + 1))


@pytest.mark.parametrize(
    ("more", "reason", "field"),
    [
        ({"weekly": [pb.WeekdayHours(weekday=8)]}, "CALENDAR_WEEKDAY_INVALID", "weekly[5].weekday"),
        ({"weekly": [pb.WeekdayHours(weekday=1)]}, "CALENDAR_WEEKDAY_INVALID", "weekly[5].weekday"),
        (
            {"overrides": [pb.DayOverride(day="10月10日")]},
            "CALENDAR_DAY_MALFORMED",
            "overrides[0].day",
        ),
        ({"time_zone": "Moon"}, "CALENDAR_TIME_ZONE_UNKNOWN", "time_zone"),
    ],
)
async def test_a_wrong_field_of_a_calendar_is_named(
    stub: "Stub", more: dict[str, object], reason: str, field: str
) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        await stub.PutCalendar(office(f"wrong {more}", **more))
    assert (refusal.value.reason, refusal.value.field) == (reason, field)


async def test_an_unknown_calendar_is_not_found(stub: "Stub") -> None:
    with pytest.raises(NotFound, match="CALENDAR_UNKNOWN"):
        await stub.GetCalendar(pb.GetCalendarRequest(calendar_code="lunar"))


async def test_every_edit_of_a_calendar_is_a_version_that_is_kept(stub: "Stub") -> None:
    first = await stub.PutCalendar(office("kept 1", calendar_code="kept"))
    off = pb.DayOverride(day="2026-12-24", label="盘点")
    second = await stub.PutCalendar(
        office("kept 2", calendar_code="kept", overrides=[off], version=first.version)
    )
    assert (first.version, second.version) == (1, 2)
    listed = await stub.ListCalendarVersions(pb.ListCalendarVersionsRequest(calendar_code="kept"))
    assert [each.version for each in listed.calendars] == [2, 1]
    assert [each.label for each in listed.calendars[0].overrides] == ["盘点"]
    earlier = await stub.GetCalendar(
        pb.GetCalendarRequest(calendar_code="kept", version=1, first_year=2026, last_year=2026)
    )
    assert "2026-12-24" not in {day.day for day in earlier.days}
    newest = {
        each.calendar_code: each.version
        for each in (await stub.ListCalendars(pb.ListCalendarsRequest())).calendars
    }
    assert newest["kept"] == 2
    with pytest.raises(FailedPrecondition, match="you saw 1"):
        await stub.PutCalendar(office("kept 3", calendar_code="kept", version=1))


async def test_a_preview_tells_which_days_an_edit_would_change_and_changes_nothing(
    directory: Served, stub: "Stub"
) -> None:
    before = await stub.PutCalendar(office("preview 1", calendar_code="preview"))
    edit = office("", calendar_code="preview", announced_years=[before.last_year])
    seen = await stub.PreviewCalendar(pb.PreviewCalendarRequest(edit=edit))
    if before.provisional_years:
        assert list(seen.calendar.provisional_years) != list(before.provisional_years)
        assert seen.changed_days[0].first_day == f"{before.provisional_years[0]}-01-01"
    assert (await stub.GetCalendar(pb.GetCalendarRequest(calendar_code="preview"))) == before
