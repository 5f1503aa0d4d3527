"""The verdict on a BPMN file as it is: can every run of it finish, and finish properly?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from workflows.bpmn.control import Control, control_of
from workflows.bpmn.normal_form import build_skeleton
from workflows.bpmn.notes import Notes
from workflows.bpmn.parse import File
from workflows.bpmn.skeleton import Skeleton
from workflows.compiler.diagnostics import Diagnostic, Firing, Severity
from workflows.compiler.failing import Beat, FailingRun, beats
from workflows.compiler.soundness import Firing as ControlFiring
from workflows.compiler.soundness import Flaw, Marking, Problem, prove

_JOIN: Final = "a join waits for a branch that may never come: join with the kind that splits"
#: Of each flaw: its code, what it says of the elements concerned, and what to do.
_FLAWS: Final = {
    Flaw.SECOND_TOKEN: (
        "BPMN_UNSOUND_SECOND_TOKEN",
        "{} can be entered a second time while it is still under way",
        "join the branches in front of it",
    ),
    Flaw.SAME_END_TWICE: (
        "BPMN_UNSOUND_SAME_END",
        "two branches of one run can come to {}",
        "join the branches in front of it, or give each an end of its own",
    ),
    Flaw.DEADLOCK: ("BPMN_UNSOUND_DEADLOCK", "a run can stand still for ever at {}", _JOIN),
    Flaw.LEFT_TOKEN: (
        "BPMN_UNSOUND_LEFT_TOKEN",
        "a run can come to an end and leave something waiting for ever at {}",
        _JOIN,
    ),
    Flaw.CANNOT_FINISH: (
        "BPMN_UNSOUND_NO_END",
        "a run can come to {} and go on from there without ever ending",
        "draw a way from there to an end",
    ),
    Flaw.DEAD_STEP: (
        "BPMN_UNSOUND_DEAD_NODE",
        "no run ever comes to {}",
        "draw a way to it, or remove it",
    ),
    Flaw.UNDECIDED: (
        "BPMN_UNSOUND_UNDECIDED",
        "there are too many ways in which branches can go on side by side to prove that it finishes",
        "put branches that belong together into a sub-process",
    ),
}


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdict.

    Attributes:
        sound: None where the file holds a construct outside the proof, or is malformed.
    """

    sound: bool | None
    flaws: tuple[Diagnostic, ...]


def prove_file(file: File, notes: Notes) -> Checked:
    """Prove all processes of a file, or the one that may be executed.

    Several processes that only messages hold together are beyond the proof, unless one of them is
    unsound by itself.
    """
    if notes.refused:
        return Checked(None, ())
    skeletons = [build_skeleton(process.scope, Notes()) for process in file.chosen]
    verdicts: list[bool | None] = [None] if len(skeletons) != 1 else []
    flaws: list[Diagnostic] = []
    for part in (part for skeleton in skeletons for part in skeleton.bodies()):
        sound, found = _prove(part)
        verdicts.append(sound)
        flaws.extend(found)
    if False in verdicts:
        return Checked(False, tuple(flaws))
    return Checked(None if None in verdicts else True, tuple(flaws))


def _prove(part: Skeleton) -> tuple[bool | None, list[Diagnostic]]:
    if not part.provable:
        return None, []
    control = control_of(part)
    verdict = prove(control.graph)
    return verdict.sound, [_unsound(problem, part, control) for problem in verdict.problems]


def _unsound(problem: Problem, part: Skeleton, control: Control) -> Diagnostic:
    code, message, hint = _FLAWS[problem.flaw]
    flows = [control.flows[line] for line in problem.lines if control.flows.get(line)]
    nodes = [control.elements[step] for step in problem.steps]
    named = list(dict.fromkeys([*nodes, *flows])) or [part.scope.id]
    lines = {node.id: node.element.line for node in part.scope.nodes.values()}
    lines |= {flow.id: flow.element.line for flow in part.scope.flows}
    return Diagnostic(
        code=code,
        severity=Severity.ERROR,
        node=named[0],
        field="",
        line=lines.get(named[0], part.scope.element.line),
        message=message.format(", ".join(named)),
        hint=hint,
        trace=tuple(_trace(problem.trace, part, control)),
    )


def _trace(
    firings: tuple[ControlFiring, ...], part: Skeleton, control: Control
) -> Iterator[Firing]:
    """A run in the file's words; what the file leaves unsaid is left out."""
    if firings and part.begins is not None:
        yield Firing(part.begins.source, "done", (part.begins.id,))
    for firing in firings:
        if firing.how == "enters":
            continue
        node = control.elements[firing.step]
        takes = tuple(flow for line in firing.took if (flow := control.flows.get(line)))
        by = next((control.events[line] for line in firing.took if line in control.events), "")
        if takes or by or not firing.took:
            yield Firing(node, by or "done", takes)


def failing_runs(file: File) -> list[FailingRun]:
    """The runs that show what is unsound in a file, token by token, in its own words."""
    skeletons = [build_skeleton(process.scope, Notes()) for process in file.chosen]
    found: list[FailingRun] = []
    for part in (part for skeleton in skeletons for part in skeleton.bodies()):
        if not part.provable:
            continue
        control = control_of(part)
        for problem in prove(control.graph).problems:
            if problem.trace:
                played = tuple(_named(beat, control) for beat in beats(control.graph, problem))
                found.append(FailingRun(problem.flaw, part.scope.id, played))
    return found


def _named(beat: Beat, control: Control) -> Beat:
    marking = Marking(
        tuple(control.elements[step] for step in beat.marking.steps),
        tuple(control.flows.get(line) or line for line in beat.marking.lines),
        tuple(control.elements[step] for step in beat.marking.ends),
    )
    by = control.events.get(beat.by) or control.flows.get(beat.by) or beat.by
    takes = tuple(flow for line in beat.takes if (flow := control.flows.get(line)))
    return Beat(control.elements.get(beat.node, beat.node), by, takes, marking)
