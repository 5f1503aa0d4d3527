"""Days planned ahead: proposed, accepted, pinned, and everybody's route."""

from __future__ import annotations

from typing import Final, cast

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from protos.workorder.v1 import day_plan_pb2 as pb
from services.gateway import transcoding
from services.gateway.auth import CallerOf
from services.gateway.edge import EdgeOf
from services.gateway.rpc_routes import KEY_PARAMETER, expose, idempotency_key

_SERVICE: Final = "workorder.v1.DayPlanService"
_PROPOSE: Final = f"{_SERVICE}/ProposeDayPlan"
_TAG: Final = "day plans 日计划"
#: The search takes its time.
_SECONDS: Final = 20.0

plans = APIRouter(prefix="/day-plans", tags=[_TAG])


@plans.post(
    "",
    summary="Plan a day; nothing stands until rows of it are accepted",
    openapi_extra=KEY_PARAMETER,
)
async def propose(request: Request, edge: EdgeOf, caller: CallerOf) -> JSONResponse:
    """The body is the request: `day`, `region_code`, `outlet_id`, `team_id`, `only_affected`,
    `only_agreed`, `break_minutes`, `search_milliseconds`, `seed`."""
    message = pb.ProposeDayPlanRequest()
    transcoding.parse(transcoding.read_json(await request.body()), message)
    message.idempotency_key = idempotency_key(request, caller)
    reply = await edge.caller.call(_PROPOSE, message, deadline_seconds=_SECONDS)
    return JSONResponse(transcoding.to_json(cast(pb.DayPlan, reply)))


expose(plans, "GET", "", f"{_SERVICE}/ListDayPlans", "Proposals, the newest first")
expose(plans, "GET", "/{day_plan_id}", f"{_SERVICE}/GetDayPlan", "One of them, and its worth")
expose(
    plans,
    "GET",
    "/{day_plan_id}/rows",
    f"{_SERVICE}/ListDayPlanRows",
    "What it would change, work order by work order",
)
expose(
    plans,
    "POST",
    "/{day_plan_id}/accept",
    f"{_SERVICE}/AcceptDayPlan",
    "Carry out rows as far as they still can be; without work orders all",
    example={"work_order_ids": ["wo_1"]},
)
expose(
    plans,
    "POST",
    "/{day_plan_id}/discard",
    f"{_SERVICE}/DiscardDayPlan",
    "It is not to be accepted any more",
)

visits = APIRouter(prefix="/planned-visits", tags=[_TAG])
expose(
    visits,
    "GET",
    "",
    f"{_SERVICE}/ListPlannedVisits",
    "Who goes where on a day, in order; technicians see their own route",
)
expose(
    visits,
    "POST",
    "/{work_order_id}/pin",
    f"{_SERVICE}/PinVisit",
    "No plan changes it any more",
    example={"reason": "客户点名"},
)
expose(visits, "POST", "/{work_order_id}/unpin", f"{_SERVICE}/UnpinVisit", "Plans may change it")

ROUTERS: Final = (plans, visits)
