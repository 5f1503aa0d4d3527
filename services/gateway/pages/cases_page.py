"""Cases: the list, with its filters, its counts, and one verb for many of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from kit.errors import ServiceError
from protos.cases.v1 import cases_pb2, cases_pb2_grpc
from protos.common.v1 import page_pb2
from protos.flow.v1 import flow_pb2, flow_pb2_grpc
from services.gateway.pages.base import Visit, VisitOf, if_allowed
from services.gateway.pages.filters import address, api_query, asked, read
from services.gateway.problems import STATUS_OF_KIND
from workflows.client import BULK_CASE_VERBS, BULK_ROLES, BULK_TASK_VERBS
from workflows.compiler.plan import Plan

router = APIRouter(include_in_schema=False)

#: The filters that are days.
CASE_DAYS: Final = ("started_from", "started_before", "ended_from", "ended_before", "due_before")
#: The states that a list of cases can be narrowed down to.
CASE_STATES: Final = tuple(value.name for value in cases_pb2.CaseState.DESCRIPTOR.values[1:])
_ORDERS: Final = (
    ("", "最新", "newest"),
    ("CASE_ORDER_OLDEST", "最早", "oldest"),
    ("CASE_ORDER_DUE", "时限最近", "nearest due"),
    ("CASE_ORDER_WAITING", "等待最久", "longest waiting"),
    ("CASE_ORDER_CHANGED", "最近变化", "last changed"),
)
_FLOWS: Final = 200
#: The filters that are folded away until one of them is used.
_FOLDED: Final = {
    "waits_on_person_id",
    "started_by_person_id",
    "customer_id",
    "priority_id",
    "region_adcode",
    "started_from",
    "started_before",
    "flow_version",
}


@router.get("/cases")
async def cases(visit: VisitOf) -> Response:
    """Cases by any combination of filters."""
    filters = asked(visit)
    listed: cases_pb2.ListCasesResponse | None = cases_pb2.ListCasesResponse()
    problem: ServiceError | None = None
    query: dict[str, list[str]] = {}
    try:
        query = api_query(filters, CASE_DAYS)
        wanted = read(cases_pb2.ListCasesRequest(counted=True), query)
        wanted.page.page_token = visit.request.query_params.get("page_token", "")
        stub = cases_pb2_grpc.CaseServiceStub(visit.channel("cases"))
        listed = await if_allowed(stub.ListCases(wanted))
    except ServiceError as error:
        problem = error
    return await visit.page(
        "cases.html",
        status=STATUS_OF_KIND[problem.kind] if problem else 200,
        cases=listed.cases if listed is not None else None,
        whom=people_in(listed.cases) if listed is not None else (),
        total=listed.total if listed is not None else None,
        problem=problem,
        filters=filters,
        unfolded=bool(filters.keys() & _FOLDED),
        states=CASE_STATES,
        orders=orders_of(visit),
        flows=await flows_of(visit),
        nodes=await _nodes(visit, filters),
        staff=await visit.edge.people.staff(),
        sheet=address("/api/v1/exports/cases.csv", _kept(query)),
        further=_further(filters, listed),
        # Every list of cases can be acted on together, by those who may.
        verbs=(*BULK_TASK_VERBS, *BULK_CASE_VERBS) if may_act_on_many(visit) else (),
        said=visit.request.query_params.get("said", ""),
    )


def may_act_on_many(visit: Visit) -> bool:
    """Whether the visitor may give one verb to many cases."""
    return visit.caller.actor.has_role(*BULK_ROLES)


def orders_of(visit: Visit) -> list[tuple[str, str]]:
    """What a list of cases can be sorted by; the first is the usual."""
    return [(value, visit.say(chinese, english)) for value, chinese, english in _ORDERS]


def people_in(cases: Sequence[cases_pb2.Case]) -> set[str]:
    """Whom a list of cases names."""
    return {
        person_id
        for case in cases
        for task in case.user_tasks
        for person_id in (task.assignee_person_id, *task.candidate_person_ids)
    } | {case.started_by_person_id for case in cases}


async def flows_of(visit: Visit) -> list[flow_pb2.FlowVersion]:
    """The latest version of each flow, as far as the visitor may see them."""
    stub = flow_pb2_grpc.FlowServiceStub(visit.channel("flow"))
    page = page_pb2.PageRequest(page_size=_FLOWS)
    listed = await if_allowed(stub.ListFlows(flow_pb2.ListFlowsRequest(page=page)))
    return list(listed.flows) if listed else []


async def _nodes(visit: Visit, filters: dict[str, str]) -> list[tuple[str, str]]:
    """The nodes of the chosen flow, where somebody or something may wait."""
    if "flow_code" not in filters:
        return []
    stub = flow_pb2_grpc.FlowServiceStub(visit.channel("flow"))
    try:
        flow = await stub.GetFlow(flow_pb2.GetFlowRequest(flow_code=filters["flow_code"]))
    except ServiceError:
        return []  # an address that somebody typed; the list says what is wrong with it
    plan = Plan.model_validate_json(flow.plan_json)
    english = visit.language == "en"
    return [(n.id, (n.name_en if english else "") or n.name) for n in plan.nodes]


def _further(filters: dict[str, str], listed: cases_pb2.ListCasesResponse | None) -> str:
    """The address of the next page, or nothing."""
    token = listed.page.next_page_token if listed is not None else ""
    return address("/cases", filters, page_token=token) if token else ""


def _kept(query: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in query.items() if name != "counted"}
