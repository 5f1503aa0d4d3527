"""Timers that are never over first."""

from __future__ import annotations

from dataclasses import dataclass

from workflows.compiler.context import Context
from workflows.compiler.lower_sla import alarm_id
from workflows.compiler.plan import PlanNode, WaitNode
from workflows.compiler.report import Spot
from workflows.language.nodes import CalendarKind


@dataclass(frozen=True, slots=True)
class _Clock:
    """Something that happens a time after a node was entered, if it is still there.

    Attributes:
        leaves: the node is left then.
        spot: where it is written; None for what the node itself waits for.
    """

    seconds: int
    calendar: CalendarKind
    leaves: bool
    spot: Spot | None


def check_timers(node: PlanNode, context: Context, spot: Spot) -> None:
    """Refuse timers and escalations before which the node has always been left. Working time and
    elapsed time are not compared."""
    clocks = [*_own(node, spot), *_timers(node, context)]
    for clock in clocks:
        if clock.spot is None:
            continue
        if any(
            other.leaves and other.calendar == clock.calendar and other.seconds < clock.seconds
            for other in clocks
        ):
            context.report.error(
                "FLOW_TIMER_NEVER",
                f"{node.id!r} has always been left before this",
                clock.spot,
                "make it shorter, or remove it",
            )


def _own(node: PlanNode, spot: Spot) -> list[_Clock]:
    """What a wait waits for, and the escalations of a deadline."""
    if isinstance(node, WaitNode) and node.duration_seconds is not None:
        # At the same instant the wait is over, too.
        return [_Clock(node.duration_seconds - 1, node.calendar, True, None)]
    sla = getattr(node, "sla", None)
    if sla is None or sla.complete_seconds is None:
        return []
    takes = {way.alarm for way in node.boundary if way.cause == "escalation"}
    places = {alarm_id(index): index for index in range(len(sla.alarms))}
    return [
        _Clock(
            sla.complete_seconds + alarm.offset_seconds,
            sla.calendar,
            alarm.id in takes,
            spot / "sla" / "escalate" / places[alarm.id],
        )
        for alarm in sla.alarms
        if alarm.of == "complete" and alarm.id in places
    ]


def _timers(node: PlanNode, context: Context) -> list[_Clock]:
    spots = {way.id: way.spot for way in context.leaving(node.id)}
    return [
        _Clock(way.after_seconds, way.calendar, not way.alongside, spots[way.id] / "after")
        for way in node.boundary
        if way.cause == "timer" and way.after_seconds
    ]
