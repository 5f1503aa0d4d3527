"""What stands still, for operations: listed, retried, passed over, moved; or all of one reason."""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import quote as quoted

from fastapi import APIRouter
from google.protobuf.json_format import MessageToDict
from starlette.responses import Response

from kit.errors import InvalidArgument, ServiceError
from protos.cases.v1 import incidents_pb2, incidents_pb2_grpc
from protos.common.v1 import page_pb2
from services.gateway.incidents import RetriedAll, of_reason, resolve, retry_all
from services.gateway.pages.base import Visit, VisitOf, back_to
from services.gateway.passwords import new_token
from services.gateway.problems import STATUS_OF_KIND
from services.gateway.words import word
from workflows.client import OPS_ROLES, Verb

router = APIRouter(include_in_schema=False)

_PAGE: Final = 50


@router.get("/incidents")
async def incidents(visit: VisitOf) -> Response:
    """The open incidents, or the resolved ones, of a flow and a reason if they are named."""
    return await _show(visit)


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
        temporal=_workflow_address(visit),
    )


@router.get("/incidents/retry")
async def preview(visit: VisitOf) -> Response:
    """What retrying all of one reason would do."""
    asked = visit.request.query_params
    flow, reason = asked.get("flow", ""), asked.get("reason", "")
    return await _bulk(visit, flow, reason, await of_reason(visit.edge, flow, reason), done=False)


@router.post("/incidents/retry")
async def retry(visit: VisitOf) -> Response:
    """Retry all of one reason."""
    form = await visit.form()
    flow, reason = form["flow"], form["reason"]
    done = await retry_all(
        visit.edge, visit.caller, form["act_key"], flow, reason, form.get("comment", "")
    )
    return await _bulk(visit, flow, reason, done, done=True)


@router.post("/incidents")
async def resolve_one(visit: VisitOf) -> Response:
    """Do something about one incident, and look at the list again."""
    form = await visit.form()
    try:
        await resolve(
            visit.edge,
            visit.caller,
            form["act_key"],
            form["verb"],
            form["case_id"],
            form["incident_id"],
            form=_given(form.get("form", "")) if form["verb"] != Verb.MOVE else {},
            to=form.get("to", ""),
            people=tuple(form.get("people", "").split()),
            comment=form.get("comment", ""),
        )
    except ServiceError as refused:
        return await _show(visit, form, refused)
    said = f"{form['incident_id']}：{word(form['verb'], visit.language)} ✓"
    return back_to(f"/incidents?said={quoted(said)}")


def _given(text: str) -> dict[str, Any]:
    """What was typed as JSON; nothing when it is empty.

    Raises:
        InvalidArgument: ``CASE_FORM_INVALID``.
    """
    if not text.strip():
        return {}
    try:
        given = json.loads(text)
    except ValueError as error:
        raise InvalidArgument("CASE_FORM_INVALID", f"no JSON: {error}", field="form") from error
    if not isinstance(given, dict):
        raise InvalidArgument("CASE_FORM_INVALID", "give a JSON object", field="form")
    return given


async def _show(
    visit: Visit, typed: dict[str, str] | None = None, refused: ServiceError | None = None
) -> Response:
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
        status=STATUS_OF_KIND[refused.kind] if refused else 200,
        incidents=listed.incidents,
        counts=listed.counts,
        next_page=listed.page.next_page_token,
        wanted=wanted,
        request_of=lambda each: json.dumps(
            MessageToDict(each.request), ensure_ascii=False, indent=1
        ),
        temporal=_workflow_address(visit),
        may_resolve=visit.caller.actor.has_role(*OPS_ROLES),
        typed=typed or {},
        problem=refused,
        said=asked.get("said", ""),
        act_key=lambda: new_token("act"),
    )


async def _bulk(
    visit: Visit, flow: str, reason: str, retried: RetriedAll, *, done: bool
) -> Response:
    return await visit.page(
        "incidents_retry.html",
        flow=flow,
        reason=reason,
        retried=retried,
        done=done,
        may_resolve=visit.caller.actor.has_role(*OPS_ROLES),
        act_key=new_token("act"),
    )


def _workflow_address(visit: Visit) -> Any:
    settings = visit.edge.settings
    base = f"{settings.temporal_ui_url}/namespaces/{settings.temporal_namespace}/workflows"
    return lambda workflow_id: f"{base}/{quoted(workflow_id, safe='')}"
