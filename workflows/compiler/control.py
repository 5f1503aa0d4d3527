"""What the proof of soundness saw of a plan, read off the plan itself.

A case has its plan alone, not the drawing; with this it can ask what may become of a marking.
"""

from __future__ import annotations

from collections.abc import Iterator

from workflows.compiler.plan import (
    DecisionNode,
    EndNode,
    ParallelNode,
    PlanGraph,
    PlanNode,
)
from workflows.compiler.soundness import ControlGraph, Line, Step


def control_of(graph: PlanGraph) -> ControlGraph:
    """The control graph of a flow, or of a body: steps are called as nodes, lines as ways."""
    return ControlGraph(
        start=graph.start,
        steps=tuple(map(_step, graph.nodes)),
        lines=tuple(line for node in graph.nodes for line in _lines(node)),
    )


def _step(node: PlanNode) -> Step:
    match node:
        case EndNode():
            return Step(
                node.id, end="error" if node.fails else "terminate" if node.terminate else "plain"
            )
        case ParallelNode():
            return Step(node.id, waits_for="all")
        case DecisionNode(mode="inclusive"):
            return Step(node.id, waits_for="some", gives="some")
        case DecisionNode():
            return Step(node.id, gives="one")
        case _:
            return Step(node.id, resting=True)


def _lines(node: PlanNode) -> Iterator[Line]:
    for edge in node.next:
        always = edge.when is None and not edge.otherwise
        yield Line(edge.id, node.id, edge.to, always=always, default=edge.otherwise)
    for way in node.boundary:
        yield Line(way.id, node.id, way.to, "alongside" if way.alongside else "interrupting")
