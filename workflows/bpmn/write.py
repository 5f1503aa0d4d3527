"""Exporting a flow as BPMN 2.0 with its diagram.

What BPMN has words for is said in them; the rest of each node travels as JSON in an extension, so
that reading the file gives the same flow back and nothing is said twice.
"""

from __future__ import annotations

from typing import Final

from workflows.bpmn.diagram import Diagram
from workflows.bpmn.markup import Markup
from workflows.bpmn.own import EXPORTER
from workflows.bpmn.saying import (
    Settings,
    attribute,
    description,
    expression,
    owner,
    repetition,
    survives,
    survives_iso,
)
from workflows.bpmn.timers import iso_duration
from workflows.bpmn.xml import BPMN, BPMNDI, DC, DI, GONGDAN, XSI
from workflows.language.model import FlowDefinition

_TAGS: Final = {
    "form": "userTask",
    "approval": "userTask",
    "confirm": "userTask",
    "service": "serviceTask",
    "field_work": "manualTask",
    "wait": "intermediateCatchEvent",
    "parallel": "parallelGateway",
    "for_each": "subProcess",
    "end": "endEvent",
}
_GATEWAYS: Final = {
    "exclusive": "exclusiveGateway",
    "inclusive": "inclusiveGateway",
    "event": "eventBasedGateway",
}
#: What a boundary event says itself; the rest of an edge is said on its sequence flow.
_OF_EVENTS: Final[tuple[str, ...]] = ("after", "calendar", "event", "key", "reasons")


def write_bpmn(definition: FlowDefinition) -> str:
    """The flow as BPMN 2.0 XML; ``read_bpmn`` gives the same definition back.

    Raises:
        ValueError: an edge joins no two nodes; a flow that compiles has none.
    """
    flow = definition.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return _Writer().document(flow)


class _Element:
    """An element of the process whose parts come in BPMN's order: what describes it, the flows, and
    what is inside."""

    def __init__(self, markup: Markup, inside: list[Markup]) -> None:
        self.markup = markup
        self.inside = inside
        self.incoming: list[Markup] = []
        self.outgoing: list[Markup] = []

    def whole(self) -> Markup:
        return self.markup.add(*self.incoming, *self.outgoing, *self.inside)


class _Writer:
    """
    Attributes:
        shared: the messages and errors that processes refer to.
    """

    def __init__(self) -> None:
        self._shared: dict[tuple[str, str], Markup] = {}
        self._numbers: dict[str, int] = {}

    def document(self, flow: Settings) -> str:
        name = f"Process_{flow['code']}"
        scope = [flow.pop(key, []) for key in ("start", "nodes", "edges")]
        process = Markup("process", id=name, name=attribute(flow, "name"), isExecutable="true")
        process.add(*description(flow))
        inside, drawing = _Scope(self, "", *scope).written()
        diagram = Markup("bpmndi:BPMNDiagram", id="Diagram").add(drawing.plane(name))
        attributes = {
            "xmlns": BPMN,
            "xmlns:bpmndi": BPMNDI,
            "xmlns:dc": DC,
            "xmlns:di": DI,
            "xmlns:xsi": XSI,
            "xmlns:gongdan": GONGDAN,
            "id": "Definitions",
            "targetNamespace": GONGDAN,
            "exporter": EXPORTER,
        }
        root = Markup("definitions", **attributes)
        root.add(*self._shared.values(), process.add(*inside), diagram)
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{root.text()}'

    def number(self, what: str) -> str:
        """An id that no node has: nodes begin with a small letter."""
        self._numbers[what] = self._numbers.get(what, 0) + 1
        return f"{what}_{self._numbers[what]}"

    def definition(self, kind: str, **attributes: str) -> Markup:
        """An event definition."""
        return Markup(f"{kind}EventDefinition", **attributes)

    def message(self, event: str) -> Markup:
        """The definition of an event that waits for a domain event."""
        return self.definition("message", messageRef=self._refer("message", "name", event))

    def error(self, reason: str) -> Markup:
        """The definition of an event for a failure; an empty reason: for every failure."""
        if not reason:
            return self.definition("error")
        return self.definition("error", errorRef=self._refer("error", "errorCode", reason))

    def _refer(self, tag: str, naming: str, name: str) -> str:
        if (tag, name) not in self._shared:
            made = self.number(tag.capitalize())
            self._shared[tag, name] = Markup(tag, id=made, **{"name": name, naming: name})
        return self._shared[tag, name].get("id")


