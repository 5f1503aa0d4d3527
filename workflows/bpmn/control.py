"""A process's control graphs, one for it and one for each sub-process, for the proof of soundness.

A sub-process is a step of the graph around it. How it can be left follows from what is inside:
completed when it has an end that is not an error, and by each error that it throws itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from workflows.bpmn.skeleton import Skeleton, Step, StepKind, Way
from workflows.compiler import soundness
from workflows.compiler.soundness import ControlGraph, Line

_GATES: Final[dict[StepKind, tuple[soundness.Gate, soundness.Gate]]] = {
    "task": ("one", "all"),
    "exclusive": ("one", "one"),
    "event": ("one", "one"),
    "inclusive": ("some", "some"),
    "parallel": ("all", "all"),
    "end": ("one", "all"),
}
#: Boundary events through which a step is left because of something that happens inside it.
_THROWN: Final = ("error", "escalation")


@dataclass(frozen=True)
class Control:
    """One graph with the way back to the file.

    Attributes:
        elements: the BPMN element that each step stands for.
        flows: the sequence flow that each line stands for, or empty.
        events: the boundary event that each line stands for.
    """

    graph: ControlGraph
    elements: dict[str, str]
    flows: dict[str, str]
    events: dict[str, str]


def control_of(skeleton: Skeleton) -> Control:
    """The graph of a process, or of what is inside a sub-process."""
    steps: list[soundness.Step] = []
    lines: list[Line] = []
    flows: dict[str, str] = {}
    events: dict[str, str] = {}
    elements: dict[str, str] = {}
    catching = {
        way.source
        for way in skeleton.ways
        if way.rethrows or (way.event and way.event.trigger.kind in _THROWN)
    }
    conditional = {way.source for way in skeleton.ways if way.condition is not None}
    for step in skeleton.steps.values():
        elements[step.id] = step.of.id if step.of else skeleton.scope.id
        waits_for, gives = _GATES[step.kind]
        resting = step.kind == "task"
        steps.append(soundness.Step(step.id, waits_for, gives, _end(step), resting))
        if step.body is not None:
            steps.append(soundness.Step(_outcome(step), "one", "one"))
            elements[_outcome(step)] = elements[step.id]
            lines.append(Line(f"{step.id}/done", step.id, _outcome(step)))
    for number, way in enumerate(skeleton.ways):
        caught = way.source in catching and way.event is None and way.rethrows is None
        if caught and not _completes(skeleton.steps[way.source]):
            continue
        line = _line(skeleton, way, way.source in conditional, number)
        flows[line.id] = way.flow.id if way.flow else ""
        if way.event is not None:
            events[line.id] = way.event.id
        lines.append(line)
    graph = ControlGraph(skeleton.start, tuple(steps), tuple(lines))
    return Control(graph, elements, flows, events)


def _end(step: Step) -> soundness.End | None:
    if step.kind != "end":
        return None
    if step.fails is not None:
        return "error"
    return "terminate" if step.terminate else "plain"


def _outcome(step: Step) -> str:
    """The step that says how a sub-process was left from inside."""
    return f"{step.id}/outcome"


def _line(skeleton: Skeleton, way: Way, conditional: bool, number: int) -> Line:
    source = skeleton.steps[way.source]
    name = f"{way.flow.id}#{number}" if way.flow else f"{way.source}>{way.target}#{number}"
    inside = source.body is not None and (way.event is None or way.event.trigger.kind in _THROWN)
    if inside:
        return Line(name, _outcome(source), way.target)
    if way.rethrows is not None:
        return Line(name, way.source, way.target, "interrupting")
    if way.event is not None:
        boundary: soundness.Boundary = "interrupting" if way.event.interrupting else "alongside"
        return Line(name, way.source, way.target, boundary)
    some = source.kind == "inclusive"
    return Line(
        name,
        way.source,
        way.target,
        always=some and conditional and way.condition is None and not way.otherwise,
        default=some and way.otherwise,
    )


def _completes(step: Step) -> bool:
    """False of a sub-process that only ever ends by an error or an escalation."""
    inside = step.body.steps.values() if step.body is not None else ()
    return step.body is None or any(one.kind == "end" and one.fails is None for one in inside)
