"""Incidents: what stands still, and what operations do about it."""

from __future__ import annotations

from typing import Any, Final, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from services.gateway.acting import Acted
from services.gateway.auth import CallerOf
from services.gateway.edge import EdgeOf
from services.gateway.incidents import (
    find,
    resolve,
    targets_of_move,
)
from services.gateway.rpc_routes import KEY_PARAMETER, expose, idempotency_key
from workflows.client import INCIDENT_ROLES, MoveTarget

incidents = APIRouter(prefix="/incidents", tags=["incidents 异常"])
expose(
    incidents,
    "GET",
    "",
    "cases.v1.IncidentService/ListIncidents",
    "Open incidents, newest first; with resolved=true those that are resolved",
)
expose(
    incidents,
    "GET",
    "/retried-calls",
    "cases.v1.IncidentService/ListRetriedCalls",
    "Calls that have no answer yet and are made again, the longest first",
)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Resolving(_Body):
    """What is done about one incident."""

    case_id: str = Field(min_length=1, max_length=64)
    incident_id: str = Field(min_length=1, max_length=300)
    verb: Literal["retry", "skip", "move"]
    form: dict[str, Any] = Field(
        default={},
        description="retry: the request to make instead; skip: the result of the node",
    )
    to: str = Field("", max_length=200, description="move: the node to which the token goes")
    people: list[str] = Field([], max_length=100, description="retry: whom a user task is for")
    comment: str = Field("", max_length=2000, description="Why; only a plain retry needs none")


class Targets(BaseModel):
    """Where a token may be moved."""

    targets: list[MoveTarget]


@incidents.post("/resolve", summary="Retry, skip or move", openapi_extra=KEY_PARAMETER)
async def resolve_one(body: Resolving, request: Request, edge: EdgeOf, caller: CallerOf) -> Acted:
    """An act of the case, audited and applied once for the key."""
    return await resolve(
        edge,
        caller,
        idempotency_key(request, caller),
        body.verb,
        body.case_id,
        body.incident_id,
        form=body.form,
        to=body.to,
        people=tuple(body.people),
        comment=body.comment,
    )


@incidents.get("/targets", summary="To which nodes an incident's token may be moved")
async def targets(case_id: str, incident_id: str, edge: EdgeOf, caller: CallerOf) -> Targets:
    """Exactly those from which the case can still end properly, as it stands now."""
    caller.actor.require_role(*INCIDENT_ROLES)
    found = await targets_of_move(edge, await find(edge, case_id, incident_id))
    return Targets(targets=found)


ROUTERS: Final = (incidents,)
