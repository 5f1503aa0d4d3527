"""Ids and edges: what must be right before the graph as a whole means anything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from workflows.compiler.draft import Draft
from workflows.compiler.report import Report, Spot
from workflows.language.nearest import did_you_mean
from workflows.language.nodes import (
    Decision,
    Edge,
    End,
    FieldWork,
    NodeDefinition,
    Parallel,
    Service,
)

#: Names that expressions already use for something else.
RESERVED: Final = frozenset(
    {"inputs", "case", "data", "form", "row", "undo", "true", "false", "null", "in"}
)

_Edges = list[tuple[Edge, Spot]]


def check_ids(draft: Draft, report: Report) -> bool:
    """Ids are unique and free to use; the start and an end exist."""
    good = check_unique(((node.id, spot / "id") for node, spot in draft.nodes), "node", report)
    for node, spot in draft.nodes:
        if node.id in RESERVED:
            report.error(
                "FLOW_ID_RESERVED",
                f"a node cannot be called {node.id!r}: expressions use it",
                spot / "id",
                "choose another id",
            )
            good = False
    header = draft.header
    if header is None:
        return False
    known = known_ids(draft)
    if header.start not in known:
        report.error(
            "FLOW_START_UNKNOWN",
            f"the flow starts at {header.start!r}, which is no node",
            Spot(place=("start",)),
            did_you_mean(header.start, known),
        )
        good = False
    if draft.whole and not any(isinstance(node, End) for node, _ in draft.nodes):
        report.error(
            "FLOW_END_MISSING",
            "the flow never ends",
            Spot(place=("nodes",)),
            "add a node of kind end",
        )
        good = False
    return good


def check_unique(ids: Iterable[tuple[str, Spot]], what: str, report: Report) -> bool:
    """No id of a kind is given twice."""
    seen: set[str] = set()
    good = True
    for name, spot in ids:
        if name in seen:
            report.error(
                "FLOW_ID_DUPLICATE", f"two {what}s are called {name!r}", spot, "rename one"
            )
            good = False
        seen.add(name)
    return good


def known_ids(draft: Draft) -> list[str]:
    """The ids of all nodes, malformed ones included."""
    return [*(node.id for node, _ in draft.nodes), *sorted(draft.broken)]


def check_edges(draft: Draft, report: Report) -> bool:
    """Each edge joins two nodes, and each node has the edges that its kind wants."""
    known = known_ids(draft)
    good = True
    leaving: dict[str, _Edges] = defaultdict(list)
    entering: dict[str, int] = defaultdict(int)
    seen: set[Edge] = set()
    for edge, spot in draft.edges:
        for end, name in (("from", edge.source), ("to", edge.target)):
            if name not in known:
                report.error(
                    "FLOW_EDGE_DANGLING",
                    f"there is no node {name!r}",
                    spot / end,
                    did_you_mean(name, known),
                )
                good = False
        if edge in seen:
            report.error(
                "FLOW_EDGE_DUPLICATE",
                f"the edge from {edge.source!r} to {edge.target!r} is drawn twice",
                spot,
                "remove one",
            )
            good = False
        seen.add(edge)
        leaving[edge.source].append((edge, spot))
        entering[edge.target] += edge.on is None
    for node, spot in draft.nodes:
        good &= _check_node(node, spot, leaving[node.id], entering[node.id], report)
    return good


def _check_node(
    node: NodeDefinition, spot: Spot, leaving: _Edges, entering: int, report: Report
) -> bool:
    normal = [(edge, place) for edge, place in leaving if edge.on is None]
    errors = [(edge, place) for edge, place in leaving if edge.on is not None]
    good = _check_error_paths(node, errors, report)
    if isinstance(node, End):
        for _, place in normal:
            report.error("FLOW_END_CONTINUES", f"{node.id!r} is an end; nothing follows it", place)
        return good and not normal
    if not normal:
        report.error(
            "FLOW_NODE_STUCK", f"nothing follows {node.id!r}", spot, "draw an edge to the next node"
        )
        return False
    if isinstance(node, Decision):
        return _check_decision(node, spot, normal, report) and good
    for edge, place in normal:
        if edge.when is not None or edge.otherwise:
            report.error(
                "FLOW_EDGE_CONDITION_MISPLACED",
                f"{node.id!r} is no decision; its edge cannot have a condition",
                place,
                "put a decision between",
            )
            good = False
    if isinstance(node, Parallel):
        return _check_parallel(node, spot, len(normal), entering, report) and good
    if len(normal) > 1:
        report.error(
            "FLOW_EDGE_AMBIGUOUS",
            f"{len(normal)} edges leave {node.id!r}",
            normal[1][1],
            "put a decision (one of them) or a parallel (all of them) between",
        )
        return False
    return good


def _check_decision(node: Decision, spot: Spot, edges: _Edges, report: Report) -> bool:
    good = True
    for edge, place in edges:
        if (edge.when is None) != edge.otherwise:
            report.error(
                "FLOW_DECISION_EDGE",
                f"an edge of the decision {node.id!r} has either a condition or otherwise",
                place,
                "give it when: …, or otherwise: true",
            )
            good = False
    others = sum(edge.otherwise for edge, _ in edges)
    if others == 0:
        report.error(
            "FLOW_DECISION_NO_OTHERWISE",
            f"the decision {node.id!r} does not say what happens when no condition holds",
            spot,
            "mark one of its edges otherwise: true",
        )
    elif others > 1:
        report.error(
            "FLOW_DECISION_MANY_OTHERWISE",
            f"the decision {node.id!r} has {others} edges marked otherwise",
            spot,
            "keep one",
        )
    return good and others == 1


def _check_parallel(
    node: Parallel, spot: Spot, leaving: int, entering: int, report: Report
) -> bool:
    if (leaving > 1) != (entering > 1):
        return True
    report.error(
        "FLOW_PARALLEL_SHAPE",
        f"{entering} edges enter the parallel {node.id!r} and {leaving} leave it",
        spot,
        "it splits (one in, several out) or joins (several in, one out)",
    )
    return False


def _check_error_paths(node: NodeDefinition, edges: _Edges, report: Report) -> bool:
    good = True
    taken: set[str] = set()
    for edge, place in edges:
        if not isinstance(node, Service | FieldWork):
            report.error(
                "FLOW_ERROR_PATH_MISPLACED",
                f"{node.id!r} is a {node.kind}; it has no error path",
                place,
                "only service and field_work nodes fail",
            )
            good = False
        reasons = edge.reasons or ("any other reason",)
        for reason in reasons:
            if reason in taken:
                report.error(
                    "FLOW_EDGE_AMBIGUOUS", f"two error paths are for {reason}", place, "keep one"
                )
                good = False
            taken.add(reason)
    return good
