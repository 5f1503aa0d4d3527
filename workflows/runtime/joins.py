"""Decisions and parallels: how many tokens they wait for, and along which edges they send some on."""

from __future__ import annotations

from workflows.compiler.plan import DecisionNode, ParallelNode, PlanEdge
from workflows.runtime.run import Run


def arrive(run: Run, node: DecisionNode | ParallelNode, edge: str) -> bool:
    """A token has come by an edge; True when the node waits for no other, or for none any more.

    An inclusive join may wait for tokens that never come, so ``ready`` decides for it once
    everything else has come to wait.
    """
    if isinstance(node, DecisionNode) and (node.mode == "exclusive" or len(node.upstream) < 2):
        return True
    arrived = (*run.joined.get(node.id, ()), edge)
    run.joined[node.id] = arrived
    return isinstance(node, ParallelNode) and len(arrived) >= len(node.arrivals)


def ready(run: Run) -> DecisionNode | None:
    """The first inclusive join for which no token can come any more; None: each waits on."""
    if not run.joined:
        return None
    present = {*run.tokens, *run.joined, *(unwind.goal for unwind in run.unwinding)}
    waiting = (n for n in run.graph.nodes if isinstance(n, DecisionNode) and n.id in run.joined)
    for node in waiting:
        if not any(_may_come(run, node, token) for token in present - {node.id}):
            return node
    return None


def _may_come(run: Run, node: DecisionNode, token: str) -> bool:
    """True when a token could come to an edge of the join on which none has come, unless it could
    come to one on which one has: then the join need not wait for it."""
    arrived = run.joined[node.id]
    to = [edge for edge, before in node.upstream.items() if token in before]
    return bool(to) and not any(edge in arrived for edge in to)


def chosen(run: Run, node: DecisionNode | ParallelNode) -> tuple[PlanEdge, ...]:
    """The edges that are taken.

    Raises:
        EvaluationError: a condition has no value for this case.
    """
    if isinstance(node, ParallelNode):
        return node.next
    otherwise = tuple(edge for edge in node.next if edge.otherwise)
    conditional = [edge for edge in node.next if not edge.otherwise]
    holding = (edge for edge in conditional if edge.when is None or edge.when.run(run.data))
    if node.mode == "exclusive":
        first = next(holding, None)
        return (first,) if first else otherwise
    return tuple(holding) or otherwise
