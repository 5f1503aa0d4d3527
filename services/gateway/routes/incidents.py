"""Incidents: what stands still, and what operations do about it."""

from __future__ import annotations

from typing import Any, Final, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from services.gateway.acting import Acted
from services.gateway.auth import CallerOf
from services.gateway.edge import EdgeOf
from services.gateway.incidents import (
    RetriedAll,
    find,
    of_reason,
    resolve,
    retry_all,
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


class Retrying(_Body):
    """Which incidents are retried."""

    flow_code: str = Field(min_length=1, max_length=64)
    reason: str = Field(min_length=1, max_length=100)
    comment: str = Field("", max_length=2000)


class Retried(BaseModel):
    """One of many incidents."""

    case_id: str
    incident_id: str
    node_title: str
    message: str
    refused: str = Field("", description="Why it was not retried; empty: it was, or would be")


class RetriedMany(BaseModel):
    """What is retried, or what became of it."""

    incidents: list[Retried]
    more: bool = Field(description="There are more; ask again for them")


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


@incidents.post("/retry-preview", summary="What retrying all of one reason would do")
async def preview(body: Retrying, edge: EdgeOf, _caller: CallerOf) -> RetriedMany:
    """Changes nothing."""
    return _told(await of_reason(edge, body.flow_code, body.reason))


@incidents.post("/retry", summary="Retry all of one reason", openapi_extra=KEY_PARAMETER)
async def retry(body: Retrying, request: Request, edge: EdgeOf, caller: CallerOf) -> RetriedMany:
    """One audited act for each incident; once for the key."""
    key = idempotency_key(request, caller)
    return _told(await retry_all(edge, caller, key, body.flow_code, body.reason, body.comment))


def _told(retried: RetriedAll) -> RetriedMany:
    refused = {key: f"{error.reason}: {error.message}" for key, error in retried.refused.items()}
    return RetriedMany(
        incidents=[
            Retried(
                case_id=each.case_id,
                incident_id=each.incident_id,
                node_title=each.node_title,
                message=each.message,
                refused=refused.get((each.case_id, each.incident_id), ""),
            )
            for each in retried.incidents
        ],
        more=retried.more,
    )


ROUTERS: Final = (incidents,)
