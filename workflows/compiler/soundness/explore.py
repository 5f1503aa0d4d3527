"""Looks at as many markings as the proof needs, and no more.

Where a cluster can move, nothing else can take its tokens, and nothing else can bring it more, its
moves need not be tried in every order with those of others: it goes first, alone. A block of twenty
branches is so walked branch by branch. ``docs/soundness.md`` argues that what is proven of the
markings that are left holds of all of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from workflows.compiler.soundness.doomed import doomed_places
from workflows.compiler.soundness.net import Cluster, Move, Net, bits

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
        trapped: if complete, the markings from which no run ends.
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


def explore(net: Net, *, breadth: bool = False, narrow: bool = False) -> Exploration:
    """Walk through the markings of a net until a run fails.

    Args:
        net: the net.
        breadth: look at the nearest markings first, not at the deepest.
        narrow: do not go on where a token can do nothing any more but end the whole run. A failing
            run is one of the net, and so is the proof; markings from which no run ends may not be.
    """
    return _Explorer(net, breadth=breadth, doomed=doomed_places(net) if narrow else 0).explore()


class _Explorer:
    """One walk through the markings of a net. An end that nothing can come to again is forgotten."""

    def __init__(self, net: Net, *, breadth: bool, doomed: int) -> None:
        self._net = net
        self._doomed = doomed
        self._ahead, self._joins = _look_ahead(net)
        joins = [cluster for cluster in net.clusters if cluster.waits]
        self._seen_by = {
            cluster.tokens: [
                _ways(join, cluster.tokens)
                for join in joins
                if join is not cluster and _sees(join, cluster)
            ]
            for cluster in net.clusters
        }
        self._after: dict[int, list[int]] = {}
        self._partial: set[int] = set()
        self._todo: deque[int] = deque()
        self._next = self._todo.popleft if breadth else self._todo.pop
        self._occurred: set[str] = set()
        self._seen = net.start
        self._found = Exploration()

    def explore(self) -> Exploration:
        """Walk until a run fails, everything is seen or the budget is used up."""
        found = self._found
        start = self._forget(self._net.start)
        found.origin[start] = None
        self._todo.append(start)
        while self._walk():
            trapped = hopeless(self._after)
            ignored = sorted(trapped & self._partial)
            if not ignored:
                found.complete = self._net.whole
                found.trapped = trapped
                found.dead = self._net.dead(self._occurred, self._seen)
                break
            self._partial.difference_update(ignored)
            for marking in ignored:
                self._expand(marking, self._ready(marking))
        return found

    def _walk(self) -> bool:
        """Look at all that is to be looked at; False when a run fails or there is too much."""
        found = self._found
        while self._todo and found.failed is None:
            if len(found.origin) > _BUDGET:
                return False
            marking = self._next()
            alone = self._alone(marking)
            if alone is not None:
                self._partial.add(marking)
                self._expand(marking, [alone])
                continue
            ready = self._ready(marking)
            if ready or not marking:
                self._expand(marking, ready)
            else:
                found.failed = marking, None, None
        return found.failed is None

    def _ready(self, marking: int) -> list[Cluster]:
        net = self._net
        places = bits(marking & net.places & ~net.ends)
        near = dict.fromkeys(net.cluster[bit].tokens for bit in places)
        clusters = (net.cluster[tokens & -tokens] for tokens in near)
        return [cluster for cluster in clusters if cluster.ready(marking)]

    def _alone(self, marking: int) -> Cluster | None:
        """The first cluster whose moves need not be tried in any other order, or None."""
        net = self._net
        tokens = marking & net.places
        for bit in bits(tokens & ~net.ends):
            cluster = net.cluster[bit]
            if cluster.ends_all or not cluster.ready(marking):
                continue
            own = tokens & cluster.tokens
            reached = self._reach(tokens & ~own)
            if reached & cluster.tokens or not cluster.ready(own | reached):
                continue
            if all(_held_up(by, marking | reached) for by in self._seen_by[cluster.tokens]):
                return cluster
        return None

    def _reach(self, tokens: int) -> int:
        """The places that some tokens could come to; never fewer than they can."""
        ahead = self._ahead
        reached = 0
        for bit in bits(tokens):
            reached |= ahead[bit]
        again = True
        while again:
            again = False
            for needed, beyond in self._joins:
                if reached & needed == needed and beyond & ~reached:
                    reached |= beyond
                    again = True
        return reached

    def _forget(self, marking: int) -> int:
        """The marking without the ends that none of its tokens could come to again."""
        ends = self._net.ends
        if marking & ends:
            marking &= ~ends | self._reach(marking & self._net.places & ~ends)
        return marking

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
                following = self._forget(rest | puts)
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


def _sees(join: Cluster, cluster: Cluster) -> bool:
    """Whether an inclusive join may be ready or not depends on what a cluster does."""
    before = set(_ways(join, cluster.tokens))
    for move in cluster.moves:
        after = set(_ways(join, (cluster.tokens & ~move.takes) | move.puts))
        if after != before or move.puts & join.tokens:
            return True
    return False


def _ways(join: Cluster, tokens: int) -> list[int]:
    """For each token that may come to an inclusive join, the lines by which it may."""
    ways = [_union(line for line, upstream in join.waits if upstream & bit) for bit in bits(tokens)]
    return [lines for lines in ways if lines]


def _held_up(ways: list[int], marked: int) -> bool:
    """An inclusive join waits for one of the tokens, and goes on waiting while these are marked."""
    return any(not lines & marked for lines in ways)


def _union(masks: Iterable[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union


def _look_ahead(net: Net) -> tuple[dict[int, int], list[tuple[int, int]]]:
    """How far a token comes by itself, for each place, and what each join opens up beyond it."""
    following: dict[int, list[int]] = {bit: [] for bit in bits(net.places)}
    joins = []
    for cluster in net.clusters:
        puts = list(bits(_union(move.puts for move in cluster.moves) & net.places))
        if cluster.waits or cluster.tokens & (cluster.tokens - 1) == 0:
            for bit in bits(cluster.tokens):
                following[bit] = puts
        else:
            joins.append((cluster.tokens, puts))
    ahead = {bit: bit for bit in following}
    changed = True
    while changed:
        changed = False
        for bit, targets in following.items():
            reached = ahead[bit]
            for target in targets:
                reached |= ahead[target]
            if reached != ahead[bit]:
                ahead[bit] = reached
                changed = True
    return ahead, [(tokens, _union(ahead[bit] for bit in puts)) for tokens, puts in joins]
