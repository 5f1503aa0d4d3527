"""The nodes that do something: forms, calls, waits, sub-processes and their repetition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from workflows.bpmn.calls import call_input, flow_input
from workflows.bpmn.doing import (
    ByCall,
    ByComputing,
    ByFlow,
    ByPerson,
    ByWaiting,
    Doing,
    Own,
    Refused,
    implementation_of,
)
from workflows.bpmn.forms import Asked
from workflows.bpmn.juel import Unreadable, read_expression, unwrapped
from workflows.bpmn.many import Many, read_many
from workflows.bpmn.model import FlowNode, Loop
from workflows.bpmn.naming import Ids, slug, title
from workflows.bpmn.notes import Notes
from workflows.bpmn.own import kind_of, own_text, settings_of
from workflows.bpmn.people import People
from workflows.bpmn.skeleton import Skeleton, Step
from workflows.bpmn.sources import Place, Sources
from workflows.bpmn.translate import Known, Path, translated
from workflows.bpmn.variables import Variables
from workflows.bpmn.waiting import Waiting
from workflows.bpmn.xml import GONGDAN

_MOST_INSTANCES: Final = 100
#: What a form asks for when the file names no field.
REMARKS: Final[dict[str, str]] = {
    "id": "remarks",
    "kind": "long_text",
    "name": "备注",
    "name_en": "Remarks",
}
_FIELDS_OF: Final = {
    "int": ("computed", "int"),
    "decimal": ("computed", "decimal"),
    "bool": ("computed", "bool"),
    "date": ("computed", "date"),
    "timestamp": ("computed", "timestamp"),
}


@dataclass(frozen=True, slots=True)
class Tasks:
    """Draws the tasks and sub-processes of a process."""

    doings: dict[str, Doing]
    sources: Sources
    variables: Variables
    people: People
    waiting: Waiting
    ids: Ids
    notes: Notes

    def node(
        self, step: Step, place: Place, body: Callable[[Skeleton], dict[str, Any]]
    ) -> dict[str, Any]:
        """The node of a step, under the step's own id.

        Args:
            body: draws what is inside a sub-process.
        """
        node_id = self.ids.of(step.id)
        node = step.node
        assert node is not None  # steps that are made up do nothing
        if isinstance(own := self.doings[step.id], Own):
            return self._own(own.kind, step, node, place, node_id, body)
        if node.loop is None or node.loop.kind == "standard":
            return {**self._once(step, node, place, node_id, body), **self._assign(step)}
        many = read_many(node.loop.element)
        if countersign := self._countersign(step, node, place, node_id, many):
            return countersign
        return {**self._for_each(step, node, place, node_id, many, body), **self._assign(step)}

    def _assign(self, step: Step) -> dict[str, Any]:
        assigned = self.variables.written.assign.get(step.id)
        return {"assign": assigned} if assigned else {}

    def described(
        self, node: FlowNode, node_id: str, kind: str, unnamed: tuple[str, str] | None = None
    ) -> dict[str, Any]:
        """What every node says: its id, kind, name and description.

        Args:
            unnamed: what it is called that has no name in the file, in Chinese and in English.
        """
        found: dict[str, Any] = {"id": node_id, "kind": kind, "name": title(node.name, node.id)}
        if not kind_of(node.element) and not node.name and unnamed is not None:
            found["name"], found["name_en"] = unnamed
        texts = [text for each in node.element.all("documentation") if (text := each.say())]
        if len(node.name) > len(found["name"]):
            texts.insert(0, node.name)
        for each in node.element.all("documentation"):
            each.take("textFormat")
        if texts:
            found["description"] = "\n\n".join(texts)
        return found | settings_of(node.element, self.notes)

    def _own(
        self,
        kind: str,
        step: Step,
        node: FlowNode,
        place: Place,
        node_id: str,
        body: Callable[[Skeleton], dict[str, Any]],
    ) -> dict[str, Any]:
        """A node of ours, from what BPMN says of it and its settings."""
        found = self.described(node, node_id, kind)
        if kind in ("form", "approval", "confirm") and "assignee" not in found:
            found["assignee"] = self.people.rule(node, place)
        elif kind == "service":
            found["rpc"] = node.element.take("rpc", GONGDAN)
        elif kind == "wait":
            found |= {k: v for k, v in self.waiting.own(node).items() if k not in found}
        elif kind == "subflow" and step.body is None:
            found["flow"] = node.element.take("calledElement")
        if step.body is not None:
            found["body"] = body(step.body)
        if kind == "for_each" and node.loop is not None:
            found |= _own_repetition(node.loop)
        return found

    # Once

    def _once(
        self,
        step: Step,
        node: FlowNode,
        place: Place,
        node_id: str,
        body: Callable[[Skeleton], dict[str, Any]],
    ) -> dict[str, Any]:
        match self.doings[step.id]:
            case ByPerson(instead):
                return self._form(step, node, place, node_id, instead=instead)
            case ByCall(rpc):
                written = call_input(node, place, self.variables, self.notes)
                found = self.described(node, node_id, "service") | {"rpc": rpc.name}
                return found | ({"input": written} if written else {})
            case ByComputing(assigned):
                return self._computing(step, node, place, node_id, assigned)
            case ByWaiting(event):
                settings = (
                    self.waiting.event(node, place) if event else self.waiting.time(node, place)
                )
                return self.described(node, node_id, "wait") | settings
            case ByFlow(flow):
                return self._subflow(step, node, place, node_id, flow, body)
            case Own(kind):
                return self._own(kind, step, node, place, node_id, body)
            case Refused(why):
                self.notes.error(
                    "BPMN_CONSTRUCT_UNSUPPORTED", why, node.element, "draw it another way"
                )
                return self.described(node, node_id, "form") | {"form": [dict(REMARKS)]}

    def _form(
        self, step: Step, node: FlowNode, place: Place, node_id: str, *, instead: bool
    ) -> dict[str, Any]:
        if instead:
            carried = implementation_of(node) or node.trigger.name
            self.notes.warning(
                "BPMN_TASK_BY_HAND",
                f"the catalogue does not know {carried!r}; a person does it"
                if carried
                else "nothing says what carries it out; a person does it",
                node.element,
                "name an RPC of the catalogue with gongdan:rpc, or an event with gongdan:event",
            )
        found = self.described(node, node_id, "form")
        found["assignee"] = self.people.rule(node, place)
        asked = self.sources.forms.get(step.id, [])
        found["form"] = [self._field(each, place) for each in asked] or [dict(REMARKS)]
        if deadline := self.people.deadline(node):
            found["sla"] = deadline
        return found

    def _field(self, asked: Asked, place: Place) -> dict[str, Any]:
        if not asked.writable:
            return self._shown(asked, place)
        if not asked.default:
            return asked.settings
        try:
            default = self.variables.text(read_expression(asked.default), place, asked.kind)
        except Unreadable as error:
            self.notes.warning(
                "BPMN_FIELD_RULE",
                f"the default {asked.default!r} of {asked.name!r} cannot be computed: {error}",
                asked.element,
            )
            return asked.settings
        return {**asked.settings, "default": f"={default}"}

    def _shown(self, asked: Asked, place: Place) -> dict[str, Any]:
        """A field that is only shown: that of an earlier form, or what it computes."""
        name = asked.settings["name"]
        try:
            known = self.variables.known((asked.name,), place)
            text = self.variables.text(read_expression(asked.name), place)
        except Unreadable:
            known, text = Known('""', "string"), '""'
        giver, _, field = known.text.partition(".")
        if giver not in ("inputs", "data", "case") and field:
            return {"field": known.text, "id": asked.id}
        value = _FIELDS_OF.get(known.kind, ("computed", "string"))[1]
        return {"id": asked.id, "kind": "computed", "name": name, "compute": text, "value": value}

    def _computing(
        self, step: Step, node: FlowNode, place: Place, node_id: str, assigned: Any
    ) -> dict[str, Any]:
        found = self.described(node, node_id, "decision")
        values: dict[str, str] = {}
        for name, expression in assigned:
            try:
                variable, text = self.variables.assigned(name, expression, place)
            except Unreadable as error:
                self.notes.error(
                    "BPMN_SCRIPT",
                    f"{name!r} cannot be set: {error}",
                    node.element,
                    "set it in the flow by assign, or let a form ask for it",
                )
                continue
            values[variable] = text
        return found | {"assign": values}

    def _subflow(
        self,
        step: Step,
        node: FlowNode,
        place: Place,
        node_id: str,
        flow: str,
        body: Callable[[Skeleton], dict[str, Any]],
    ) -> dict[str, Any]:
        found = self.described(node, node_id, "subflow")
        if step.body is not None:
            found["body"] = body(step.body)
            if output := self.variables.written.output.get(step.id):
                found["output"] = output
            return found
        found["flow"] = slug(flow) or "flow"
        if written := flow_input(node, place, self.variables, self.notes):
            found["input"] = written
        return found

    # Many times

    def _countersign(
        self, step: Step, node: FlowNode, place: Place, node_id: str, many: Many
    ) -> dict[str, Any] | None:
        """A user task for each of a list of people, in whose name nothing else is asked, is one
        approval by all of them."""
        assignee = unwrapped(self.people.assignee(node))
        signs = (
            isinstance(self.doings[step.id], ByPerson)
            and node.kind == "userTask"
            and many.collection
            and assignee == many.element != ""
            and not self.sources.forms.get(step.id)
        )
        first = _first_is_enough(many)
        if not signs or (many.enough is not None and not first):
            return None
        try:
            people = self.variables.text(read_expression(many.collection), place)
        except Unreadable:
            return None
        assert node.loop is not None  # it is done many times
        mode = "sequence" if node.loop.kind == "sequential" else "any" if first else "all"
        found = self.described(node, node_id, "approval")
        found |= {"mode": mode, "assignee": {"person": f"={people}"}}
        if deadline := self.people.deadline(node):
            found["sla"] = deadline
        return found

    def _for_each(
        self,
        step: Step,
        node: FlowNode,
        place: Place,
        node_id: str,
        many: Many,
        body: Callable[[Skeleton], dict[str, Any]],
    ) -> dict[str, Any]:
        assert node.loop is not None  # it is done many times
        found = self.described(node, node_id, "for_each")
        found["items"] = self._items(node, place, many)
        if many.element:
            found["element"] = self.variables.element_id(many.element)
        if node.loop.kind == "sequential":
            found["mode"] = "one_by_one"
        if step.body is not None:
            found["body"] = body(step.body)
        else:
            inner = self._once(step, node, place, self.ids.of(f"{step.id}/one"), body)
            end = {"id": self.ids.of(f"{step.id}/done"), "kind": "end", "name": "完成"}
            edge = {"from": inner["id"], "to": end["id"]}
            if inner["kind"] == "decision":
                edge["otherwise"] = True
            found["body"] = {"start": inner["id"], "nodes": [inner, end], "edges": [edge]}
        if many.enough is not None and (enough := self._enough(node, place, many)):
            found["enough"] = enough
        return found

    def _items(self, node: FlowNode, place: Place, many: Many) -> str:
        try:
            if many.collection:
                return "=" + self.variables.text(read_expression(many.collection), place, "list")
            if many.count.isascii() and many.count.isdigit() and 0 < len(many.count) < 4:
                count = min(int(many.count), _MOST_INSTANCES + 1)
                if 1 <= count <= _MOST_INSTANCES:
                    return f"=[{', '.join(map(str, range(1, count + 1)))}]"
            raise Unreadable("a list or a number of times is needed")
        except Unreadable as error:
            self.notes.error(
                "BPMN_MULTI_INSTANCE",
                f"what it is done for cannot be carried over: {error}",
                node.element,
                f"name a list, or a number from 1 to {_MOST_INSTANCES}",
            )
            return "=[1]"

    def _enough(self, node: FlowNode, place: Place, many: Many) -> str:
        """The completion condition, with the engine's counters as ours."""
        assert many.enough is not None
        counters = {
            "nrOfCompletedInstances": Known("done", "int"),
            "nrOfInstances": Known("total", "int"),
            "nrOfActiveInstances": Known("(total - done)", "int"),
        }

        def resolve(path: Path) -> Known:
            return counters.get(path[0]) or self.variables.known(path, place)

        many.enough.whole = True
        try:
            return translated(read_expression(many.enough.text), resolve, "bool")[0]
        except Unreadable as error:
            self.notes.warning(
                "BPMN_CONDITION_UNREADABLE",
                f"the completion condition cannot be carried over: {error}; all are waited for",
                node.element,
                "write it into the flow as enough, with done and total",
            )
            return ""


def _own_repetition(loop: Loop) -> dict[str, Any]:
    """How often a body of ours is lived through, as far as BPMN says it."""
    found: dict[str, Any] = {"mode": "one_by_one"} if loop.kind == "sequential" else {}
    count = loop.element.child("loopCardinality")
    length = own_text(count) if count is not None else None
    if length is not None:
        found["items"] = "=" + length.removeprefix("size(").removesuffix(")")
    enough = loop.element.child("completionCondition")
    if enough is not None and (condition := own_text(enough)) is not None:
        found["enough"] = condition
    return found


def _first_is_enough(many: Many) -> bool:
    if many.enough is None:
        return False
    text = unwrapped(many.enough.text).replace(" ", "")
    enough = text in (
        "nrOfCompletedInstances>=1",
        "nrOfCompletedInstances==1",
        "nrOfCompletedInstances>0",
    )
    many.enough.whole = many.enough.whole or enough
    return enough
