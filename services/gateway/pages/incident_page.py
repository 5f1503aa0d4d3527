"""One thing that stands still, with what operations can do about it: try again, pass over, move."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote as quoted

from fastapi import APIRouter
from google.protobuf.json_format import MessageToDict
from starlette.responses import Response

from kit.errors import InvalidArgument, ServiceError
from protos.cases.v1 import incidents_pb2
from services.gateway.incidents import find, resolve, targets_of_move
from services.gateway.pages.base import Visit, VisitOf, back_to
from services.gateway.passwords import new_token
from services.gateway.problems import STATUS_OF_KIND
from services.gateway.words import word
from workflows.client import OPS_ROLES, Verb

router = APIRouter(include_in_schema=False)


@router.get("/incident")
async def incident(visit: VisitOf) -> Response:
    """One incident by its case and its id there."""
    return await _show(visit, visit.request.query_params, None)


@router.post("/incident")
async def resolve_one(visit: VisitOf) -> Response:
    """Do something about it, and look at what else stands still."""
    form = await visit.form()
    try:
        await resolve(
            visit.edge,
            visit.caller,
            form["act_key"],
            form["verb"],
            form["case_id"],
            form["incident_id"],
            form=_given(form.get("form", "")),
            to=form.get("to", ""),
            people=tuple(form.get("people", "").split()),
            comment=form.get("comment", ""),
        )
    except ServiceError as refused:
        return await _show(visit, form, refused)
    said = f"{form['incident_id']}：{word(form['verb'], visit.language)} ✓"
    return back_to(f"/incidents?said={quoted(said)}")


def workflow_address(visit: Visit, workflow_id: str) -> str:
    """Where Temporal's own pages show a workflow."""
    settings = visit.edge.settings
    base = f"{settings.temporal_ui_url}/namespaces/{settings.temporal_namespace}/workflows"
    return f"{base}/{quoted(workflow_id, safe='')}"


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


async def _show(visit: Visit, asked: Mapping[str, str], refused: ServiceError | None) -> Response:
    found = await find(visit.edge, asked.get("case_id", ""), asked.get("incident_id", ""))
    may_resolve = visit.caller.actor.has_role(*OPS_ROLES) and not found.HasField("resolved_at")
    targets, silent = [], None
    if may_resolve:
        try:
            targets = await targets_of_move(visit.edge, found)
        except ServiceError as error:
            silent = error  # whatever else can be done is worth showing
    return await visit.page(
        "incident.html",
        status=STATUS_OF_KIND[refused.kind] if refused else 200,
        incident=found,
        failed_request=_request_of(found),
        temporal=workflow_address(visit, found.workflow_id),
        may_resolve=may_resolve,
        verbs=[Verb(verb) for verb in found.verbs],
        targets=[(each.node, visit.say(each.name, each.name_en or each.name)) for each in targets],
        silent=silent,
        typed=asked if refused else {},
        problem=refused,
        act_key=new_token("act"),
    )


def _request_of(found: incidents_pb2.Incident) -> str:
    request = MessageToDict(found.request)
    return json.dumps(request, ensure_ascii=False, indent=1) if request else ""
