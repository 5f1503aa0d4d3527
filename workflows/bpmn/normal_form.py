"""Finding the normal form of a process: everything that BPMN leaves unsaid is said."""

from __future__ import annotations

from typing import Final

from workflows.bpmn.model import FlowNode, Scope, SequenceFlow
from workflows.bpmn.notes import Notes
from workflows.bpmn.own import kind_of
from workflows.bpmn.skeleton import Skeleton, Step, StepKind, Thrown, Way
from workflows.bpmn.support import is_linked, repeats, unsupported
from workflows.bpmn.throwing import catcher_of, let_fail, may_catch

_GATEWAYS: Final[dict[str, StepKind]] = {
    "exclusiveGateway": "exclusive",
    "inclusiveGateway": "inclusive",
    "parallelGateway": "parallel",
    "eventBasedGateway": "event",
}


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
        #: Boundary events that are never come to.
        self._idle: set[str] = set()

    def build(self) -> Skeleton:
        made = self._made
        nodes = self._scope.nodes.values()
        for node in nodes:
            if node.kind == "intermediateCatchEvent" and node.trigger.kind == "link":
                self._links.setdefault(node.trigger.name, node.id)
        for node in sorted(nodes, key=lambda node: node.kind == "boundaryEvent"):
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
            case "startEvent":
                self._split(node)
            case "boundaryEvent":
                self._add_boundary(node)
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

    def _add_boundary(self, node: FlowNode) -> None:
        host = self._made.steps.get(node.host)
        if host is not None and host.body is not None and not may_catch(node, host.body):
            self._idle.add(node.id)
            self._notes.warning(
                "BPMN_NOT_CARRIED",
                "nothing inside throws what the event catches",
                node.element,
                "see whether the code is the right one",
            )
            return
        self._made.provable &= not repeats(node)
        self._split(node)

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
            if not kind_of(node.element):
                let_fail(step.body, catchers)
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
        if self._around and not catcher_of(self._around[0], *thrown):
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
        if self._around and not catcher_of(self._around[0], *thrown):
            self._thrown[thrown] = None
        return thrown

    def _throw_escalation(self, node: FlowNode) -> None:
        """Where an escalation interrupts what is around it, it leaves it as an error does; where
        nobody catches it, nothing happens."""
        code = node.trigger.name
        catcher = next(
            (found for around in self._around if (found := catcher_of(around, "escalation", code))),
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
        what = unsupported(node)
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
                flows[0].condition.expression()
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
        if self._scope.leaving[node.id] or node.kind == "startEvent" or node.id in self._idle:
            return
        source = node.host or node.id
        if source in self._made.steps and self._made.steps[source].kind != "end":
            if node.kind == "endEvent" or f"{node.id}/end" in self._made.steps:
                return
            if unsupported(node):
                return
            end = self._make_up(node, "end", "end")
            self._made.ways.append(self._way_out(node, end.id))

    def _draw(self, flow: SequenceFlow) -> None:
        source = self._scope.nodes[flow.source]
        step = self._made.steps.get(source.id)
        if source.kind != "endEvent" and step is not None and step.kind == "end":
            return  # an escalation that interrupts
        target = self._inlets.get(flow.target)
        if source.id in self._idle:
            return
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
            if node.kind == "startEvent" and not unsupported(node)
        ]
        first = [(target, node) for node in starts if (target := self._first(node))]
        if not starts:
            first = [
                (self._inlets[node.id], node)
                for node in scope.nodes.values()
                if node.id in self._inlets and not scope.entering[node.id] and not is_linked(node)
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
