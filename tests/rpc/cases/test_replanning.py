"""Which open cases an edit of a calendar concerns, and the urgent ones first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from kit.authn import SYSTEM, Actor
from kit.errors import InvalidArgument, PermissionDenied
from protos.cases.v1 import cases_pb2, replanning_pb2
from protos.cases.v1.replanning_pb2_grpc import ReplanningServiceStub
from protos.directory.v1 import directory_pb2
from tests.rpc.cases.telling import CLERK, NOW, case, inbox, record, task
from tests.rpc.conftest import Served

if TYPE_CHECKING:
    from protos.cases.v1.cases_pb2_grpc import CaseServiceAsyncStub
    from protos.cases.v1.replanning_pb2_grpc import ReplanningServiceAsyncStub


def days(first: int, last: int) -> directory_pb2.CalendarDays:
    """Days counted from today's."""
    today = NOW.date()
    return directory_pb2.CalendarDays(
        first_day=(today + timedelta(days=first)).isoformat(),
        last_day=(today + timedelta(days=last)).isoformat(),
    )


def counting(case_id: str, version: int, until: datetime | None, code: str) -> cases_pb2.Case:
    told = case(case_id, 1)
    told.business_clock.calendar_code = code
    told.business_clock.calendar_version = version
    if until is not None:
        told.business_clock.since.FromDatetime(NOW)
        told.business_clock.next_due_at.FromDatetime(until)
        told.business_clock.until.FromDatetime(until)
    return told


@pytest.fixture(scope="module")
async def office(system: CaseServiceAsyncStub) -> str:
    """Cases of one calendar: two reach far, one is due tomorrow, one waits for nobody, one is up to
    date, one is over."""
    later = [NOW + timedelta(days=day) for day in (9, 5, 1)]
    await record(system, counting("ca_far", 1, later[0], "office"))
    await record(system, counting("ca_near", 1, later[1], "office"))
    await record(system, counting("ca_tomorrow", 1, later[2], "office"))
    await record(system, counting("ca_idle", 1, None, "office"))
    await record(system, counting("ca_new", 2, later[0], "office"))
    over = counting("ca_over", 1, later[0], "office")
    over.ended_at.FromDatetime(NOW)
    await record(system, over)
    await record(system, counting("ca_shop", 1, later[0], "shop"))
    return "office"


def stub(served: Served, actor: Actor = SYSTEM) -> ReplanningServiceAsyncStub:
    return served.stub(ReplanningServiceStub, actor)  # type: ignore[return-value]  # async over an aio channel


async def test_those_that_reach_over_a_changed_day_come_by_what_is_due_next(
    served: Served, office: str
) -> None:
    asked = replanning_pb2.ListStaleCasesRequest(
        calendar_code=office, version=2, crossing=[days(4, 4), days(8, 8)], limit=1
    )
    found = []
    while page := (await stub(served).ListStaleCases(asked)).cases:
        found += [each.case_id for each in page]
        asked.after.CopyFrom(page[-1])
    assert found == ["ca_near", "ca_far"]


async def test_then_come_all_others_that_count_by_an_older_edit(
    served: Served, office: str
) -> None:
    asked = replanning_pb2.ListStaleCasesRequest(calendar_code=office, version=2, limit=3)
    first = (await stub(served).ListStaleCases(asked)).cases
    asked.after.CopyFrom(first[-1])
    second = (await stub(served).ListStaleCases(asked)).cases
    assert [each.case_id for each in (*first, *second)] == [
        "ca_far", "ca_idle", "ca_near", "ca_tomorrow",
    ]  # fmt: skip


async def test_whoever_has_been_told_is_asked_about_until_they_have_the_edit(
    served: Served, office: str
) -> None:
    told = ["ca_idle", "ca_new", "ca_over", "ca_shop"]
    asked = replanning_pb2.ListStaleCasesRequest(calendar_code=office, version=2, case_ids=told)
    found = (await stub(served).ListStaleCases(asked)).cases
    assert [each.case_id for each in found] == ["ca_idle"]


async def test_an_edit_is_previewed_by_how_many_it_would_move(served: Served, office: str) -> None:
    asked = replanning_pb2.CountStaleCasesRequest(calendar_code=office, crossing=[days(4, 8)])
    count = await stub(served, CLERK).CountStaleCases(asked)
    assert (count.crossing_count, count.open_count) == (3, 5)
    nothing = replanning_pb2.CountStaleCasesRequest(calendar_code=office)
    assert (await stub(served, CLERK).CountStaleCases(nothing)).crossing_count == 0


async def test_days_that_are_none_are_refused_and_only_the_product_lists(served: Served) -> None:
    wrong = replanning_pb2.CountStaleCasesRequest(
        crossing=[directory_pb2.CalendarDays(first_day="10月1日", last_day="2026-10-01")]
    )
    with pytest.raises(InvalidArgument) as refusal:
        await stub(served, CLERK).CountStaleCases(wrong)
    assert refusal.value.reason == "CALENDAR_DAYS_MALFORMED"
    with pytest.raises(PermissionDenied):
        await stub(served, CLERK).ListStaleCases(replanning_pb2.ListStaleCasesRequest())


async def test_an_inbox_shows_urgent_cases_first(system: CaseServiceAsyncStub) -> None:
    for case_id, rank in (("ca_usual", 0), ("ca_low", 1), ("ca_urgent", -1)):
        told = case(case_id, 1, task(f"{case_id}/1", "pe_hurry"))
        told.priority.priority_id, told.priority.rank = "p", rank
        await record(system, told)
    assert await inbox(system, "pe_hurry") == ["ca_urgent/1", "ca_usual/1", "ca_low/1"]
    page = await system.ListUserTasks(cases_pb2.ListUserTasksRequest(person_id="pe_hurry"))
    assert page.user_tasks[0].priority.rank == -1
