"""Boundary edges: ways out of a node that are taken before it is done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from workflows.compiler.report import Report
from workflows.compiler.ways import Way
from workflows.language.nodes import (
    Approval,
    Confirm,
    Edge,
    FieldWork,
    ForEach,
    Form,
    NodeDefinition,
    Service,
    Subflow,
    Wait,
)

#: Kinds of nodes that may fail.
FAILING: Final = (Service, FieldWork, ForEach, Subflow)
#: Kinds of nodes on which a token rests long enough for a timer or an event to come.
WAITING: Final = (Form, Approval, Confirm, FieldWork, Wait, ForEach, Subflow)
#: What each kind of boundary edge needs, and what else it may have.
_NEEDS: Final = {"error": (), "timer": ("after",), "event": ("event", "key")}
_TAKES: Final = {
    "error": ("reasons",),
    "timer": ("after", "calendar", "while_paused", "alongside"),
    "event": ("event", "key", "alongside"),
}
_SETTINGS: Final = ("reasons", "after", "while_paused", "event", "key", "alongside")


def check_boundaries(node: NodeDefinition, ways: Sequence[Way], report: Report) -> bool:
    """Check the boundary edges of one node."""
    good = True
    reasons: set[str] = set()
    for way in ways:
        good &= _check_place(node, way, report)
        if way.edge is None:
            continue
        good &= _check_settings(way.edge, way, report)
        good &= _check_pausing(node, way.edge, way, report)
        if way.cause == "error":
            good &= _check_reasons(way.edge, way, reasons, report)
    return good


def _check_place(node: NodeDefinition, way: Way, report: Report) -> bool:
    if way.cause == "error" and not isinstance(node, FAILING):
        report.error(
            "FLOW_ERROR_PATH_MISPLACED",
            f"{node.id!r} is a {node.kind}; it has no error path",
            way.spot,
            "only service, field_work, for_each and subflow nodes fail",
        )
        return False
    if way.cause in ("timer", "event") and not isinstance(node, WAITING):
        report.error(
            "FLOW_BOUNDARY_MISPLACED",
            f"{node.id!r} is a {node.kind}; no {way.cause} can overtake it",
            way.spot,
            "user tasks, field work, waits, for_each and subflow nodes have such edges",
        )
        return False
    return True


def _check_settings(edge: Edge, way: Way, report: Report) -> bool:
    good = True
    if edge.when is not None or edge.otherwise:
        report.error(
            "FLOW_EDGE_CONDITION_MISPLACED",
            f"an edge on {way.cause} cannot have a condition",
            way.spot,
            "lead it to a decision",
        )
        good = False
    for key in _SETTINGS:
        given = getattr(edge, key)
        if key in _NEEDS[way.cause] and given is None:
            report.error(
                "FLOW_KEY_MISSING",
                f"{key!r} is missing",
                way.spot,
                f"an edge on {way.cause} has it",
            )
            good = False
        elif given and key not in _TAKES[way.cause]:
            report.error(
                "FLOW_EDGE_SETTING",
                f"{key} means nothing on an edge on {way.cause}",
                way.spot / key,
                "remove it",
            )
            good = False
    return good


def _check_pausing(node: NodeDefinition, edge: Edge, way: Way, report: Report) -> bool:
    pausable = isinstance(node, Form | Approval | Confirm) and bool(node.pause_reasons)
    if edge.while_paused is None or pausable:
        return True
    report.error(
        "FLOW_EDGE_SETTING",
        f"while_paused means nothing here: {node.id!r} cannot be paused",
        way.spot / "while_paused",
        "give the node pause_reasons, or remove it",
    )
    return False


def _check_reasons(edge: Edge, way: Way, taken: set[str], report: Report) -> bool:
    good = True
    for reason in edge.reasons or ("any other reason",):
        if reason in taken:
            report.error(
                "FLOW_EDGE_AMBIGUOUS", f"two error paths are for {reason}", way.spot, "keep one"
            )
            good = False
        taken.add(reason)
    return good
