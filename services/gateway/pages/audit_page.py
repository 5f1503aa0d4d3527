"""The audit: who did what, when and from where, over all cases."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from kit.errors import ServiceError
from protos.cases.v1 import cases_pb2, cases_pb2_grpc
from services.gateway.pages.base import VisitOf
from services.gateway.pages.cases_page import flows_of
from services.gateway.pages.filters import address, api_query, asked, read
from services.gateway.problems import STATUS_OF_KIND
from workflows.client import AUDIT_ROLES, Verb

router = APIRouter(include_in_schema=False)

_DAYS: Final = ("acted_from", "acted_before")


@router.get("/audit")
async def audit(visit: VisitOf) -> Response:
    """Acts, newest first: everybody's for those who may, else one's own."""
    filters = asked(visit)
    if not visit.caller.actor.has_role(*AUDIT_ROLES):
        filters["acting_person_id"] = visit.caller.actor.person_id
    listed, problem = cases_pb2.ListActsResponse(), None
    query: dict[str, list[str]] = {}
    try:
        query = api_query(filters, _DAYS)
        wanted = read(cases_pb2.SearchActsRequest(), query)
        wanted.page.page_token = visit.request.query_params.get("page_token", "")
        stub = cases_pb2_grpc.CaseServiceStub(visit.channel("cases"))
        listed = await stub.SearchActs(wanted)
    except ServiceError as error:
        problem = error
    token = listed.page.next_page_token
    return await visit.page(
        "audit.html",
        status=STATUS_OF_KIND[problem.kind] if problem else 200,
        acts=listed.acts,
        whom={who for act in listed.acts for who in (act.acting_person_id, *act.named_person_ids)},
        problem=problem,
        filters=filters,
        verbs=[verb.value for verb in Verb],
        flows=await flows_of(visit),
        staff=await visit.edge.people.staff(),
        everybody=visit.caller.actor.has_role(*AUDIT_ROLES),
        sheet=address("/api/v1/exports/acts.csv", query),
        further=address("/audit", filters, page_token=token) if token else "",
    )
