"""Gateways that choose: as the file's conditions say, or as a person does."""

from __future__ import annotations

from workflows.bpmn.choosing import Choice, choose, label, own_guard
from workflows.bpmn.drawing import Drawing
from workflows.bpmn.own import kind_of
from workflows.bpmn.skeleton import Step, Way


def add_decision(drawing: Drawing, step: Step) -> None:
    """Draw an exclusive or inclusive gateway, with a form in front of it where a person chooses."""
    ways = drawing.leaves[step.id]
    if step.id == drawing.part.start and drawing.part.starts:
        _add_beginning(drawing, step, ways)
    elif step.node is not None and kind_of(step.node.element):
        add_own_decision(drawing, step)
    else:
        _add_choice(drawing, step, ways)


def add_own_decision(drawing: Drawing, step: Step) -> None:
    """Draw a decision of ours as it was exported."""
    mode = {} if step.kind == "exclusive" else {"mode": step.kind}
    drawing.inlets[step.id] = drawing.node(step, "decision", **mode)
    if step.kind != "event":
        drawing.says.update((way, own_guard(way)) for way in drawing.leaves[step.id])


def _add_choice(drawing: Drawing, step: Step, ways: list[Way]) -> None:
    context = drawing.context
    several = step.kind == "inclusive"
    asking = context.ids.of(f"{step.id}/ask")
    place = drawing.place(step)
    choice = choose(ways, place, asking, context.variables, context.notes, several=several)
    decision = _nodes(drawing, step, choice, asking, several=several)
    for way, guard in zip(ways, choice.guards, strict=True):
        drawing.says[way] = {"from": decision, **guard}
    if choice.fallback is not None:
        merge = drawing.node(step, "decision", "else")
        drawing.link(decision, merge, **_only(drawing.says[choice.fallback]))
        drawing.link(decision, merge, otherwise=True)
        drawing.says[choice.fallback] = {"from": merge, "otherwise": True}


def _only(says: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in says.items() if key != "from"}


def _nodes(drawing: Drawing, step: Step, choice: Choice, asking: str, *, several: bool) -> str:
    """The decision, and what stands in front of it; the decision's id."""
    mode = {"mode": "inclusive"} if several else {}
    if not choice.asked:
        drawing.inlets[step.id] = drawing.node(step, "decision", **mode)
        return drawing.inlets[step.id]
    joins = several and sum(way.target == step.id for way in drawing.part.ways) > 1
    if joins:  # it waits first, then a person chooses, then it splits
        drawing.inlets[step.id] = drawing.node(step, "decision", **mode)
        drawing.link(drawing.inlets[step.id], asking)
    _ask(drawing, step, choice, several=several)
    decision = drawing.node(step, "decision", "split" if joins else "", **mode)
    drawing.inlets.setdefault(step.id, asking)
    drawing.link(asking, decision)
    return decision


def _ask(drawing: Drawing, step: Step, choice: Choice, *, several: bool) -> None:
    """A form in which a person says which way to go."""
    options = []
    for value, way in choice.asked.items():
        target = drawing.part.steps[way.target].of
        name = (target.name or target.id) if target else value
        options.append({"value": value, "name": label(way, name)})
    field_id, kind = ("ways", "choices") if several else ("way", "choice")
    asked = {"id": field_id, "kind": kind, "name": "去向", "name_en": "Way", "required": True}
    drawing.node(
        step,
        "form",
        "ask",
        assignee=drawing.decider(step),
        form=[{**asked, "options": options}],
    )
    drawing.warn(
        step,
        "BPMN_CHOICE_BY_HAND",
        "no condition says which way is taken; a person chooses",
        "write conditions into the flow",
    )


def _add_beginning(drawing: Drawing, step: Step, ways: list[Way]) -> None:
    """Several start events: what a case starts with says which of them began it."""
    context = drawing.context
    starts = drawing.part.starts
    decision = drawing.inlets[step.id] = drawing.node(step, "decision")
    field_id = context.variables.input_id("begins_with")
    options = []
    for number, (start, way) in enumerate(zip(starts, ways, strict=True), 1):
        name = context.notes.title(start.name, start.id, start.element)
        options.append({"value": f"start_{number}", "name": name})
        when = f'inputs.{field_id} == "start_{number}"'
        drawing.says[way] = {"from": decision, "when": when}
    drawing.says[ways[-1]] = {"from": decision, "otherwise": True}
    asked = {"id": field_id, "kind": "choice", "name": "开始方式", "name_en": "Begins with"}
    context.variables.written.inputs.append({**asked, "required": True, "options": options})
    drawing.warn(
        step,
        "BPMN_STARTS",
        f"of {', '.join(start.id for start in starts)}, whoever starts a case says which",
        "publish a flow for each of them if they are different things",
    )
