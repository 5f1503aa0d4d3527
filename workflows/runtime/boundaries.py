"""The ways out of a node that waits, before it is done: a time that has passed, an event, a failure,
a deadline's escalation. They are armed when a token comes and disarmed when it leaves."""

from __future__ import annotations

from workflows.compiler.plan import PlanBoundary, PlanNode
from workflows.runtime.run import Run
from workflows.runtime.state import Awaited


def arm(run: Run, node: PlanNode, visit: int) -> None:
    """Begin to wait for what leads out of a node: for all of it, or when it raises for nothing.

    Raises:
        EvaluationError: an event's key has no value for this case.
    """
    keys = {way.id: str(way.key.run(run.data)) for way in node.boundary if way.key}
    for way in node.boundary:
        if way.cause == "timer":
            summary = f"{run.name(node)}：{way.name or '超时'}"
            run.arm_after(node, visit, way.id, way.after_seconds, way.calendar, summary)
        elif way.cause == "event":
            run.awaited[f"{node.id}/{visit}/{way.id}"] = Awaited(
                node.id, visit, way.event, keys.get(way.id, ""), way.id
            )


def way_out(node: PlanNode, id: str) -> PlanBoundary | None:
    """The way of that id, or the one that an alarm of that id takes."""
    if not id:
        return None
    return next((way for way in node.boundary if id in (way.id, way.alarm)), None)


def error_path(node: PlanNode, reason: str) -> PlanBoundary | None:
    """The way out for a failure: one that names its reason, else the one for all."""
    paths = [way for way in node.boundary if way.cause == "error"]
    named = (way for way in paths if reason in way.reasons)
    return next(named, None) or next((way for way in paths if not way.reasons), None)
