"""Edges: what must be right of each by itself before the graph as a whole means anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workflows.compiler.check_boundaries import check_boundaries
from workflows.compiler.check_decisions import check_decision
from workflows.compiler.draft import GraphDraft
from workflows.compiler.report import Report, Spot
from workflows.compiler.ways import Way, Ways
from workflows.language.nearest import did_you_mean
from workflows.language.nodes import Decision, Edge, End, NodeDefinition, Parallel


def check_edges(draft: GraphDraft, named: Iterable[Way], ways: Ways, report: Report) -> bool:
    """Each way joins two nodes, and each node has the ways that its kind wants."""
    good = _check_joined(draft, named, report)
    for node, spot in draft.nodes:
        out = ways.out_of(node.id)
        good &= _check_unique(out, report)
        good &= check_boundaries(node, [way for way in out if way.boundary], report)
        drawn = [(way.edge, way.spot) for way in out if way.edge and not way.boundary]
        good &= _check_settings(node, drawn, report)
        good &= _check_count(node, spot, drawn, report)
        if isinstance(node, Decision):
            good &= check_decision(node, spot, drawn, draft, ways, report)
        if node.id == draft.start and ways.into(node.id) and _joins(node):
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
    seen: set[str] = set()
    for way in out:
        if way.edge is None:
            continue
        written = repr(way.edge)
        if written in seen:
            report.error(
                "FLOW_EDGE_DUPLICATE",
                f"the edge from {way.source!r} to {way.target!r} is drawn twice",
                way.spot,
                "remove one",
            )
            good = False
        seen.add(written)
    return good


def _check_settings(
    node: NodeDefinition, drawn: Sequence[tuple[Edge, Spot]], report: Report
) -> bool:
    """What only an edge of another kind can have."""
    good = True
    for edge, spot in drawn:
        for key in ("reasons", "after", "while_paused", "event", "key", "alongside"):
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
