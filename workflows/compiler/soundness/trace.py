"""Shows how a graph fails: for each kind of flaw a shortest run to it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Final

from workflows.compiler.soundness.explore import (
    Exploration,
    Run,
    explore,
    run_to,
)
from workflows.compiler.soundness.nearest import nearest_second_token
from workflows.compiler.soundness.net import Net
from workflows.compiler.soundness.replay import replay_in
from workflows.compiler.soundness.survey import Survey
from workflows.compiler.soundness.verdict import Firing, Flaw, Marking, Problem

#: How many markings are looked at for every flaw there is, and for the nearest of one kind.
_ALL: Final = 2_000
_NEAREST: Final = 3_000


def find_problems(
    net: Net, found: Exploration, *, budget: int = _ALL, nearest: int = _NEAREST
) -> list[Problem]:
    """The flaws of a net that an exploration did not prove, each with a shortest run to it.

    Args:
        net: the net.
        found: what the exploration found; where it found no flaw, none is told.
        budget: the markings that may be looked at to tell every flaw; where there are more, the
            nearest ones are told, or only the one that was found.
        nearest: the markings that may be looked at to tell the nearest.
    """
    dead = found.dead
    problems = []
    if found.failed is not None or found.trapped:
        survey = Survey(net)
        survey.go(budget)
        dead = dead or survey.dead
        for flaw in Flaw:
            if flaw in survey.flaws:
                run = run_to(survey.origin, survey.flaws[flaw])
                problems.append(_tell(net, flaw, run))
        problems = problems or [_tell_found(net, found, nearest)]
    if dead:
        problems.append(Problem(Flaw.DEAD_STEP, steps=dead))
    return problems


def find_doubled(start: Marking) -> Problem | None:
    """What is wrong with a marking that holds two tokens somewhere from the first."""
    twice = _twice(start)
    if twice == Marking():
        return None
    steps = twice.steps or twice.ends
    return Problem(_flaw(start, twice), steps=steps, lines=twice.lines, marking=start)


def _tell_found(net: Net, found: Exploration, most: int) -> Problem:
    """The flaw that was found, where there are too many markings to look at them all.

    The nearest marking in which nothing can move is found none the less: every run to it can be put
    into the order in which the explorer goes.
    """
    nearest = explore(net, budget=most, breadth=True)
    if found.failed is None:
        near = nearest if nearest.trapped else found
        runs = (run_to(near.origin, (marking, None, None)) for marking in sorted(near.trapped))
        return _tell(net, Flaw.CANNOT_FINISH, min(runs, key=len), shortest=False)
    if nearest.failed is not None and nearest.failed[2] is None:
        return _tell(net, None, run_to(nearest.origin, nearest.failed))
    run = nearest_second_token(net, most)
    if run is not None:
        return _tell(net, None, run)
    run = _without_needless(net, run_to(found.origin, found.failed))
    return _tell(net, None, run, shortest=False)


def _without_needless(net: Net, run: Run) -> Run:
    """A run to a second token without the moves that it does not need."""
    for index in range(len(run) - 2, -1, -1):
        run = _play(net, run[:index] + run[index + 1 :]) or run
    return run


def _play(net: Net, moves: Run) -> Run | None:
    """The moves until a place gets a second token; None when none does, or one cannot happen."""
    marking = net.start
    run: Run = []
    for _, cluster, move in moves:
        if not cluster.ready(marking) or marking & move.armed != move.armed:
            return None
        run.append((marking, cluster, move))
        if net.doubled(marking, move):
            return run
        marking = marking & ~move.takes | move.puts
    return None


def _tell(net: Net, flaw: Flaw | None, run: Run, *, shortest: bool = True) -> Problem:
    trace = tuple(
        Firing(move.step, move.how, net.came(move.step, marking & cluster.tokens), move.took)
        for marking, cluster, move in run
    )
    marking = replay_in(net, trace)[-1]
    twice = _twice(marking)
    standing = twice if twice != Marking() else replace(marking, ends=())
    steps = {*standing.steps, *standing.ends, *(net.target(line) for line in standing.lines)}
    if flaw is Flaw.CANNOT_FINISH:
        steps = set(net.graph.order) - net.graph.finishing or steps
    return Problem(
        flaw=flaw or _flaw(marking, twice),
        steps=tuple(step.id for step in net.graph.steps if step.id in steps),
        lines=standing.lines,
        trace=trace,
        marking=marking,
        shortest=shortest and not net.uncounted,
    )


def _twice(marking: Marking) -> Marking:
    """What holds more than one token."""
    return Marking(*(_repeated(names) for names in (marking.steps, marking.lines, marking.ends)))


def _repeated(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name, number in Counter(names).items() if number > 1)


def _flaw(marking: Marking, twice: Marking) -> Flaw:
    if twice.steps or twice.lines:
        return Flaw.SECOND_TOKEN
    if twice.ends:
        return Flaw.SAME_END_TWICE
    return Flaw.LEFT_TOKEN if marking.ends else Flaw.DEADLOCK
