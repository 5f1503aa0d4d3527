"""Where the shapes of a diagram stand: in columns from left to right, with right-angled lines.

Pure geometry on the layers of ``kit.layers``. Every line leaves its source on the right, or a
boundary event below, runs between the columns and comes in from the left; those that go back run
below everything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from kit.layers import Cell, Layers, arrange

EVENT: Final = 36
_GAP_X: Final = 60
_GAP_Y: Final = 40
#: Below a shape with boundary events their lines begin.
_GAP_BELOW_EVENTS: Final = 70
_LANE_HEIGHT: Final = 16
_BACK_GAP: Final = 16
_STEP: Final = 8
_STEPS: Final = 5
#: In front of everything, so that what nothing leads to has a place too.
_ROOT: Final = ""

Point = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Link:
    """A line to be drawn; ``event`` is the boundary event that it leaves, or empty."""

    id: str
    source: str
    target: str
    event: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """A shape's place: its upper left corner and size."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The lower edge."""
        return self.y + self.height

    @property
    def middle(self) -> int:
        """Half-way down."""
        return self.y + self.height // 2


@dataclass(slots=True)
class Layout:
    """A whole drawing, its upper left corner at (0, 0)."""

    boxes: dict[str, Box] = field(default_factory=dict)
    lines: dict[str, list[Point]] = field(default_factory=dict)
    width: int = 0
    height: int = 0


def lay_out(
    start: str,
    sizes: Mapping[str, tuple[int, int]],
    links: Sequence[Link],
    events: Mapping[str, Sequence[str]],
) -> Layout:
    """Place shapes and the lines between them.

    Args:
        start: the first shape.
        sizes: the width and height of each shape, boundary events apart.
        links: the lines, most usual first.
        events: the boundary events of each shape that has some.
    """
    return _Drawing(start, sizes, links, events).draw()


class _Drawing:
    def __init__(
        self,
        start: str,
        sizes: Mapping[str, tuple[int, int]],
        links: Sequence[Link],
        events: Mapping[str, Sequence[str]],
    ) -> None:
        self._sizes = sizes
        self._links = links
        self._events = events
        self._layers = _layers(start, list(sizes), links)
        self._columns = self._layers.rows[1:]
        self._made = Layout()
        #: The left edge of each column, and the height at which a line passes through it.
        self._lefts: list[int] = []
        self._lanes: dict[tuple[Cell, int], int] = {}

    def draw(self) -> Layout:
        self._place_columns()
        for shape, events in self._events.items():
            self._attach(self._made.boxes[shape], events)
        bottom = max(box.bottom for box in self._made.boxes.values()) + _GAP_Y
        for link in self._links:
            if (link.source, link.target) in self._layers.back:
                self._draw_back(link, bottom)
                bottom += _BACK_GAP
            else:
                self._draw_on(link)
        points = [point for line in self._made.lines.values() for point in line]
        self._made.width = max(
            [box.right for box in self._made.boxes.values()] + [x for x, _ in points]
        )
        self._made.height = max(
            [box.bottom for box in self._made.boxes.values()] + [y for _, y in points]
        )
        return self._made

    def _place_columns(self) -> None:
        heights = [sum(self._height(cell) for cell in column) for column in self._columns]
        tallest = max(heights)
        x = 0
        for rank, (column, height) in enumerate(zip(self._columns, heights, strict=True)):
            width = max([self._sizes[cell][0] for cell in column if isinstance(cell, str)] or [0])
            self._lefts.append(x)
            y = (tallest - height) // 2
            for cell in column:
                if isinstance(cell, str):
                    wide, high = self._sizes[cell]
                    self._made.boxes[cell] = Box(x + (width - wide) // 2, y, wide, high)
                else:
                    self._lanes[cell, rank] = y + _LANE_HEIGHT // 2
                y += self._height(cell)
            x += width + _GAP_X

    def _height(self, cell: Cell) -> int:
        if not isinstance(cell, str):
            return _LANE_HEIGHT
        return self._sizes[cell][1] + (_GAP_BELOW_EVENTS if self._events.get(cell) else _GAP_Y)

    def _attach(self, host: Box, events: Sequence[str]) -> None:
        """Boundary events sit on the lower edge of their shape."""
        for number, event in enumerate(events, 1):
            x = host.x + host.width * number // (len(events) + 1) - EVENT // 2
            self._made.boxes[event] = Box(x, host.bottom - EVENT // 2, EVENT, EVENT)

    def _leave(self, link: Link) -> list[Point]:
        """The first points of a line, up to the height at which it leaves its column."""
        host = self._made.boxes[link.source]
        if not link.event:
            return [(host.right, host.middle)]
        event = self._made.boxes[link.event]
        events = list(self._events[link.source])
        x = event.x + EVENT // 2
        return [
            (x, event.bottom),
            (x, event.bottom + 8 + _STEP * (len(events) - events.index(link.event)) % 40),
        ]

    def _before(self, rank: int, target: str) -> int:
        """Where, in the gap in front of a column, the lines to a shape turn."""
        column = self._columns[rank]
        return self._lefts[rank] - _GAP_X // 2 + _STEP * (column.index(target) % _STEPS - 2)

    def _draw_on(self, link: Link) -> None:
        target = self._made.boxes[link.target]
        first, last = self._rank(link.source), self._rank(link.target)
        points = self._leave(link)
        for rank in range(first + 1, last):
            height = self._lanes[(link.source, link.target), rank]
            turn = self._lefts[rank] - _GAP_X // 2
            points += [(turn, points[-1][1]), (turn, height)]
        turn = self._before(last, link.target)
        points += [(turn, points[-1][1]), (turn, target.middle), (target.x, target.middle)]
        self._made.lines[link.id] = _straightened(points)

    def _draw_back(self, link: Link, height: int) -> None:
        target = self._made.boxes[link.target]
        source = self._rank(link.source)
        points = self._leave(link)
        width = max(
            [self._sizes[cell][0] for cell in self._columns[source] if isinstance(cell, str)]
        )
        out = self._lefts[source] + width + _GAP_X // 4
        turn = self._before(self._rank(link.target), link.target)
        points += [(out, points[-1][1]), (out, height), (turn, height), (turn, target.middle)]
        self._made.lines[link.id] = _straightened([*points, (target.x, target.middle)])

    def _rank(self, shape: str) -> int:
        return self._layers.ranks[shape] - 1


def _layers(start: str, shapes: list[str], links: Sequence[Link]) -> Layers:
    """The layers of all shapes; those that nothing leads to follow the root too."""
    edges: dict[str, list[str]] = {shape: [] for shape in shapes}
    for link in links:
        edges[link.source].append(link.target)
    first = [start]
    seen: set[str] = set()
    for shape in [start, *shapes]:
        if shape not in seen:
            first += [shape] if shape != start else []
            stack = [shape]
            while stack:
                here = stack.pop()
                if here not in seen:
                    seen.add(here)
                    stack.extend(edges[here])
    return arrange(_ROOT, {_ROOT: first, **edges})


def _straightened(points: list[Point]) -> list[Point]:
    """The line without points that say nothing: repeated ones and those on a straight stretch."""
    kept = [points[0]] + [b for a, b in pairwise(points) if a != b]
    bends = [
        here
        for before, here, after in zip(kept, kept[1:], kept[2:], strict=False)
        if not (before[0] == here[0] == after[0] or before[1] == here[1] == after[1])
    ]
    return [kept[0], *bends, kept[-1]]
