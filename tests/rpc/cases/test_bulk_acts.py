"""What a bulk act would be done to, before anything is done."""

from __future__ import annotations

from typing import Any

import pytest

from kit.authn import Actor
from kit.errors import ServiceError
from protos.cases.v1 import bulk_acts_pb2, cases_pb2, incidents_pb2
from protos.cases.v1.bulk_acts_pb2_grpc import BulkActServiceStub
from tests.rpc.cases.telling import NOW, TECHNICIAN, case, cases_for, record, task
from tests.rpc.conftest import Served

SUPERVISOR = Actor("pe_chen", frozenset({"supervisor"}))


@pytest.fixture(scope="module")
async def told(served: Served) -> Served:
    for number in range(3):
        waits = task(f"measure/{number}", "pe_tian")
        waits.allowances.add(verbs=["transfer", "complete"], roles=["supervisor"])
        waits.form_schema_json = '{"type": "object"}' if number == 1 else ""
        one = case(f"ca_bulk{number}", 1, waits)
        one.flow_code = "bulk"
        if number < 2:
            one.allowances.add(verbs=["cancel"], roles=["supervisor"])
        await record(cases_for(served), one)
    return served


async def preview(
    served: Served, verb: str, actor: Actor = SUPERVISOR, **which: Any
) -> bulk_acts_pb2.BulkActPreview:
    stub = served.stub(BulkActServiceStub, actor)
    request = bulk_acts_pb2.PreviewBulkActRequest(verb=verb, **which)
    return await stub.PreviewBulkAct(request)  # type: ignore[misc, no-any-return]  # async over an aio channel


async def test_a_preview_says_what_would_be_done_and_what_refused(told: Served) -> None:
    of_flow = cases_pb2.ListCasesRequest(flow_code="bulk")
    found = await preview(told, "cancel", cases=of_flow)
    assert [target.case_id for target in found.targets] == ["ca_bulk0", "ca_bulk1"]
    assert [(each.target.case_id, each.reason) for each in found.refusals] == [
        ("ca_bulk2", "CASE_VERB_ILLEGAL")
    ]


async def test_verbs_of_user_tasks_are_for_all_open_ones_of_the_cases(told: Served) -> None:
    for which in (
        {"cases": cases_pb2.ListCasesRequest(flow_code="bulk")},
        {"user_tasks": cases_pb2.ListUserTasksRequest(flow_code="bulk", node="measure")},
        {"case_ids": ["ca_bulk2", "ca_bulk0", "ca_bulk1"]},
    ):
        found = await preview(told, "transfer", **which)
        assert sorted((each.case_id, each.user_task_id) for each in found.targets) == [
            (f"ca_bulk{number}", f"measure/{number}") for number in range(3)
        ]


async def test_a_form_is_filled_in_one_by_one(told: Served) -> None:
    tasks = cases_pb2.ListUserTasksRequest(flow_code="bulk")
    found = await preview(told, "complete", user_tasks=tasks)
    assert len(found.targets) == 2
    assert [(each.target.user_task_id, each.reason) for each in found.refusals] == [
        ("measure/1", "BULK_FORM_NEEDED")
    ]


@pytest.mark.parametrize(
    ("verb", "which", "reason"),
    [
        ("approve", {"case_ids": ["ca_bulk0"]}, "BULK_VERB_UNSUITED"),
        ("cancel", {}, "BULK_TARGETS_MISSING"),
    ],
)
async def test_what_makes_no_sense_for_many_is_refused(
    told: Served, verb: str, which: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ServiceError) as refused:
        await preview(told, verb, **which)
    assert refused.value.reason == reason


async def test_bulk_acts_are_for_those_who_answer_for_many_cases(told: Served) -> None:
    with pytest.raises(ServiceError) as refused:
        await preview(told, "cancel", TECHNICIAN, case_ids=["ca_bulk0"])
    assert refused.value.reason == "ROLE_REQUIRED"
    stub = told.stub(BulkActServiceStub, SUPERVISOR)
    with pytest.raises(ServiceError) as refused:
        await stub.RecordBulkAct(bulk_acts_pb2.RecordBulkActRequest(idempotency_key="k"))  # type: ignore[misc]
    assert refused.value.reason == "BULK_ACT_FORBIDDEN"


async def test_open_incidents_that_can_be_tried_again_are_for_operations(served: Served) -> None:
    told = case("ca_bulk_stuck")
    told.flow_code = "bulk_stuck"
    stuck = [
        incidents_pb2.Incident(
            incident_id=f"make/{n}", node_title="做", reason="BROKEN", verbs=verbs
        )
        for n, verbs in enumerate((["retry", "skip"], ["skip"]))
    ]
    for each in stuck:
        each.raised_at.FromDatetime(NOW)
    await cases_for(served).RecordCase(
        cases_pb2.RecordCaseRequest(idempotency_key="stuck", case=told, incidents=stuck)
    )
    which = incidents_pb2.ListIncidentsRequest(flow_code="bulk_stuck", reason="BROKEN")
    found = await preview(served, "retry", Actor("pe_ops", frozenset({"ops"})), incidents=which)
    assert [(each.case_id, each.incident_id, each.title) for each in found.targets] == [
        ("ca_bulk_stuck", "make/0", "做")
    ]
    assert [each.target.incident_id for each in found.refusals] == ["make/1"]
    with pytest.raises(ServiceError) as refused:
        await preview(served, "retry", incidents=which)
    assert refused.value.reason == "ROLE_REQUIRED"
