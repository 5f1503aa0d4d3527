"""The inbox: what waits for the visitor, and the one task that they look at."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from kit.errors import NotFound, PermissionDenied, ServiceError
from protos.cases.v1 import cases_pb2, cases_pb2_grpc
from protos.pricing.v1 import pricing_pb2
from protos.settlement.v1 import settlement_pb2, settlement_pb2_grpc
from protos.workorder.v1 import workorder_pb2, workorder_pb2_grpc
from services.gateway.pages.base import Visit, VisitOf
from services.gateway.pages.fields import Filled
from services.gateway.pages.filters import address, asked, read
from services.gateway.pages.suggestions import suggestions_for
from services.gateway.pages.tasks import TaskView, view
from services.gateway.passwords import new_token
from services.gateway.problems import STATUS_OF_KIND
from services.gateway.quotes import quote_of_case

router = APIRouter(include_in_schema=False)

_PAGE: Final = 100
#: What the inbox can be narrowed down to.
_FILTERS: Final = ("flow_code", "node", "overdue", "claimed", "unclaimed", "sort_by")


@router.get("/")
async def inbox(visit: VisitOf) -> Response:
    """What waits for the visitor, most urgent first."""
    return await show_inbox(visit, visit.request.query_params.get("task", ""))


async def show_inbox(
    visit: Visit, chosen: str, filled: Filled | None = None, refused: ServiceError | None = None
) -> Response:
    """The inbox with one task opened.

    Args:
        visit: whose it is.
        chosen: the case and the task, as ``case:task``; empty: the most urgent one.
        filled: what stands in its form.
        refused: what came of trying to do it.
    """
    stub = cases_pb2_grpc.CaseServiceStub(visit.channel("cases"))
    me = visit.caller.actor.person_id
    filters = {name: text for name, text in asked(visit).items() if name in _FILTERS}
    query = {name: [text] for name, text in filters.items()}
    wanted = read(cases_pb2.ListUserTasksRequest(person_id=me), query)
    wanted.page.page_size = _PAGE
    wanted.page.page_token = visit.request.query_params.get("page_token", "")
    listed = await stub.ListUserTasks(wanted)
    counts = await stub.CountUserTasks(cases_pb2.CountUserTasksRequest(person_id=me))
    tasks = list(listed.user_tasks)
    case_id, _, task_id = chosen.partition(":")
    task = next(
        (each for each in tasks if (each.case_id, each.user_task_id) == (case_id, task_id)),
        tasks[0] if tasks and refused is None else None,
    )
    names = await visit.edge.people.names()
    shown = view(task, visit.language, names, filled) if task else None
    return await visit.page(
        "inbox.html",
        status=STATUS_OF_KIND[refused.kind] if refused else 200,
        tasks=tasks,
        counts=counts,
        filters=filters,
        to=lambda **more: address("/", filters | more),
        plainly=lambda **more: address("/", more),
        further=listed.page.next_page_token,
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
    if "earning" in shown.context:
        earnings = settlement_pb2_grpc.SettlementServiceStub(visit.channel("settlement"))
        earning_id = shown.context["earning"]["earning_id"]
        beside["earning"] = await earnings.GetEarning(
            settlement_pb2.GetEarningRequest(earning_id=earning_id)
        )
    if shown.task.user_task_kind in ("approval", "confirm"):
        beside["quote"] = await latest_quote(visit, shown.task.case_id)
    return beside


async def latest_quote(visit: Visit, case_id: str) -> pricing_pb2.QuoteResult | None:
    """The newest quote of a case with its steps, as far as the visitor may see it."""
    try:
        return await quote_of_case(visit.edge, visit.caller, case_id)
    except (PermissionDenied, NotFound):
        return None
