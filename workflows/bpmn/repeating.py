"""What is done several times: for each of a list, or signed by several people."""

from __future__ import annotations

from typing import Final

from workflows.bpmn.context import Context, Document, Work, described
from workflows.bpmn.doing import ByPerson
from workflows.bpmn.failing import FAILING, Failure, ask_outcome, path_of
from workflows.bpmn.juel import Unreadable, read_expression, unwrapped
from workflows.bpmn.many import Many, read_many
from workflows.bpmn.model import Loop
from workflows.bpmn.own import own_text
from workflows.bpmn.translate import Known, Path, translated

_MOST_INSTANCES: Final = 100
#: The first completion is enough.
_FIRST: Final = (
    "nrOfCompletedInstances>=1", "nrOfCompletedInstances==1", "nrOfCompletedInstances>0",
)  # fmt: skip
#: The engine's counters as ours.
_COUNTERS: Final = {
    "nrOfCompletedInstances": Known("done", "int"),
    "nrOfInstances": Known("total", "int"),
    "nrOfActiveInstances": Known("(total - done)", "int"),
}


def countersign(work: Work, context: Context) -> Document | None:
    """A user task for each of a list of people, in whose name nothing else is asked, is one approval
    by them; None of any other."""
    loop = work.node.loop
    if loop is None or work.node.kind != "userTask" or context.sources.forms.get(work.step.id):
        return None
    many = read_many(loop.element)
    first = _first_is_enough(many)
    if unwrapped(context.people.assignee(work.node)) != many.element or not many.element:
        return None
    if not isinstance(context.doings[work.step.id], ByPerson) or (many.enough and not first):
        return None
    try:
        people = context.variables.text(read_expression(many.collection), work.place)
    except Unreadable:
        return None
    mode = "sequence" if loop.kind == "sequential" else "any" if first else "all"
    found = described(work.node, work.id, "approval", context.notes)
    found |= {"mode": mode, "assignee": {"person": f"={people}"}}
    if deadline := context.people.deadline(work.node):
        found["sla"] = deadline
    return found


def repeated(work: Work, context: Context, body: Document) -> Document:
    """A multi-instance activity, with what is done each time."""
    loop = work.node.loop
    assert loop is not None  # it is done many times
    many = read_many(loop.element)
    found = described(work.node, work.id, "for_each", context.notes)
    found["items"] = _items(work, context, many)
    if many.element:
        found["element"] = context.variables.element_id(many.element)
    else:
        found["element"] = context.ids.of(f"{work.step.id}/element", "element")
    if loop.kind == "sequential":
        found["mode"] = "one_by_one"
    found["body"] = body
    if many.enough is not None and (enough := _enough(work, context, many)):
        found["enough"] = enough
    return found


def body_of_task(once: Document, work: Work, context: Context, failures: list[Failure]) -> Document:
    """A body in which a task is done once; what fails in it ends it by that failure."""
    ids, step = context.ids, work.step.id
    done = {"id": ids.of(f"{step}/done"), "kind": "end", "name": "完成", "name_en": "Done"}
    ends: list[Document] = [
        {"id": ids.of(f"{step}/failed/{failure.reason}"), "kind": "end", "name": failure.name}
        | {"fails": failure.reason}
        for failure in failures
    ]
    nodes, edges = [once], []
    source = once["id"]
    if not failures or once["kind"] in FAILING:
        says = [path_of(failure) for failure in failures]
    else:
        source = ids.of(f"{step}/outcome")
        nodes.append({"id": source, "kind": "decision", "name": "办理结果", "name_en": "Outcome"})
        edges.append({"from": once["id"], "to": source})
        says = [{"when": when} for when in ask_outcome(once, failures)]
    for end, path in zip(ends, says, strict=True):
        edges.append({"from": source, "to": end["id"], **path})
    decides = source != once["id"] or once["kind"] == "decision"  # a script
    edges.append({"from": source, "to": done["id"], **({"otherwise": True} if decides else {})})
    return {"start": once["id"], "nodes": [*nodes, *ends, done], "edges": edges}


def _items(work: Work, context: Context, many: Many) -> str:
    try:
        if many.collection:
            expression = read_expression(many.collection)
            return "=" + context.variables.text(expression, work.place, "list")
        count = many.count if many.count.isascii() and many.count.isdigit() else ""
        if 0 < len(count) < 4 and 1 <= int(count) <= _MOST_INSTANCES:
            return f"=[{', '.join(map(str, range(1, int(count) + 1)))}]"
        raise Unreadable("a list or a number of times is needed")
    except Unreadable as error:
        context.notes.error(
            "BPMN_MULTI_INSTANCE",
            f"what it is done for cannot be carried over: {error}",
            work.node.element,
            f"name a list, or a number from 1 to {_MOST_INSTANCES}",
        )
        return "=[1]"


def _enough(work: Work, context: Context, many: Many) -> str:
    """The completion condition, with the engine's counters as ours."""
    assert many.enough is not None

    def resolve(path: Path) -> Known:
        return _COUNTERS.get(path[0]) or context.variables.known(path, work.place)

    try:
        return translated(read_expression(many.enough.expression()), resolve, "bool")[0]
    except Unreadable as error:
        context.notes.warning(
            "BPMN_CONDITION_UNREADABLE",
            f"the completion condition cannot be carried over: {error}; all are waited for",
            work.node.element,
            "write it into the flow as enough, with done and total",
        )
        return ""


def _first_is_enough(many: Many) -> bool:
    if many.enough is None:
        return False
    return unwrapped(many.enough.expression()).replace(" ", "") in _FIRST


def repetition_of_ours(loop: Loop) -> Document:
    """How often a body of ours is lived through, as far as BPMN says it."""
    found: Document = {"mode": "one_by_one"} if loop.kind == "sequential" else {}
    count = loop.element.child("loopCardinality")
    length = own_text(count) if count is not None else None
    if length is not None:
        found["items"] = "=" + length.removeprefix("size(").removesuffix(")")
    enough = loop.element.child("completionCondition")
    if enough is not None and (condition := own_text(enough)) is not None:
        found["enough"] = condition
    return found
