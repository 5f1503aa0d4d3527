"""Ids: free to use, given once in the whole flow, and leading from a start to an end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from workflows.compiler.draft import Draft, GraphDraft
from workflows.compiler.report import Report, Spot
from workflows.language.nearest import did_you_mean
from workflows.language.nodes import End, ForEach

#: Names that expressions already use for something else.
RESERVED: Final = frozenset(
    {"inputs", "case", "data", "form", "row", "undo", "true", "false", "null", "in"}
)


def check_ids(draft: Draft, report: Report) -> bool:
    """Check all ids of a flow, those in bodies included."""
    good = check_unique(_given(draft.graph), "node", report)
    for graph in draft.graph.all_graphs():
        good &= _check_free(graph, report)
        good &= _check_bounds(graph, report)
    return good & _check_elements(
        draft.graph, {}, {name for name, _ in _given(draft.graph)}, report
    )


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


def _given(draft: GraphDraft) -> Iterator[tuple[str, Spot]]:
    for graph in draft.all_graphs():
        for node, spot in graph.nodes:
            yield node.id, spot / "id"


def _check_free(graph: GraphDraft, report: Report) -> bool:
    good = True
    for node, spot in graph.nodes:
        names = [(node.id, "id")]
        if isinstance(node, ForEach):
            names.append((node.element, "element"))
        for name, key in names:
            if name in RESERVED:
                report.error(
                    "FLOW_ID_RESERVED",
                    f"nothing of yours can be called {name!r}: expressions use it",
                    spot / key,
                    "choose another id",
                )
                good = False
    return good


def _check_bounds(graph: GraphDraft, report: Report) -> bool:
    good = True
    if graph.start and graph.start not in graph.ids:
        report.error(
            "FLOW_START_UNKNOWN",
            f"it starts at {graph.start!r}, which is no node here",
            graph.spot / "start",
            did_you_mean(graph.start, graph.ids),
        )
        good = False
    if graph.whole and not any(isinstance(node, End) and not node.fails for node, _ in graph.nodes):
        report.error(
            "FLOW_END_MISSING",
            "nothing here comes to a good end",
            graph.spot / "nodes",
            "add a node of kind end that does not fail",
        )
        good = False
    return good


def _check_elements(
    graph: GraphDraft, around: dict[str, str], nodes: set[str], report: Report
) -> bool:
    """The name of an element is no node's, and no element's around it.

    Args:
        around: the names of the elements around this graph, and whose they are.
        nodes: the ids of all nodes of the flow.
    """
    good = True
    for node, spot in graph.nodes:
        inside = around
        if isinstance(node, ForEach):
            other = node.element if node.element in nodes else around.get(node.element)
            if other is not None:
                report.error(
                    "FLOW_ID_DUPLICATE",
                    f"{node.element!r} already means something of {other!r}",
                    spot / "element",
                    "name the element with element: …",
                )
                good = False
            inside = {**around, node.element: node.id}
        if node.id in graph.bodies:
            good &= _check_elements(graph.bodies[node.id], inside, nodes, report)
    return good
