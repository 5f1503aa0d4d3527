"""The drawing of an exported flow: BPMN's own diagram interchange."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from workflows.bpmn.layout import EVENT, Box, Layout, Link, lay_out
from workflows.bpmn.markup import Markup

_TASK: Final = (120, 80)
_GATEWAY: Final = (50, 50)
#: Room around what is inside a sub-process, and above it for its name.
_PADDING: Final = 30
_HEADING: Final = 20
_PER_EVENT: Final = EVENT + 14
_MARGIN: Final = 40


@dataclass(slots=True)
class Diagram:
    """The shapes and lines of a process or of what is inside a sub-process."""

    _sizes: dict[str, tuple[int, int]] = field(default_factory=dict)
    _links: list[Link] = field(default_factory=list)
    _events: dict[str, list[str]] = field(default_factory=dict)
    _inside: dict[str, Diagram] = field(default_factory=dict)
    _gateways: set[str] = field(default_factory=set)
    _layout: Layout = field(default_factory=Layout)

    def shape(self, element: str, tag: str, inside: Diagram | None = None) -> None:
        """A node of the process."""
        if inside is not None:
            self._inside[element] = inside
            width, height = inside._layout.width, inside._layout.height
            self._sizes[element] = (width + 2 * _PADDING, height + 2 * _PADDING + _HEADING)
        elif tag.endswith("Gateway"):
            self._sizes[element] = _GATEWAY
            self._gateways.add(element)
        else:
            self._sizes[element] = (EVENT, EVENT) if tag.endswith("Event") else _TASK

    def boundary(self, host: str, event: str) -> None:
        """An event on the edge of a shape, which is made wide enough."""
        events = self._events.setdefault(host, [])
        events.append(event)
        width, height = self._sizes[host]
        self._sizes[host] = (max(width, _PER_EVENT * (len(events) + 1)), height)

    def link(self, flow: str, source: str, target: str, event: str = "") -> None:
        """A line, from a shape or from an event on its edge."""
        self._links.append(Link(flow, source, target, event))

    def arrange(self, start: str) -> None:
        """Find a place for everything."""
        self._layout = lay_out(start, self._sizes, self._links, self._events)

    def plane(self, process: str) -> Markup:
        """The drawing as BPMN writes it."""
        plane = Markup("bpmndi:BPMNPlane", id="Plane", bpmnElement=process)
        return plane.add(*self._drawn(_MARGIN, _MARGIN))

    def _drawn(self, x: int, y: int) -> list[Markup]:
        found: list[Markup] = []
        for element, box in self._layout.boxes.items():
            found.append(self._shape(element, box, x, y))
            if element in self._inside:
                inner = self._inside[element]
                left = box.x + (box.width - inner._layout.width) // 2
                found += inner._drawn(x + left, y + box.y + _PADDING + _HEADING)
        for flow, points in self._layout.lines.items():
            edge = Markup("bpmndi:BPMNEdge", id=f"Edge_{flow}", bpmnElement=flow)
            edge.add(*(Markup("di:waypoint", x=str(x + a), y=str(y + b)) for a, b in points))
            found.append(edge)
        return found

    def _shape(self, element: str, box: Box, x: int, y: int) -> Markup:
        shape = Markup("bpmndi:BPMNShape", id=f"Shape_{element}", bpmnElement=element)
        if element in self._inside:
            shape.set("isExpanded", "true")
        if element in self._gateways:
            shape.set("isMarkerVisible", "true")
        bounds = Markup(
            "dc:Bounds",
            x=str(x + box.x),
            y=str(y + box.y),
            width=str(box.width),
            height=str(box.height),
        )
        return shape.add(bounds)
