"""Hand-overs: a leaver's open user tasks go to somebody else."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from services.gateway.acting import check_member
from services.gateway.auth import CallerOf
from services.gateway.edge import EdgeOf
from services.gateway.rpc_routes import KEY_PARAMETER, expose, idempotency_key
from workflows.client import HAND_OVER_ROLES

hand_overs = APIRouter(prefix="/hand-overs", tags=["cases 个案"])
expose(
    hand_overs,
    "GET",
    "/{hand_over_id}",
    "cases.v1.CaseService/GetHandOver",
    "How far a hand-over is, and what could not be handed over",
)


class NewHandOver(BaseModel):
    """Whose open user tasks go to whom."""

    model_config = ConfigDict(extra="forbid")

    from_person_id: str = Field(min_length=1, max_length=64)
    to_person_id: str = Field(min_length=1, max_length=64)


class OrderedHandOver(BaseModel):
    """A hand-over that runs, or has run."""

    hand_over_id: str


@hand_overs.post(
    "",
    summary="Hand a leaver's open user tasks over",
    status_code=202,
    openapi_extra=KEY_PARAMETER,
)
async def hand_over(
    body: NewHandOver, request: Request, edge: EdgeOf, caller: CallerOf
) -> OrderedHandOver:
    """Every open task in its own time, audited one by one; once for each key."""
    caller.actor.require_role(*HAND_OVER_ROLES)
    await check_member(edge, body.to_person_id, "to_person_id")
    hand_over_id = await edge.cases.hand_over(
        body.from_person_id,
        body.to_person_id,
        by=caller.actor.person_id,
        key=idempotency_key(request, caller),
    )
    return OrderedHandOver(hand_over_id=hand_over_id)


ROUTERS: Final = (hand_overs,)
