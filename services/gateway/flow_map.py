"""Where a flow's nodes and edges stand on its map: ranks from top to bottom, stages as bands.

Pure geometry: edges that go back are set aside, the others give each node its rank (longest way
from the start), an edge over several ranks passes through a lane of its own in each, and a few
sweeps order the ranks so that few edges cross.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

NODE_WIDTH: Final = 188
NODE_HEIGHT: Final = 46
_LANE_WIDTH: Final = 20
_GAP_X: Final = 28
_GAP_Y: Final = 34
_MARGIN: Final = 28
#: Left of everything, where the stages' names stand.
_GUTTER: Final = 96
_SWEEPS: Final = 6

#: A node, or the lane of an edge (its two ends) through one rank.
_Cell = str | tuple[str, str]


@dataclass(frozen=True, slots=True)
class Box:
    """A node's place: its centre."""

    node: str
    x: float
    y: float

    @property
    def left(self) -> float:
        """The left edge."""
        return self.x - NODE_WIDTH / 2

    @property
    def top(self) -> float:
        """The upper edge."""
        return self.y - NODE_HEIGHT / 2


@dataclass(frozen=True, slots=True)
class Line:
    """An edge as an SVG path; ``back`` when it returns to an earlier node."""

    source: str
    target: str
    path: str
    back: bool


@dataclass(frozen=True, slots=True)
class Band:
    """A stage's stretch of the map."""

    stage: str
    top: float
    height: float


@dataclass(frozen=True, slots=True)
class FlowMap:
    """The whole drawing."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    bands: tuple[Band, ...]


def lay_out(start: str, edges: Mapping[str, Sequence[str]], stages: Mapping[str, str]) -> FlowMap:
    """Place every node that can be reached from the start.

    Args:
        start: the first node.
        edges: for each node, where it goes, most usual first.
        stages: the stage of each node that has one.
    """
    back = _back_edges(start, edges)
    forward = {
        node: [to for to in dict.fromkeys(targets) if (node, to) not in back]
        for node, targets in edges.items()
    }
    ranks = _ranks(start, forward)
    rows, links = _rows(ranks, forward)
    _untangle(rows, links)
    places = _places(rows)
    boxes = {node: Box(node, *places[node]) for node in ranks}
    width = max(x for x, _ in places.values()) + NODE_WIDTH / 2 + _MARGIN + (24 if back else 0)
    height = max(y for _, y in places.values()) + NODE_HEIGHT / 2 + _MARGIN
    lines = [
        Line(node, to, _path(boxes, places, node, to, ranks), back=False)
        for node, targets in forward.items()
        if node in ranks
        for to in targets
    ]
    lines += [Line(a, b, _return_path(boxes[a], boxes[b], width), back=True) for a, b in back]
    return FlowMap(width, height, tuple(boxes.values()), tuple(lines), _bands(boxes, stages))


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
) -> tuple[list[list[_Cell]], dict[_Cell, list[_Cell]]]:
    """The cells of each rank, and for each cell its neighbours one rank above."""
    rows: list[list[_Cell]] = [[] for _ in range(max(ranks.values()) + 1)]
    above: dict[_Cell, list[_Cell]] = defaultdict(list)
    for node, rank in ranks.items():
        rows[rank].append(node)
    for node, targets in forward.items():
        for to in targets if node in ranks else ():
            previous: _Cell = node
            for rank in range(ranks[node] + 1, ranks[to]):
                lane = (node, to)
                rows[rank].append(lane)
                if previous != lane:
                    above[lane].append(previous)
                previous = lane
            above[to].append(previous)
    return rows, above


def _untangle(rows: list[list[_Cell]], above: Mapping[_Cell, list[_Cell]]) -> None:
    """Order each rank by the middle of its neighbours, downwards and upwards in turn."""
    below: dict[_Cell, list[_Cell]] = defaultdict(list)
    for cell, neighbours in above.items():
        for neighbour in neighbours:
            below[neighbour].append(cell)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        for before, row in _pairs(rows, down=down):
            middles = _middles(before, row, above if down else below)
            row.sort(key=middles.__getitem__)


def _middles(
    before: list[_Cell], row: list[_Cell], neighbours: Mapping[_Cell, list[_Cell]]
) -> dict[_Cell, float]:
    """Where each cell of a rank would like to stand, seen from the rank beside it."""
    position = {cell: index for index, cell in enumerate(before)}
    middles: dict[_Cell, float] = {}
    for index, cell in enumerate(row):
        found = [position[each] for each in neighbours.get(cell, ()) if each in position]
        if cell in position:  # a lane that goes straight on
            middles[cell] = position[cell]
        else:
            middles[cell] = sum(found) / len(found) if found else index
    return middles


def _pairs(rows: list[list[_Cell]], *, down: bool) -> list[tuple[list[_Cell], list[_Cell]]]:
    ordered = rows if down else rows[::-1]
    return list(itertools.pairwise(ordered))


def _places(rows: list[list[_Cell]]) -> dict[_Cell | tuple[_Cell, int], tuple[float, float]]:
    """The centre of every cell; a lane's per rank. Each rank is centred."""
    widths = [sum(_width(cell) for cell in row) + _GAP_X * (len(row) - 1) for row in rows]
    middle = max(widths) / 2 + _GUTTER
    places: dict[_Cell | tuple[_Cell, int], tuple[float, float]] = {}
    for rank, row in enumerate(rows):
        x = middle - widths[rank] / 2
        y = _MARGIN + NODE_HEIGHT / 2 + rank * (NODE_HEIGHT + _GAP_Y)
        for cell in row:
            at = (x + _width(cell) / 2, y)
            places[cell if isinstance(cell, str) else (cell, rank)] = at
            x += _width(cell) + _GAP_X
    return places


