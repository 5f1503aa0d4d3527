"""From a process's normal form to the nodes and edges of a flow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from workflows.bpmn.choosing import Choice, choose, label, own_guard
from workflows.bpmn.doing import ByPerson, ByWaiting, Doing, Own
from workflows.bpmn.model import FlowNode
from workflows.bpmn.naming import Ids
from workflows.bpmn.notes import Notes
from workflows.bpmn.own import kind_of, settings_of
from workflows.bpmn.skeleton import Skeleton, Step, Way
from workflows.bpmn.sources import Place
from workflows.bpmn.tasks import REMARKS, Tasks
from workflows.bpmn.thrown import Reasons
from workflows.bpmn.variables import Variables
from workflows.bpmn.waiting import Waiting
from workflows.bpmn.xml import GONGDAN

#: What a node is called that has no name in the file: in Chinese and in English.
_NAMES: Final = {
    "exclusive": ("判断", "Decision"),
    "inclusive": ("条件并行", "Inclusive decision"),
    "event": ("先到先行", "Whichever comes first"),
    "parallel": ("并行", "Parallel"),
    "end": ("结束", "End"),
    "ask": ("选择去向", "Choose the way"),
    "split": ("分支", "Split"),
    "outcome": ("办理结果", "Outcome"),
    "else": ("汇合", "Merge"),
}
_THROWN: Final = ("error", "escalation")
#: Nodes that can fail, so that an error leaves them along an edge.
_FAILING: Final = ("service", "for_each", "subflow")


@dataclass(frozen=True, slots=True)
class Drawn:
    """The nodes and edges of a process or of a body."""

    start: str
    nodes: list[dict[str, Any]]
    edges: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Composer:
    """Draws a process and the bodies in it.

    Attributes:
        ids: the node of each step.
        doings: how each task and event is done.
    """

    tasks: Tasks
    waiting: Waiting
    variables: Variables
    reasons: Reasons
    ids: Ids
    doings: dict[str, Doing]
    notes: Notes

    def draw(self, part: Skeleton) -> Drawn:
        """The nodes and edges of a process or sub-process."""
        return _Drawing(self, part).draw()

    def body(self, part: Skeleton) -> dict[str, Any]:
        """What is inside a sub-process, as a flow writes it."""
        drawn = self.draw(part)
        return {"start": drawn.start, "nodes": drawn.nodes, "edges": drawn.edges}


class _Drawing:
    """One process or sub-process being drawn.

    ``_says`` holds what the edge of each way says besides its target; where it begins is the source
    step's node unless it says ``from``.
    """

    def __init__(self, composer: Composer, part: Skeleton) -> None:
        self._all = composer
        self._part = part
        #: The nodes that each step becomes: one, most often.
        self._nodes: dict[str, list[dict[str, Any]]] = {step: [] for step in part.steps}
        self._edges: list[dict[str, Any]] = []
        self._inlets: dict[str, str] = {}
        self._says: dict[Way, dict[str, Any]] = {}
        self._left_out: set[Way] = set()
        self._leaves: dict[str, list[Way]] = {step: [] for step in part.steps}
        for way in part.ways:
            self._leaves[way.source].append(way)

    def draw(self) -> Drawn:
        for step in self._part.steps.values():
            if step.kind == "event":  # it may take the place of what it waits for
                self._add_race(step)
        for step in self._part.steps.values():
            if step.id not in self._inlets:
                self._add(step)
        for way in self._part.ways:
            if way not in self._left_out:
                self._add_edge(way)
        start = self._inlets.get(self._part.start, "")
        nodes = [node for step in self._part.steps for node in self._nodes[step]]
        return Drawn(start, nodes, self._edges)

    def _place(self, step: Step) -> Place:
        return Place(self._part, step.id)

    # Nodes

    def _add(self, step: Step) -> None:
        match step.kind:
            case "task":
                self._add_task(step)
            case "end":
                self._add_end(step)
            case "parallel":
                self._inlets[step.id] = self._node(step, "parallel")
            case _:
                self._add_decision(step)

    def _node(self, step: Step, kind: str, what: str = "", **settings: Any) -> str:
        """Adds a node for a step, or (``what``) another one that belongs to it; its id."""
        node_id = self._all.ids.of(f"{step.id}/{what}" if what else step.id)
        names = _NAMES[what or step.kind]
        if step.node is not None and not what:
            made = self._all.tasks.described(step.node, node_id, kind, names)
        else:
            made = {"id": node_id, "kind": kind, "name": names[0], "name_en": names[1]}
        self._nodes[step.id].append(made | settings)
        return node_id

    def _link(self, source: str, target: str, **says: Any) -> None:
        self._edges.append({"from": source, "to": target, **says})

    def _add_end(self, step: Step) -> None:
        settings: dict[str, Any] = {}
        if step.terminate:
            settings["terminate"] = True
        if step.fails is not None:
            settings["fails"] = self._all.reasons.of(step.fails)
        self._inlets[step.id] = self._node(step, "end", **settings)

    def _add_task(self, step: Step) -> None:
        made = self._all.tasks.node(step, self._place(step), self._all.body)
        self._inlets[step.id] = made["id"]
        self._nodes[step.id].append(made)
        ways = self._leaves[step.id]
        if made["kind"] == "decision":  # a script
            self._says.update((way, {"otherwise": True}) for way in ways if way.event is None)
        thrown = [way for way in ways if way.event and way.event.trigger.kind in _THROWN]
        if (
            thrown
            and made["kind"] not in _FAILING
            and not isinstance(self._all.doings[step.id], Own)
        ):
            self._add_outcome(step, made, thrown)

    def _add_outcome(self, step: Step, made: dict[str, Any], thrown: list[Way]) -> None:
        """Whoever does by hand what can fail says how it ended."""
        decision = self._node(step, "decision", "outcome")
        self._link(made["id"], decision)
        options = [{"value": "done", "name": "完成", "name_en": "Done"}]
        for number, way in enumerate(thrown, 1):
            event = way.event
            assert event is not None  # what is thrown is caught by one
            written = event.name or event.trigger.name
            name = self._all.notes.title(written, "失败", event.element)
            options.append({"value": f"failed_{number}", "name": name})
            when = f'{made["id"]}.outcome == "failed_{number}"'
            self._says[way] = {"from": decision, "when": when}
        for way in self._leaves[step.id]:
            if way.event is None:
                self._says[way] = {"from": decision, "otherwise": True}
        fields = [each for each in made.get("form", []) if each != REMARKS]
        outcome = {"id": "outcome", "kind": "choice", "name": "结果", "name_en": "Outcome"}
        made["form"] = [*fields, outcome | {"required": True, "options": options}]
        self._warn(step, "BPMN_ERROR_BY_HAND", "a person does what may fail, and says how it ended")

    def _warn(self, step: Step, code: str, message: str, hint: str = "") -> None:
        at = step.of.element if step.of else self._part.scope.element
        self._all.notes.warning(code, message, at, hint)

    # Decisions

    def _add_decision(self, step: Step) -> None:
        ways = self._leaves[step.id]
        if step.id == self._part.start and self._part.starts:
            self._add_beginning(step, ways)
            return
        if step.node is not None and kind_of(step.node.element):
            self._add_own_decision(step, ways)
            return
        several = step.kind == "inclusive"
        mode = {"mode": "inclusive"} if several else {}
        asking = self._all.ids.of(f"{step.id}/ask")
        choice = choose(
            ways,
            self._place(step),
            asking,
            self._all.variables,
            self._all.notes,
            several=several,
        )
        joins = several and sum(way.target == step.id for way in self._part.ways) > 1
        if choice.asked and joins:
            self._inlets[step.id] = self._node(step, "decision", **mode)
            self._link(self._inlets[step.id], asking)
        if choice.asked:
            self._ask(step, choice, several=several)
        if choice.asked and joins:
            decision = self._node(step, "decision", "split", **mode)
        else:
            decision = self._node(step, "decision", **mode)
        if choice.asked:
            self._inlets.setdefault(step.id, asking)
            self._link(asking, decision)
        self._inlets.setdefault(step.id, decision)
        for way, guard in zip(ways, choice.guards, strict=True):
            self._says[way] = {"from": decision, **guard}
        if choice.fallback is not None:
            merge = self._node(step, "decision", "else")
            self._link(decision, merge, **self._says[choice.fallback])
            self._link(decision, merge, otherwise=True)
            self._says[choice.fallback] = {"from": merge, "otherwise": True}

    def _add_own_decision(self, step: Step, ways: list[Way]) -> None:
        mode = {} if step.kind == "exclusive" else {"mode": step.kind}
        self._inlets[step.id] = self._node(step, "decision", **mode)
        if step.kind != "event":
            self._says.update((way, own_guard(way)) for way in ways)

    def _ask(self, step: Step, choice: Choice, *, several: bool) -> None:
        """A form in which a person says which way to go."""
        options = []
        for value, way in choice.asked.items():
            target = self._part.steps[way.target].of
            name = (target.name or target.id) if target else value
            options.append({"value": value, "name": label(way, name)})
        field_id, kind = ("ways", "choices") if several else ("way", "choice")
        asked = {"id": field_id, "kind": kind, "name": "去向", "name_en": "Way"}
        self._node(
            step,
            "form",
            "ask",
            assignee=self._decider(step),
            form=[asked | {"required": True, "options": options}],
        )
        self._warn(
            step,
            "BPMN_CHOICE_BY_HAND",
            "no condition says which way is taken; a person chooses",
            "write conditions into the flow",
        )

    def _decider(self, step: Step) -> dict[str, Any]:
        """Who says which way to go: whoever does the gateway's lane, else whoever came before."""
        assert step.of is not None  # only an element's own step chooses
        return self._all.tasks.people.decider(
            step.of, self._place(step), self._handled_before(step)
        )

    def _handled_before(self, step: Step) -> str:
        """The user task that every run to here has done last, or empty."""
        for before in reversed(self._all.variables.done_before(self._place(step))):
            node = self._part.steps[before].node
            if isinstance(self._all.doings.get(before), ByPerson) and node and node.loop is None:
                return self._all.ids.of(before)
        return ""

    def _add_beginning(self, step: Step, ways: list[Way]) -> None:
        """Several start events: what a case starts with says which of them began it."""
        options = []
        names = []
        decision = self._node(step, "decision")
        self._inlets[step.id] = decision
        field_id = self._all.variables.input_id("begins_with")
        for number, (start, way) in enumerate(zip(self._part.starts, ways, strict=True), 1):
            value = f"start_{number}"
            options.append(
                {"value": value, "name": self._all.notes.title(start.name, start.id, start.element)}
            )
            names.append(start.id)
            self._says[way] = {"from": decision, "when": f'inputs.{field_id} == "{value}"'}
        self._says[ways[-1]] = {"from": decision, "otherwise": True}
        asked = {"id": field_id, "kind": "choice", "name": "开始方式", "name_en": "Begins with"}
        self._all.variables.written.inputs.append(asked | {"required": True, "options": options})
        self._warn(
            step,
            "BPMN_STARTS",
            f"of {', '.join(names)}, whoever starts a case says which",
            "publish a flow for each of them if they are different things",
        )

    # Whichever comes first

    def _add_race(self, step: Step) -> None:
        if step.node is not None and kind_of(step.node.element):
            self._add_own_decision(step, self._leaves[step.id])
            return
        waits = [self._part.steps[way.target] for way in self._leaves[step.id]]
        odd = [one for one in waits if not _waits(one)]
        for one in odd:
            self._all.notes.error(
                "BPMN_EVENT_GATEWAY",
                f"an event-based gateway leads to {one.id!r}, which does not wait for an event",
                step.of.element if step.of else None,
                "lead it to message or timer events, or to receive tasks",
            )
        by_hand = [one for one in waits if not isinstance(self._all.doings.get(one.id), ByWaiting)]
        if odd or not by_hand:
            self._inlets[step.id] = self._node(step, "decision", mode="event")
        else:
            self._race_by_hand(step, waits, by_hand)

    def _race_by_hand(self, step: Step, waits: list[Step], by_hand: list[Step]) -> None:
        """Where not every message is an event of the catalogue, a person says which one came; the
        timers and known events end the waiting."""
        node_id = self._node(step, "form", assignee=self._decider(step))
        self._inlets[step.id] = node_id
        made = self._nodes[step.id][-1]
        self._left_out.update(self._leaves[step.id])
        decision = self._node(step, "decision", "outcome") if len(by_hand) > 1 else ""
        if decision:
            self._link(node_id, decision)
        options: list[dict[str, str]] = []
        for one in waits:
            assert one.node is not None  # it waits for something
            self._inlets[one.id] = node_id
            if sum(way.target == one.id for way in self._part.ways) > 1:
                self._all.notes.error(
                    "BPMN_EVENT_GATEWAY",
                    "an event after an event-based gateway has one way in",
                    one.node.element,
                )
            if one in by_hand:
                value = f"came_{len(options) + 1}"
                name = one.node.name or one.node.trigger.name
                options.append(
                    {"value": value, "name": self._all.notes.title(name, one.id, one.node.element)}
                )
                says: dict[str, Any] = {"from": node_id}
                if decision:
                    when = f'{node_id}.came == "{value}"'
                    last = one is by_hand[-1]
                    says = {"from": decision} | ({"otherwise": True} if last else {"when": when})
            else:
                says = {"from": node_id, **self._boundary(one.node, self._place(one))}
                if one.node.name:
                    says["name"] = self._all.notes.title(one.node.name, "", one.node.element)
            self._says.update((way, says) for way in self._leaves[one.id])
        asked = {"id": "came", "kind": "choice", "name": "收到", "name_en": "What came"}
        made["form"] = (
            [asked | {"required": True, "options": options}] if decision else [dict(REMARKS)]
        )
        self._warn(
            step,
            "BPMN_TASK_BY_HAND",
            "the catalogue does not know every message; a person says which one came",
            "name events of the catalogue with gongdan:event",
        )

    def _boundary(self, node: FlowNode, place: Place) -> dict[str, Any]:
        """What an edge says that ends a wait for a person."""
        if node.trigger.kind == "timer":
            return self._all.waiting.after(node)
        return {"on": "event", **self._all.waiting.event(node, place)}

    # Edges

    def _add_edge(self, way: Way) -> None:
        source, target = self._inlets.get(way.source), self._inlets.get(way.target)
        if source is None or target is None:
            return  # it was refused
        edge: dict[str, Any] = {"from": source, "to": target}
        for drawn in (way.flow, way.event):
            if drawn is not None and "name" not in edge and drawn.name:
                edge["name"] = self._all.notes.title(drawn.name, "", drawn.element)
        edge |= self._says[way] if way in self._says else self._left(way)
        if way.flow is not None:
            edge |= settings_of(way.flow.element, self._all.notes)
        if not self._escalates(way, edge["to"]):
            self._edges.append(edge)

    def _escalates(self, way: Way, target: str) -> bool:
        """True of a boundary event of ours that stands for an escalation of the task's sla."""
        number = way.event.element.take("escalation", GONGDAN) if way.event else ""
        sla = self._nodes[way.source][0].get("sla") if number.isdecimal() else None
        levels = sla.get("escalate") if isinstance(sla, dict) else None
        if not isinstance(levels, list) or int(number) >= len(levels):
            return False
        if isinstance(level := levels[int(number)], dict):
            level["take"] = target
        return True

    def _left(self, way: Way) -> dict[str, Any]:
        """What an edge says that leaves a node before it is done."""
        step = self._part.steps[way.source]
        if way.rethrows is not None:
            return {"on": "error", "reasons": [self._all.reasons.of(way.rethrows)]}
        if way.event is None:
            return {}
        if kind_of(way.event.element):
            own = self._all.waiting.own_boundary(way.event)
            if way.event.trigger.kind == "error" and way.event.trigger.name:
                own.setdefault("reasons", [way.event.trigger.name])
            return own if way.event.interrupting else own | {"alongside": True}
        if way.event.trigger.kind in _THROWN:
            reasons = self._all.reasons.caught(way.event, step)
            return {"on": "error", **({"reasons": reasons} if reasons else {})}
        if way.event.trigger.kind not in ("timer", "message"):
            self._all.notes.error(
                "BPMN_CONSTRUCT_UNSUPPORTED",
                f"a flow waits for no {way.event.trigger.kind}",
                way.event.element,
                "draw it another way",
            )
            return {}
        says = self._boundary(way.event, self._place(step))
        return says if way.event.interrupting else says | {"alongside": True}


def _waits(step: Step) -> bool:
    return step.node is not None and step.node.kind in ("receiveTask", "intermediateCatchEvent")
