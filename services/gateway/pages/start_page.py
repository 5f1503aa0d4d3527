"""Starting a case: which flow, and what it starts with."""

from __future__ import annotations

import json

from fastapi import APIRouter
from starlette.responses import Response

from kit.errors import ServiceError
from protos.flow.v1 import flow_pb2, flow_pb2_grpc
from services.gateway.forms import typed_from, typed_of, values_of
from services.gateway.pages.base import Visit, VisitOf, back_to
from services.gateway.pages.fields import Filled, fields_of, is_live, kinds_of
from services.gateway.pages.filling import LookInWords, filled_in, live_look
from services.gateway.pages.suggestions import suggestions_for
from services.gateway.passwords import new_token
from services.gateway.problems import STATUS_OF_KIND
from services.gateway.routes.cases import NewCase, start_case
from workflows.compiler.plan import Plan
from workflows.runtime.forms import look_at_form, opening_of

router = APIRouter(include_in_schema=False)


@router.get("/start")
async def choose_flow(visit: VisitOf) -> Response:
    """Which flow shall be started."""
    stub = flow_pb2_grpc.FlowServiceStub(visit.channel("flow"))
    listed = await stub.ListFlows(flow_pb2.ListFlowsRequest())
    if len(listed.flows) == 1:
        return back_to(f"/start/{listed.flows[0].flow_code}")
    return await visit.page("start.html", flows=listed.flows, flow=None)


@router.get("/start/{flow_code}")
async def start_form(visit: VisitOf, flow_code: str) -> Response:
    """What a case of this flow starts with; the address may say some of it."""
    flow = await _flow(visit, flow_code)
    schema = json.loads(flow.inputs_schema_json)
    named = values_of(schema, typed_of(visit.request.query_params.multi_items()))
    return await _start_form(visit, flow, _opening(flow, named))


@router.post("/start/{flow_code}")
async def start(visit: VisitOf, flow_code: str) -> Response:
    """Start a case and look at it."""
    form, typed = await visit.form(), await visit.typed()
    flow = await _flow(visit, flow_code)
    values = values_of(json.loads(flow.inputs_schema_json), typed)
    body = NewCase(flow_code=flow_code, flow_version=flow.version, inputs=values)
    try:
        started = await start_case(visit.edge, visit.caller, body, form["act_key"])
    except ServiceError as refused:
        filled = filled_in(visit, typed, _opening(flow, {}), _look(flow, values), refused)
        return await _start_form(visit, flow, filled, refused)
    return back_to(f"/cases/{started.case_id}")


@router.post("/start/{flow_code}/look")
async def look(visit: VisitOf, flow_code: str) -> Response:
    """How the form stands while the visitor fills it in."""
    await visit.form()
    flow = await _flow(visit, flow_code)
    schema = json.loads(flow.inputs_schema_json)
    return await live_look(visit, schema, _look(flow, values_of(schema, await visit.typed())))


async def _flow(visit: Visit, flow_code: str) -> flow_pb2.FlowVersion:
    stub = flow_pb2_grpc.FlowServiceStub(visit.channel("flow"))
    return await stub.GetFlow(flow_pb2.GetFlowRequest(flow_code=flow_code))


def _look(flow: flow_pb2.FlowVersion, values: dict[str, object]) -> LookInWords:
    plan = Plan.model_validate_json(flow.plan_json)
    return look_at_form(plan.inputs, values, {}).in_words()


def _opening(flow: flow_pb2.FlowVersion, named: dict[str, object]) -> Filled:
    plan = Plan.model_validate_json(flow.plan_json)
    start, look = opening_of(plan.inputs, {}, named)
    schema = json.loads(flow.inputs_schema_json)
    return Filled(typed_from(schema, start), start, frozenset(look.hidden), frozenset(look.needed))


async def _start_form(
    visit: Visit,
    flow: flow_pb2.FlowVersion,
    filled: Filled,
    refused: ServiceError | None = None,
) -> Response:
    schema = json.loads(flow.inputs_schema_json)
    names = await visit.edge.people.names()
    return await visit.page(
        "start.html",
        status=STATUS_OF_KIND[refused.kind] if refused else 200,
        flow=flow,
        flows=[],
        fields=fields_of(schema, filled, visit.language, names),
        live=is_live(schema),
        suggestions=await suggestions_for(visit, kinds_of(schema)),
        problem=refused,
        act_key=new_token("act"),
    )
