"""The nodes that do something: forms, calls, waits and sub-processes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeAlias

from workflows.bpmn.calls import call_input, flow_input
from workflows.bpmn.context import Context, Document, Work, described, remarks
from workflows.bpmn.doing import (
    ByCall,
    ByComputing,
    ByFlow,
    ByPerson,
    ByWaiting,
    Own,
    Refused,
    implementation_of,
)
from workflows.bpmn.failing import Failure
from workflows.bpmn.forms import Asked
from workflows.bpmn.juel import Expression, Unreadable, read_expression
from workflows.bpmn.naming import slug
from workflows.bpmn.repeating import body_of_task, countersign, repeated, repetition_of_ours
from workflows.bpmn.skeleton import Skeleton
from workflows.bpmn.sources import Place
from workflows.bpmn.translate import Kind, Known
from workflows.bpmn.xml import GONGDAN

#: Draws what is inside a sub-process.
Body: TypeAlias = Callable[[Skeleton], Document]
#: The type of a computed field, where it is not a text.
_COMPUTED: Final[dict[Kind, str]] = {
    kind: kind for kind in ("int", "decimal", "bool", "date", "timestamp")
}


def task_node(work: Work, context: Context, body: Body, failures: list[Failure]) -> Document:
    """The node of a step that does something, and may fail in some ways."""
    if isinstance(own := context.doings[work.step.id], Own):
        return _own(own.kind, work, context, body)
    assigned = context.variables.written.assign.get(work.step.id)
    assign: Document = {"assign": assigned} if assigned else {}
    if work.node.loop is None or work.node.loop.kind == "standard":
        return _once(work, context, body) | assign
    if not failures and (signed := countersign(work, context)) is not None:
        return signed
    if work.step.body is not None:
        return repeated(work, context, body(work.step.body)) | assign
    once = _once(replace(work, id=context.ids.of(f"{work.step.id}/one")), context, body)
    return repeated(work, context, body_of_task(once, work, context, failures)) | assign


def _own(kind: str, work: Work, context: Context, body: Body) -> Document:
    """A node of ours, from what BPMN says of it and its settings."""
    found = described(work.node, work.id, kind, context.notes)
    match kind:
        case "form" | "approval" | "confirm" if "assignee" not in found:
            found["assignee"] = context.people.rule(work.node, work.place)
        case "service":
            found["rpc"] = work.node.element.take("rpc", GONGDAN)
        case "wait":
            found = context.waiting.own(work.node) | found
        case "subflow" if work.step.body is None:
            found["flow"] = work.node.element.take("calledElement")
        case "for_each" if work.node.loop is not None:
            found |= repetition_of_ours(work.node.loop)
    if work.step.body is not None:
        found["body"] = body(work.step.body)
    return found


def _once(work: Work, context: Context, body: Body) -> Document:
    match context.doings[work.step.id]:
        case ByPerson(instead):
            return _form(work, context, instead=instead)
        case ByCall(rpc):
            written = call_input(work.node, work.place, context.variables, context.notes)
            found = described(work.node, work.id, "service", context.notes) | {"rpc": rpc.name}
            return found | ({"input": written} if written else {})
        case ByComputing(assigned):
            return _computing(work, context, assigned)
        case ByWaiting(event):
            waiting = context.waiting
            read = waiting.event if event else waiting.time
            return described(work.node, work.id, "wait", context.notes) | read(
                work.node, work.place
            )
        case ByFlow(flow):
            return _subflow(work, context, flow, body)
        case Own(kind):
            return _own(kind, work, context, body)
        case Refused(why):
            context.notes.error(
                "BPMN_CONSTRUCT_UNSUPPORTED", why, work.node.element, "draw it another way"
            )
            return described(work.node, work.id, "form", context.notes) | {"form": remarks()}


def _form(work: Work, context: Context, *, instead: bool) -> Document:
    if instead:
        carried = implementation_of(work.node) or work.node.trigger.name
        context.notes.warning(
            "BPMN_TASK_BY_HAND",
            f"the catalogue does not know {carried!r}; a person does it"
            if carried
            else "nothing says what carries it out; a person does it",
            work.node.element,
            "name an RPC of the catalogue with gongdan:rpc, or an event with gongdan:event",
        )
    found = described(work.node, work.id, "form", context.notes)
    found["assignee"] = context.people.rule(work.node, work.place)
    asked = context.sources.forms.get(work.step.id, [])
    found["form"] = [_field(each, work.place, context) for each in asked] or remarks()
    if deadline := context.people.deadline(work.node):
        found["sla"] = deadline
    return found


def _field(asked: Asked, place: Place, context: Context) -> Document:
    if not asked.writable:
        return _shown(asked, place, context)
    if not asked.default:
        return asked.settings
    try:
        default = context.variables.text(read_expression(asked.default), place, asked.kind)
    except Unreadable as error:
        context.notes.warning(
            "BPMN_FIELD_RULE",
            f"the default {asked.default!r} of {asked.name!r} cannot be computed: {error}",
            asked.element,
        )
        return asked.settings
    return {**asked.settings, "default": f"={default}"}


def _shown(asked: Asked, place: Place, context: Context) -> Document:
    """A field that is only shown: that of an earlier form, or what it computes."""
    try:
        known = context.variables.known((asked.name,), place)
        text = context.variables.text(read_expression(asked.name), place)
    except Unreadable:
        known, text = Known('""', "string"), '""'
    giver, _, field = known.text.partition(".")
    if giver not in ("inputs", "data", "case") and field:
        return {"field": known.text, "id": asked.id}
    shown = {"id": asked.id, "kind": "computed", "name": asked.settings["name"]}
    return shown | {"compute": text, "value": _COMPUTED.get(known.kind, "string")}


def _computing(
    work: Work, context: Context, assigned: tuple[tuple[str, Expression], ...]
) -> Document:
    values: dict[str, str] = {}
    for name, expression in assigned:
        try:
            variable, text = context.variables.assigned(name, expression, work.place)
        except Unreadable as error:
            context.notes.error(
                "BPMN_SCRIPT",
                f"{name!r} cannot be set: {error}",
                work.node.element,
                "set it in the flow by assign, or let a form ask for it",
            )
            continue
        values[variable] = text
    return described(work.node, work.id, "decision", context.notes) | {"assign": values}


def _subflow(work: Work, context: Context, flow: str, body: Body) -> Document:
    found = described(work.node, work.id, "subflow", context.notes)
    if work.step.body is None:
        found["flow"] = slug(flow) or "flow"
        if written := flow_input(work.node, work.place, context.variables, context.notes):
            found["input"] = written
        return found
    if work.node.kind == "transaction":
        context.notes.warning(
            "BPMN_NOT_CARRIED",
            "a transaction becomes an ordinary part of the flow",
            work.node.element,
            "what a failure undoes is said by compensation in the flow",
        )
    found["body"] = body(work.step.body)
    if output := context.variables.written.output.get(work.step.id):
        found["output"] = output
    return found
