"""The drawn graph: who follows whom, what dominates what, where it turns in a loop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from workflows.compiler.dominators import forward_order, nearest_dominators


@dataclass(frozen=True)
class Graph:
    """Nodes in the order they are written, and all ways between them as pairs.

    Attributes:
        start: where a token begins.
        ends: the end nodes.
    """

    nodes: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]
    start: str
    ends: frozenset[str]

    @cached_property
    def next(self) -> dict[str, tuple[str, ...]]:
        """The followers of each node, without repeats."""
        found: dict[str, dict[str, None]] = {node: {} for node in self.nodes}
        for source, target in self.edges:
            found[source][target] = None
        return {node: tuple(targets) for node, targets in found.items()}

    @cached_property
    def previous(self) -> dict[str, tuple[str, ...]]:
        """The nodes before each node, without repeats."""
        found: dict[str, dict[str, None]] = {node: {} for node in self.nodes}
        for source, target in self.edges:
            found[target][source] = None
        return {node: tuple(sources) for node, sources in found.items()}

    @cached_property
    def reachable(self) -> frozenset[str]:
        """What a token can come to."""
        return walk((self.start,), self.next)

    @cached_property
    def finishing(self) -> frozenset[str]:
        """The nodes from which an end can be reached."""
        return walk(self.ends, self.previous)

    @cached_property
    def forward_order(self) -> tuple[str, ...]:
        """The reachable nodes, each before its followers wherever no loop forbids it."""
        return forward_order(self.start, self.next)

    def dominators(self, node: str) -> tuple[str, ...]:
        """The other nodes that every way from the start to a node goes through, nearest last."""
        found: list[str] = []
        while node != self.start:
            node = self.dominator[node]
            found.append(node)
        return tuple(reversed(found))

    @cached_property
    def dominator(self) -> dict[str, str]:
        """For each reachable node but the start, the nearest other node on every way to it."""
        return nearest_dominators(self.forward_order, self.previous)


def walk(
    starts: Iterable[str],
    neighbours: Mapping[str, tuple[str, ...]],
    through: Callable[[str], bool] = lambda node: True,
) -> frozenset[str]:
    """Everything reached from some nodes; nodes that ``through`` refuses are reached, not passed."""
    seen = dict.fromkeys(starts)
    stack = list(seen)
    while stack:
        for neighbour in neighbours[stack.pop()]:
            if neighbour not in seen:
                seen[neighbour] = None
                if through(neighbour):
                    stack.append(neighbour)
    return frozenset(seen)


def cycles(nodes: Iterable[str], neighbours: Mapping[str, tuple[str, ...]]) -> list[list[str]]:
    """The loops among some nodes: groups of nodes that can reach each other, or themselves, each in
    the order given."""
    inside = list(dict.fromkeys(nodes))
    members = set(inside)
    narrowed = {
        node: tuple(other for other in neighbours[node] if other in members) for node in inside
    }
    groups: dict[str, list[str]] = {}
    leaders = _leaders(inside, narrowed)
    for node in inside:
        groups.setdefault(leaders[node], []).append(node)
    return [group for group in groups.values() if len(group) > 1 or group[0] in narrowed[group[0]]]


def _leaders(nodes: list[str], neighbours: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """For each node, one node of its strongly connected component (Tarjan, without recursion)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    leaders: dict[str, str] = {}
    path: list[str] = []
    for root in nodes:
        if root in index:
            continue
        index[root] = low[root] = len(index)
        path.append(root)
        work = [(root, iter(neighbours[root]))]
        while work:
            node, others = work[-1]
            other = next(others, None)
            if other is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    while node not in leaders:
                        leaders[path.pop()] = node
            elif other not in index:
                index[other] = low[other] = len(index)
                path.append(other)
                work.append((other, iter(neighbours[other])))
            elif other not in leaders:
                low[node] = min(low[node], index[other])
    return leaders
