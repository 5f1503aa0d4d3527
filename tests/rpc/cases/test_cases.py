"""The case read model through its RPCs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from google.protobuf.json_format import MessageToDict

from kit.errors import Aborted, NotFound, PermissionDenied, ServiceError
from protos.cases.v1 import cases_pb2
from protos.events.v1 import events_pb2
from tests.rpc.cases.telling import (
    FINANCE,
    TECHNICIAN,
    act,
    case,
    cases_for,
    inbox,
    record,
    task,
)
from tests.rpc.conftest import Served

if TYPE_CHECKING:
    from protos.cases.v1.cases_pb2_grpc import CaseServiceAsyncStub


async def test_an_older_telling_is_passed_over_and_its_acts_are_kept(
    system: CaseServiceAsyncStub,
) -> None:
    assert (await record(system, case("ca_old", 3, task("b/1", "pe_li")))).recorded
    late = await record(system, case("ca_old", 2, task("a/1", "pe_li")), act("k1"))
    assert not late.recorded
    assert await inbox(system, "pe_li", "ca_old") == ["b/1"]
    acts = await system.ListActs(cases_pb2.ListActsRequest(case_id="ca_old"))
    assert [done.act_key for done in acts.acts] == ["k1"]


async def test_the_same_revision_told_again_after_a_kill_replaces_the_first_telling(
    system: CaseServiceAsyncStub,
) -> None:
    await record(system, case("ca_again", 3, task("a/1", "pe_li")))
    assert (await record(system, case("ca_again", 3, task("b/1", "pe_li")))).recorded
    assert await inbox(system, "pe_li", "ca_again") == ["b/1"]


async def test_a_task_that_is_done_again_may_tell_a_lower_revision(
    system: CaseServiceAsyncStub,
) -> None:
    await record(system, case("ca_other_way", 7, task("a/1", "pe_li")), in_task=12)
    other_way = case("ca_other_way", 6, task("b/1", "pe_li"))
    assert (await record(system, other_way, in_task=15)).recorded
    late = case("ca_other_way", 8, task("c/1", "pe_li"))
    assert not (await record(system, late, in_task=12)).recorded
    assert await inbox(system, "pe_li", "ca_other_way") == ["b/1"]


async def test_of_a_task_done_twice_the_telling_in_the_history_holds_whichever_comes_last(
    system: CaseServiceAsyncStub,
) -> None:
    lost = case("ca_twice", 7, task("a/1", "pe_li"))
    assert (await record(system, lost, in_task=12, in_history=False)).recorded
    kept = case("ca_twice", 6, task("b/1", "pe_li"))
    with pytest.raises(Aborted) as refused:
        await record(system, kept, act("k1"), in_task=12, in_history=False)
    assert (refused.value.reason, refused.value.field) == ("CASE_TOLD_TWICE", "told_in_task")
    assert await inbox(system, "pe_li", "ca_twice") == ["a/1"]
    assert (await record(system, kept, act("k1"), in_task=12)).recorded
    assert not (await record(system, lost, in_task=12, in_history=False)).recorded
    assert await inbox(system, "pe_li", "ca_twice") == ["b/1"]


async def test_an_act_is_written_down_once_however_often_it_is_told(
    system: CaseServiceAsyncStub,
) -> None:
    await record(system, case("ca_acts", 1), act("k1"))
    await record(system, case("ca_acts", 2), act("k1"), act("k2"))
    acts = await system.ListActs(cases_pb2.ListActsRequest(case_id="ca_acts"))
    assert [done.act_key for done in acts.acts] == ["k1", "k2"]


async def test_an_inbox_shows_the_nearest_deadline_first_and_tasks_without_one_last(
    system: CaseServiceAsyncStub,
) -> None:
    await record(
        system,
        case(
            "ca_urgency",
            1,
            task("later/1", "pe_yi", due_in=60),
            task("none/1", "pe_yi"),
            task("soon/1", "pe_yi", due_in=5),
        ),
    )
    assert await inbox(system, "pe_yi") == ["soon/1", "later/1", "none/1"]


async def test_pages_of_an_inbox_neither_skip_nor_repeat(system: CaseServiceAsyncStub) -> None:
    tasks = [task(f"t{number}/1", "pe_er", due_in=number % 3) for number in range(7)]
    await record(system, case("ca_pages", 1, *tasks))
    seen: list[str] = []
    request = cases_pb2.ListUserTasksRequest(person_id="pe_er")
    request.page.page_size = 3
    while True:
        page = await system.ListUserTasks(request)
        assert len(page.user_tasks) <= 3
        seen += [task.user_task_id for task in page.user_tasks]
        if not page.page.next_page_token:
            break
        request.page.page_token = page.page.next_page_token
    assert sorted(seen) == sorted(task.user_task_id for task in tasks)
    assert len(seen) == len(set(seen))


async def test_a_task_that_somebody_holds_is_in_nobody_elses_inbox(
    system: CaseServiceAsyncStub,
) -> None:
    held = task("a/1", "pe_san", "pe_si")
    held.assignee_person_id = "pe_si"
    await record(system, case("ca_held", 1, held))
    assert await inbox(system, "pe_san") == []
    assert await inbox(system, "pe_si") == ["a/1"]


async def test_a_field_work_tells_of_its_own_task_beside_those_of_its_case(
    system: CaseServiceAsyncStub,
) -> None:
    await record(system, case("ca_field", 5, task("a/1", "pe_li")))
    part = cases_pb2.Case(
        case_id="ca_field",
        workflow_id="field_work:wo_1",
        revision=1,
        user_tasks=[task("install/1/offer/1", "pe_tian")],
    )
    assert (await record(system, part)).recorded
    whole = await system.GetCase(cases_pb2.GetCaseRequest(case_id="ca_field"))
    assert whole.revision == 5
    assert {(t.user_task_id, t.workflow_id) for t in whole.user_tasks} == {
        ("a/1", "case:ca_field"),
        ("install/1/offer/1", "field_work:wo_1"),
    }
    await record(system, case("ca_field", 6))
    whole = await system.GetCase(cases_pb2.GetCaseRequest(case_id="ca_field"))
    assert [t.user_task_id for t in whole.user_tasks] == ["install/1/offer/1"]


async def test_every_telling_is_announced_to_the_screens(
    system: CaseServiceAsyncStub, served: Served
) -> None:
    await record(system, case("ca_event", 1))
    await record(system, case("ca_event", 2))
    page = await served.as_().call(
        "events.v1.EventService/ReadEvents", events_pb2.ReadEventsRequest(limit=1000)
    )
    assert isinstance(page, events_pb2.ReadEventsResponse)
    told = [event for event in page.events if event.aggregate_id == "ca_event"]
    assert [event.aggregate_sequence for event in told] == [1, 2]
    changed = cases_pb2.CaseChanged()
    assert told[-1].payload.Unpack(changed)
    assert changed.case.revision == 2
    assert not changed.case.HasField("data")


async def test_only_a_case_records_itself(clerk: CaseServiceAsyncStub) -> None:
    with pytest.raises(PermissionDenied) as refused:
        await record(clerk, case("ca_forged", 1))
    assert refused.value.reason == "CASE_RECORD_FORBIDDEN"


async def test_inner_money_in_a_cases_data_is_for_those_who_answer_for_money(
    system: CaseServiceAsyncStub, served: Served, clerk: CaseServiceAsyncStub
) -> None:
    told = case("ca_money", 1, task("a/1", "pe_tian"))
    told.data.update({"quote": {"total": 200, "settlement_total": 150, "lines": [{"shares": 1}]}})
    await record(system, told)
    request = cases_pb2.GetCaseRequest(case_id="ca_money")
    finance = cases_for(served, FINANCE)
    assert MessageToDict((await finance.GetCase(request)).data)["quote"]["settlement_total"] == 150
    seen = MessageToDict((await clerk.GetCase(request)).data)
    assert seen == {"quote": {"total": 200, "lines": [{}]}}
    technician = cases_for(served, TECHNICIAN)
    theirs = await technician.GetCase(request)
    assert not theirs.data.fields
    assert theirs.title == "量房"


async def test_who_has_no_part_in_a_case_does_not_learn_that_it_exists(
    system: CaseServiceAsyncStub, served: Served
) -> None:
    await record(system, case("ca_private", 1))
    technician = cases_for(served, TECHNICIAN)
    with pytest.raises(NotFound) as refused:
        await technician.GetCase(cases_pb2.GetCaseRequest(case_id="ca_private"))
    assert refused.value.reason == "CASE_UNKNOWN"


async def test_a_person_reads_their_own_inbox_and_nobody_elses(served: Served) -> None:
    technician = cases_for(served, TECHNICIAN)
    await technician.ListUserTasks(cases_pb2.ListUserTasksRequest(person_id="pe_tian"))
    with pytest.raises(PermissionDenied):
        await technician.ListUserTasks(cases_pb2.ListUserTasksRequest(person_id="pe_sun"))


async def test_cases_are_listed_newest_first_by_flow_state_and_stage(
    system: CaseServiceAsyncStub, clerk: CaseServiceAsyncStub
) -> None:
    for number in range(3):
        told = case(f"ca_list{number}", 1)
        told.flow_code = "listed"
        await record(system, told)
    request = cases_pb2.ListCasesRequest(
        flow_code="listed", state=cases_pb2.CASE_STATE_RUNNING, stage="presale"
    )
    request.page.page_size = 2
    first = await clerk.ListCases(request)
    assert [found.case_id for found in first.cases] == ["ca_list2", "ca_list1"]
    request.page.page_token = first.page.next_page_token
    second = await clerk.ListCases(request)
    assert [found.case_id for found in second.cases] == ["ca_list0"]
    assert not second.page.next_page_token


async def test_a_list_says_whom_each_case_waits_for(
    system: CaseServiceAsyncStub, clerk: CaseServiceAsyncStub
) -> None:
    for number in range(2):
        case_id = f"ca_waits{number}"
        told = case(case_id, 1, task(f"waits{number}/1", "pe_li"))
        told.flow_code = "waiting"
        await record(system, told)
    listed = await clerk.ListCases(cases_pb2.ListCasesRequest(flow_code="waiting"))
    waits = {
        found.case_id: [open_.user_task_id for open_ in found.user_tasks] for found in listed.cases
    }
    assert waits == {"ca_waits0": ["waits0/1"], "ca_waits1": ["waits1/1"]}


@pytest.mark.parametrize("token", ["?", "bm9ib2R5"])
async def test_a_page_token_that_was_not_given_is_refused(
    clerk: CaseServiceAsyncStub, token: str
) -> None:
    request = cases_pb2.ListActsRequest(case_id="ca_1")
    request.page.page_token = token
    with pytest.raises(ServiceError) as refused:
        await clerk.ListActs(request)
    assert refused.value.reason == "PAGE_TOKEN_INVALID"


async def test_child_cases_are_found_by_the_case_that_waits_for_them(
    system: CaseServiceAsyncStub,
) -> None:
    child = case("ca_child", 1)
    child.parent_case_id = "ca_parent"
    child.state = cases_pb2.CASE_STATE_FAILED
    child.incident = "STOCK_OUT"
    await record(system, case("ca_parent", 1))
    await record(system, child)
    listed = await system.ListCases(cases_pb2.ListCasesRequest(parent_case_id="ca_parent"))
    assert [(found.case_id, found.incident) for found in listed.cases] == [
        ("ca_child", "STOCK_OUT")
    ]