class _Scope:
    """The nodes and edges of the flow, or of a body."""

    def __init__(
        self,
        writer: _Writer,
        prefix: str,
        start: str,
        nodes: list[Settings],
        edges: list[Settings],
    ) -> None:
        self._writer = writer
        self._prefix = prefix
        self._start = writer.number("Start")
        self._nodes = nodes
        self._lines: list[Settings] = [{"from": self._start, "to": start}, *edges]
        for node in nodes:
            self._lines += _escalations(node)
        self._elements: dict[str, _Element] = {}
        self._boundaries: dict[str, list[Markup]] = {}
        self._drawing = Diagram()

    def written(self) -> tuple[list[Markup], Diagram]:
        begin = Markup("startEvent", id=self._start, **{"gongdan:kind": "start"})
        self._elements[self._start] = _Element(begin, [])
        self._drawing.shape(self._start, "startEvent")
        for node in self._nodes:
            self._add_node(node)
        for line in self._lines:
            if not {line["from"], line["to"]} <= self._elements.keys():
                raise ValueError(
                    f"an edge from {line['from']!r} to {line['to']!r} joins no two nodes"
                )
        flows = [self._flow(line) for line in self._lines]
        self._drawing.arrange(self._start)
        found: list[Markup] = []
        for node_id, element in self._elements.items():
            found += [element.whole(), *self._boundaries.get(node_id, ())]
        return [*found, *flows], self._drawing

    def _id(self, node: str) -> str:
        """The element of a node; inside a body its name begins with the body's."""
        return node if node == self._start or not self._prefix else f"{self._prefix}.{node}"

    # Nodes

    def _add_node(self, node: Settings) -> None:
        node_id, kind = node.pop("id"), node.pop("kind")
        element_id = self._id(node_id)
        inside, drawing, attributes = self._inside(node_id, kind, node)
        tag = attributes.pop("tag", "") or _TAGS[kind]
        name = attribute(node, "name")
        markup = Markup(tag, id=element_id, name=name, **{"gongdan:kind": kind}, **attributes)
        markup.add(*description(node))
        self._elements[node_id] = _Element(markup, inside)
        self._drawing.shape(element_id, tag, drawing)

    def _inside(
        self, node_id: str, kind: str, node: Settings
    ) -> tuple[list[Markup], Diagram | None, dict[str, str]]:
        """What an element says in BPMN's own words; that is taken out of the settings."""
        match kind:
            case "form" | "approval" | "confirm":
                return owner(node), None, {}
            case "service":
                return [], None, {"gongdan:rpc": node.pop("rpc")}
            case "wait":
                if any(line["from"] == node_id and _leaves_early(line) for line in self._lines):
                    return [], None, {"tag": "receiveTask"}  # events have no boundary events
                return [self._awaited(node)], None, {}
            case "decision":
                return [], None, {"tag": _GATEWAYS[node.pop("mode", "exclusive")]}
            case "for_each" | "subflow":
                return self._part(node_id, kind, node)
            case "end":
                return self._ended(node), None, {}
            case _:
                return [], None, {}

    def _awaited(self, node: Settings) -> Markup:
        if "event" in node:
            return self._writer.message(node.pop("event"))
        timer = self._writer.definition("timer")
        if (duration := node.get("duration")) and survives_iso(duration):
            timer.add(expression("timeDuration", iso_duration(node.pop("duration"))))
        elif isinstance(until := node.get("until"), str) and survives(until):
            timer.add(expression("timeDate", node.pop("until")))
        return timer

    def _part(
        self, node_id: str, kind: str, node: Settings
    ) -> tuple[list[Markup], Diagram | None, dict[str, str]]:
        body = node.pop("body", None)
        if body is None:
            return [], None, {"tag": "callActivity", "calledElement": node.pop("flow", "")}
        scope = [body.get(key, []) for key in ("start", "nodes", "edges")]
        inside, drawing = _Scope(self._writer, self._id(node_id), *scope).written()
        if kind == "for_each":
            inside = [repetition(node), *inside]
        return inside, drawing, {"tag": "subProcess"}

    def _ended(self, node: Settings) -> list[Markup]:
        if "fails" in node:
            return [self._writer.error(node.pop("fails"))]
        return [self._writer.definition("terminate")] if node.pop("terminate", False) else []

    # Edges

    def _flow(self, edge: Settings) -> Markup:
        flow = self._writer.number("Flow")
        source, target = edge.pop("from"), edge.pop("to")
        event = ""
        if _leaves_early(edge):
            event = self._boundary(source, flow, edge)
        else:
            self._elements[source].outgoing.append(Markup("outgoing", flow))
        self._elements[target].incoming.append(Markup("incoming", flow))
        self._drawing.link(flow, self._id(source), self._id(target), event)
        gateway = self._elements[source].markup
        decides = gateway.get("gongdan:kind") == "decision" and not gateway.get("default")
        if decides and edge.get("otherwise"):
            gateway.set("default", flow)
            del edge["otherwise"]
        condition = edge.get("when", "")
        written = Markup(
            "sequenceFlow",
            id=flow,
            name=attribute(edge, "name"),
            sourceRef=event or self._id(source),
            targetRef=self._id(target),
        )
        if condition and survives(condition):
            del edge["when"]
        written.add(*description(edge))
        if condition and survives(condition):
            written.add(expression("conditionExpression", condition))
        return written

    def _boundary(self, host: str, flow: str, edge: Settings) -> str:
        """The boundary event through which an edge leaves; its id."""
        event = self._writer.number("Boundary")
        self._drawing.boundary(self._id(host), event)
        kind = edge.pop("on", "escalation")
        settings: Settings = {key: edge.pop(key) for key in _OF_EVENTS if key in edge}
        markup = Markup(
            "boundaryEvent", id=event, attachedToRef=self._id(host), **{"gongdan:kind": kind}
        )
        if edge.pop("alongside", False):
            markup.set("cancelActivity", "false")
        if "escalation" in edge:
            markup.set("gongdan:escalation", str(edge.pop("escalation")))
        definition = self._cause(kind, settings)
        markup.add(*description(settings), Markup("outgoing", flow), definition)
        self._boundaries.setdefault(host, []).append(markup)
        return event

    def _cause(self, kind: str, settings: Settings) -> Markup:
        if kind == "event":
            return self._writer.message(settings.pop("event"))
        if kind == "error":
            reasons = settings.get("reasons", [])
            return self._writer.error(settings.pop("reasons")[0] if len(reasons) == 1 else "")
        if kind == "escalation":
            return self._writer.definition(kind)
        timer = self._writer.definition("timer")
        if survives_iso(settings.get("after", "")):
            timer.add(expression("timeDuration", iso_duration(settings.pop("after"))))
        return timer


def _leaves_early(edge: Settings) -> bool:
    """True of an edge that is drawn from the border of a node."""
    return "on" in edge or "escalation" in edge


def _escalations(node: Settings) -> list[Settings]:
    """The ways that a node's deadlines take, each by the number of its level."""
    levels = node.get("sla", {}).get("escalate", [])
    return [
        {"from": node["id"], "to": level.pop("take"), "escalation": number}
        for number, level in enumerate(levels)
        if "take" in level
    ]
