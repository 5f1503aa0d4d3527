"""What many cases say together, through the RPCs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kit.authn import SYSTEM
from kit.errors import ServiceError
from protos.cases.v1 import cases_pb2, reports_pb2
from protos.cases.v1.reports_pb2_grpc import ReportServiceStub
from protos.flow.v1.flow_pb2 import PublishFlowRequest
from protos.flow.v1.flow_pb2_grpc import FlowServiceStub
from tests.rpc.cases.telling import CLERK, NOW, TECHNICIAN, case, cases_for, record, task
from tests.rpc.conftest import Served

#: A flow of which no case was started.
IDLE = """
language: "1.0"
code: idle
name: 闲置
stages: [{id: all, name: 全部}]
start: done
nodes:
  - {id: done, kind: end, stage: all, name: 完成}
edges: []
"""


def stands(told: cases_pb2.Case, node: str, hours: float, left: float | None = None) -> None:
    standing = told.nodes.add(node=node, title=f"“{node}”", visit=1)
    standing.progress = cases_pb2.NODE_PROGRESS_ACTIVE
    standing.entered_at.FromDatetime(NOW - timedelta(hours=hours))
    if left is not None:
        standing.progress = cases_pb2.NODE_PROGRESS_DONE
        standing.left_at.FromDatetime(NOW - timedelta(hours=left))


async def points(served: Served, flow: str, version: int = 0) -> reports_pb2.StuckPoints:
    stub = served.stub(ReportServiceStub, CLERK)
    request = reports_pb2.GetStuckPointsRequest(flow_code=flow, flow_version=version)
    return await stub.GetStuckPoints(request)  # type: ignore[misc, no-any-return]  # async over an aio channel


async def test_a_report_says_where_cases_wait_how_long_and_on_whom(served: Served) -> None:
    system = cases_for(served)
    for number, hours in enumerate((1, 2, 3, 10)):
        waits = task(f"parts/{number}", "pe_cang", due_in=-1 if number else 60)
        waits.candidate_role = "warehouse"
        told = case(f"ca_stuck{number}", 1, waits)
        told.flow_code, told.flow_version = "stuck", 1 + number % 2
        stands(told, "parts", hours)
        stands(told, "intake", hours=hours + 2, left=hours)
        if number == 3:
            told.state = cases_pb2.CASE_STATE_INCIDENT
        await record(system, told)
    paused = task("parts/9", "pe_cang", due_in=-1)
    paused.pause.reason, paused.pause.blamed_party = "supplier", "supplier"
    other = case("ca_stuck9", 1, paused)
    other.flow_code, other.flow_version = "stuck", 1
    stands(other, "each/1.2:parts", 4)
    await record(system, other)

    report = await points(served, "stuck")
    assert (report.open_case_count, report.incident_count) == (5, 1)
    parts, intake = report.points
    assert (parts.node, parts.title) == ("parts", "“parts”")
    hour = 3600
    assert (parts.standing.count, parts.standing.median_seconds) == (5, 3 * hour)
    assert parts.standing.longest_seconds == 10 * hour
    assert parts.longest_case_id == "ca_stuck3"
    assert (parts.user_task_count, parts.overdue_count, parts.paused_count) == (5, 3, 1)
    assert [(each.name, each.user_task_count) for each in parts.parties] == [
        ("warehouse", 4),
        ("supplier", 1),
    ]
    assert [(each.name, each.user_task_count) for each in parts.people] == [("pe_cang", 4)]
    assert (intake.node, intake.standing.count) == ("intake", 0)
    assert (intake.past.count, intake.past.median_seconds) == (4, 2 * hour)
    assert report.past_case_count == 5

    second = await points(served, "stuck", version=2)
    assert second.open_case_count == 2
    assert second.points[0].user_task_count == 2


async def test_a_flow_without_cases_waits_nowhere(served: Served) -> None:
    flows = served.stub(FlowServiceStub, SYSTEM)
    await flows.PublishFlow(PublishFlowRequest(idempotency_key="idle", source=IDLE))  # type: ignore[misc]
    assert not (await points(served, "idle")).points


async def test_a_flow_that_there_is_not_has_no_report(served: Served) -> None:
    with pytest.raises(ServiceError) as refused:
        await points(served, "nothing")
    assert (refused.value.reason, refused.value.field) == ("FLOW_UNKNOWN", "flow_code")


async def test_a_report_is_for_the_office_and_names_its_flow(served: Served) -> None:
    with pytest.raises(ServiceError) as refused:
        await points(served, "")
    assert refused.value.reason == "FLOW_CODE_MISSING"
    stub = served.stub(ReportServiceStub, TECHNICIAN)
    with pytest.raises(ServiceError) as refused:
        await stub.GetStuckPoints(reports_pb2.GetStuckPointsRequest(flow_code="stuck"))  # type: ignore[misc]
    assert refused.value.reason == "ROLE_REQUIRED"
