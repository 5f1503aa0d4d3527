"""What is left of a process when only its token game counts: the normal form of its control flow.

BPMN lets much go unsaid: several flows out of a task are a split, a node without a way on is an end,
a link is a flow, a looping task is a decision behind it, an error that nobody around it catches goes
further out. Here it is all said, with a step for each thing, so that the proof of soundness and the
flow that is imported have one and the same structure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from workflows.bpmn.model import FlowNode, Scope, SequenceFlow
from workflows.bpmn.xml import Element

#: What leaves a scope: ``error`` or ``escalation``, and its code.
Thrown = tuple[str, str]
StepKind = Literal["task", "exclusive", "inclusive", "event", "parallel", "end"]


@dataclass(slots=True)
class Step:
    """One step of the token game.

    Attributes:
        id: the element's, or one made up of it, such as ``Task_1/split``.
        of: the element it stands for; several may stand for one.
        node: the element; None of a step that the file leaves unsaid.
        body: what is inside a sub-process.
        terminate: an end that withdraws whatever else is under way around it.
        fails: an end that leaves the scope by an error, or by an escalation that interrupts.
    """

    id: str
    kind: StepKind
    of: FlowNode | None = None
    node: FlowNode | None = None
    body: Skeleton | None = None
    terminate: bool = False
    fails: Thrown | None = None


@dataclass(eq=False, slots=True)
class Way:
    """From one step to another.

    Attributes:
        flow: the line that was drawn; None of a way that the file leaves unsaid.
        condition: when it is taken; ``otherwise``: when no other is.
        event: the boundary event through which the step is left.
        rethrows: of a way that the file leaves unsaid: what goes further out.
    """

    source: str
    target: str
    flow: SequenceFlow | None = None
    condition: Element | None = None
    otherwise: bool = False
    event: FlowNode | None = None
    rethrows: Thrown | None = None


@dataclass(slots=True)
class Skeleton:
    """The steps and ways of a process or sub-process, in the file's order.

    Attributes:
        start: the first step.
        begins: the flow from the only start event to the first step.
        starts: the start events, when there are several: the first step chooses among them.
        provable: every construct in it has a meaning in the proof.
    """

    scope: Scope
    start: str = ""
    begins: SequenceFlow | None = None
    starts: tuple[FlowNode, ...] = ()
    steps: dict[str, Step] = field(default_factory=dict)
    ways: list[Way] = field(default_factory=list)
    provable: bool = True

    def bodies(self) -> Iterator[Skeleton]:
        """Itself and what is inside its sub-processes."""
        yield self
        for step in self.steps.values():
            if step.body is not None:
                yield from step.body.bodies()
