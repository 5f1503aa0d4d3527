"""A BPMN process as BPMN says it: nodes, flows and scopes by their own ids.

Only what the token game needs has fields of its own; whatever else an element says is read from it
where it is carried over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from workflows.bpmn.xml import Element

TriggerKind = Literal[
    "none", "message", "timer", "error", "escalation", "signal", "conditional", "link", "terminate",
    "compensate", "cancel", "multiple",
]  # fmt: skip

TASKS: Final = (
    "task", "userTask", "manualTask", "serviceTask", "sendTask", "receiveTask", "scriptTask",
    "businessRuleTask",
)  # fmt: skip
#: Tasks that fail by themselves, and those that somebody says have failed.
MACHINES: Final = (
    "serviceTask", "sendTask", "scriptTask", "businessRuleTask", "callActivity",
)  # fmt: skip
BY_HAND: Final = ("task", "userTask", "manualTask")
SCOPES: Final = ("subProcess", "transaction", "adHocSubProcess")
ACTIVITIES: Final = (*TASKS, *SCOPES, "callActivity")
GATEWAYS: Final = (
    "exclusiveGateway", "inclusiveGateway", "parallelGateway", "eventBasedGateway",
    "complexGateway",
)  # fmt: skip
EVENTS: Final = (
    "startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent",
)  # fmt: skip
NODES: Final = (*ACTIVITIES, *GATEWAYS, *EVENTS)


def _name(element: Element) -> str:
    return " ".join(element.take("name").split())


@dataclass(frozen=True, slots=True)
class Trigger:
    """What an event catches or throws.

    Attributes:
        name: of a message, signal or link its name, of an error or escalation its code; empty when
            none is said.
        element: the definition; None of a plain event.
    """

    kind: TriggerKind = "none"
    name: str = ""
    element: Element | None = None


@dataclass(frozen=True, slots=True)
class Loop:
    """How often an activity is done: ``standard`` while a condition holds, else once for each."""

    kind: Literal["standard", "parallel", "sequential"]
    element: Element


@dataclass(slots=True)
class FlowNode:
    """A task, gateway, event or sub-process.

    Attributes:
        kind: BPMN's name of the element, such as ``userTask``.
        trigger: of an event.
        host: of a boundary event: the activity it is attached to.
        interrupting: of a boundary event: the activity is left.
        default: the flow that is taken when no condition holds.
        inner: of a sub-process.
    """

    id: str
    kind: str
    element: Element
    trigger: Trigger = Trigger()
    host: str = ""
    interrupting: bool = True
    default: str = ""
    loop: Loop | None = None
    inner: Scope | None = None

    @property
    def name(self) -> str:
        """Its name in one line, which counts as read."""
        return _name(self.element)

    @property
    def activity(self) -> bool:
        """It is worked on, and may be left by a boundary event."""
        return self.kind in ACTIVITIES


@dataclass(frozen=True, slots=True)
class SequenceFlow:
    """A line; ``condition`` is its expression's element."""

    id: str
    source: str
    target: str
    condition: Element | None
    element: Element

    @property
    def name(self) -> str:
        """Its name in one line, which counts as read."""
        return _name(self.element)


@dataclass(slots=True)
class Scope:
    """A process, or what is inside a sub-process.

    Attributes:
        leaving: the flows out of each node, as they stand in the file.
        entering: the flows into each node.
        boundaries: the boundary events attached to each activity.
        lanes: the lane of each node that lies in one, innermost.
    """

    id: str
    element: Element
    nodes: dict[str, FlowNode] = field(default_factory=dict)
    flows: list[SequenceFlow] = field(default_factory=list)
    leaving: dict[str, list[SequenceFlow]] = field(default_factory=dict)
    entering: dict[str, list[SequenceFlow]] = field(default_factory=dict)
    boundaries: dict[str, list[FlowNode]] = field(default_factory=dict)
    lanes: dict[str, Element] = field(default_factory=dict)

    def add_node(self, node: FlowNode) -> None:
        """One more node."""
        self.nodes[node.id] = node
        self.leaving.setdefault(node.id, [])
        self.entering.setdefault(node.id, [])
        self.boundaries.setdefault(node.id, [])
        if node.host:
            self.boundaries.setdefault(node.host, []).append(node)

    def add_flow(self, flow: SequenceFlow) -> None:
        """One more flow between two of the nodes."""
        self.flows.append(flow)
        self.leaving[flow.source].append(flow)
        self.entering[flow.target].append(flow)


@dataclass(frozen=True, slots=True)
class Process:
    """One process of a file.

    Attributes:
        executable: the file says that an engine may run it.
        title: its own name, or that of its pool.
    """

    id: str
    title: str
    executable: bool
    element: Element
    scope: Scope