def _width(cell: _Cell) -> int:
    return NODE_WIDTH if isinstance(cell, str) else _LANE_WIDTH


def _path(
    boxes: Mapping[str, Box],
    places: Mapping[_Cell | tuple[_Cell, int], tuple[float, float]],
    node: str,
    to: str,
    ranks: Mapping[str, int],
) -> str:
    source, target = boxes[node], boxes[to]
    x, y = source.x, source.top + NODE_HEIGHT
    path = f"M{x:.0f},{y:.0f}"
    for rank in range(ranks[node] + 1, ranks[to]):
        lane_x, lane_y = places[((node, to), rank)]
        path += _bend(x, y, lane_x, lane_y - NODE_HEIGHT / 2) + f"V{lane_y + NODE_HEIGHT / 2:.0f}"
        x, y = lane_x, lane_y + NODE_HEIGHT / 2
    return path + _bend(x, y, target.x, target.top - 4)


def _bend(x: float, y: float, to_x: float, to_y: float) -> str:
    if abs(x - to_x) < 1:
        return f"L{to_x:.0f},{to_y:.0f}"
    half = (y + to_y) / 2
    return f"C{x:.0f},{half:.0f} {to_x:.0f},{half:.0f} {to_x:.0f},{to_y:.0f}"


def _return_path(source: Box, target: Box, width: float) -> str:
    """From the right side of one box up to the right side of an earlier one."""
    side = width - 10
    right, left = source.left + NODE_WIDTH, target.left + NODE_WIDTH + 4
    return (
        f"M{right:.0f},{source.y:.0f}C{side:.0f},{source.y:.0f} {side:.0f},{target.y:.0f}"
        f" {left:.0f},{target.y:.0f}"
    )


def _bands(boxes: Mapping[str, Box], stages: Mapping[str, str]) -> tuple[Band, ...]:
    """One band a stage, where the stages do not overlap; none otherwise."""
    reach: dict[str, tuple[float, float]] = {}
    for node, box in boxes.items():
        if stage := stages.get(node):
            low, high = reach.get(stage, (box.y, box.y))
            reach[stage] = (min(low, box.y), max(high, box.y))
    ordered = sorted(reach.items(), key=lambda item: item[1])
    if any(a[1][1] >= b[1][0] for a, b in itertools.pairwise(ordered)):
        return ()
    pad = (NODE_HEIGHT + _GAP_Y) / 2 - 3
    return tuple(Band(stage, low - pad, high - low + 2 * pad) for stage, (low, high) in ordered)
