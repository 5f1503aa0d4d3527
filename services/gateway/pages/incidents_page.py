"""What stands still, for operations: listed, and retried, all of one reason; and calls that are made
again and again."""

from __future__ import annotations

from functools import partial
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from protos.cases.v1 import incidents_pb2, incidents_pb2_grpc
from protos.common.v1 import page_pb2
from services.gateway.pages.base import VisitOf
from services.gateway.pages.bulk_page import show_preview
from services.gateway.pages.incident_page import workflow_address
from services.gateway.passwords import new_token
from workflows.client import OPS_ROLES, Verb

router = APIRouter(include_in_schema=False)

_PAGE: Final = 50


@router.get("/incidents/retrying")
async def retrying(visit: VisitOf) -> Response:
    """The calls that have no answer yet and are made again, of one RPC and reason if they are named."""
    asked = visit.request.query_params
    wanted = incidents_pb2.ListRetriedCallsRequest(
        rpc=asked.get("rpc", ""),
        reason=asked.get("reason", ""),
        page=page_pb2.PageRequest(page_size=_PAGE, page_token=asked.get("page", "")),
    )
    stub = incidents_pb2_grpc.IncidentServiceStub(visit.channel("cases"))
    listed = await stub.ListRetriedCalls(wanted)
    return await visit.page(
        "incidents_retrying.html",
        calls=listed.retried_calls,
        counts=listed.counts,
        next_page=listed.page.next_page_token,
        wanted=wanted,
        temporal=partial(workflow_address, visit),
    )


@router.get("/incidents/retry")
async def preview(visit: VisitOf) -> Response:
    """What retrying all of one reason would do; it is then done like any other bulk act."""
    asked = visit.request.query_params
    wanted = {"flow_code": asked.get("flow", ""), "reason": asked.get("reason", "")}
    return await show_preview(visit, {"verb": Verb.RETRY}, {"incidents": wanted})


@router.get("/incidents")
async def incidents(visit: VisitOf) -> Response:
    """The open incidents, or the resolved ones, of a flow and a reason if they are named."""
    asked = visit.request.query_params
    wanted = incidents_pb2.ListIncidentsRequest(
        flow_code=asked.get("flow", ""),
        reason=asked.get("reason", ""),
        resolved=asked.get("resolved") == "1",
        page=page_pb2.PageRequest(page_size=_PAGE, page_token=asked.get("page", "")),
    )
    stub = incidents_pb2_grpc.IncidentServiceStub(visit.channel("cases"))
    listed = await stub.ListIncidents(wanted)
    return await visit.page(
        "incidents.html",
        incidents=listed.incidents,
        counts=listed.counts,
        next_page=listed.page.next_page_token,
        wanted=wanted,
        temporal=partial(workflow_address, visit),
        may_resolve=visit.caller.actor.has_role(*OPS_ROLES),
        said=asked.get("said", ""),
        act_key=lambda: new_token("act"),
    )
