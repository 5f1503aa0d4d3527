"""The cases that concern the visitor: done by them, copied to them, started by them."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from kit.errors import NotFound, ServiceError
from protos.cases.v1 import cases_pb2, cases_pb2_grpc
from services.gateway.pages.base import VisitOf
from services.gateway.pages.cases_page import CASE_STATES, flows_of, orders_of, people_in
from services.gateway.pages.filters import address, asked, read
from services.gateway.problems import STATUS_OF_KIND

router = APIRouter(include_in_schema=False)

#: By the last part of the path.
_INVOLVEMENTS: Final = {
    "done": cases_pb2.CASE_INVOLVEMENT_ACTED,
    "copied": cases_pb2.CASE_INVOLVEMENT_COPIED,
    "started": cases_pb2.CASE_INVOLVEMENT_STARTED,
}
_FILTERS: Final = ("words", "flow_code", "state", "open", "overdue", "sort_by")


@router.get("/mine/{involvement}")
async def mine(visit: VisitOf, involvement: str) -> Response:
    """The cases with which the visitor has something to do, narrowed down as the address says."""
    if involvement not in _INVOLVEMENTS:
        raise NotFound("PAGE_UNKNOWN", f"there is no list {involvement!r}", field="involvement")
    filters = {name: text for name, text in asked(visit).items() if name in _FILTERS}
    listed, problem = cases_pb2.ListCasesResponse(), None
    try:
        wanted = cases_pb2.ListCasesRequest(
            person_id=visit.caller.actor.person_id,
            involvement=_INVOLVEMENTS[involvement],
            counted=True,
        )
        read(wanted, {name: [text] for name, text in filters.items()})
        wanted.page.page_token = visit.request.query_params.get("page_token", "")
        stub = cases_pb2_grpc.CaseServiceStub(visit.channel("cases"))
        listed = await stub.ListCases(wanted)
    except ServiceError as error:
        problem = error
    here, token = f"/mine/{involvement}", listed.page.next_page_token
    return await visit.page(
        "mine.html",
        status=STATUS_OF_KIND[problem.kind] if problem else 200,
        cases=listed.cases,
        whom=people_in(listed.cases),
        total=listed.total,
        problem=problem,
        filters=filters,
        states=CASE_STATES,
        orders=orders_of(visit),
        flows=await flows_of(visit),
        here=here,
        further=address(here, filters, page_token=token) if token else "",
        involvement=involvement,
    )
