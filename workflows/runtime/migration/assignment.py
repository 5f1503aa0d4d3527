"""Definite assignment from where a case stands: what may have no value yet when a node reads it.

The compiler has proven of every run from the start that what is read is set, or the reader asks first
whether it is. So from a marking only that can go wrong which may be unset there, and in a run from the
start may not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from workflows.compiler.plan import (
    ApprovalNode,
    ConfirmNode,
    FormNode,
    ParallelNode,
    PlanGraph,
    PlanNode,
)
from workflows.runtime.migration.reads import (
    Path,
    leaves_something,
    may_be_skipped,
    settable,
)

_NONE: Final[frozenset[Path]] = frozenset()


@dataclass(frozen=True, slots=True)
class _Way:
    """A way between nodes: what is set and what is unset on it."""

    source: str
    target: str
    sets: frozenset[Path]
    unsets: frozenset[Path]


class Assignment:
    """What may be unset where, in one graph."""

    def __init__(self, graph: PlanGraph, unset: Iterable[Path] = ()) -> None:
        """Look at a graph.

        Args:
            unset: what may be unset in every run when it begins, besides what it sets itself.
        """
        self.graph = graph
        self.settable = settable(graph)
        self._ways = list(_ways(graph))
        self._back = [way for node in graph.nodes for way in self._sent_back(node)]
        self.from_start = self._spread({graph.start: self.settable | frozenset(unset)}, self._ways)

    def from_here(
        self, unset: frozenset[Path], steps: Iterable[str], arrived: Mapping[str, object]
    ) -> dict[str, frozenset[Path]]:
        """For each node that can still be come to, what may be unset before it.

        Args:
            unset: what is unset now.
            steps: the nodes on which tokens stand.
            arrived: the joins at which tokens wait.
        """
        return self._spread(dict.fromkeys((*steps, *arrived), unset), [*self._ways, *self._back])

    def comes_again(self, node: str, here: Mapping[str, object]) -> bool:
        """Whether a token may come to a node from one of those that can be come to."""
        return any(way.target == node and way.source in here for way in (*self._ways, *self._back))

    def _sent_back(self, node: PlanNode) -> Iterable[_Way]:
        if not isinstance(node, FormNode | ApprovalNode | ConfirmNode):
            return
        for target in node.returns:
            undone = frozenset((inside,) for inside in self.graph.region(target))
            yield _Way(node.id, target, frozenset(), undone & self.settable)

    def _spread(
        self, begins: Mapping[str, frozenset[Path]], ways: list[_Way]
    ) -> dict[str, frozenset[Path]]:
        """Follow all ways from where tokens are.

        Of several ways into a node any one may leave a value unset; a parallel waits for all of them,
        so there only what every one leaves is unset.
        """
        into: dict[str, list[_Way]] = defaultdict(list)
        out_of: dict[str, list[_Way]] = defaultdict(list)
        for way in ways:
            out_of[way.source].append(way)
        before = dict.fromkeys(begins, _NONE)
        for node in (todo := list(begins)):
            for way in out_of[node]:
                into[way.target].append(way)
                if way.target not in before:
                    before[way.target] = _NONE
                    todo.append(way.target)
        todo = list(before)
        while todo:
            node = todo.pop()
            left = [(before[way.source] - way.sets) | way.unsets for way in into[node]]
            left += [begins[node]] if node in begins else []
            joins = isinstance(self.graph.by_id[node], ParallelNode)
            met = frozenset.intersection(*left) if joins else _NONE.union(*left)
            if before[node] != met:
                before[node] = met
                todo.extend(way.target for way in out_of[node])
        return before


def _ways(graph: PlanGraph) -> Iterable[_Way]:
    for node in graph.nodes:
        result = frozenset({(node.id,)} if leaves_something(node) else ())
        assigned = frozenset(("data", name) for name, _ in node.assign)
        skipped = result if may_be_skipped(node) else frozenset()
        for edge in node.next:
            yield _Way(node.id, edge.to, (result - skipped) | assigned, skipped)
        for way in node.boundary:
            forgotten = frozenset() if way.alongside else result
            yield _Way(node.id, way.to, frozenset(), forgotten)
