"""The proof that a graph is sound, as operators read it.

``workflows.compiler.soundness`` knows steps and lines; here a graph becomes one, and what is wrong
with it becomes diagnostics that name nodes and edges and carry a run that shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from workflows.compiler.diagnostics import Firing
from workflows.compiler.draft import GraphDraft
from workflows.compiler.graph import walk
from workflows.compiler.report import Report, Spot
from workflows.compiler.soundness import (
    Boundary,
    ControlGraph,
    Flaw,
    Line,
    Problem,
    Step,
    legal_send_backs,
    prove,
)
from workflows.compiler.soundness import End as ControlEnd
from workflows.compiler.soundness import Firing as ControlFiring
from workflows.compiler.ways import Way
from workflows.language.nodes import Decision, End, NodeDefinition, Parallel


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proven of a graph.

    Attributes:
        sound: None when it could not be decided.
        control: the graph as the proof saw it; None when there was nothing to prove.
        returns: for each node of a sound graph on which a token rests, where it may be sent back,
            from the start on.
    """

    sound: bool | None
    control: ControlGraph | None = None
    returns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def prove_sound(draft: GraphDraft, ways: Iterable[Way], report: Report) -> Proof:
    """Prove that whatever happens the graph can finish, and finishes with nothing left over."""
    control = control_graph(draft, ways)
    verdict = prove(control)
    places = {node.id: spot for node, spot in draft.nodes}
    behind = _behind(control, verdict.problems)
    for problem in verdict.problems:
        _tell(problem, control, places, draft.spot, behind, report)
    if not verdict.sound:
        return Proof(verdict.sound, control)
    legal = legal_send_backs(control)
    return Proof(True, control, {node: tuple(reversed(targets)) for node, targets in legal.items()})


def control_graph(draft: GraphDraft, ways: Iterable[Way]) -> ControlGraph:
    """What the graph's soundness depends on, and nothing else."""
    return ControlGraph(
        start=draft.start,
        steps=tuple(_step(node) for node, _ in draft.nodes),
        lines=tuple(_line(way) for way in ways),
    )


def _step(node: NodeDefinition) -> Step:
    match node:
        case End():
            return Step(node.id, end=_end(node))
        case Parallel():
            return Step(node.id, waits_for="all", gives="all")
        case Decision(mode="inclusive"):
            return Step(node.id, waits_for="some", gives="some")
        case Decision():
            return Step(node.id, gives="one")
        case _:
            return Step(node.id, resting=True)


def _end(node: End) -> ControlEnd:
    if node.fails:
        return "error"
    return "terminate" if node.terminate else "plain"


def _line(way: Way) -> Line:
    boundary: Boundary | None = None
    if way.boundary:
        boundary = "alongside" if way.alongside else "interrupting"
    default = way.edge is not None and way.edge.otherwise
    always = way.edge is not None and way.edge.when is None and not default
    return Line(way.id, way.source, way.target, boundary, always=always, default=default)


@dataclass(frozen=True, slots=True)
class _Words:
    """How a flaw is told: its code, what it says of the nodes concerned, and a way out."""

    code: str
    message: str
    hint: str


_WORDS: Final = {
    Flaw.SECOND_TOKEN: _Words(
        "FLOW_UNSOUND_SECOND_TOKEN",
        "{} can be entered a second time while it is still under way",
        "bring the branches that lead there together in a parallel before it",
    ),
    Flaw.SAME_END_TWICE: _Words(
        "FLOW_UNSOUND_SAME_END",
        "two branches of one run can come to {}",
        "bring the branches together in a parallel before it, or give each an end of its own",
    ),
    Flaw.DEADLOCK: _Words(
        "FLOW_UNSOUND_DEADLOCK",
        "a run can stand still for ever at {}",
        "lead every branch that is waited for there",
    ),
    Flaw.LEFT_TOKEN: _Words(
        "FLOW_UNSOUND_LEFT_TOKEN",
        "a run can come to an end and leave something waiting for ever at {}",
        "lead every branch that is waited for there, or let the end terminate",
    ),
    Flaw.CANNOT_FINISH: _Words(
        "FLOW_NODE_NO_END",
        "a run can come to {} and go on from there without ever ending",
        "draw a way from there to an end",
    ),
    Flaw.DEAD_STEP: _Words(
        "FLOW_UNSOUND_DEAD_NODE",
        "no run ever comes to {}",
        "what it waits for never comes together; lead all of it there, or remove the node",
    ),
    Flaw.UNDECIDED: _Words(
        "FLOW_UNSOUND_UNDECIDED",
        "there are too many ways in which branches can go on side by side to prove that it finishes",
        "put branches that belong together into a subflow",
    ),
}


def _behind(control: ControlGraph, problems: Iterable[Problem]) -> frozenset[str]:
    """The steps behind those at which a run stands still: no wonder that nothing comes there."""
    stuck = [p for p in problems if p.flaw in (Flaw.DEADLOCK, Flaw.LEFT_TOKEN)]
    followers = {
        step.id: tuple(line.target for line in control.leaving[step.id]) for step in control.steps
    }
    return walk([step for problem in stuck for step in problem.steps], followers)


def _tell(
    problem: Problem,
    control: ControlGraph,
    places: Mapping[str, Spot],
    around: Spot,
    behind: frozenset[str],
    report: Report,
) -> None:
    words = _WORDS[problem.flaw]
    nodes = list(dict.fromkeys(problem.steps))
    nodes += [
        target
        for line in problem.lines
        if (target := _target(control, line)) and target not in nodes
    ]
    trace = tuple(_firing(firing) for firing in problem.trace if firing.how != "enters")
    hint = _missing_ways(problem, control, nodes) or words.hint
    groups = [nodes]
    if problem.flaw is Flaw.DEAD_STEP:
        groups = [[node] for node in nodes if node not in behind]
    for group in groups:
        names = ", ".join(map(repr, group))
        spot = places[group[0]] if group else around
        report.error(words.code, words.message.format(names), spot, hint, trace=trace)


def _target(control: ControlGraph, line: str) -> str:
    return next((each.target for each in control.lines if each.id == line), "")


def _missing_ways(problem: Problem, control: ControlGraph, nodes: list[str]) -> str:
    """What a parallel waits for in vain, which mostly is the other way out of a decision."""
    if problem.marking is None or problem.flaw not in (Flaw.DEADLOCK, Flaw.LEFT_TOKEN):
        return ""
    for node in nodes:
        if control.step[node].waits_for == "all":
            here = problem.marking.lines
            missing = [line.source for line in control.entering[node] if line.id not in here]
            names = " and ".join(map(repr, dict.fromkeys(missing)))
            return (
                f"{node!r} still waits for {names}; where only one of several ways is taken, bring "
                "them together in an ordinary node or a decision before the parallel"
            )
    return ""


def _firing(firing: ControlFiring) -> Firing:
    by = firing.took[0] if firing.how == "boundary" else "done"
    return Firing(firing.step, by, firing.took)
