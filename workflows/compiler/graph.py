"""The drawn graph: who follows whom, what dominates what, which parallel block is where."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True)
class Block:
    """A parallel split, the join that closes it, and the nodes of each branch between them."""

    split: str
    join: str
    branches: tuple[frozenset[str], ...]

    @cached_property
    def inside(self) -> frozenset[str]:
        """The nodes between split and join."""
        return frozenset().union(*self.branches)

    def branch_of(self, node: str) -> int:
        """Which branch a node that leads to the join lies in; -1 for the split itself."""
        return next((i for i, branch in enumerate(self.branches) if node in branch), -1)


@dataclass(frozen=True)
class Graph:
    """Nodes in the order they are written, and edges as pairs.

    Attributes:
        start: where a case begins.
        ends: the end nodes.
    """

    nodes: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]
    start: str
    ends: frozenset[str]
    blocks: tuple[Block, ...] = field(default=())

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
        """What a case can come to."""
        return self.reach(self.start, lambda node: True)

    @cached_property
    def finishing(self) -> frozenset[str]:
        """The nodes from which an end can be reached."""
        return walk(self.ends, self.previous, lambda node: True)

    def reach(self, start: str, through: Callable[[str], bool]) -> frozenset[str]:
        """``start`` and what follows it, going on only through some nodes."""
        return walk((start,), self.next, through)

    @cached_property
    def forward_order(self) -> tuple[str, ...]:
        """The reachable nodes, each before its followers wherever no loop forbids it."""
        done: list[str] = []
        seen = {self.start}
        stack = [(self.start, iter(self.next[self.start]))]
        while stack:
            node, followers = stack[-1]
            follower = next((f for f in followers if f not in seen), None)
            if follower is None:
                done.append(node)
                stack.pop()
            else:
                seen.add(follower)
                stack.append((follower, iter(self.next[follower])))
        return tuple(reversed(done))

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
        order = self.forward_order
        position = {node: index for index, node in enumerate(order)}
        nearest = {self.start: self.start}
        changed = True
        while changed:
            changed = False
            for node in order[1:]:
                meeting = ""
                for before in self.previous[node]:
                    if before not in nearest:
                        continue
                    if not meeting:
                        meeting = before
                    # Of two ways in, climb from the later one until they meet.
                    other = before
                    while meeting != other:
                        if position[meeting] > position[other]:
                            meeting = nearest[meeting]
                        else:
                            other = nearest[other]
                if nearest.get(node) != meeting:
                    nearest[node] = meeting
                    changed = True
        del nearest[self.start]
        return nearest

    def blocks_of(self, node: str) -> tuple[str, ...]:
        """The splits of the blocks around a node, outermost first."""
        return self._blocks_of.get(node, ())

    @cached_property
    def _blocks_of(self) -> dict[str, tuple[str, ...]]:
        around: dict[str, tuple[str, ...]] = {}
        for block in sorted(self.blocks, key=lambda block: -len(block.inside)):
            for node in block.inside:
                around[node] = (*around.get(node, ()), block.split)
        return around


def walk(
    starts: Iterable[str], neighbours: dict[str, tuple[str, ...]], through: Callable[[str], bool]
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


def cycles(nodes: Iterable[str], neighbours: dict[str, tuple[str, ...]]) -> list[list[str]]:
    """The loops among some nodes: groups of nodes that can reach each other, or themselves."""
    inside = list(dict.fromkeys(nodes))
    members = set(inside)
    narrowed = {
        node: tuple(other for other in neighbours[node] if other in members) for node in inside
    }
    ahead = {node: walk(narrowed[node], narrowed, lambda _: True) for node in inside}
    groups: list[list[str]] = []
    grouped: set[str] = set()
    for node in inside:
        if node in ahead[node] and node not in grouped:
            group = [other for other in inside if other in ahead[node] and node in ahead[other]]
            groups.append(group)
            grouped.update(group)
    return groups
