"""Where a flow's cases wait: its map with heat, and the figures of each node."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from fastapi import APIRouter
from markupsafe import Markup
from starlette.responses import Response

from protos.cases.v1 import reports_pb2, reports_pb2_grpc
from protos.flow.v1 import flow_pb2, flow_pb2_grpc
from services.gateway.drawing import Standing, svg
from services.gateway.durations import lasting
from services.gateway.pages.base import Visit, VisitOf
from services.gateway.pages.cases_page import flows_of
from services.gateway.pages.filters import asked, read
from workflows.compiler.plan import Plan

router = APIRouter(include_in_schema=False)

#: From which share of all the waiting on a node is how hot.
_HEAT: Final = ((0.4, "hot-4"), (0.2, "hot-3"), (0.05, "hot-2"), (0.0, "hot-1"))


@router.get("/flows/{flow_code}/stuck")
async def stuck(visit: VisitOf, flow_code: str) -> Response:
    """One flow's stuck points."""
    filters = asked(visit)
    wanted = read(
        reports_pb2.GetStuckPointsRequest(), {name: [text] for name, text in filters.items()}
    )
    wanted.flow_code = flow_code
    reports = reports_pb2_grpc.ReportServiceStub(visit.channel("cases"))
    report = await reports.GetStuckPoints(wanted)
    flows = flow_pb2_grpc.FlowServiceStub(visit.channel("flow"))
    flow = await flows.GetFlow(
        flow_pb2.GetFlowRequest(flow_code=flow_code, version=wanted.flow_version)
    )
    plan = Plan.model_validate_json(flow.plan_json)
    points = [point for point in report.points if point.standing.count]
    return await visit.page(
        "stuck.html",
        report=report,
        points=points,
        whom={each.name for point in points for each in point.people},
        past=[point for point in report.points if point.past.count],
        flow=flow,
        flows=await flows_of(visit),
        titles=_titles(plan, visit.language) | {p.node: p.title for p in points if p.title},
        filters=filters,
        map=Markup(svg(plan, visit.language, _heat(visit, points))),
        lasting=lambda seconds: lasting(seconds, visit.language),
    )


def _titles(plan: Plan, language: str) -> dict[str, str]:
    """What the flow calls its nodes: the past may know some where nobody stands."""
    return {node.id: (node.name_en if language == "en" else "") or node.name for node in plan.nodes}


def _heat(visit: Visit, points: Iterable[reports_pb2.StuckPoint]) -> dict[str, Standing]:
    """How much of all the waiting there is on each node."""
    waited = {point.node: point.standing.count * point.standing.median_seconds for point in points}
    whole = sum(waited.values()) or 1
    return {
        point.node: Standing(
            next(state for share, state in _HEAT if waited[point.node] >= share * whole),
            visit.say(f"{point.standing.count} 件 · ", f"{point.standing.count} · ")
            + lasting(point.standing.median_seconds, visit.language),
        )
        for point in points
    }
