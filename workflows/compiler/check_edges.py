"""Edges: what must be right of each by itself before the graph as a whole means anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from workflows.compiler.check_boundaries import check_boundaries
from workflows.compiler.draft import GraphDraft
from workflows.compiler.report import Report, Spot
from workflows.compiler.ways import Way
from workflows.language.nearest import did_you_mean
from workflows.language.nodes import Decision, Edge, End, NodeDefinition, Parallel, Wait

Ways: TypeAlias = Mapping[str, Sequence[Way]]

_LEAST_RACERS: Final = 2


def check_edges(
    draft: GraphDraft, ways: Iterable[Way], leaving: Ways, entering: Ways, report: Report
) -> bool:
    """Each way joins two nodes, and each node has the ways that its kind wants."""
    good = _check_joined(draft, ways, report)
    nodes = {node.id: node for node, _ in draft.nodes}
    for node, spot in draft.nodes:
        out = leaving.get(node.id, ())
        good &= _check_unique(out, report)
        good &= check_boundaries(node, [way for way in out if way.boundary], report)
        drawn = [(way.edge, way.spot) for way in out if way.edge and not way.boundary]
        good &= _check_settings(node, drawn, report)
        good &= _check_count(node, spot, drawn, report)
        if isinstance(node, Decision) and node.mode == "event":
            good &= _check_race(spot, drawn, nodes, entering, draft.start, report)
            good &= _check_racers(drawn, leaving, report)
        elif isinstance(node, Decision):
            good &= _check_choice(node, spot, drawn, report)
        if node.id == draft.start and entering.get(node.id) and _joins(node):
            report.error(
                "FLOW_START_JOINS",
                f"{node.id!r} waits for the edges into it, so nothing can start there",
                draft.spot / "start",
                "start at a node before it",
            )
            good = False
    return good


def _joins(node: NodeDefinition) -> bool:
    return isinstance(node, Parallel) or (isinstance(node, Decision) and node.mode == "inclusive")


def _check_joined(draft: GraphDraft, ways: Iterable[Way], report: Report) -> bool:
    known = draft.ids
    ids = set(known)
    good = True
    for way in ways:
        places = [(way.target, way.spot / "to" if way.edge else way.spot)]
        if way.edge:
            places.insert(0, (way.source, way.spot / "from"))
        for name, spot in places:
            if name not in ids:
                report.error(
                    "FLOW_EDGE_DANGLING",
                    f"there is no node {name!r} here",
                    spot,
                    did_you_mean(name, known),
                )
                good = False
    return good


def _check_unique(out: Sequence[Way], report: Report) -> bool:
    good = True
    for index, way in enumerate(out):
        if way.edge and any(way.edge == other.edge for other in out[:index]):
            report.error(
                "FLOW_EDGE_DUPLICATE",
                f"the edge from {way.source!r} to {way.target!r} is drawn twice",
                way.spot,
                "remove one",
            )
            good = False
    return good


def _check_settings(
    node: NodeDefinition, drawn: Sequence[tuple[Edge, Spot]], report: Report
) -> bool:
    """What only an edge of another kind can have."""
    good = True
    for edge, spot in drawn:
        for key in ("reasons", "after", "event", "key", "alongside"):
            if getattr(edge, key):
                report.error(
                    "FLOW_EDGE_SETTING",
                    f"{key} means nothing on an edge that is taken when {node.id!r} is done",
                    spot / key,
                    "say with on: what the edge is for, or remove it",
                )
                good = False
        conditional = edge.when is not None or edge.otherwise
        if conditional and not (isinstance(node, Decision) and node.mode != "event"):
            report.error(
                "FLOW_EDGE_CONDITION_MISPLACED",
                f"{node.id!r} chooses nothing; its edge cannot have a condition",
                spot,
                "put a decision between",
            )
            good = False
    return good


def _check_count(
    node: NodeDefinition, spot: Spot, drawn: Sequence[tuple[Edge, Spot]], report: Report
) -> bool:
    if isinstance(node, End):
        for _, place in drawn:
            report.error("FLOW_END_CONTINUES", f"{node.id!r} is an end; nothing follows it", place)
        return not drawn
    if not drawn:
        report.error(
            "FLOW_NODE_STUCK", f"nothing follows {node.id!r}", spot, "draw an edge to the next node"
        )
        return False
    if len(drawn) > 1 and not isinstance(node, Decision | Parallel):
        report.error(
            "FLOW_EDGE_AMBIGUOUS",
            f"{len(drawn)} edges leave {node.id!r}",
            drawn[1][1],
            "put a decision (one of them) or a parallel (all of them) between",
        )
        return False
    return True


def _check_choice(
    node: Decision, spot: Spot, drawn: Sequence[tuple[Edge, Spot]], report: Report
) -> bool:
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


def _check_racers(drawn: Sequence[tuple[Edge, Spot]], leaving: Ways, report: Report) -> bool:
    """No wait has begun by itself while several race, so nothing can overtake one of them."""
    good = True
    for edge, place in drawn:
        if any(way.boundary for way in leaving.get(edge.target, ())):
            report.error(
                "FLOW_EVENT_DECISION",
                f"{edge.target!r} has a boundary edge of its own",
                place,
                "lead the decision to one more wait instead",
            )
            good = False
    return good


def _check_race(
    spot: Spot,
    drawn: Sequence[tuple[Edge, Spot]],
    nodes: Mapping[str, NodeDefinition],
    entering: Ways,
    start: str,
    report: Report,
) -> bool:
    """An event decision starts several waits; the first that is over takes the token along."""
    good = True
    if len(drawn) < _LEAST_RACERS:
        report.error(
            "FLOW_EVENT_DECISION",
            "an event decision leads to at least two waits",
            spot,
            "draw an edge to each wait that may be over first",
        )
        good = False
    for edge, place in drawn:
        target = nodes.get(edge.target)
        if target is not None and not isinstance(target, Wait):
            wrong = f"{edge.target!r} is no wait"
        elif len(entering.get(edge.target, ())) > 1 or edge.target == start:
            wrong = f"something else leads to {edge.target!r}, too"
        else:
            continue
        report.error(
            "FLOW_EVENT_DECISION", wrong, place, "give the decision a wait of its own on each edge"
        )
        good = False
    return good
