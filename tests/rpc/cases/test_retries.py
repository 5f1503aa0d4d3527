"""Calls that are made again, as operations ask for them through the RPCs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kit.authn import Actor
from kit.errors import Kind, ServiceError
from protos.cases.v1 import cases_pb2, incidents_pb2, reports_pb2
from protos.cases.v1.incidents_pb2_grpc import IncidentServiceStub
from protos.cases.v1.reports_pb2_grpc import ReportServiceStub
from protos.common.v1 import page_pb2
from tests.rpc.cases.telling import CLERK, NOW, TECHNICIAN, case, cases_for
from tests.rpc.conftest import Served

OPS = Actor("pe_ops", frozenset({"ops"}))
MAKE, FIT = "test.v1.Things/Make", "test.v1.Things/Fit"


def call(call_id: str, rpc: str = MAKE, minute: int = 0) -> incidents_pb2.RetriedCall:
    told = incidents_pb2.RetriedCall(
        call_id=call_id, node="make", rpc=rpc, attempt_count=4, reason="SERVICE_UNAVAILABLE"
    )
    told.since.FromDatetime(NOW + timedelta(minutes=minute))
    return told


async def tell(served: Served, told: cases_pb2.Case, *calls: incidents_pb2.RetriedCall) -> None:
    told.flow_code = "tried"
    stands = told.nodes.add(node="make", title="做", progress=cases_pb2.NODE_PROGRESS_ACTIVE)
    stands.entered_at.FromDatetime(NOW)
    await cases_for(served).RecordCase(
        cases_pb2.RecordCaseRequest(
            idempotency_key=f"{told.case_id}/{told.revision}",
            case=told,
            retried_calls=calls,
            told_in_history=True,
        )
    )


async def listed(
    served: Served, actor: Actor = OPS, **asked: Any
) -> incidents_pb2.ListRetriedCallsResponse:
    stub = served.stub(IncidentServiceStub, actor)
    request = incidents_pb2.ListRetriedCallsRequest(flow_code="tried", **asked)
    return await stub.ListRetriedCalls(request)  # type: ignore[misc, no-any-return]  # async over an aio channel


async def test_calls_that_are_made_again_are_listed_counted_and_gone_when_they_have_ended(
    served: Served,
) -> None:
    await tell(served, case("ca_try1"), call("make/1", minute=2), call("fit/1", FIT, minute=1))
    await tell(served, case("ca_try2"), call("make/1"))
    found = await listed(served)
    assert [(each.case_id, each.call_id) for each in found.retried_calls] == [
        ("ca_try2", "make/1"),
        ("ca_try1", "fit/1"),
        ("ca_try1", "make/1"),
    ]
    first = found.retried_calls[0]
    assert (first.workflow_id, first.flow_code, first.attempt_count) == ("case:ca_try2", "tried", 4)
    assert [(each.rpc, each.count) for each in found.counts] == [(MAKE, 2), (FIT, 1)]
    assert found.counts[0].since == first.since

    page = page_pb2.PageRequest(page_size=2)
    some = await listed(served, page=page)
    page.page_token = some.page.next_page_token
    rest = await listed(served, page=page)
    assert [*some.retried_calls, *rest.retried_calls] == list(found.retried_calls)
    assert not rest.page.next_page_token
    only = await listed(served, rpc=FIT, case_id="ca_try1", reason="SERVICE_UNAVAILABLE")
    assert [each.call_id for each in only.retried_calls] == ["fit/1"]

    stub = served.stub(ReportServiceStub, CLERK)
    report: reports_pb2.StuckPoints = await stub.GetStuckPoints(  # type: ignore[misc]  # async over an aio channel
        reports_pb2.GetStuckPointsRequest(flow_code="tried")
    )
    assert [(point.node, point.retried_call_count) for point in report.points] == [("make", 3)]

    await tell(served, case("ca_try1", 2))
    assert [each.case_id for each in (await listed(served)).retried_calls] == ["ca_try2"]


async def test_calls_that_are_made_again_are_for_those_who_see_incidents(served: Served) -> None:
    with pytest.raises(ServiceError) as refused:
        await listed(served, TECHNICIAN)
    assert refused.value.kind is Kind.PERMISSION_DENIED
