"""Where a flow's nodes and edges stand on its map: ranks from top to bottom, stages as bands.

Pure geometry on the layers of ``kit.layers``.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kit.layers import Cell, arrange

NODE_WIDTH: Final = 188
NODE_HEIGHT: Final = 46
_LANE_WIDTH: Final = 20
_GAP_X: Final = 28
_GAP_Y: Final = 34
_MARGIN: Final = 28
#: Left of everything, where the stages' names stand.
_GUTTER: Final = 96


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
    """An edge as an SVG path; ``back`` when it returns to an earlier node. What is said of it stands
    around a point on it."""

    source: str
    target: str
    path: str
    back: bool
    label_x: float
    label_y: float


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
    layers = arrange(start, edges)
    ranks, back = layers.ranks, layers.back
    places = _places(layers.rows)
    boxes = {node: Box(node, *places[node]) for node in ranks}
    width = max(x for x, _ in places.values()) + NODE_WIDTH / 2 + _MARGIN + (24 if back else 0)
    height = max(y for _, y in places.values()) + NODE_HEIGHT / 2 + _MARGIN
    lines = [
        _forward(boxes, places, node, to, ranks)
        for node, targets in layers.forward.items()
        if node in ranks
        for to in targets
    ]
    lines += [_returning(boxes[a], boxes[b], width) for a, b in sorted(back)]
    return FlowMap(width, height, tuple(boxes.values()), tuple(lines), _bands(boxes, stages))


def _places(rows: list[list[Cell]]) -> dict[Cell | tuple[Cell, int], tuple[float, float]]:
    """The centre of every cell; a lane's per rank. Each rank is centred."""
    widths = [sum(_width(cell) for cell in row) + _GAP_X * (len(row) - 1) for row in rows]
    middle = max(widths) / 2 + _GUTTER
    places: dict[Cell | tuple[Cell, int], tuple[float, float]] = {}
    for rank, row in enumerate(rows):
        x = middle - widths[rank] / 2
        y = _MARGIN + NODE_HEIGHT / 2 + rank * (NODE_HEIGHT + _GAP_Y)
        for cell in row:
            at = (x + _width(cell) / 2, y)
            places[cell if isinstance(cell, str) else (cell, rank)] = at
            x += _width(cell) + _GAP_X
    return places


def _width(cell: Cell) -> int:
    return NODE_WIDTH if isinstance(cell, str) else _LANE_WIDTH


def _forward(
    boxes: Mapping[str, Box],
    places: Mapping[Cell | tuple[Cell, int], tuple[float, float]],
    node: str,
    to: str,
    ranks: Mapping[str, int],
) -> Line:
    source, target = boxes[node], boxes[to]
    x, y = source.x, source.top + NODE_HEIGHT
    path = f"M{x:.0f},{y:.0f}"
    for rank in range(ranks[node] + 1, ranks[to]):
        lane_x, lane_y = places[((node, to), rank)]
        path += _bend(x, y, lane_x, lane_y - NODE_HEIGHT / 2) + f"V{lane_y + NODE_HEIGHT / 2:.0f}"
        x, y = lane_x, lane_y + NODE_HEIGHT / 2
    path += _bend(x, y, target.x, target.top - 4)
    # Where it comes in, ways that part have parted.
    return Line(node, to, path, False, (x + 2 * target.x) / 3, target.top - _GAP_Y / 2 + 4)


def _bend(x: float, y: float, to_x: float, to_y: float) -> str:
    if abs(x - to_x) < 1:
        return f"L{to_x:.0f},{to_y:.0f}"
    half = (y + to_y) / 2
    return f"C{x:.0f},{half:.0f} {to_x:.0f},{half:.0f} {to_x:.0f},{to_y:.0f}"


def _returning(source: Box, target: Box, width: float) -> Line:
    """From the right side of one box up to the right side of an earlier one."""
    side = width - 10
    right, left = source.left + NODE_WIDTH, target.left + NODE_WIDTH + 4
    path = (
        f"M{right:.0f},{source.y:.0f}C{side:.0f},{source.y:.0f} {side:.0f},{target.y:.0f}"
        f" {left:.0f},{target.y:.0f}"
    )
    return Line(source.node, target.node, path, True, (right + side) / 2, source.y - 4)


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
