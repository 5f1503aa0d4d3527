"""Work orders and their field work, technicians.

A technician's acts go to the field work that lives the work order through, never past it to the
work order itself; these paths find the open user task, so that nobody needs to know its id.
"""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import Any, Final, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from kit.errors import FailedPrecondition, NotFound
from protos.cases.v1 import cases_pb2, cases_pb2_grpc
from protos.workorder.v1 import workorder_pb2, workorder_pb2_grpc
from services.gateway.acting import Acted, act_of, applied_before, perform
from services.gateway.auth import CallerOf
from services.gateway.edge import Edge, EdgeOf
from services.gateway.people import ask_as_system
from services.gateway.rpc_routes import KEY_PARAMETER, expose, idempotency_key
from services.gateway.transcoding import to_json
from workflows.client import case_workflow_id

_SERVICE: Final = "workorder.v1.WorkOrderService"
_INBOX_WITHIN_SECONDS: Final = 2.0
_LOOK_EVERY_SECONDS: Final = 0.03

technicians = APIRouter(prefix="/technicians", tags=["technicians 师傅"])
expose(technicians, "GET", "", f"{_SERVICE}/ListTechnicians", "Technicians")
expose(technicians, "GET", "/{technician_id}", f"{_SERVICE}/GetTechnician", "One technician")
expose(
    technicians,
    "PUT",
    "/{technician_id}",
    f"{_SERVICE}/PutTechnician",
    "Create or change a technician's skills, territory and capacity",
    body="technician",
    example={
        "display_name": "张师傅",
        "outlet_id": "ou_beijing",
        "cooperation_mode": "direct",
        "skills": [{"skill_code": "aircon_install", "level": 4}],
        "territory_codes": ["110000"],
        "daily_capacity": 4,
        "active": True,
    },
)

work_orders = APIRouter(prefix="/work-orders", tags=["work-orders 工单"])
expose(work_orders, "GET", "", f"{_SERVICE}/ListWorkOrders", "Work orders")
expose(
    work_orders,
    "GET",
    "/{work_order_id}",
    f"{_SERVICE}/GetWorkOrder",
    "One work order; the completion code only for the customer's side",
)
expose(
    work_orders,
    "POST",
    "/{work_order_id}/completion-code",
    f"{_SERVICE}/ReissueCompletionCode",
    "A new completion code for the customer, with all tries again",
    example={"reason": "the customer lost it"},
)


class FieldAct(BaseModel):
    """What the technician gives with the act."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"form": {"completion_code": "314159"}}]},
    )

    form: dict[str, Any] = {}
    comment: str = Field("", max_length=2000, description="Of a decline: why")


@work_orders.post(
    "/{work_order_id}/{verb}",
    summary="The technician accepts, declines, schedules, checks in, completes",
    openapi_extra=KEY_PARAMETER,
)
async def act_in_the_field(
    work_order_id: str,
    verb: Literal["accept", "decline", "schedule", "check-in", "complete"],
    body: FieldAct,
    request: Request,
    edge: EdgeOf,
    caller: CallerOf,
) -> Acted:
    """An act on the open offer or visit; the same as one on its user task."""
    key = idempotency_key(request, caller)
    wanted = verb.replace("-", "_")
    asked = workorder_pb2.GetWorkOrderRequest(work_order_id=work_order_id)
    person_id = caller.actor.person_id
    found: cases_pb2.UserTask | cases_pb2.Act | None
    try:
        order = await _work_order(edge, asked)
    except NotFound:  # who has acted may not see it any more, and may still ask for that act
        order = await ask_as_system(partial(_work_order, edge, asked))
        found = await applied_before(edge, order.case_id, key)
        if found is None:
            raise
    else:
        found = await _open_task(edge, order, person_id, wanted) or await applied_before(
            edge, order.case_id, key
        )
    if found is None:
        raise FailedPrecondition(
            "WORK_ORDER_NOTHING_TO_DO",
            f"{person_id} has no open offer or visit of {work_order_id}",
            field="work_order_id",
        )
    workflow_id = case_workflow_id(order.case_id)
    if isinstance(found, cases_pb2.UserTask):
        workflow_id = found.workflow_id
    act = act_of(
        caller, key, wanted, task_id=found.user_task_id, form=body.form, comment=body.comment
    )
    return await perform(edge, order.case_id, workflow_id, act)


async def _work_order(
    edge: Edge, asked: workorder_pb2.GetWorkOrderRequest
) -> workorder_pb2.WorkOrder:
    orders = workorder_pb2_grpc.WorkOrderServiceStub(edge.caller.channel("workorder"))
    return await orders.GetWorkOrder(asked)


async def _open_task(
    edge: Edge, order: workorder_pb2.WorkOrder, person_id: str, verb: str
) -> cases_pb2.UserTask | None:
    """The technician's open offer or visit of a work order.

    The inbox follows the field work a moment later: right after one act it may still show the task
    before. So it is looked at until it has one for this verb; if none comes, the field work itself
    says what is possible.
    """
    found: cases_pb2.UserTask | None = None
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_INBOX_WITHIN_SECONDS):
            while found is None or verb not in found.verbs:
                found = await _shown(edge, order, person_id)
                await asyncio.sleep(_LOOK_EVERY_SECONDS)
    return found


async def _shown(
    edge: Edge, order: workorder_pb2.WorkOrder, person_id: str
) -> cases_pb2.UserTask | None:
    """The user task that the inbox shows for a work order."""
    cases = cases_pb2_grpc.CaseServiceStub(edge.caller.channel("cases"))
    listed = await cases.ListUserTasks(
        cases_pb2.ListUserTasksRequest(case_id=order.case_id, person_id=person_id)
    )
    for task in listed.user_tasks:
        context = to_json(task.context)
        if context.get("work_order", {}).get("work_order_id") == order.work_order_id:
            return task
    return None


ROUTERS: Final = (technicians, work_orders)
