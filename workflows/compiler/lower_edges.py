"""Ways out of a node: its edges, and the boundaries that are taken before it is done."""

from __future__ import annotations

from typing import Any, Final

from workflows.compiler import code
from workflows.compiler.context import Context
from workflows.compiler.durations import effective_calendar, lower_duration
from workflows.compiler.lower_sla import alarm_id
from workflows.compiler.lower_wait import lower_event
from workflows.compiler.plan import PlanBoundary, PlanEdge
from workflows.compiler.ways import Way
from workflows.language.nodes import Edge, NodeDefinition

#: What a timer does while its task is paused, when the edge does not say.
_WHILE_PAUSED: Final = {"business": "stop", "natural": "run"}


def lower_next(node: NodeDefinition, context: Context) -> tuple[PlanEdge, ...]:
    """The ways on: in the order written, a decision's otherwise last."""
    edges = [(way, way.edge) for way in context.leaving(node.id) if way.edge and not way.boundary]
    scope = context.scopes.leaving(node.id)
    return tuple(
        PlanEdge(
            id=way.id,
            to=way.target,
            name=edge.name,
            name_en=edge.name_en,
            when=code.condition(edge.when, scope, context.report, way.spot / "when")
            if edge.when is not None
            else None,
            otherwise=edge.otherwise,
        )
        for way, edge in sorted(edges, key=lambda pair: pair[1].otherwise)
    )


def lower_boundaries(node: NodeDefinition, context: Context) -> tuple[PlanBoundary, ...]:
    """The ways out before that: error paths for named reasons come before the one for all."""
    ways = [way for way in context.leaving(node.id) if way.boundary]
    return tuple(
        _boundary(way, context, node)
        for way in sorted(ways, key=lambda way: not (way.edge and way.edge.reasons))
    )


def _boundary(way: Way, context: Context, node: NodeDefinition) -> PlanBoundary:
    if way.edge is None:
        return PlanBoundary(id=way.id, to=way.target, cause="escalation", alarm=alarm_id(way.alarm))
    extra: dict[str, Any] = {}
    if way.cause == "timer":
        extra = _timer(way.edge, way, context, node)
    elif way.cause == "event":
        extra = _event(way.edge, way, context)
    return PlanBoundary(
        id=way.id,
        to=way.target,
        name=way.edge.name,
        name_en=way.edge.name_en,
        cause=way.cause,
        alongside=way.alongside,
        reasons=way.edge.reasons,
        **extra,
    )


def _timer(edge: Edge, way: Way, context: Context, node: NodeDefinition) -> dict[str, Any]:
    calendar = effective_calendar(edge.calendar, context)
    if edge.after is None:
        return {}
    seconds = lower_duration(
        edge.after, calendar, context, way.spot / "after", at_once="the timer is over at once"
    )
    stops = (edge.while_paused or _WHILE_PAUSED[edge.calendar]) == "stop"
    return {
        "calendar": calendar,
        "after_seconds": seconds or 0,
        "stops": stops and bool(getattr(node, "pause_reasons", ())),
    }


def _event(edge: Edge, way: Way, context: Context) -> dict[str, Any]:
    if edge.event is None or edge.key is None:
        return {}
    return lower_event(edge.event, edge.key, context.scopes.entering(way.source), context, way.spot)
