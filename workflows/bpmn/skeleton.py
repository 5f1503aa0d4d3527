"""What is left of a process when only its token game counts: the normal form of its control flow.

BPMN lets much go unsaid: several flows out of a task are a split, a node without a way on is an end,
a link is a flow, a looping task is a decision behind it, an error that nobody around it catches goes
further out. Here it is all said, with a step for each thing, so that the proof of soundness and the
flow that is imported have one and the same structure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from workflows.bpmn.model import FlowNode, Scope, SequenceFlow
from workflows.bpmn.notes import Notes
from workflows.bpmn.own import kind_of
from workflows.bpmn.timers import read_cycle
from workflows.bpmn.xml import Element

#: What leaves a scope: ``error`` or ``escalation``, and its code.
Thrown = tuple[str, str]
StepKind = Literal["task", "exclusive", "inclusive", "event", "parallel", "end"]

_GATEWAYS: Final[dict[str, StepKind]] = {
    "exclusiveGateway": "exclusive",
    "inclusiveGateway": "inclusive",
    "parallelGateway": "parallel",
    "eventBasedGateway": "event",
}


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


def build_skeleton(scope: Scope, notes: Notes) -> Skeleton:
    """The normal form of a process; what has none is refused by name and left out."""
    return _Builder(scope, notes, ()).build()


class _Builder:
    """
    Attributes:
        around: the boundary events of the sub-processes around this scope, nearest first.
    """

    def __init__(
        self, scope: Scope, notes: Notes, around: tuple[tuple[FlowNode, ...], ...]
    ) -> None:
        self._scope = scope
        self._notes = notes
        self._around = around
        self._made = Skeleton(scope)
        self._inlets: dict[str, str] = {}
        self._links: dict[str, str] = {}
        self._thrown: dict[Thrown, None] = {}

    def build(self) -> Skeleton:
        made = self._made
        nodes = self._scope.nodes.values()
        for node in nodes:
            if node.kind == "intermediateCatchEvent" and node.trigger.kind == "link":
                self._links.setdefault(node.trigger.name, node.id)
        for node in nodes:
            self._add(node)
        for node in nodes:
            self._end_what_ends(node)
        for flow in self._scope.flows:
            self._draw(flow)
        self._begin()
        return made

    # Steps

    def _add(self, node: FlowNode) -> None:
        if not self._supported(node):
            return
        match node.kind:
            case "startEvent" | "boundaryEvent":
                self._made.provable &= not _repeats(node)
                self._split(node)
            case "endEvent":
                self._add_end(node)
            case "intermediateThrowEvent" if node.trigger.kind == "link":
                self._add_link(node)
            case "intermediateThrowEvent" | "intermediateCatchEvent":
                self._add_event(node)
            case kind if kind in _GATEWAYS:
                self._step(node, _GATEWAYS[kind])
            case _:
                self._add_activity(node)

    def _step(self, node: FlowNode, kind: StepKind) -> Step:
        step = Step(node.id, kind, of=node, node=node)
        self._made.steps[node.id] = step
        self._inlets[node.id] = node.id
        return step

    def _make_up(self, node: FlowNode, what: str, kind: StepKind) -> Step:
        step = Step(f"{node.id}/{what}", kind, of=node)
        self._made.steps[step.id] = step
        return step

    def _add_activity(self, node: FlowNode) -> None:
        step = self._step(node, "task")
        if node.inner is not None:
            catchers = tuple(self._scope.boundaries[node.id])
            inside = _Builder(node.inner, self._notes, (catchers, *self._around))
            step.body = inside.build()
            for thrown in () if kind_of(node.element) else inside._thrown:
                self._rethrow(node, thrown)
        if node.loop is not None and node.loop.kind == "standard":
            loop = node.loop.element
            again = self._make_up(node, "again", "exclusive")
            self._made.ways.append(Way(node.id, again.id))
            self._made.ways.append(Way(again.id, node.id, condition=loop.child("loopCondition")))
            if loop.take("testBefore") == "true":
                self._inlets[node.id] = again.id
        self._split(node)

    def _rethrow(self, node: FlowNode, thrown: Thrown) -> None:
        """What leaves a sub-process and is not caught on its own boundary goes further out."""
        end = self._make_up(node, "/".join(thrown), "end")
        end.fails = thrown
        if self._around and not _catcher(self._around[0], *thrown):
            self._thrown[thrown] = None
        self._made.ways.append(Way(node.id, end.id, rethrows=thrown))

    def _add_event(self, node: FlowNode) -> None:
        match node.trigger.kind:
            case "none" | "link":
                self._step(node, "exclusive")
            case "escalation":
                self._throw_escalation(node)
            case _:
                self._step(node, "task")
        self._split(node)

    def _add_link(self, node: FlowNode) -> None:
        catch = self._links.get(node.trigger.name)
        if catch is None:
            self._refuse(node, "BPMN_LINK_UNKNOWN", f"no link {node.trigger.name!r} is caught here")
        else:
            self._inlets[node.id] = catch

    def _add_end(self, node: FlowNode) -> None:
        match node.trigger.kind:
            case "terminate":
                self._step(node, "end").terminate = True
            case "error":
                self._step(node, "end").fails = self._throw(node, "error")
            case "escalation":
                self._throw_escalation(node)
            case "none":
                self._step(node, "end")
            case _:  # something is sent first
                self._step(node, "task")
                self._made.ways.append(Way(node.id, self._make_up(node, "end", "end").id))

    def _throw(self, node: FlowNode, kind: str) -> Thrown:
        """Notes what leaves the scope when the sub-process itself does not catch it."""
        thrown = (kind, node.trigger.name)
        if self._around and not _catcher(self._around[0], *thrown):
            self._thrown[thrown] = None
        return thrown

    def _throw_escalation(self, node: FlowNode) -> None:
        """Where an escalation interrupts what is around it, it leaves it as an error does; where
        nobody catches it, nothing happens."""
        code = node.trigger.name
        catcher = next(
            (found for around in self._around if (found := _catcher(around, "escalation", code))),
            None,
        )
        if catcher is None:
            self._notes.warning(
                "BPMN_ESCALATION_UNCAUGHT",
                f"nobody catches the escalation {code!r}; nothing happens",
                node.element,
                "tell somebody by a notification",
            )
            self._step(node, "end" if node.kind == "endEvent" else "exclusive")
        elif catcher.interrupting:
            self._step(node, "end").fails = self._throw(node, "escalation")
        else:
            self._refuse(
                node,
                "BPMN_CONSTRUCT_UNSUPPORTED",
                f"the escalation {code!r} is caught without interrupting",
            )

    def _supported(self, node: FlowNode) -> bool:
        """Refuses what has no meaning in the token game as we play it."""
        what = _unsupported(node)
        if what:
            self._refuse(node, "BPMN_CONSTRUCT_UNSUPPORTED", f"{what} cannot be carried over")
        return not what

    def _refuse(self, node: FlowNode, code: str, message: str) -> None:
        self._notes.error(code, message, node.element, "draw it another way")
        self._made.provable = False

    # Ways

    def _split(self, node: FlowNode) -> None:
        """Several flows out of an activity or event: all are taken, or those whose conditions
        hold."""
        flows = self._scope.leaving[node.id]
        step = self._made.steps.get(node.id)
        if step is not None and step.kind == "end":
            for flow in flows:
                self._misplaced(
                    flow, "what it leads to is never reached: the escalation interrupts"
                )
        elif len(flows) > 1:
            free = all(flow.condition is None and flow.id != node.default for flow in flows)
            split = self._make_up(node, "split", "parallel" if free else "inclusive")
            if node.kind != "startEvent":
                self._made.ways.append(self._way_out(node, split.id))
        elif flows and (flows[0].condition is not None or node.default):
            if flows[0].condition is not None:
                flows[0].condition.whole = True
            self._notes.warning(
                "BPMN_CONDITION_IDLE",
                "the only flow out of a node has a condition; it is always taken",
                flows[0].element,
                "put a gateway in front of it",
            )

    def _way_out(self, node: FlowNode, target: str, flow: SequenceFlow | None = None) -> Way:
        """The way that begins where a node is done, or where a boundary event leaves its host."""
        if node.kind == "boundaryEvent":
            return Way(node.host, target, flow, event=node)
        again = f"{node.id}/again"
        if again in self._made.steps:
            return Way(again, target, flow, otherwise=True)
        return Way(node.id, target, flow)

    def _end_what_ends(self, node: FlowNode) -> None:
        """A node without a way on consumes its token."""
        if self._scope.leaving[node.id] or node.kind == "startEvent":
            return
        source = node.host or node.id
        if source in self._made.steps and self._made.steps[source].kind != "end":
            if node.kind == "endEvent" or f"{node.id}/end" in self._made.steps:
                return
            if _unsupported(node):
                return
            end = self._make_up(node, "end", "end")
            self._made.ways.append(self._way_out(node, end.id))

    def _draw(self, flow: SequenceFlow) -> None:
        source = self._scope.nodes[flow.source]
        step = self._made.steps.get(source.id)
        if source.kind != "endEvent" and step is not None and step.kind == "end":
            return  # an escalation that interrupts
        target = self._inlets.get(flow.target)
        if target is None:
            if self._scope.nodes[flow.target].kind in ("startEvent", "boundaryEvent"):
                self._misplaced(flow, "nothing leads into a start or a boundary event")
            return
        if source.kind == "endEvent" or (
            source.kind == "intermediateThrowEvent" and source.trigger.kind == "link"
        ):
            self._misplaced(flow, "nothing follows an end or a link that is thrown")
            return
        split = f"{source.id}/split"
        if split in self._made.steps:
            self._made.ways.append(self._choice(split, target, flow, source))
        elif source.kind in _GATEWAYS:
            self._made.ways.append(self._choice(source.id, target, flow, source))
        elif source.kind != "startEvent" and (source.host or source.id) in self._made.steps:
            self._made.ways.append(self._way_out(source, target, flow))

    def _choice(self, step: str, target: str, flow: SequenceFlow, source: FlowNode) -> Way:
        choosing = self._made.steps[step].kind in ("exclusive", "inclusive")
        default = choosing and flow.id == source.default
        condition = flow.condition if choosing and not default else None
        return Way(step, target, flow, condition, otherwise=default)

    def _misplaced(self, flow: SequenceFlow, message: str) -> None:
        self._notes.error("BPMN_FLOW_MISPLACED", message, flow.element, "remove the flow")
        self._made.provable = False

    # The start

    def _begin(self) -> None:
        scope, made = self._scope, self._made
        starts = [
            node
            for node in scope.nodes.values()
            if node.kind == "startEvent" and not _unsupported(node)
        ]
        first = [(target, node) for node in starts if (target := self._first(node))]
        if not starts:
            first = [
                (self._inlets[node.id], node)
                for node in scope.nodes.values()
                if node.id in self._inlets and not scope.entering[node.id] and not _caught(node)
            ]
        if not first and starts:
            made.provable = False  # what follows the start was refused
        elif not first:
            self._notes.error(
                "BPMN_NO_START", "nothing says where it begins", scope.element, "add a start event"
            )
            made.provable = False
        elif len(first) == 1:
            made.start = first[0][0]
            made.begins = self._only_flow(starts[0]) if starts else None
        else:
            begin = Step(f"{scope.id}/start", "exclusive" if starts else "parallel")
            made.steps = {begin.id: begin, **made.steps}
            made.start = begin.id
            made.starts = tuple(node for _, node in first) if starts else ()
            drawn = [Way(begin.id, target, self._only_flow(node)) for target, node in first]
            made.ways = [*(drawn if starts else [Way(begin.id, to) for to, _ in first]), *made.ways]

    def _only_flow(self, start: FlowNode) -> SequenceFlow | None:
        flows = self._scope.leaving[start.id]
        return flows[0] if len(flows) == 1 else None

    def _first(self, start: FlowNode) -> str:
        """The step at which a start event begins."""
        flows = self._scope.leaving[start.id]
        split = f"{start.id}/split"
        if split in self._made.steps:
            return split
        if not flows:
            return self._make_up(start, "end", "end").id
        target = self._inlets.get(flows[0].target, "")
        step = self._made.steps.get(target)
        if step is None or step.kind not in ("parallel", "inclusive") or kind_of(start.element):
            return target
        if not any(way.target == target for way in self._made.ways):
            return target
        # The first token is one of those that the join waits for.
        begin = self._make_up(start, "start", "exclusive")
        self._made.ways.append(Way(begin.id, target, flows[0], otherwise=True))
        return begin.id


def _catcher(boundaries: tuple[FlowNode, ...], kind: str, code: str) -> FlowNode | None:
    """The boundary event that catches a code: its own before one for all."""
    fitting = [event for event in boundaries if event.trigger.kind == kind]
    own = [event for event in fitting if event.trigger.name == code]
    return next(iter([*own, *(event for event in fitting if not event.trigger.name)]), None)


def _caught(node: FlowNode) -> bool:
    """A link leads to it, though no flow does."""
    return node.kind == "intermediateCatchEvent" and node.trigger.kind == "link"


def _unsupported(node: FlowNode) -> str:
    """Why a node has no place in the token game; empty when it has one."""
    element = node.element
    flags = ("triggeredByEvent", "isForCompensation", "instantiate", "parallelMultiple")
    for flag in flags:
        if element.take(flag) == "true":
            return f"{node.kind} with {flag}"
    if node.kind in ("complexGateway", "adHocSubProcess"):
        return node.kind
    if node.trigger.kind in ("compensate", "cancel", "multiple"):
        return f"{node.kind} with a {node.trigger.kind} definition"
    if node.kind == "boundaryEvent":
        return _unsupported_boundary(node)
    if node.kind == "intermediateCatchEvent" and node.trigger.kind == "none":
        return "intermediateCatchEvent that waits for nothing"
    return ""


def _repeats(node: FlowNode) -> bool:
    """A boundary timer that may fire more than once a visit: outside the proof."""
    definition = node.trigger.element
    if node.kind != "boundaryEvent" or node.interrupting or definition is None:
        return False
    cycle = next((child for child in definition.children if child.local == "timeCycle"), None)
    if cycle is None:
        return False
    read = read_cycle(cycle.text)
    return read is None or read.times != 1


def _unsupported_boundary(node: FlowNode) -> str:
    if node.trigger.kind in ("none", "link", "terminate"):
        return f"boundaryEvent with a {node.trigger.kind} definition"
    if not node.interrupting and node.trigger.kind in ("error", "escalation"):
        return f"{node.trigger.kind} boundary event that does not interrupt"
    return ""
