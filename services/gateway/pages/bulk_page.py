"""One verb for many cases: what it would be done to, and how far it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from kit.errors import NotFound, ServiceError
from protos.cases.v1 import bulk_acts_pb2, bulk_acts_pb2_grpc, cases_pb2
from services.gateway.pages.base import Visit, VisitOf, back_to
from services.gateway.pages.cases_page import CASE_DAYS
from services.gateway.pages.filters import api_query, read
from services.gateway.passwords import new_token
from services.gateway.problems import STATUS_OF_KIND
from services.gateway.routes.bulk_acts import NewBulkAct, order_bulk_act, preview_of
from services.gateway.transcoding import Json, to_json

router = APIRouter(include_in_schema=False)

_FILTER: Final = "q."


@router.post("/bulk-acts/preview")
async def preview(visit: VisitOf) -> Response:
    """What would be done, to be looked at."""
    form = await visit.form()
    which: Json = {"case_ids": list(await visit.chosen("case_id"))}
    if form.get("scope") == "all":
        filters = {
            name.removeprefix(_FILTER): text
            for name, text in form.items()
            if name.startswith(_FILTER)
        }
        wanted = read(cases_pb2.ListCasesRequest(), api_query(filters, CASE_DAYS))
        which = {"cases": to_json(wanted)}
    return await show_preview(visit, form, which)


@router.post("/bulk-acts")
async def order(visit: VisitOf) -> Response:
    """Do what was looked at."""
    form = await visit.form()
    which = json.loads(form["which"])
    wanted = NewBulkAct(
        which=which,
        verb=form["verb"],
        to=form["to"],
        comment=form["comment"],
        target_count=int(form["target_count"]),
    )
    try:
        ordered = await order_bulk_act(visit.edge, visit.caller, wanted, form["act_key"])
    except ServiceError as refused:
        return await show_preview(visit, form, which, refused)
    return back_to(f"/bulk-acts/{ordered.bulk_act_id}")


@router.get("/bulk-acts/{bulk_act_id}")
async def progress(visit: VisitOf, bulk_act_id: str) -> Response:
    """How far a bulk act is."""
    stub = bulk_acts_pb2_grpc.BulkActServiceStub(visit.channel("cases"))
    try:
        found = await stub.GetBulkAct(bulk_acts_pb2.GetBulkActRequest(bulk_act_id=bulk_act_id))
    except NotFound:
        found = bulk_acts_pb2.BulkAct(bulk_act_id=bulk_act_id)  # ordered, and not told of yet
    return await visit.page("bulk_act.html", bulk_act=found)


async def show_preview(
    visit: Visit, form: Mapping[str, str], which: Json, refused: ServiceError | None = None
) -> Response:
    """What a verb would be done to, with the button that has it done.

    Args:
        form: the verb, with whom to transfer to and why.
        refused: why it could not be ordered.
    """
    verb, to = form["verb"], form.get("to", "")
    found: Any = bulk_acts_pb2.BulkActPreview()
    try:
        found = await preview_of(visit.edge, {**which, "verb": verb, "to": to})
    except ServiceError as error:
        refused = refused or error
    return await visit.page(
        "bulk_preview.html",
        status=STATUS_OF_KIND[refused.kind] if refused else 200,
        preview=found,
        problem=refused,
        verb=verb,
        to=to,
        comment=form.get("comment", ""),
        which=json.dumps(which),
        act_key=new_token("act"),
    )
