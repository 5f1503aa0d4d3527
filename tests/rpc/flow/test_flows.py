"""Publishing flows: all that is wrong at once, or a version that never changes."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from kit.authn import SYSTEM, Actor
from kit.clock import FixedClock
from kit.errors import InvalidArgument, NotFound, PermissionDenied
from protos.flow.v1 import flow_pb2
from protos.flow.v1.flow_pb2_grpc import FlowServiceStub
from tests.rpc.conftest import Serve, Served
from tests.workflow.flows import MEASURE
from workflows.serving import mounts

if TYPE_CHECKING:
    from protos.flow.v1.flow_pb2_grpc import FlowServiceAsyncStub

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


STANDS_STILL = """
code: stands_still
name: 走不完
start: choose
nodes:
  - {id: choose, kind: decision, name: 选}
  - {id: join, kind: parallel, name: 合}
  - {id: done, kind: end, name: 完}
edges:
  - {from: choose, to: join, when: case.started_by == 'pe_wang'}
  - {from: choose, to: join, otherwise: true}
  - {from: join, to: done}
"""
OUTER = """
code: outer
name: 外层
start: inside
nodes:
  - {id: inside, kind: subflow, name: 内, flow: INNER}
  - {id: done, kind: end, name: 完}
edges: [{from: inside, to: done}]
"""


def flows_for(served: Served, actor: Actor = SYSTEM) -> FlowServiceAsyncStub:
    return served.stub(FlowServiceStub, actor)  # type: ignore[return-value]  # async over an aio channel


@pytest.fixture(scope="module")
async def served(serve: Serve) -> Served:
    return await serve("flows", mounts(FixedClock(NOW)))


@pytest.fixture(scope="module")
def flows(served: Served) -> FlowServiceAsyncStub:
    return flows_for(served)


async def publish(flows: FlowServiceAsyncStub, source: str) -> flow_pb2.FlowVersion:
    key = hashlib.sha256(source.encode()).hexdigest()
    return await flows.PublishFlow(flow_pb2.PublishFlowRequest(idempotency_key=key, source=source))


def named(code: str, name: str = "量房") -> str:
    return MEASURE.replace("code: measure", f"code: {code}").replace(
        "name: 量房\n", f"name: {name}\n"
    )


async def test_versions_of_a_flow_are_numbered_without_gaps(flows: FlowServiceAsyncStub) -> None:
    first = await publish(flows, named("numbered", "一"))
    second = await publish(flows, named("numbered", "二"))
    assert [first.version, second.version] == [1, 2]
    assert first.plan_hash != second.plan_hash
    latest = await flows.GetFlow(flow_pb2.GetFlowRequest(flow_code="numbered"))
    assert (latest.version, latest.name) == (2, "二")
    kept = await flows.GetFlow(flow_pb2.GetFlowRequest(flow_code="numbered", version=1))
    assert kept.plan_hash == first.plan_hash


async def test_the_same_source_again_is_the_version_it_was(flows: FlowServiceAsyncStub) -> None:
    source = named("repeated")
    first = await publish(flows, source)
    again = await flows.PublishFlow(
        flow_pb2.PublishFlowRequest(idempotency_key="another", source=source)
    )
    assert again == first


async def test_a_plan_is_named_by_its_hash_and_comes_with_the_form_of_its_inputs(
    flows: FlowServiceAsyncStub,
) -> None:
    await publish(flows, named("hashed"))
    flow = await flows.GetFlow(flow_pb2.GetFlowRequest(flow_code="hashed"))
    assert hashlib.sha256(flow.plan_json.encode()).hexdigest() == flow.plan_hash
    assert json.loads(flow.inputs_schema_json)["type"] == "object"
    assert flow.source == named("hashed")


async def test_a_malformed_flow_is_told_all_that_is_wrong_and_nothing_is_published(
    flows: FlowServiceAsyncStub,
) -> None:
    broken = (
        named("broken").replace("role: supervisor", "role: nobody").replace("to: done", "to: dine")
    )
    checked = await flows.CheckFlow(flow_pb2.CheckFlowRequest(source=broken))
    assert not checked.publishable
    errors = [d for d in checked.diagnostics if d.severity == flow_pb2.SEVERITY_ERROR]
    assert len(errors) >= 2
    assert all(error.code and error.message and error.hint for error in errors)
    with pytest.raises(InvalidArgument) as refused:
        await publish(flows, broken)
    assert refused.value.reason == "FLOW_NOT_PUBLISHABLE"
    assert json.loads(refused.value.details["1"])["code"] == errors[0].code
    with pytest.raises(NotFound):
        await flows.GetFlow(flow_pb2.GetFlowRequest(flow_code="broken"))


async def test_whether_a_flow_can_finish_is_told_with_a_run_that_cannot(
    flows: FlowServiceAsyncStub,
) -> None:
    sound = await flows.CheckFlow(flow_pb2.CheckFlowRequest(source=named("checked")))
    assert sound.soundness == flow_pb2.SOUNDNESS_SOUND
    checked = await flows.CheckFlow(flow_pb2.CheckFlowRequest(source=STANDS_STILL))
    assert checked.soundness == flow_pb2.SOUNDNESS_UNSOUND
    (found,) = checked.diagnostics
    assert found.code == "FLOW_UNSOUND_DEADLOCK"
    assert [(firing.node, firing.by) for firing in found.trace] == [("choose", "done")]
    undrawn = await flows.CheckFlow(flow_pb2.CheckFlowRequest(source="nodes: [{"))
    assert undrawn.soundness == flow_pb2.SOUNDNESS_UNKNOWN


async def test_a_flow_lives_through_the_newest_version_of_another(
    flows: FlowServiceAsyncStub,
) -> None:
    outer = OUTER.replace("INNER", "lived_through")
    checked = await flows.CheckFlow(flow_pb2.CheckFlowRequest(source=outer))
    assert [found.code for found in checked.diagnostics] == ["FLOW_SUBFLOW_UNKNOWN"]
    await publish(flows, named("lived_through", "一"))
    first = await publish(flows, outer)
    assert await publish(flows, outer) == first
    await publish(flows, named("lived_through", "二"))
    again = await flows.PublishFlow(
        flow_pb2.PublishFlowRequest(idempotency_key="after the inner one", source=outer)
    )
    assert (first.version, again.version) == (1, 2)
    pinned = json.loads((await flows.GetFlow(flow_pb2.GetFlowRequest(flow_code="outer"))).plan_json)
    (node,) = [node for node in pinned["nodes"] if node["kind"] == "subflow"]
    assert (node["flow"], node["version"]) == ("lived_through", 2)


async def test_what_is_not_even_yaml_is_a_diagnostic_too(flows: FlowServiceAsyncStub) -> None:
    checked = await flows.CheckFlow(flow_pb2.CheckFlowRequest(source="nodes: [{"))
    assert not checked.publishable
    assert checked.diagnostics


async def test_no_flow_takes_the_name_of_a_workflow_of_ours(flows: FlowServiceAsyncStub) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await publish(flows, named("field_work"))
    assert refused.value.reason == "FLOW_CODE_RESERVED"


async def test_only_authors_publish(served: Served) -> None:
    sales = flows_for(served, Actor("pe_wang", frozenset({"sales"})))
    with pytest.raises(PermissionDenied):
        await publish(sales, named("forbidden"))


async def test_the_list_shows_each_flow_once_in_its_newest_version(
    flows: FlowServiceAsyncStub,
) -> None:
    await publish(flows, named("listed_a", "一"))
    await publish(flows, named("listed_a", "二"))
    await publish(flows, named("listed_b"))
    seen: list[tuple[str, int]] = []
    request = flow_pb2.ListFlowsRequest()
    request.page.page_size = 1
    while True:
        page = await flows.ListFlows(request)
        seen += [(flow.flow_code, flow.version) for flow in page.flows]
        if not page.page.next_page_token:
            break
        request.page.page_token = page.page.next_page_token
    assert ("listed_a", 2) in seen
    assert ("listed_b", 1) in seen
    assert len({code for code, _ in seen}) == len(seen)


async def test_the_palette_names_what_a_flow_may_call(flows: FlowServiceAsyncStub) -> None:
    page = await flows.ListNodeKinds(flow_pb2.ListNodeKindsRequest())
    by_name = {kind.rpc: kind for kind in page.node_kinds}
    create = by_name["workorder.v1.WorkOrderService/CreateWorkOrder"]
    assert (create.label, create.quick) == ("创建工单", True)
    assert create.compensate_with == "workorder.v1.WorkOrderService/CancelWorkOrder"
    assert "cases.v1.CaseService/RecordCase" not in by_name
