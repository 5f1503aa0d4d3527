"""Looks at as many markings as the proof needs, and no more.

Where a cluster can move, nothing else can take its tokens, and nothing else can bring it more, its
moves need not be tried in every order with those of others: it goes first, alone. A block of twenty
branches is so walked branch by branch. ``docs/soundness.md`` argues that what is proven of the
markings that are left holds of all of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from workflows.compiler.soundness.cluster import Cluster, Move
from workflows.compiler.soundness.doomed import doomed_places
from workflows.compiler.soundness.net import Net
from workflows.compiler.soundness.outlook import Outlook

#: Where a marking was come to from, and by what.
Origin = tuple[int, Cluster, Move]

#: A marking and what moves in it last, if anything does.
Last = tuple[int, Cluster | None, Move | None]

#: What moved in which marking, from the start on.
Run = list[Origin]

#: How many markings are looked at before a graph is called undecided.
_BUDGET: Final = 20_000


@dataclass
class Exploration:
    """What was found.

    Attributes:
        origin: how each marking that was looked at was first come to.
        failed: the last marking of a run that fails and, unless it is stuck there, the move that
            puts a second token on a place.
        complete: no run fails, and nothing was left out for want of budget.
        trapped: the markings from which no run ends; if not complete, those that are known.
        dead: if complete, the steps that do not occur.
    """

    origin: dict[int, Origin | None] = field(default_factory=dict)
    failed: Last | None = None
    complete: bool = False
    trapped: set[int] = field(default_factory=set)
    dead: tuple[str, ...] = ()

    @property
    def proven(self) -> bool:
        """The net is sound."""
        return self.complete and not self.trapped and not self.dead


def explore(
    net: Net, *, budget: int = _BUDGET, breadth: bool = False, narrow: bool = False
) -> Exploration:
    """Walk through the markings of a net until a run fails.

    Args:
        net: the net.
        budget: how many markings may be looked at.
        breadth: look at the nearest markings first, not at the deepest.
        narrow: do not go on where a token can do nothing any more but end the whole run. A failing
            run is one of the net, and so is the proof; markings from which no run ends may not be.
    """
    doomed = doomed_places(net) if narrow else 0
    return _Explorer(net, budget, breadth=breadth, doomed=doomed).explore()


class _Explorer:
    """One walk through the markings of a net. An end that nothing can come to again is forgotten."""

    def __init__(self, net: Net, budget: int, *, breadth: bool, doomed: int) -> None:
        self._net = net
        self._budget = budget
        self._doomed = doomed
        self._outlook = Outlook(net)
        self._after: dict[int, list[int]] = {}
        self._partial: set[int] = set()
        self._caught: set[int] = set()
        self._todo: deque[int] = deque()
        self._next = self._todo.popleft if breadth else self._todo.pop
        self._occurred: set[str] = set()
        self._seen = net.start
        self._found = Exploration()

    def explore(self) -> Exploration:
        """Walk until a run fails, everything is seen or the budget is used up."""
        found = self._found
        start = self._outlook.forget(self._net.start)
        found.origin[start] = None
        self._todo.append(start)
        while self._walk():
            trapped = hopeless(self._after)
            ignored = sorted(trapped & self._partial)
            if not ignored:
                self._conclude(trapped)
                return found
            self._caught = {marking for marking in trapped if not self._may_be_ended(marking)}
            self._partial.difference_update(ignored)
            for marking in ignored:
                self._expand(marking, list(self._net.ready(marking)))
        if found.failed is None and not self._net.uncounted:
            found.trapped = self._caught
        return found

    def _conclude(self, trapped: set[int]) -> None:
        if not self._net.uncounted:
            self._found.complete = True
            self._found.trapped = trapped
            self._found.dead = self._net.dead(self._occurred, self._seen)

    def _may_be_ended(self, marking: int) -> bool:
        """Some token might end the whole run; else no run from there ends, whatever is ignored."""
        reached = self._outlook.reach(marking & self._net.places)
        clusters = (cluster for cluster in self._net.clusters if cluster.ends_all)
        return any(reached & cluster.tokens for cluster in clusters)

    def _walk(self) -> bool:
        """Look at all that is to be looked at; False when a run fails or there is too much."""
        found = self._found
        while self._todo and found.failed is None:
            if len(found.origin) > self._budget:
                return False
            marking = self._next()
            alone = next(self._outlook.alone(marking), None)
            if alone is not None:
                self._partial.add(marking)
                self._expand(marking, [alone])
                continue
            ready = list(self._net.ready(marking))
            if ready or not marking:
                self._expand(marking, ready)
            else:
                found.failed = marking, None, None
        return found.failed is None

    def _expand(self, marking: int, clusters: list[Cluster]) -> None:
        found = self._found
        after = self._after[marking] = []
        for cluster in clusters:
            for move in cluster.moves:
                armed, takes, puts, twice, step, _, _ = move
                if marking & armed != armed:
                    continue
                if puts & self._doomed:
                    self._doom(move)
                    continue
                rest = marking & ~takes
                if rest & puts or twice:
                    found.failed = marking, cluster, move
                    return
                self._occurred.add(step)
                self._seen |= puts
                following = self._outlook.forget(rest | puts)
                after.append(following)
                if following not in found.origin:
                    found.origin[following] = marking, cluster, move
                    self._todo.append(following)

    def _doom(self, move: Move) -> None:
        """Note what happens on the way to the end of the run."""
        self._occurred.add(move.step)
        self._seen |= move.puts
        if move.puts & self._net.places & ~self._net.ends:
            for following in self._net.cluster[move.puts & self._net.places].moves:
                self._doom(following)


def run_to(origin: Mapping[int, Origin | None], last: Last) -> Run:
    """The run to a marking, and what moves in it last."""
    marking, cluster, move = last
    run = [(marking, cluster, move)] if cluster and move else []
    before = origin[marking]
    while before is not None:
        run.append(before)
        before = origin[before[0]]
    run.reverse()
    return run


def hopeless(after: dict[int, list[int]]) -> set[int]:
    """The markings from which none can be come to that nothing follows, or that is not told of."""
    before: dict[int, list[int]] = {}
    for marking, following in after.items():
        for other in following:
            before.setdefault(other, []).append(marking)
    lost = set(after)
    hopeful = [marking for marking, following in after.items() if not following]
    hopeful += [marking for marking in before if marking not in after]
    lost.difference_update(hopeful)
    while hopeful:
        for marking in before.get(hopeful.pop(), ()):
            if marking in lost:
                lost.remove(marking)
                hopeful.append(marking)
    return lost
