"""What is certainly done before what: the steps that every run to a place has completed."""

from __future__ import annotations

from functools import cached_property

from workflows.bpmn.skeleton import Skeleton
from workflows.compiler.graph import Graph


class Order:
    """The order of the steps of one process or sub-process. A step that is left by a boundary event
    is come to, but not completed, on that way."""

    def __init__(self, part: Skeleton) -> None:
        self._part = part

    @cached_property
    def _graph(self) -> Graph:
        steps = self._part.steps
        nodes = tuple(node for step in steps for node in (_come(step), _done(step)))
        through = [(_come(step), _done(step)) for step in steps]
        left = [
            (_come(way.source) if way.event else _done(way.source), _come(way.target))
            for way in self._part.ways
        ]
        return Graph(nodes, (*through, *left), _come(self._part.start), frozenset())

    def before(self, step: str) -> list[str]:
        """The steps that every run to a step has completed, nearest last; none when no run comes
        to it."""
        if not self._part.start or _come(step) not in self._graph.reachable:
            return []
        found = self._graph.dominators(_come(step))
        return [node[1:] for node in found if node.startswith("+")]


def _come(step: str) -> str:
    return f"-{step}"


def _done(step: str) -> str:
    return f"+{step}"
