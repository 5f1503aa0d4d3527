"""A directed graph in layers: where everything stands when what follows is drawn further on.

Edges that go back are set aside, the others give each node its rank (longest way from the start), an
edge over several ranks passes through a lane of its own in each, and a few sweeps order the ranks so
that few edges cross.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

_SWEEPS: Final = 6

#: A node, or the lane of an edge (its two ends) through one rank.
Cell: TypeAlias = str | tuple[str, str]


@dataclass(frozen=True, slots=True)
class Layers:
    """What can be reached from the start, in layers.

    Attributes:
        ranks: the rank of each node, from 0.
        rows: the cells of each rank, in their order.
        forward: where each node goes on to; edges that go back are left out.
        back: the edges that go back, in no order.
    """

    ranks: dict[str, int]
    rows: list[list[Cell]]
    forward: dict[str, list[str]]
    back: set[tuple[str, str]]


def arrange(start: str, edges: Mapping[str, Sequence[str]]) -> Layers:
    """Put every node that can be reached from the start into a layer.

    Args:
        start: the first node.
        edges: for each node, where it goes, most usual first.
    """
    back = _back_edges(start, edges)
    forward = {
        node: [to for to in dict.fromkeys(targets) if (node, to) not in back]
        for node, targets in edges.items()
    }
    ranks = _ranks(start, forward)
    rows, links = _rows(ranks, forward)
    _untangle(rows, links)
    return Layers(ranks, rows, forward, back)


def _back_edges(start: str, edges: Mapping[str, Sequence[str]]) -> set[tuple[str, str]]:
    """The edges that close a loop, found depth first without recursion."""
    back: set[tuple[str, str]] = set()
    open_nodes, seen = {start}, {start}
    stack = [(start, iter(edges.get(start, ())))]
    while stack:
        node, targets = stack[-1]
        for to in targets:
            if to in open_nodes:
                back.add((node, to))
            elif to not in seen:
                seen.add(to)
                open_nodes.add(to)
                stack.append((to, iter(edges.get(to, ()))))
                break
        else:
            stack.pop()
            open_nodes.discard(node)
    return back


def _ranks(start: str, forward: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """The longest way from the start to each node."""
    order: list[str] = []
    seen: set[str] = set()
    stack = [(start, False)]
    while stack:
        node, finished = stack.pop()
        if finished:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((to, False) for to in forward.get(node, ()))
    ranks = {start: 0}
    for node in reversed(order):
        for to in forward.get(node, ()):
            ranks[to] = max(ranks.get(to, 0), ranks[node] + 1)
    return ranks


def _rows(
    ranks: Mapping[str, int], forward: Mapping[str, Sequence[str]]
) -> tuple[list[list[Cell]], dict[Cell, list[Cell]]]:
    """The cells of each rank, and for each cell its neighbours one rank above."""
    rows: list[list[Cell]] = [[] for _ in range(max(ranks.values()) + 1)]
    above: dict[Cell, list[Cell]] = defaultdict(list)
    for node, rank in ranks.items():
        rows[rank].append(node)
    for node, targets in forward.items():
        for to in targets if node in ranks else ():
            previous: Cell = node
            for rank in range(ranks[node] + 1, ranks[to]):
                lane = (node, to)
                rows[rank].append(lane)
                if previous != lane:
                    above[lane].append(previous)
                previous = lane
            above[to].append(previous)
    return rows, above


def _untangle(rows: list[list[Cell]], above: Mapping[Cell, list[Cell]]) -> None:
    """Order each rank by the middle of its neighbours, downwards and upwards in turn."""
    below: dict[Cell, list[Cell]] = defaultdict(list)
    for cell, neighbours in above.items():
        for neighbour in neighbours:
            below[neighbour].append(cell)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        for before, row in _pairs(rows, down=down):
            middles = _middles(before, row, above if down else below)
            row.sort(key=middles.__getitem__)


def _middles(
    before: list[Cell], row: list[Cell], neighbours: Mapping[Cell, list[Cell]]
) -> dict[Cell, float]:
    """Where each cell of a rank would like to stand, seen from the rank beside it."""
    position = {cell: index for index, cell in enumerate(before)}
    middles: dict[Cell, float] = {}
    for index, cell in enumerate(row):
        found = [position[each] for each in neighbours.get(cell, ()) if each in position]
        if cell in position:  # a lane that goes straight on
            middles[cell] = position[cell]
        else:
            middles[cell] = sum(found) / len(found) if found else index
    return middles


def _pairs(rows: list[list[Cell]], *, down: bool) -> list[tuple[list[Cell], list[Cell]]]:
    ordered = rows if down else rows[::-1]
    return list(itertools.pairwise(ordered))
