"""Waiting: for a time, until an instant, or for an event."""

from __future__ import annotations

from typing import Any

from workflows.compiler import code
from workflows.compiler.context import Context
from workflows.compiler.durations import effective_calendar, lower_duration
from workflows.compiler.plan import WaitNode
from workflows.compiler.report import Spot
from workflows.language.nearest import did_you_mean
from workflows.language.nodes import Wait
from workflows.language.typed import Scope
from workflows.language.types import STRING, TIMESTAMP, to_json


def lower_wait(node: Wait, common: dict[str, Any], context: Context, spot: Spot) -> WaitNode:
    """Check a wait, which has one thing to wait for."""
    scope = context.scopes.entering(node.id)
    given = [key for key in ("duration", "until", "event") if getattr(node, key) is not None]
    if len(given) != 1:
        context.report.error(
            "FLOW_WAIT_RULE",
            f"a wait has exactly one of duration, until and event; this one has {len(given)}",
            spot,
            "duration: 3d",
        )
        return WaitNode(**common)
    calendar = effective_calendar(node.calendar, context)
    lowered: dict[str, Any] = {"calendar": calendar}
    if node.duration is not None:
        lowered["duration_seconds"] = lower_duration(
            node.duration, calendar, context, spot / "duration", at_once="the wait is over at once"
        )
    elif node.until is not None:
        lowered["until"] = code.value(node.until, TIMESTAMP, scope, context.report, spot / "until")
    elif node.event is not None:
        lowered |= lower_event(node.event, node.key, scope, context, spot)
    return WaitNode(**common, **lowered)


def lower_event(
    event: str, key: object, scope: Scope, context: Context, spot: Spot
) -> dict[str, Any]:
    """Which event is awaited, and whose."""
    known = context.catalog.events
    spec = known.get(event)
    if spec is None:
        context.report.error(
            "FLOW_EVENT_UNKNOWN",
            f"{event!r} is no event that wakes a case",
            spot / "event",
            did_you_mean(event, known),
        )
        return {}
    if key is None:
        context.report.error(
            "FLOW_KEY_MISSING", "'key' is missing", spot / "key", "say whose event is awaited"
        )
        return {}
    lowered = code.value(key, STRING, scope, context.report, spot / "key")
    return {"event": event, "key": lowered, "payload": to_json(spec.payload)}
