"""The inbox: what waits for the visitor, and the one task that they look at; acting; starting."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote as quoted

from fastapi import APIRouter
from starlette.responses import Response

from kit.errors import FailedPrecondition, NotFound, PermissionDenied, ServiceError
from protos.cases.v1 import cases_pb2, cases_pb2_grpc
from protos.common.v1 import page_pb2
from protos.flow.v1 import flow_pb2, flow_pb2_grpc
from protos.pricing.v1 import pricing_pb2
from protos.settlement.v1 import settlement_pb2, settlement_pb2_grpc
from protos.workorder.v1 import workorder_pb2, workorder_pb2_grpc
from services.gateway.acting import act_of, perform, workflow_of
from services.gateway.forms import values_from_texts
from services.gateway.pages.base import Visit, VisitOf, back_to, own_path
from services.gateway.pages.suggestions import suggestions_for
from services.gateway.pages.tasks import TaskView, fields_of, schema_of, view
from services.gateway.passwords import new_token
from services.gateway.problems import STATUS_OF_KIND
from services.gateway.quotes import quote_of_case
from services.gateway.routes.cases import NewCase, start_case
from services.gateway.words import word

router = APIRouter(include_in_schema=False)


@router.get("/")
async def inbox(visit: VisitOf) -> Response:
    """What waits for the visitor, most urgent first."""
    return await _inbox(visit, visit.request.query_params.get("task", ""), {})


@router.post("/acts")
async def act(visit: VisitOf) -> Response:
    """Do what the visitor asks, and go back to where they were; a refusal keeps what they typed."""
    form = await visit.form()
    case_id, task_id, verb = form["case_id"], form["user_task_id"], form["verb"]
    typed = {name.removeprefix("f."): text for name, text in form.items() if name[:2] == "f."}
    try:
        task = await _open_task(visit, case_id, task_id)
        wanted = act_of(
            visit.caller,
            form["act_key"],
            verb,
            task_id=task_id,
            revision=int(form["revision"]),
            form=values_from_texts(schema_of(task, verb), typed),
            to=form.get({"reject": "back_to", "transfer": "transfer_to"}.get(verb, ""), ""),
            comment=form.get("comment", ""),
        )
        await perform(visit.edge, await workflow_of(visit.edge, case_id, task_id), wanted)
    except ServiceError as refused:
        return await _inbox(visit, f"{case_id}:{task_id}", typed, refused)
    said = f"{task.title}：{word(verb, visit.language)} ✓"
    return back_to(f"{own_path(form['here'])}?said={quoted(said)}")


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
    """What a case of this flow starts with."""
    return await _start_form(visit, flow_code, dict(visit.request.query_params))


@router.post("/start/{flow_code}")
async def start(visit: VisitOf, flow_code: str) -> Response:
    """Start a case and look at it."""
    form = await visit.form()
    typed = {name.removeprefix("f."): text for name, text in form.items() if name[:2] == "f."}
    flow = await _flow(visit, flow_code)
    body = NewCase(
        flow_code=flow_code,
        flow_version=flow.version,
        inputs=values_from_texts(json.loads(flow.inputs_schema_json), typed),
    )
    try:
        started = await start_case(visit.edge, visit.caller, body, form["act_key"])
    except ServiceError as refused:
        return await _start_form(visit, flow_code, typed, refused)
    return back_to(f"/cases/{started.case_id}")


async def _inbox(
    visit: Visit, chosen: str, typed: dict[str, str], refused: ServiceError | None = None
) -> Response:
    stub = cases_pb2_grpc.CaseServiceStub(visit.channel("cases"))
    listed = await stub.ListUserTasks(
        cases_pb2.ListUserTasksRequest(
            person_id=visit.caller.actor.person_id, page=page_pb2.PageRequest(page_size=100)
        )
    )
    tasks = list(listed.user_tasks)
    case_id, _, task_id = chosen.partition(":")
    task = next(
        (each for each in tasks if (each.case_id, each.user_task_id) == (case_id, task_id)),
        tasks[0] if tasks and refused is None else None,
    )
    shown = view(task, visit.caller.actor.person_id, typed) if task else None
    return await visit.page(
        "inbox.html",
        status=STATUS_OF_KIND[refused.kind] if refused else 200,
        tasks=tasks,
        chosen=shown,
        problem=refused,
        said=visit.request.query_params.get("said", ""),
        act_key=new_token("act"),
        here="/",
        suggestions=await suggestions_for(visit, shown.fields if shown else ()),
        **(await _beside(visit, shown) if shown else {}),
    )


async def _beside(visit: Visit, shown: TaskView) -> dict[str, Any]:
    """What the person decides on: the quote that is to be confirmed, the offered work."""
    beside: dict[str, Any] = {"quote": None, "work_order": None, "earning": None}
    if "work_order" in shown.context:
        order_id = shown.context["work_order"]["work_order_id"]
        orders = workorder_pb2_grpc.WorkOrderServiceStub(visit.channel("workorder"))
        wanted = workorder_pb2.GetWorkOrderRequest(work_order_id=order_id)
        beside["work_order"] = await orders.GetWorkOrder(wanted)
        earnings = settlement_pb2_grpc.SettlementServiceStub(visit.channel("settlement"))
        earning_id = shown.context["earning"]["earning_id"]
        beside["earning"] = await earnings.GetEarning(
            settlement_pb2.GetEarningRequest(earning_id=earning_id)
        )
    elif shown.task.user_task_kind in ("approval", "confirm"):
        beside["quote"] = await latest_quote(visit, shown.task.case_id)
    return beside


async def latest_quote(visit: Visit, case_id: str) -> pricing_pb2.QuoteResult | None:
    """The newest quote of a case with its steps, as far as the visitor may see it."""
    try:
        return await quote_of_case(visit.edge, visit.caller, case_id)
    except (PermissionDenied, NotFound):
        return None


async def _open_task(visit: Visit, case_id: str, task_id: str) -> cases_pb2.UserTask:
    stub = cases_pb2_grpc.CaseServiceStub(visit.channel("cases"))
    case = await stub.GetCase(cases_pb2.GetCaseRequest(case_id=case_id))
    for task in case.user_tasks:
        if task.user_task_id == task_id:
            return task
    raise FailedPrecondition("CASE_TASK_CLOSED", "this is done already, or was withdrawn")


async def _flow(visit: Visit, flow_code: str) -> flow_pb2.FlowVersion:
    stub = flow_pb2_grpc.FlowServiceStub(visit.channel("flow"))
    return await stub.GetFlow(flow_pb2.GetFlowRequest(flow_code=flow_code))


async def _start_form(
    visit: Visit, flow_code: str, typed: dict[str, str], refused: ServiceError | None = None
) -> Response:
    flow = await _flow(visit, flow_code)
    fields = fields_of(json.loads(flow.inputs_schema_json), typed, {})
    return await visit.page(
        "start.html",
        status=STATUS_OF_KIND[refused.kind] if refused else 200,
        flow=flow,
        flows=[],
        fields=fields,
        suggestions=await suggestions_for(visit, fields),
        problem=refused,
        act_key=new_token("act"),
    )
