"""Lists of cases and user tasks: any filter, any order, counted as far as anybody wants to know."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from kit.errors import ServiceError
from protos.cases.v1 import cases_pb2
from tests.rpc.cases.telling import CLERK, NOW, TECHNICIAN, act, case, cases_for, record, task
from tests.rpc.conftest import Served

if TYPE_CHECKING:
    from protos.cases.v1.cases_pb2_grpc import CaseServiceAsyncStub


def after(hours: float) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(NOW + timedelta(hours=hours))
    return stamp


def standing(case_id: str, *nodes: str) -> cases_pb2.Case:
    told = case(case_id)
    for node in nodes:
        told.nodes.add(
            node=node, title=node, progress=cases_pb2.NODE_PROGRESS_ACTIVE, entered_at=after(-3)
        )
    return told


@pytest.fixture(scope="module")
async def company(system: CaseServiceAsyncStub) -> CaseServiceAsyncStub:
    """Four cases: one of each kind that somebody might look for."""
    waits = case("ca_lists_waits", 1, task("measure/1", "pe_tian", "pe_ma", due_in=-5, opened=-60))
    waits.title, waits.region_adcode, waits.customer_id = "客厅空调安装", "110105", "cu_inside"
    waits.priority.priority_id = "urgent"
    held = task("approve/1", "pe_tian", due_in=90, opened=-30)
    held.assignee_person_id = "pe_tian"
    approved = case("ca_lists_approve", 1, held)
    approved.title, approved.region_adcode, approved.flow_version = "空调移机", "110108", 2
    travels = standing("ca_lists_travels", "each/1.2:deliver")
    travels.title, travels.region_adcode, travels.stage = "卧室Ａ型灯具", "310104", "install"
    ended = case("ca_lists_over", 1)
    ended.title, ended.state = "厨房空调清洗", cases_pb2.CASE_STATE_COMPLETED
    ended.ended_at.CopyFrom(after(1))
    ended.changed_at.CopyFrom(after(1))
    for told in (waits, approved, travels, ended):
        told.flow_code = "lists"
        await record(system, told, act(f"{told.case_id}/k"))
    return system


async def found(stub: CaseServiceAsyncStub, **wanted: Any) -> set[str]:
    request = cases_pb2.ListCasesRequest(**({"flow_code": "lists"} | wanted), counted=True)
    answer = await stub.ListCases(request)
    assert answer.total.count == len(answer.cases)
    assert not answer.total.more
    return {each.case_id.removeprefix("ca_lists_") for each in answer.cases}


@pytest.mark.parametrize(
    ("wanted", "cases"),
    [
        ({}, {"waits", "approve", "travels", "over"}),
        ({"open": True}, {"waits", "approve", "travels"}),
        ({"state": cases_pb2.CASE_STATE_COMPLETED}, {"over"}),
        ({"flow_version": 2}, {"approve"}),
        ({"stage": "install"}, {"travels"}),
        ({"region_adcode": "110000"}, {"waits", "approve"}),
        ({"region_adcode": "1101"}, {"waits", "approve"}),
        ({"region_adcode": "110105"}, {"waits"}),
        ({"customer_id": "cu_inside"}, {"waits"}),
        ({"priority_id": "urgent"}, {"waits"}),
        ({"started_by_person_id": "pe_wang", "open": True}, {"waits", "approve", "travels"}),
        ({"waits_on_person_id": "pe_ma"}, {"waits"}),
        ({"waits_on_person_id": "pe_tian", "flow_version": 2}, {"approve"}),
        ({"node": "measure"}, {"waits"}),
        ({"node": "deliver"}, {"travels"}),
        ({"overdue": True}, {"waits"}),
        ({"due_before": after(2)}, {"waits", "approve"}),
        ({"ended_from": after(0), "ended_before": after(2)}, {"over"}),
        ({"ended_from": after(2)}, set()),
        ({"started_before": after(-1)}, set()),
    ],
)
async def test_cases_are_found_by_what_people_know_of_them(
    company: CaseServiceAsyncStub, wanted: dict[str, Any], cases: set[str]
) -> None:
    assert await found(company, **wanted) == cases


@pytest.mark.parametrize(
    ("words", "cases"),
    [
        ("空调", {"waits", "approve", "over"}),
        ("空调 客厅", {"waits"}),
        ("调空", set()),
        ("安装空调", set()),
        ("灯", {"travels"}),
        ("卧室a型", {"travels"}),
        ("ca_lists_over", {"over"}),
        ("STS_OVER", {"over"}),
        ("cu_inside", {"waits"}),
        ("100%", set()),
    ],
)
async def test_words_are_looked_for_in_titles_and_ids(
    company: CaseServiceAsyncStub, words: str, cases: set[str]
) -> None:
    assert await found(company, words=words) == cases


@pytest.mark.parametrize(
    ("order", "first"),
    [
        (cases_pb2.CASE_ORDER_UNSPECIFIED, ["over", "travels", "approve", "waits"]),
        (cases_pb2.CASE_ORDER_OLDEST, ["waits", "approve", "travels", "over"]),
        (cases_pb2.CASE_ORDER_DUE, ["waits", "approve", "over", "travels"]),
        (cases_pb2.CASE_ORDER_WAITING, ["travels", "waits", "approve", "over"]),
        (cases_pb2.CASE_ORDER_CHANGED, ["over", "waits", "travels", "approve"]),
    ],
)
async def test_pages_in_every_order_neither_skip_nor_repeat(
    company: CaseServiceAsyncStub, order: cases_pb2.CaseOrder.ValueType, first: list[str]
) -> None:
    request = cases_pb2.ListCasesRequest(flow_code="lists", sort_by=order)
    request.page.page_size = 1
    seen: list[str] = []
    while True:
        page = await company.ListCases(request)
        seen += [each.case_id.removeprefix("ca_lists_") for each in page.cases]
        if not page.page.next_page_token:
            break
        request.page.page_token = page.page.next_page_token
    assert seen == first


async def test_a_token_of_another_order_is_refused(company: CaseServiceAsyncStub) -> None:
    request = cases_pb2.ListUserTasksRequest()
    request.page.page_size = 1
    token = (await company.ListUserTasks(request)).page.next_page_token
    request.page.page_token = token
    request.sort_by = cases_pb2.USER_TASK_ORDER_OLDEST
    with pytest.raises(ServiceError) as refused:
        await company.ListUserTasks(request)
    assert refused.value.reason == "PAGE_TOKEN_INVALID"


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"flow_code": "", "node": "measure"}, "FLOW_CODE_MISSING"),
        ({"flow_code": "", "flow_version": 2}, "FLOW_CODE_MISSING"),
        ({"region_adcode": "beijing"}, "CASE_REGION_INVALID"),
        ({"words": "a b c d e f g h i"}, "CASE_SEARCH_TOO_LONG"),
        ({"person_id": "pe_li"}, "CASE_INVOLVEMENT_MISSING"),
    ],
)
async def test_a_filter_that_means_nothing_is_refused(
    company: CaseServiceAsyncStub, wanted: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ServiceError) as refused:
        await found(company, **wanted)
    assert refused.value.reason == reason


async def test_a_list_tells_of_user_tasks_without_their_forms(
    system: CaseServiceAsyncStub,
) -> None:
    formed = task("fill/1", "pe_li")
    formed.form_schema_json = '{"type": "object"}'
    formed.context.update({"defaults": {"floor": 3}})
    await record(system, case("ca_formed", 1, formed))
    [listed] = (await system.ListCases(cases_pb2.ListCasesRequest(words="ca_formed"))).cases
    [told] = listed.user_tasks
    assert (told.title, told.form_schema_json, told.HasField("context")) == ("量房", "", False)
    whole = await system.GetCase(cases_pb2.GetCaseRequest(case_id="ca_formed"))
    assert whole.user_tasks[0].form_schema_json


async def test_a_case_is_found_by_who_acted_even_when_the_telling_is_late(
    system: CaseServiceAsyncStub,
) -> None:
    await record(system, case("ca_acted_late", 5))
    await record(system, case("ca_acted_late", 4), act("late"))
    listed = await system.ListCases(
        cases_pb2.ListCasesRequest(
            person_id="pe_li", involvement=cases_pb2.CASE_INVOLVEMENT_ACTED, words="ca_acted_late"
        )
    )
    assert [each.case_id for each in listed.cases] == ["ca_acted_late"]


async def test_a_field_work_that_is_heard_of_first_is_found_by_its_cases_flow(
    system: CaseServiceAsyncStub,
) -> None:
    offered = task("install/1/offer/1", "pe_tian", due_in=30)
    part = cases_pb2.Case(
        case_id="ca_early", workflow_id="field_work:wo_early", revision=1, user_tasks=[offered]
    )
    await record(system, part)
    whole = case("ca_early")
    whole.flow_code = "early"
    await record(system, whole)
    request = cases_pb2.ListUserTasksRequest(flow_code="early", node="install")
    [listed] = (await system.ListUserTasks(request)).user_tasks
    assert listed.user_task_id == "install/1/offer/1"
    due = cases_pb2.ListCasesRequest(flow_code="early", due_before=after(1))
    assert len((await system.ListCases(due)).cases) == 1


@pytest.mark.parametrize(
    ("wanted", "tasks"),
    [
        ({}, {"measure/1", "approve/1"}),
        ({"person_id": "pe_ma"}, {"measure/1"}),
        ({"node": "approve"}, {"approve/1"}),
        ({"stage": "install"}, set()),
        ({"user_task_kind": "form"}, {"measure/1", "approve/1"}),
        ({"overdue": True}, {"measure/1"}),
        ({"claimed": True}, {"approve/1"}),
        ({"unclaimed": True}, {"measure/1"}),
        ({"due_before": after(1)}, {"measure/1"}),
    ],
)
async def test_user_tasks_are_found_by_where_they_stand(
    company: CaseServiceAsyncStub, wanted: dict[str, Any], tasks: set[str]
) -> None:
    request = cases_pb2.ListUserTasksRequest(flow_code="lists", counted=True, **wanted)
    answer = await company.ListUserTasks(request)
    assert {each.user_task_id for each in answer.user_tasks} == tasks
    assert answer.total.count == len(tasks)


async def test_badges_say_what_is_mine_overdue_and_due_today(
    system: CaseServiceAsyncStub, served: Served
) -> None:
    mine = task("a/1", "pe_badge", due_in=600)
    mine.assignee_person_id = "pe_badge"
    tasks = [task("a/2", "pe_badge", due_in=-1), task("b/1", "pe_badge", due_in=60 * 24 * 3), mine]
    told = case("ca_badge", 1, *tasks)
    told.flow_code = "badge"
    await record(system, told)
    counts = await system.CountUserTasks(cases_pb2.CountUserTasksRequest(person_id="pe_badge"))
    assert (counts.count, counts.claimed_count) == (3, 1)
    assert (counts.overdue_count, counts.due_today_count) == (1, 1)
    assert [(n.flow_code, n.node, n.count, n.overdue_count) for n in counts.nodes] == [
        ("badge", "a", 2, 1),
        ("badge", "b", 1, 0),
    ]
    with pytest.raises(ServiceError) as refused:
        await cases_for(served, TECHNICIAN).CountUserTasks(
            cases_pb2.CountUserTasksRequest(person_id="pe_badge")
        )
    assert refused.value.reason == "ROLE_REQUIRED"


async def test_the_audit_is_searched_over_all_cases_newest_first(
    system: CaseServiceAsyncStub, served: Served
) -> None:
    for number, verb in enumerate(("urge", "claim", "urge")):
        done = act(f"audit/{number}")
        done.verb, done.acting_person_id = verb, "pe_tian"
        done.origin_detail = "Chrome"
        done.acted_at.CopyFrom(after(number))
        told = case(f"ca_audit{number}")
        told.flow_code = f"audit{number % 2}"
        await record(system, told, done)

    async def search(stub: CaseServiceAsyncStub = system, **wanted: Any) -> list[str]:
        request = cases_pb2.SearchActsRequest(**({"acting_person_id": "pe_tian"} | wanted))
        return [each.act_key[-1] for each in (await stub.SearchActs(request)).acts]

    assert await search() == ["2", "1", "0"]
    assert await search(verb="urge") == ["2", "0"]
    assert await search(acted_from=after(1), acted_before=after(2)) == ["1"]
    assert await search(case_id="ca_audit0") == ["0"]
    assert await search(flow_code="audit0") == ["2", "0"]
    assert await search(cases_for(served, TECHNICIAN)) == ["2", "1", "0"]
    with pytest.raises(ServiceError) as refused:
        await search(cases_for(served, CLERK))
    assert refused.value.reason == "ROLE_REQUIRED"
    request = cases_pb2.SearchActsRequest(acting_person_id="pe_tian")
    request.page.page_size = 2
    first = await system.SearchActs(request)
    assert first.acts[0].origin_detail == "Chrome"
    request.page.page_token = first.page.next_page_token
    assert [each.act_key for each in (await system.SearchActs(request)).acts] == ["audit/0"]
