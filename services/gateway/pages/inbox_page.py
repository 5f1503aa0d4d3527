"""The inbox: what waits for the visitor, and the one task that they look at; acting."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote as quoted

from fastapi import APIRouter
from starlette.responses import Response

from kit.errors import FailedPrecondition, NotFound, PermissionDenied, ServiceError
from protos.cases.v1 import cases_pb2, cases_pb2_grpc
from protos.common.v1 import page_pb2
from protos.pricing.v1 import pricing_pb2
from protos.settlement.v1 import settlement_pb2, settlement_pb2_grpc
from protos.workorder.v1 import workorder_pb2, workorder_pb2_grpc
from services.gateway.acting import act_of, perform, workflow_of
from services.gateway.forms import values_of
from services.gateway.pages.base import Visit, VisitOf, back_to, own_path
from services.gateway.pages.fields import Filled
from services.gateway.pages.filling import filled_in, live_look, look_at_task, opened
from services.gateway.pages.suggestions import suggestions_for
from services.gateway.pages.tasks import TaskView, schema_of, view
from services.gateway.passwords import new_token
from services.gateway.problems import STATUS_OF_KIND
from services.gateway.quotes import quote_of_case
from services.gateway.words import word

router = APIRouter(include_in_schema=False)


@router.get("/")
async def inbox(visit: VisitOf) -> Response:
    """What waits for the visitor, most urgent first."""
    return await _inbox(visit, visit.request.query_params.get("task", ""))


@router.post("/acts")
async def act(visit: VisitOf) -> Response:
    """Do what the visitor asks, and go back to where they were; a refusal keeps what they typed."""
    form, typed = await visit.form(), await visit.typed()
    case_id, task_id, verb = form["case_id"], form["user_task_id"], form["verb"]
    filled = None
    try:
        task = await _open_task(visit, case_id, task_id)
        wanted = act_of(
            visit.caller,
            form["act_key"],
            verb,
            task_id=task_id,
            revision=int(form["revision"]),
            form=values_of(schema_of(task, verb), typed),
            to=form.get({"reject": "back_to", "transfer": "transfer_to"}.get(verb, ""), ""),
            comment=form.get("comment", ""),
        )
        try:
            await perform(visit.edge, await workflow_of(visit.edge, case_id, task_id), wanted)
        except ServiceError as refused:
            look = await look_at_task(visit, task, verb, typed)
            filled = filled_in(visit, typed, opened(task, verb), look, refused)
            raise
    except ServiceError as refused:
        return await _inbox(visit, f"{case_id}:{task_id}", filled, refused)
    said = f"{task.title}：{word(verb, visit.language)} ✓"
    return back_to(f"{own_path(form['here'])}?said={quoted(said)}")


@router.post("/acts/look")
async def look(visit: VisitOf) -> Response:
    """How the form stands while the visitor fills it in."""
    form, typed = await visit.form(), await visit.typed()
    task = await _open_task(visit, form["case_id"], form["user_task_id"])
    found = await look_at_task(visit, task, form["deed"], typed)
    return await live_look(visit, schema_of(task, form["deed"]), found)


async def _inbox(
    visit: Visit, chosen: str, filled: Filled | None = None, refused: ServiceError | None = None
) -> Response:
    stub = cases_pb2_grpc.CaseServiceStub(visit.channel("cases"))
    me = visit.caller.actor.person_id
    listed = await stub.ListUserTasks(
        cases_pb2.ListUserTasksRequest(person_id=me, page=page_pb2.PageRequest(page_size=100))
    )
    tasks = list(listed.user_tasks)
    case_id, _, task_id = chosen.partition(":")
    task = next(
        (each for each in tasks if (each.case_id, each.user_task_id) == (case_id, task_id)),
        tasks[0] if tasks and refused is None else None,
    )
    names = await visit.edge.people.names()
    shown = view(task, me, visit.language, names, filled) if task else None
    return await visit.page(
        "inbox.html",
        status=STATUS_OF_KIND[refused.kind] if refused else 200,
        tasks=tasks,
        chosen=shown,
        problem=refused,
        said=visit.request.query_params.get("said", ""),
        act_key=new_token("act"),
        here="/",
        suggestions=await suggestions_for(visit, shown.kinds if shown else frozenset()),
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
