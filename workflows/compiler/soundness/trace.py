"""Shows how a graph fails: for each kind of flaw a shortest run to it."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import replace
from typing import Final

from workflows.compiler.soundness.explore import (
    Exploration,
    Last,
    Origin,
    Run,
    explore,
    hopeless,
    run_to,
)
from workflows.compiler.soundness.nearest import nearest_second_token
from workflows.compiler.soundness.net import Net
from workflows.compiler.soundness.outlook import Outlook
from workflows.compiler.soundness.replay import replay
from workflows.compiler.soundness.verdict import Firing, Flaw, Marking, Problem

#: How many markings are looked at.
_MOST: Final = 2_000


def find_problems(net: Net, found: Exploration) -> list[Problem]:
    """The flaws of a net that an exploration did not prove, each with a shortest run to it.

    All of them where there are few markings; else the nearest, or only the one that was found; none
    where none was found.
    """
    dead = found.dead
    problems = []
    if found.failed is not None or found.trapped:
        walk = _Walk(net)
        walk.go()
        dead = dead or walk.dead
        for flaw in Flaw:
            if flaw in walk.flaws:
                run = run_to(walk.origin, walk.flaws[flaw])
                problems.append(_tell(net, flaw, run))
        problems = problems or [_tell_found(net, found)]
    if dead:
        problems.append(Problem(Flaw.DEAD_STEP, steps=dead))
    return problems


class _Walk:
    """Looks at all markings, nearest first, as far as there is budget.

    Attributes:
        origin: how each was first come to.
        flaws: of each kind the one that is nearest.
        dead: the steps that do not occur, if everything was seen.
    """

    def __init__(self, net: Net) -> None:
        self._net = net
        self._outlook = Outlook(net)
        self._after: dict[int, list[int]] = {}
        self._start = self._forget(net.start)
        self.origin: dict[int, Origin | None] = {self._start: None}
        self.flaws: dict[Flaw, Last] = {}
        self.dead: tuple[str, ...] = ()
        self._moved: set[str] = set()
        self._stood = net.start

    def go(self) -> None:
        """Walk on until everything is seen, or enough."""
        todo = deque([self._start])
        while todo:
            if len(self.origin) > _MOST:
                return
            todo.extend(self._go_on(todo.popleft()))
        if self._net.uncounted:
            return
        lost = hopeless(self._after)
        if lost:
            nearest = next(marking for marking in self.origin if marking in lost)
            self.flaws[Flaw.CANNOT_FINISH] = nearest, None, None
        if not {Flaw.SECOND_TOKEN, Flaw.SAME_END_TWICE} & self.flaws.keys():
            self.dead = self._net.dead(self._moved, self._stood)

    def _go_on(self, marking: int) -> list[int]:
        """Note what is wrong in a marking and after it; return the new ones that follow."""
        net = self._net
        new = []
        after: list[int] | None = []
        for cluster, move in net.moves(marking, net.ready(marking)):
            doubled = net.doubled(marking, move)
            if doubled:
                flaw = Flaw.SECOND_TOKEN if doubled & ~net.ends else Flaw.SAME_END_TWICE
                self.flaws.setdefault(flaw, (marking, cluster, move))
                after = None
                continue
            self._moved.add(move.step)
            self._stood |= move.puts
            following = self._forget(marking & ~move.takes | move.puts)
            if after is not None:
                after.append(following)
            if following not in self.origin:
                self.origin[following] = marking, cluster, move
                new.append(following)
        if after is not None:
            self._after[marking] = after
            if not after and marking & net.places & ~net.ends:
                flaw = Flaw.LEFT_TOKEN if marking & (net.ends | net.over) else Flaw.DEADLOCK
                self.flaws.setdefault(flaw, (marking, None, None))
        return new

    def _forget(self, marking: int) -> int:
        """The marking without the ends that need no remembering, but that there were any."""
        kept = self._outlook.forget(marking)
        return kept if kept == marking else kept | self._net.over


def _tell_found(net: Net, found: Exploration) -> Problem:
    """The flaw that was found, where there are too many markings to look at them all.

    The nearest marking in which nothing can move is found none the less: every run to it can be put
    into the order in which the explorer goes.
    """
    nearest = explore(net, budget=_MOST, breadth=True)
    if found.failed is None:
        runs = (run_to(nearest.origin, (marking, None, None)) for marking in nearest.trapped)
        return _tell(net, Flaw.CANNOT_FINISH, min(runs, key=len), shortest=False)
    if nearest.failed is not None and nearest.failed[2] is None:
        return _tell(net, None, run_to(nearest.origin, nearest.failed))
    run = nearest_second_token(net)
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
    marking = replay(net.graph, trace)[-1]
    twice = _twice(marking)
    standing = twice if twice != Marking() else replace(marking, ends=())
    steps = {*standing.steps, *standing.ends, *(net.target(line) for line in standing.lines)}
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
