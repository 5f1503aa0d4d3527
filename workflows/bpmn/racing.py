"""Event-based gateways: whichever comes first."""

from __future__ import annotations

from workflows.bpmn.context import Context, Document, remarks
from workflows.bpmn.deciding import add_own_decision
from workflows.bpmn.doing import ByWaiting
from workflows.bpmn.drawing import Drawing
from workflows.bpmn.model import FlowNode
from workflows.bpmn.own import kind_of
from workflows.bpmn.skeleton import Step
from workflows.bpmn.sources import Place


def add_race(drawing: Drawing, step: Step) -> None:
    """Draw an event-based gateway, and where a person says what came, the events after it."""
    if step.node is not None and kind_of(step.node.element):
        add_own_decision(drawing, step)
        return
    waits = [drawing.part.steps[way.target] for way in drawing.leaves[step.id]]
    odd = [one for one in waits if not _waits(one)]
    for one in odd:
        drawing.context.notes.error(
            "BPMN_EVENT_GATEWAY",
            f"an event-based gateway leads to {one.id!r}, which does not wait for an event",
            step.of.element if step.of else None,
            "lead it to message or timer events, or to receive tasks",
        )
    doings = drawing.context.doings
    by_hand = [one for one in waits if not isinstance(doings.get(one.id), ByWaiting)]
    if odd or not by_hand:
        drawing.inlets[step.id] = drawing.node(step, "decision", mode="event")
    else:
        _race_by_hand(drawing, step, waits, by_hand)


def _race_by_hand(drawing: Drawing, step: Step, waits: list[Step], by_hand: list[Step]) -> None:
    """Where not every message is an event of the catalogue, a person says which one came; the
    timers and known events end the waiting."""
    node_id = drawing.node(step, "form", assignee=drawing.decider(step))
    drawing.inlets[step.id] = node_id
    made = drawing.nodes[step.id][-1]
    drawing.left_out.update(drawing.leaves[step.id])
    decision = drawing.node(step, "decision", "outcome") if len(by_hand) > 1 else ""
    if decision:
        drawing.link(node_id, decision)
    options: list[Document] = []
    for one in waits:
        _check_alone(drawing, one)
        drawing.inlets[one.id] = node_id
        if one not in by_hand:
            says = {"from": node_id, **_ending(one, drawing)}
        elif not decision:
            says = {"from": node_id}
        else:
            value = f"came_{len(options) + 1}"
            options.append({"value": value, "name": _name(one, drawing)})
            last = one is by_hand[-1]
            guard = {"otherwise": True} if last else {"when": f'{node_id}.came == "{value}"'}
            says = {"from": decision, **guard}
        drawing.says.update((way, says) for way in drawing.leaves[one.id])
    asked = {"id": "came", "kind": "choice", "name": "收到", "name_en": "What came"}
    made["form"] = [{**asked, "required": True, "options": options}] if decision else remarks()
    drawing.warn(
        step,
        "BPMN_TASK_BY_HAND",
        "the catalogue does not know every message; a person says which one came",
        "name events of the catalogue with gongdan:event",
    )


def _check_alone(drawing: Drawing, one: Step) -> None:
    if sum(way.target == one.id for way in drawing.part.ways) > 1:
        drawing.context.notes.error(
            "BPMN_EVENT_GATEWAY",
            "an event after an event-based gateway has one way in",
            one.of.element if one.of else None,
            "give the other way an event of its own",
        )


def _name(one: Step, drawing: Drawing) -> str:
    assert one.node is not None  # it waits for something
    name = one.node.name or one.node.trigger.name
    return drawing.context.notes.title(name, one.id, one.node.element)


def _ending(one: Step, drawing: Drawing) -> Document:
    """What the edge says through which an event ends the waiting."""
    assert one.node is not None  # it waits for something
    says = boundary(one.node, drawing.place(one), drawing.context)
    return {**says, "name": _name(one, drawing)} if one.node.name else says


def boundary(node: FlowNode, place: Place, context: Context) -> Document:
    """What an edge says that ends a wait before it is done: a time, or an event."""
    if node.trigger.kind == "timer":
        return context.waiting.after(node)
    return {"on": "event", **context.waiting.event(node, place)}


def _waits(step: Step) -> bool:
    return step.node is not None and step.node.kind in ("receiveTask", "intermediateCatchEvent")
