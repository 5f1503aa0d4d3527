"""From an XML tree to processes, with a note for what is wrong or cannot be carried over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from workflows.bpmn.model import (
    NODES,
    SCOPES,
    FlowNode,
    Loop,
    Process,
    Scope,
    SequenceFlow,
    Trigger,
    TriggerKind,
)
from workflows.bpmn.notes import Notes
from workflows.bpmn.xml import BPMN, Element

_TRIGGERS: Final[dict[str, TriggerKind]] = {
    "messageEventDefinition": "message",
    "timerEventDefinition": "timer",
    "errorEventDefinition": "error",
    "escalationEventDefinition": "escalation",
    "signalEventDefinition": "signal",
    "conditionalEventDefinition": "conditional",
    "linkEventDefinition": "link",
    "terminateEventDefinition": "terminate",
    "compensateEventDefinition": "compensate",
    "cancelEventDefinition": "cancel",
}
_MAX_NODES: Final = 2_000
#: What a definition refers to, and what of it names the thing.
_REFERENCES: Final = {
    "message": ("messageRef", "name"),
    "signal": ("signalRef", "name"),
    "error": ("errorRef", "errorCode"),
    "escalation": ("escalationRef", "escalationCode"),
}


@dataclass(frozen=True, slots=True)
class File:
    """What a file declares.

    Attributes:
        root: its outermost element.
        processes: those that have nodes.
        shared: what processes refer to (messages, errors, signals, escalations), by id.
    """

    root: Element
    processes: tuple[Process, ...]
    shared: dict[str, Element]

    @property
    def chosen(self) -> tuple[Process, ...]:
        """The one process that may be executed, where there are several; else all."""
        executable = tuple(process for process in self.processes if process.executable)
        return executable if len(executable) == 1 else self.processes


def parse_file(root: Element, notes: Notes) -> File:
    """All processes of a file that have nodes."""
    if root.name != (BPMN, "definitions"):
        notes.error(
            "BPMN_NOT_BPMN",
            f"the file begins with {root.tag}, not with the definitions of BPMN 2.0",
            root,
            "export it as BPMN 2.0 XML",
        )
        return File(root, (), {})
    _check_ids(root, notes)
    shared = {
        element.id: element
        for tag in ("message", "signal", "error", "escalation")
        for element in root.all(tag)
        if element.id
    }
    reader = _Reader(shared, notes)
    titles = _pools(root)
    processes = [
        reader.process(element, titles.get(element.id, "")) for element in root.all("process")
    ]
    filled = tuple(process for process in processes if process.scope.nodes)
    if reader.nodes > _MAX_NODES:
        notes.error(
            "BPMN_TOO_BIG",
            f"the file has {reader.nodes} nodes, {_MAX_NODES} are read",
            root,
            "part it into called processes",
        )
        return File(root, (), shared)
    if not filled:
        notes.error("BPMN_NO_PROCESS", "the file has no process with anything in it", root)
    return File(root, filled, shared)


def local_reference(written: str) -> str:
    """The id that a reference such as ``tns:Message_1`` means."""
    return written.rpartition(":")[2]


def _check_ids(root: Element, notes: Notes) -> None:
    seen: set[str] = set()
    for element in root.walk():
        if element.name[0] != BPMN or not element.id:
            continue
        if element.id in seen:
            notes.error(
                "BPMN_ID_DUPLICATE",
                f"two elements are called {element.id!r}",
                element,
                "rename one",
            )
        seen.add(element.id)


def _pools(root: Element) -> dict[str, str]:
    """The names of the pools, by process."""
    return {
        local_reference(pool.take("processRef")): pool.take("name")
        for collaboration in root.all("collaboration")
        for pool in collaboration.all("participant")
    }


class _Reader:
    def __init__(self, shared: dict[str, Element], notes: Notes) -> None:
        self._shared = shared
        self._notes = notes
        self.nodes = 0

    def process(self, element: Element, pool: str) -> Process:
        title = element.take("name") or pool
        executable = element.take("isExecutable") == "true"
        return Process(element.id, title, executable, element, self._scope(element))

    def _scope(self, element: Element) -> Scope:
        scope = Scope(element.id, element)
        for child in element.children:
            if child.name[0] != BPMN or child.local not in NODES:
                continue
            child.visit()
            self.nodes += 1
            if child.id:
                scope.add_node(self._node(child))
            else:
                self._notes.error(
                    "BPMN_ID_MISSING", "an element without an id", child, "give it one"
                )
        for child in element.all("sequenceFlow"):
            if flow := self._flow(child, scope):
                scope.add_flow(flow)
        self._check_references(scope)
        for lanes in element.all("laneSet"):
            lanes.take("name")
            _read_lanes(lanes, scope.lanes)
        return scope

    def _node(self, element: Element) -> FlowNode:
        node = FlowNode(
            id=element.id,
            kind=element.local,
            element=element,
            default=element.take("default"),
        )
        if element.local.endswith("Event"):
            node.trigger = self._trigger(element)
        elif element.local in ("sendTask", "receiveTask") and (
            message := self._shared.get(local_reference(element.take("messageRef")))
        ):
            node.trigger = Trigger("message", message.take("name") or message.id)
        if element.local == "boundaryEvent":
            node.host = element.take("attachedToRef")
            node.interrupting = element.take("cancelActivity") != "false"
        if element.local in SCOPES:
            node.inner = self._scope(element)
        node.loop = _loop(element)
        return node

    def _trigger(self, element: Element) -> Trigger:
        found = [(kind, child) for tag, kind in _TRIGGERS.items() for child in element.all(tag)]
        if len(found) != 1:
            return Trigger("multiple" if found else "none")
        kind, definition = found[0]
        if kind == "link":
            return Trigger(kind, definition.take("name"), definition)
        if kind not in _REFERENCES:
            return Trigger(kind, "", definition)
        reference, naming = _REFERENCES[kind]
        written = definition.take(reference)
        meant = self._shared.get(local_reference(written))
        name = ""
        if meant is not None:
            name = meant.take(naming) or meant.take("name") or meant.id
            meant.take("name")
        elif kind == "error":  # some tools write the code itself
            name = written
        elif written:
            self._notes.error(
                "BPMN_REFERENCE_UNKNOWN",
                f"there is no {kind} {written!r}",
                element,
                "declare it, or remove the reference",
                reference,
            )
        return Trigger(kind, name, definition)

    def _flow(self, element: Element, scope: Scope) -> SequenceFlow | None:
        source = element.take("sourceRef")
        target = element.take("targetRef")
        for end, name in (("sourceRef", source), ("targetRef", target)):
            if name not in scope.nodes:
                self._notes.error(
                    "BPMN_FLOW_DANGLING",
                    f"a flow's {end} is {name!r}, which is no node beside it",
                    element,
                    "a flow joins two nodes of one process or sub-process",
                    end,
                )
                return None
        condition = element.child("conditionExpression")
        return SequenceFlow(element.id, source, target, condition, element)

    def _check_references(self, scope: Scope) -> None:
        """The flows say who follows whom; what nodes repeat of it must agree."""
        for node in scope.nodes.values():
            for tag, flows in (
                ("incoming", scope.entering[node.id]),
                ("outgoing", scope.leaving[node.id]),
            ):
                known = {flow.id for flow in flows}
                for repeated in node.element.all(tag):
                    name = local_reference(repeated.say())
                    if name not in known:
                        self._notes.warning(
                            "BPMN_FLOW_REPEATED_WRONGLY",
                            f"the node names {name!r} as {tag}, but no flow says so",
                            node.element,
                            "the flows' own ends are what counts",
                            tag,
                        )
            if node.default and node.default not in {f.id for f in scope.leaving[node.id]}:
                self._notes.error(
                    "BPMN_REFERENCE_UNKNOWN",
                    f"the default flow {node.default!r} does not leave the node",
                    node.element,
                    "name one of its outgoing flows",
                    "default",
                )
                node.default = ""
            if node.kind == "boundaryEvent" and not _is_activity(scope, node.host):
                self._notes.error(
                    "BPMN_REFERENCE_UNKNOWN",
                    f"the event is attached to {node.host!r}, which is no activity beside it",
                    node.element,
                    "attach it to a task or a sub-process",
                    "attachedToRef",
                )


def _is_activity(scope: Scope, node: str) -> bool:
    return node in scope.nodes and scope.nodes[node].activity


def _loop(element: Element) -> Loop | None:
    if standard := element.child("standardLoopCharacteristics"):
        return Loop("standard", standard)
    if many := element.child("multiInstanceLoopCharacteristics"):
        in_turn = many.take("isSequential") == "true"
        return Loop("sequential" if in_turn else "parallel", many)
    return None


def _read_lanes(lanes: Element, found: dict[str, Element]) -> None:
    for lane in lanes.all("lane"):
        for reference in lane.all("flowNodeRef"):
            found[local_reference(reference.say())] = lane
        for inner in lane.all("childLaneSet"):
            _read_lanes(inner, found)
