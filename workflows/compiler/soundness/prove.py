"""The proof: whether every run of a control graph can finish, and finishes properly."""

from __future__ import annotations

from typing import Final

from workflows.compiler.soundness.control import ControlGraph
from workflows.compiler.soundness.explore import explore
from workflows.compiler.soundness.net import Net
from workflows.compiler.soundness.regular import regular_splits
from workflows.compiler.soundness.trace import find_doubled, find_problems
from workflows.compiler.soundness.verdict import Flaw, Marking, Problem, Verdict

#: How many markings are looked at to prove what can become of one, and to show a run that fails: it
#: is asked while a case waits.
_FROM: Final = 5_000
_SHOW: Final = 200


def prove(graph: ControlGraph) -> Verdict:
    """Prove a graph sound, or show by a shortest run why it is not.

    Dead steps are told where no place gets a second token; behind one, most would only seem dead.
    """
    found = explore(Net(graph, regular_splits(graph)), narrow=True)
    if found.proven:
        return Verdict(sound=True)
    net = Net(graph)
    if found.trapped:
        found = explore(net)
    problems = find_problems(net, found)
    if problems:
        return Verdict(sound=False, problems=tuple(problems))
    if found.proven:
        return Verdict(sound=True)
    return Verdict(sound=None, problems=(Problem(Flaw.UNDECIDED, steps=net.uncounted),))


def prove_from(graph: ControlGraph, start: Marking) -> Verdict:
    """Prove that every run that begins in a marking can finish, and finishes properly; or show by a
    run why not.

    The graph need not be sound otherwise, nor the marking one that an ordinary run comes to. What
    cannot occur from there is not told: most of a graph lies behind. Up to 5,000 markings are
    looked at; where that is too few, the verdict is undecided. A shortest run is looked for among
    two hundred.
    """
    doubled = find_doubled(start)
    if doubled is not None:
        return Verdict(sound=False, problems=(doubled,))
    behind = _never_split(graph, start)
    splits = regular_splits(graph, start) | behind
    found = explore(Net(graph, splits, start), budget=_FROM, narrow=True)
    if found.complete and not found.trapped:
        return Verdict(sound=True)
    net = Net(graph, behind, start)
    if found.trapped:
        found = explore(net, budget=_FROM)
    told = find_problems(net, found, budget=_SHOW, nearest=_SHOW)
    problems = tuple(problem for problem in told if problem.flaw is not Flaw.DEAD_STEP)
    if problems:
        return Verdict(sound=False, problems=problems)
    if found.complete and not found.trapped:
        return Verdict(sound=True)
    return Verdict(sound=None, problems=(Problem(Flaw.UNDECIDED, steps=net.uncounted),))


def _never_split(graph: ControlGraph, start: Marking) -> frozenset[str]:
    """The splits that give to some to which no token has a way any more."""
    ahead = {
        *start.steps,
        *(graph.line[line].target if line else graph.start for line in start.lines),
    }
    todo = list(ahead)
    while todo:
        new = {line.target for line in graph.leaving[todo.pop()]} - ahead
        ahead |= new
        todo.extend(new)
    return frozenset(
        step.id for step in graph.steps if step.gives == "some" and step.id not in ahead
    )
