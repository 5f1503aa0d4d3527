"""From a process's normal form to the nodes and edges of a flow."""

from __future__ import annotations

from workflows.bpmn.context import Context, Document, Work
from workflows.bpmn.deciding import add_decision
from workflows.bpmn.doing import Own
from workflows.bpmn.drawing import Drawing
from workflows.bpmn.failing import (
    FAILING,
    Failure,
    ask_outcome,
    failures_of,
    is_thrown,
    path_of,
)
from workflows.bpmn.own import kind_of, settings_of
from workflows.bpmn.racing import add_race, boundary
from workflows.bpmn.skeleton import Skeleton, Step, Way
from workflows.bpmn.tasks import task_node
from workflows.bpmn.xml import GONGDAN


def compose(part: Skeleton, context: Context) -> Document:
    """The start, nodes and edges of a process or of what is inside a sub-process."""
    drawing = Drawing(context, part)
    for step in part.steps.values():
        if step.kind == "event":  # it may take the place of what it waits for
            add_race(drawing, step)
    for step in part.steps.values():
        if step.id not in drawing.inlets:
            _add(drawing, step)
    for way in part.ways:
        if way not in drawing.left_out:
            _add_edge(drawing, way)
    nodes = [node for step in part.steps for node in drawing.nodes[step]]
    start = drawing.inlets.get(part.start, "")
    return {"start": start, "nodes": nodes, "edges": drawing.edges}


def _add(drawing: Drawing, step: Step) -> None:
    match step.kind:
        case "task":
            _add_task(drawing, step)
        case "end":
            _add_end(drawing, step)
        case "parallel":
            drawing.inlets[step.id] = drawing.node(step, "parallel")
        case _:
            add_decision(drawing, step)


def _add_end(drawing: Drawing, step: Step) -> None:
    settings: Document = {"terminate": True} if step.terminate else {}
    if step.fails is not None:
        settings["fails"] = drawing.context.reasons.of(step.fails)
    drawing.inlets[step.id] = drawing.node(step, "end", **settings)


def _add_task(drawing: Drawing, step: Step) -> None:
    context = drawing.context
    assert step.node is not None  # only an element does something
    work = Work(step, step.node, drawing.place(step), context.ids.of(step.id))
    ways = drawing.leaves[step.id]
    failures = failures_of(step, ways, context)
    made = task_node(work, context, lambda part: compose(part, context), failures)
    drawing.inlets[step.id] = made["id"]
    drawing.nodes[step.id].append(made)
    if made["kind"] == "decision":  # a script
        drawing.says.update((way, {"otherwise": True}) for way in ways if way.event is None)
    by_hand = made["kind"] not in FAILING and not isinstance(context.doings[step.id], Own)
    if failures and by_hand:
        _add_outcome(drawing, step, made, failures)


def _add_outcome(drawing: Drawing, step: Step, made: Document, failures: list[Failure]) -> None:
    """Whoever does by hand what can fail says how it ended."""
    decision = drawing.node(step, "decision", "outcome")
    drawing.link(made["id"], decision)
    for failure, when in zip(failures, ask_outcome(made, failures), strict=True):
        drawing.says[failure.way] = {"from": decision, "when": when}
    for way in drawing.leaves[step.id]:
        if way.event is None and way.rethrows is None:
            drawing.says[way] = {"from": decision, "otherwise": True}
    drawing.warn(step, "BPMN_ERROR_BY_HAND", "a person does what may fail, and says how it ended")


def _add_edge(drawing: Drawing, way: Way) -> None:
    source, target = drawing.inlets.get(way.source), drawing.inlets.get(way.target)
    if source is None or target is None:
        return  # it was refused
    notes = drawing.context.notes
    edge: Document = {"from": source, "to": target}
    for drawn in (way.flow, way.event):
        if drawn is not None and "name" not in edge and drawn.name:
            edge["name"] = notes.title(drawn.name, "", drawn.element)
    edge |= drawing.says[way] if way in drawing.says else _leaving(drawing, way)
    if way.flow is not None:
        edge |= settings_of(way.flow.element, notes)
    if not _escalates(drawing, way, target):
        drawing.edges.append(_told_apart(drawing, way, edge))


def _told_apart(drawing: Drawing, way: Way, edge: Document) -> Document:
    """An edge, through a node of its own where it would be the same as another: a join may wait for
    both."""
    step = drawing.part.steps[way.source]
    ours = step.node is not None and kind_of(step.node.element)
    if edge not in drawing.edges or way.flow is None or ours:
        return edge
    between = drawing.node(step, "decision", f"else/{way.flow.id}")
    drawing.link(between, edge["to"], otherwise=True)
    return {**edge, "to": between}


def _escalates(drawing: Drawing, way: Way, target: str) -> bool:
    """True of a boundary event of ours that stands for an escalation of the task's sla."""
    number = way.event.element.take("escalation", GONGDAN) if way.event else ""
    sla = drawing.nodes[way.source][0].get("sla") if number.isdecimal() else None
    levels = sla.get("escalate") if isinstance(sla, dict) else None
    if not isinstance(levels, list) or int(number) >= len(levels):
        return False
    if isinstance(level := levels[int(number)], dict):
        level["take"] = target
    return True


def _leaving(drawing: Drawing, way: Way) -> Document:
    """What an edge says that leaves a node, done or before."""
    context = drawing.context
    step = drawing.part.steps[way.source]
    event = way.event
    ours = event is not None and kind_of(event.element)
    if is_thrown(way) and not ours:
        return path_of(*failures_of(step, [way], context))
    if event is None:
        return {}
    alongside = {} if event.interrupting else {"alongside": True}
    if ours:
        return context.waiting.own_boundary(event) | alongside
    if event.trigger.kind in ("timer", "message"):
        return boundary(event, drawing.place(step), context) | alongside
    context.notes.error(
        "BPMN_CONSTRUCT_UNSUPPORTED",
        f"a flow waits for no {event.trigger.kind}",
        event.element,
        "draw it another way",
    )
    return {}
