"""Where a run's tokens stand, as the proof of soundness sees it; and what can become of them."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.compiler.control import control_of
from workflows.compiler.plan import DecisionNode, EndNode, ParallelNode, PlanGraph, PlanNode
from workflows.compiler.soundness import ControlGraph, Marking, Verdict, prove_from
from workflows.runtime.state import RunState


def prospects(run: RunState, graph: PlanGraph) -> Verdict:
    """Whether every way on from where a run stands can end, and ends properly; else a shortest run
    that fails.

    Runs of bodies inside it count as one step each: a body is proven by itself.
    """
    control = control_of(graph)
    return prove_from(control, marking_of(run, graph, control))


def marking_of(run: RunState, graph: PlanGraph, control: ControlGraph) -> Marking:
    """Where its tokens stand, those that are to come when effects have been undone too."""
    steps = [unwind.goal for unwind in run.unwinding if unwind.goal]
    lines = [edge for edges in run.joined.values() for edge in edges]
    ends = []
    spent: list[str] = []
    for token in run.tokens.values():
        node = graph.by_id[token.node]
        match node:
            case EndNode():
                ends.append(node.id)
            case DecisionNode() | ParallelNode():
                lines += _ways_in(node, control)
            case _:
                steps.append(node.id)
                spent += _spent(run, node, token.visit)
    return Marking(tuple(steps), tuple(lines), tuple(ends), tuple(spent))


def _ways_in(node: DecisionNode | ParallelNode, control: ControlGraph) -> tuple[str, ...]:
    """The lines on which tokens would have to stand for what stands on a node that holds none: a
    race that is not decided, a join that is passed but cannot tell where to."""
    lines = tuple(line.id for line in control.entering[node.id])
    if node.id == control.start:
        lines = ("", *lines)
    joins = isinstance(node, ParallelNode) or node.mode == "inclusive"
    return lines if joins else lines[:1]


def _spent(run: RunState, node: PlanNode, visit: int) -> Iterator[str]:
    """The ways alongside that a visit has gone already: what was armed for them is gone."""
    for way in node.boundary:
        armed = f"{node.id}/{visit}/{way.id}"
        waits = armed in run.timers or armed in run.stopped_timers or armed in run.awaited
        if way.alongside and not waits:
            yield way.id
