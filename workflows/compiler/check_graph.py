"""The graph as a whole: everything reachable, everything can finish, parallel blocks close."""

from __future__ import annotations

from workflows.compiler.draft import Draft
from workflows.compiler.graph import Block, Graph, cycles
from workflows.compiler.report import Report, Spot
from workflows.language.nodes import Decision, End, Parallel, Service


def build_graph(draft: Draft, start: str) -> Graph:
    """The graph of a draft whose edges are right."""
    nodes = tuple(node.id for node, _ in draft.nodes) + tuple(sorted(draft.broken))
    return Graph(
        nodes=nodes,
        edges=tuple((edge.source, edge.target) for edge, _ in draft.edges),
        start=start,
        ends=frozenset(node.id for node, _ in draft.nodes if isinstance(node, End)),
    )


def check_graph(draft: Draft, graph: Graph, report: Report) -> Graph | None:
    """Check reachability, loops and parallel blocks.

    Returns:
        The graph with its blocks, or None when something is wrong with it.
    """
    good = _check_reachability(draft, graph, report)
    good &= _check_loops(draft, graph, report)
    if not good:
        return None
    blocks = _find_blocks(draft, graph, report)
    if blocks is None:
        return None
    return Graph(graph.nodes, graph.edges, graph.start, graph.ends, blocks)


def _check_reachability(draft: Draft, graph: Graph, report: Report) -> bool:
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


def _check_loops(draft: Draft, graph: Graph, report: Report) -> bool:
    spots = {node.id: spot for node, spot in draft.nodes}
    instant = [node.id for node, _ in draft.nodes if isinstance(node, Decision | Parallel)]
    good = True
    for loop in cycles(instant, graph.next):
        report.error(
            "FLOW_LOOP_INSTANT",
            f"the loop {' → '.join(loop)} would turn for ever without doing anything",
            spots[loop[0]],
            "put a node into it that waits for somebody or something",
        )
        good = False
    automatic = [
        node.id for node, _ in draft.nodes if isinstance(node, Decision | Parallel | Service)
    ]
    for loop in cycles(automatic, graph.next) if good else []:
        report.warning(
            "FLOW_LOOP_WITHOUT_PAUSE",
            f"the loop {' → '.join(loop)} never waits for anybody",
            spots[loop[0]],
            "put a wait into it",
        )
    return good


def _find_blocks(draft: Draft, graph: Graph, report: Report) -> tuple[Block, ...] | None:
    kinds = {node.id: node for node, _ in draft.nodes}
    spots = {node.id: spot for node, spot in draft.nodes}
    parallels = [node for node in graph.nodes if isinstance(kinds.get(node), Parallel)]
    splits = [node for node in parallels if len(graph.next[node]) > 1]
    joins = {node for node in parallels if node not in splits}
    blocks: list[Block] = []
    good = True
    for split in splits:
        block = _close(graph, split, joins)
        if isinstance(block, str):
            report.error(
                "FLOW_PARALLEL_UNMATCHED",
                f"the branches of {split!r} do not come together: {block}",
                spots[split],
                "lead every branch, and nothing else, to one parallel that joins them",
            )
            good = False
        else:
            blocks.append(block)
    closed = {block.join for block in blocks}
    for join in sorted(joins - closed) if good else []:
        report.error(
            "FLOW_PARALLEL_UNMATCHED",
            f"{join!r} waits for several branches, but no parallel splits into them",
            spots.get(join, Spot()),
            "let the edges meet in an ordinary node instead",
        )
        good = False
    return tuple(blocks) if good else None


def _close(graph: Graph, split: str, joins: set[str]) -> Block | str:
    """The block that a split opens, or why there is none."""
    branches = graph.next[split]
    candidates = [
        join for join in graph.forward_order if join in joins and _separates(graph, split, join)
    ]
    if not candidates:
        return "no join lies on every way out of it"
    join = candidates[0]
    regions = [
        graph.reach(branch, lambda node: node != join) - {join} if branch != join else frozenset()
        for branch in branches
    ]
    inside = frozenset().union(*regions)
    if sum(map(len, regions)) != len(inside):
        return "two branches share a node before the join"
    if split in inside:
        return "a branch leads back to the split"
    for source, target in graph.edges:
        if target in inside and source not in inside and source != split:
            return f"{source!r} leads into the middle of it"
        if target == join and source not in inside and source != split:
            return f"{source!r} leads to the join from outside"
    return Block(split, join, tuple(regions))


def _separates(graph: Graph, split: str, join: str) -> bool:
    """True when no way leads from the split to an end but through the join."""
    passed = graph.reach(split, lambda node: node != join)
    return join in passed and not passed & graph.ends
