"""Which tokens may stand at the same time."""

from __future__ import annotations

from dataclasses import dataclass

from workflows.compiler.soundness.cluster import Cluster, Move, bits, union
from workflows.compiler.soundness.control import ControlGraph
from workflows.compiler.soundness.net import Net


def concurrent_steps(graph: ControlGraph) -> dict[str, frozenset[str]]:
    """For each step of a sound graph the others that may be under way while it is: never too few.

    A step on which nothing rests is under way as long as its tokens are on the lines behind it.
    """
    beside = Together(graph)
    net = beside.net
    own = {
        step.id: net.holding.get(step.id, 0)
        or union(net.line[line.id] for line in graph.leaving[step.id])
        for step in graph.steps
    }
    seen = {step: union(map(beside.of, bits(places))) for step, places in own.items()}
    return {
        step: frozenset(other for other in own if other != step and seen[step] & own[other])
        for step in own
    }


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    """How one move goes on with what stands together: what stands beside it stays."""

    cluster: Cluster
    move: Move

    @property
    def takes(self) -> int:
        """What is gone afterwards."""
        return self.move.armed or self.cluster.tokens | self.move.takes

    @property
    def puts(self) -> int:
        """What is there afterwards; what is taken alongside leaves the token where it was."""
        return self.move.puts | (self.cluster.tokens if self.move.armed else 0)


class Together:
    """The bits of a marking of a safe graph that may be set together: never too few.

    Attributes:
        net: what the bits mean; its splits have their widest choices only, which say of any two
            lines whether they are taken together.
    """

    def __init__(self, graph: ControlGraph) -> None:
        self.net = Net(graph, [step.id for step in graph.steps if step.gives == "some"])
        fresh = union(map(self.net.fresh, self.net.holding.values()))
        self._beside = dict.fromkeys(bits(self.net.places | fresh), 0)
        self._reached = 0
        self._set(self.net.start, 0)
        rules = [_Rule(cluster, move) for cluster in self.net.clusters for move in cluster.moves]
        used: dict[_Rule, int] = {}
        changed = True
        while changed:
            changed = False
            for rule in rules:
                common = self._beside_all(rule)
                if common is not None and used.get(rule) != common:
                    used[rule] = common
                    self._set(rule.puts, common & ~rule.takes)
                    changed = True

    def of(self, bit: int) -> int:
        """What may be set beside one bit."""
        return self._beside[bit]

    def _set(self, puts: int, common: int) -> None:
        self._reached |= puts
        for bit in bits(puts):
            added = (common | puts ^ bit) & ~self._beside[bit]
            self._beside[bit] |= added
            for other in bits(added):
                self._beside[other] |= bit

    def _beside_all(self, rule: _Rule) -> int | None:
        """What may stand beside all that a move needs; None when it cannot all be there."""
        if rule.cluster.ends_all:
            return None
        if rule.cluster.waits:
            return self._beside_some(rule.cluster)
        needed = rule.cluster.tokens | rule.move.armed
        common = -1
        for bit in bits(needed):
            if needed & ~bit & ~self._beside[bit] or not bit & self._reached:
                return None
            common &= self._beside[bit]
        return common

    def _beside_some(self, join: Cluster) -> int | None:
        """What may stand beside the lines of an inclusive join when it is ready.

        A token with a way to its lines has one to a line on which another token stands.
        """
        if not join.tokens & self._reached:
            return None
        about = union(map(self.of, bits(join.tokens)))
        on_its_way = union(upstream for _, upstream in join.waits)
        excused = union(self._beside[line] & upstream for line, upstream in join.waits)
        return about & (~on_its_way | excused)
