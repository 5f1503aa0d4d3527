"""The graph as a whole: everything can be reached, everything can end, nothing turns for ever."""

from __future__ import annotations

from collections.abc import Iterable

from workflows.compiler.draft import GraphDraft
from workflows.compiler.graph import Graph, cycles
from workflows.compiler.report import Report
from workflows.compiler.ways import Way
from workflows.language.nodes import (
    Approval,
    Confirm,
    Decision,
    End,
    ForEach,
    Form,
    NodeDefinition,
    Parallel,
    Service,
    Subflow,
)


def build_graph(draft: GraphDraft, ways: Iterable[Way]) -> Graph:
    """The graph of a draft whose edges are right."""
    return Graph(
        nodes=tuple(draft.ids),
        edges=tuple((way.source, way.target) for way in ways),
        start=draft.start,
        ends=frozenset(node.id for node, _ in draft.nodes if isinstance(node, End)),
    )


def check_reachability(draft: GraphDraft, graph: Graph, report: Report) -> bool:
    """Every node lies on some way from the start to an end."""
    good = True
    for node, spot in draft.nodes:
        if node.id not in graph.reachable:
            report.error(
                "FLOW_NODE_UNREACHABLE",
                f"no way leads from the start to {node.id!r}",
                spot,
                "draw an edge to it or remove it",
            )
            good = False
        elif node.id not in graph.finishing:
            report.error(
                "FLOW_NODE_NO_END",
                f"no way leads from {node.id!r} to an end",
                spot,
                "draw a way out of the loop",
            )
            good = False
    return good


def check_loops(draft: GraphDraft, graph: Graph, report: Report) -> bool:
    """No loop turns at once; one that turns without anybody's doing is worth a look."""
    spots = {node.id: spot for node, spot in draft.nodes}
    instant = {node.id for node, _ in draft.nodes if passes_at_once(node, draft)}
    good = True
    for loop in cycles((n for n in graph.nodes if n in instant), graph.next):
        report.error(
            "FLOW_LOOP_INSTANT",
            f"the loop {' → '.join(loop)} would turn for ever without doing anything",
            spots[loop[0]],
            "put a node into it that waits for somebody or something",
        )
        good = False
    unattended = [
        node.id
        for node, _ in draft.nodes
        if node.id in instant or isinstance(node, Service | ForEach) or may_pass_over(node)
    ]
    for loop in cycles(unattended, graph.next) if good else []:
        report.warning(
            "FLOW_LOOP_WITHOUT_PAUSE",
            f"the loop {' → '.join(loop)} may turn without waiting for anybody",
            spots[loop[0]],
            "put a wait into it",
        )
    return good


def passes_at_once(node: NodeDefinition, draft: GraphDraft) -> bool:
    """True when a token may go through a node with nothing happening: it only leads somewhere, or
    its body does."""
    match node:
        case Decision():
            return node.mode != "event"
        case Parallel():
            return True
        case ForEach() | Subflow() if node.id in draft.bodies:
            return _body_passes_at_once(draft.bodies[node.id])
        case _:
            return False


def _body_passes_at_once(body: GraphDraft) -> bool:
    nodes = {node.id: node for node, _ in body.nodes}
    seen: set[str] = set()
    stack = [body.start]
    while stack:
        node = nodes.get(stack.pop())
        if node is None or node.id in seen:
            continue
        if isinstance(node, End):
            return True
        seen.add(node.id)
        if passes_at_once(node, body):
            stack += [edge.target for edge, _ in body.edges if edge.source == node.id]
    return False


def may_pass_over(node: NodeDefinition) -> bool:
    """True when the runtime may pass a user task over by itself, so that it leaves nothing."""
    return isinstance(node, Form | Approval | Confirm) and (
        node.assignee.nobody == "skip"
        or node.when_applicant == "skip"
        or node.when_repeated == "skip"
    )
