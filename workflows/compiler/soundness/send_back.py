"""Send-backs: from where to where a token may be put back without spoiling the run."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import Final

from workflows.compiler.soundness.cluster import bits, union
from workflows.compiler.soundness.control import ControlGraph, Line
from workflows.compiler.soundness.dominance import Dominance
from workflows.compiler.soundness.net import Net
from workflows.compiler.soundness.regular import Block, inclusive_blocks
from workflows.compiler.soundness.together import Together

#: How many markings are looked at where the structure leaves a doubt.
_MOST: Final = 5_000


def region(graph: ControlGraph, step: str) -> frozenset[str]:
    """The steps that are only ever reached through a step, itself included.

    A send-back to the step takes away every token in its region: those that rest on these steps and
    those on lines that leave them.
    """
    return Dominance(graph).region(step)


def legal_send_backs(graph: ControlGraph) -> dict[str, tuple[str, ...]]:
    """For each resting step of a sound graph the resting steps it may send back to, nearest first.

    A target is legal when every way from the start to the step goes through it and when, wherever
    the other tokens stand, taking away the tokens of the target's region and putting one on the
    target is a marking that an ordinary run comes to as well, so that the graph stays sound.

    Where the structure does not tell and there are too many markings to look at, a target is none.
    """
    legality = _Legality(graph)
    return {
        step.id: tuple(
            target
            for target in reversed(legality.dominance.through(step.id)[:-1])
            if graph.step[target].resting and legality.holds(step.id, target)
        )
        for step in graph.steps
        if step.resting
    }


class _Legality:
    """Judges send-backs to a step that dominates the one they come from.

    Attributes:
        dominance: who dominates whom.
    """

    def __init__(self, graph: ControlGraph) -> None:
        self.dominance = Dominance(graph)
        self._together = Together(graph)
        self._net = self._together.net
        self._held = set(self._net.holding.values())
        self._regions = self._find_regions()
        blocks = inclusive_blocks(graph)
        self._doubtful = self._find_doubtful({block.join for block in blocks})
        self._exits = self._find_exits(blocks)

    def holds(self, step: str, target: str) -> bool:
        """A token on the step may be put on the target."""
        resting = self._net.holding[step]
        fresh = self._net.fresh(self._net.holding[target])
        region = self._regions[target]
        leaves = self._together.of(resting) & self._exits[target]
        stale = region & self._net.places
        for bit in bits(fresh):
            stale &= self._together.of(bit)
        if not leaves and not stale and not region & self._doubtful[target]:
            return True
        if self._markings is None:
            return False
        come_to, resting_on = self._markings
        return all(marking & ~region | fresh in come_to for marking in resting_on[resting])

    @cached_property
    def _markings(self) -> tuple[set[int], dict[int, list[int]]] | None:
        """Every marking that a run comes to, and those with a token on each resting step.

        None when there are too many.
        """
        net = Net(self._net.graph)
        come_to = {net.start}
        todo = [net.start]
        while todo:
            marking = todo.pop()
            for _, move in net.moves(marking, net.ready(marking)):
                following = marking & ~move.takes | move.puts
                if following not in come_to:
                    come_to.add(following)
                    todo.append(following)
            if len(come_to) > _MOST:
                return None
        held = union(self._held)
        resting_on: dict[int, list[int]] = defaultdict(list)
        for marking in come_to:
            for bit in bits(marking & held):
                resting_on[bit].append(marking)
        return come_to, resting_on

    def _find_doubtful(self, closing: set[str]) -> dict[str, int]:
        """For each step the places of tokens that might hold up inclusive joins of no block.

        A join inside its region is held up by nothing outside, from where ways lead to all its
        lines or to none; unless one of them comes from behind the join itself.
        """
        graph, through = self._net.graph, self.dominance.through
        doubtful: dict[str, int] = defaultdict(int)
        for cluster in self._net.clusters:
            join = cluster.moves[0].step
            if cluster.waits and join not in closing:
                upstream = union(places for _, places in cluster.waits)
                repeating = any(join in through(line.source) for line in graph.entering[join])
                for step in graph.order:
                    if repeating or step not in through(join):
                        doubtful[step] |= upstream
        return doubtful

    def _find_regions(self) -> dict[str, int]:
        """For each step the bits of all tokens in its region."""
        net = self._net
        regions: dict[str, int] = defaultdict(int)
        for step in net.graph.order:
            waiting = (net.line[line.id] for line in net.graph.leaving[step])
            own = sum(place for place in waiting if place not in self._held)
            own |= net.fresh(net.holding.get(step, 0))
            for above in self.dominance.through(step):
                regions[above] |= own
        return regions

    def _find_exits(self, blocks: list[Block]) -> dict[str, int]:
        """For each step the places that tokens come to when they leave its region.

        Where it lies in an inclusive block, those beyond its join too.
        """
        exits: dict[str, int] = defaultdict(int)
        for line in self._net.graph.lines:
            for above in self.dominance.left_by(line):
                exits[above] |= self._beyond(line)
        for block in blocks:
            for branch in block.branches:
                for step in branch.steps:
                    exits[step] |= self._beyond(branch.arriving[0])
        return exits

    def _beyond(self, line: Line) -> int:
        """The places that a token on a line comes to next; none where it ends the run."""
        net = self._net
        place = net.line[line.id]
        if place in self._held:
            return place
        cluster = net.cluster[place]
        moves = () if cluster.ends_all else cluster.moves
        return union(move.puts for move in moves) & net.places
