"""Decisions: what their edges say, and what an event decision leads to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from workflows.compiler.draft import GraphDraft
from workflows.compiler.report import Report, Spot
from workflows.compiler.ways import Ways
from workflows.language.nodes import Decision, Edge, Wait

#: The edges that are taken when a node is done, with their places.
Drawn: TypeAlias = Sequence[tuple[Edge, Spot]]

_LEAST_RACERS: Final = 2


def check_decision(
    node: Decision, spot: Spot, drawn: Drawn, draft: GraphDraft, ways: Ways, report: Report
) -> bool:
    """Check the edges of a decision."""
    if node.mode == "event":
        return _check_race(spot, drawn, draft, ways, report)
    return _check_choice(node, spot, drawn, report)


def _check_choice(node: Decision, spot: Spot, drawn: Drawn, report: Report) -> bool:
    """Each edge says when it is taken; an exclusive decision with one edge only brings ways
    together, and each edge of an inclusive one may be taken always."""
    good = True
    free = node.mode == "inclusive" or len(drawn) == 1
    for edge, place in drawn:
        both = edge.when is not None and edge.otherwise
        neither = edge.when is None and not edge.otherwise
        if both or (neither and not free):
            report.error(
                "FLOW_DECISION_EDGE",
                f"an edge of the decision {node.id!r} has either a condition or otherwise",
                place,
                "give it when: …, or otherwise: true",
            )
            good = False
    others = sum(edge.otherwise for edge, _ in drawn)
    if others > 1:
        report.error(
            "FLOW_DECISION_MANY_OTHERWISE",
            f"the decision {node.id!r} has {others} edges marked otherwise",
            spot,
            "keep one",
        )
        good = False
    return good


def _check_race(spot: Spot, drawn: Drawn, draft: GraphDraft, ways: Ways, report: Report) -> bool:
    """An event decision starts several waits, and the first that is over takes the token along: no
    wait has begun by itself while they race, so nothing else leads to one or overtakes it."""
    good = True
    if len(drawn) < _LEAST_RACERS:
        report.error(
            "FLOW_EVENT_DECISION",
            "an event decision leads to at least two waits",
            spot,
            "draw an edge to each wait that may be over first",
        )
        good = False
    nodes = {node.id: node for node, _ in draft.nodes}
    for edge, place in drawn:
        target = nodes.get(edge.target)
        if target is not None and not isinstance(target, Wait):
            wrong = f"{edge.target!r} is no wait"
        elif len(ways.into(edge.target)) > 1 or edge.target == draft.start:
            wrong = f"something else leads to {edge.target!r}, too"
        elif any(way.boundary for way in ways.out_of(edge.target)):
            wrong = f"{edge.target!r} has a boundary edge of its own"
        else:
            continue
        report.error(
            "FLOW_EVENT_DECISION", wrong, place, "give the decision a wait of its own on each edge"
        )
        good = False
    return good
