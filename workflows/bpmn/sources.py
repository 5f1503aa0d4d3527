"""Where a file's process variables come from, and where they are read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from workflows.bpmn.forms import KIND_OF, TAKEN, Asked, read_form
from workflows.bpmn.guess import evidence
from workflows.bpmn.juel import (
    Expression,
    Operation,
    Unreadable,
    Variable,
    is_expression,
    read_expression,
)
from workflows.bpmn.many import read_many
from workflows.bpmn.model import NODES, FlowNode
from workflows.bpmn.naming import Ids, title
from workflows.bpmn.notes import Notes
from workflows.bpmn.skeleton import Skeleton, Step
from workflows.bpmn.translate import Kind, Path
from workflows.bpmn.xml import BPMN, VENDORS, ZEEBE
from workflows.language.types import Record

#: Counters that an engine keeps for a multi-instance activity.
COUNTERS: Final = (
    "nrOfInstances", "nrOfCompletedInstances", "nrOfActiveInstances", "loopCounter",
)  # fmt: skip
_PEOPLE: Final = ("assignee", "candidateUsers", "candidateGroups")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an expression is evaluated: before a step of a process or sub-process begins."""

    part: Skeleton
    step: str


@dataclass(slots=True)
class Giver:
    """A step that gives a variable its value.

    Attributes:
        asked: the field that is filled in; None when the value is computed.
        record: the reply of a service, or None of a called flow, whose outputs are not known here;
            ``prefix`` is the part of it that the variable is.
        computed: the expression that a script assigns.
    """

    place: Place
    asked: Asked | None = None
    record: Record | None = None
    prefix: Path = ()
    computed: Expression | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """One place where a variable is read.

    Attributes:
        kind: what its type must be there; ``null``: it may have none.
        chooses: it decides where the run goes on.
    """

    place: Place
    kind: Kind
    chooses: bool


@dataclass(slots=True)
class Sources:
    """What a process says of its variables.

    Attributes:
        uses: by path, such as ``("order", "total")``.
        givers: by the variable's name.
        forms: the fields of each step's form.
        starting: the fields that a start event asks for.
        initiator: the variable that names whoever starts a run.
        people: variables that name a person.
    """

    uses: dict[Path, list[Use]] = field(default_factory=lambda: defaultdict(list))
    givers: dict[str, list[Giver]] = field(default_factory=lambda: defaultdict(list))
    forms: dict[str, list[Asked]] = field(default_factory=dict)
    starting: list[Asked] = field(default_factory=list)
    initiator: str = ""
    people: set[str] = field(default_factory=set)

    def ask(self, name: str, kind: Kind, place: Place) -> Asked:
        """Let a step's form ask for a variable that only its use makes known."""
        fields = Ids(*TAKEN)
        asked_already = self.forms.setdefault(place.step, [])
        for other in asked_already:
            fields.of(other.id)
        node = place.part.steps[place.step].of
        assert node is not None  # only a step that stands for an element has a form
        settings = {"id": fields.of(f"/{name}", name), "kind": KIND_OF.get(kind, "text")}
        asked = Asked(
            name, {**settings, "name": title(name, name), "required": True}, kind, node.element
        )
        asked_already.append(asked)
        self.givers[name].append(Giver(place, asked=asked))
        return asked

    def use(self, expression: Expression, place: Place, *, chooses: bool = False) -> None:
        """Note everything that an expression reads."""
        for path, kind in evidence(expression, "bool" if chooses else "unknown"):
            self.uses[path].append(Use(place, kind, chooses))


def find_sources(root: Skeleton, notes: Notes) -> Sources:
    """Read every form, and every place where a variable is used."""
    sources = Sources()
    for node in root.scope.nodes.values():
        if node.kind == "startEvent":
            sources.starting.extend(read_form(node.element, notes))
            sources.initiator = sources.initiator or node.element.take("initiator", *VENDORS)
    for part in root.bodies():
        for step in part.steps.values():
            _find_in_step(Place(part, step.id), step, sources, notes)
        for way in part.ways:
            if way.condition is not None:
                _use_text(way.condition.text, Place(part, way.source), sources, chooses=True)
    return sources


def _find_in_step(place: Place, step: Step, sources: Sources, notes: Notes) -> None:
    node = step.node
    if node is None:
        return
    if node.kind == "userTask":
        fields = read_form(node.element, notes)
        started = {asked.name for asked in sources.starting}
        sources.forms[step.id] = fields
        for asked in fields if node.loop is None or node.loop.kind == "standard" else ():
            given = asked.name in sources.givers or asked.name in started
            if asked.writable or not given:
                asked.writable = True
                sources.givers[asked.name].append(Giver(place, asked=asked))
    for name in _PEOPLE:
        _use_person(node.element.take(name, *VENDORS), sources)
        for extensions in node.element.all("extensionElements"):
            for zeebe in extensions.all("assignmentDefinition", ZEEBE):
                _use_person(zeebe.take(name), sources)
    many = read_many(node.loop.element) if node.loop and node.loop.kind != "standard" else None
    if many is not None and many.collection:
        sources.uses[tuple(many.collection.split("."))].append(Use(place, "list", chooses=False))
    for text in _texts(node):
        _use_text(text, place, sources)


def _use_person(text: str, sources: Sources) -> None:
    if not is_expression(text):
        return
    try:
        expression = read_expression(text)
    except Unreadable:
        return
    if isinstance(expression, Variable):
        sources.people.add(".".join(expression.path))


def _use_text(text: str, place: Place, sources: Sources, *, chooses: bool = False) -> None:
    try:
        expression = read_expression(text)
    except Unreadable:
        return
    if is_expression(text) or isinstance(expression, Operation):
        sources.use(expression, place, chooses=chooses)


def _texts(node: FlowNode) -> Iterator[str]:
    """Every text of an element that may be an expression, but those of the nodes inside it."""
    stack = [node.element]
    while stack:
        element = stack.pop()
        for (_, name), value in element.attributes.items():
            if is_expression(value) and name not in _PEOPLE:
                yield value
        if is_expression(element.text):
            yield element.text
        stack.extend(
            child
            for child in element.children
            if child.name[0] != BPMN or child.local not in (*NODES, "sequenceFlow")
        )


def results_of(node: FlowNode) -> list[str]:
    """The variables that a task's own work gives, besides a form."""
    element = node.element
    found = [element.take(name, *VENDORS) for name in ("resultVariable", "resultVariableName")]
    for extensions in element.all("extensionElements"):
        for mapping in extensions.all("inputOutput", *VENDORS):
            found += [output.take("name") for output in mapping.all("outputParameter", *VENDORS)]
        for mapping in extensions.all("ioMapping", ZEEBE):
            found += [output.take("target") for output in mapping.all("output", ZEEBE)]
        for tag in ("calledDecision", "script"):
            found += [called.take("resultVariable") for called in extensions.all(tag, ZEEBE)]
    return [name for name in dict.fromkeys(found) if name]
