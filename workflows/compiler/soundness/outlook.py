"""How far the tokens of a marking can come, and what need not wait for anything else."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.compiler.soundness.cluster import Cluster, bits, union
from workflows.compiler.soundness.net import Net


class Outlook:
    """Looks ahead in a net; what it foresees may be too much, but never too little."""

    def __init__(self, net: Net) -> None:
        self._net = net
        self._reached: dict[int, int] = {}
        self._ahead, self.joins = _look_ahead(net)
        inclusive = [cluster for cluster in net.clusters if cluster.waits]
        self._seen_by = {
            cluster.tokens: [
                _ways(join, cluster.tokens)
                for join in inclusive
                if join is not cluster and _sees(join, cluster)
            ]
            for cluster in net.clusters
        }

    def reach(self, tokens: int) -> int:
        """The places that some tokens could come to, their own included."""
        reached = self._reached.get(tokens)
        if reached is None:
            reached = self._reached[tokens] = self._reach(tokens)
        return reached

    def _reach(self, tokens: int) -> int:
        ahead = self._ahead
        reached = 0
        for bit in bits(tokens):
            reached |= ahead[bit]
        again = True
        while again:
            again = False
            for needed, beyond in self.joins:
                if reached & needed == needed and beyond & ~reached:
                    reached |= beyond
                    again = True
        return reached

    def forget(self, marking: int) -> int:
        """The marking without the ends that none of its tokens could come to again."""
        ends = self._net.ends
        if marking & ends:
            marking &= ~ends | self.reach(marking & self._net.places & ~ends)
        return marking

    def alone(self, marking: int) -> Iterator[Cluster]:
        """The clusters whose moves need not be tried in any other order with those of others.

        Such a cluster can move; nothing else can take its tokens or bring it more; and no inclusive
        join can tell whether it has moved, or all that can are held up until it has.
        """
        net = self._net
        tokens = marking & net.places
        for cluster in net.ready(marking):
            if cluster.ends_all:
                continue
            own = tokens & cluster.tokens
            reached = self.reach(tokens & ~own)
            if reached & cluster.tokens or not cluster.ready(own | reached):
                continue
            if all(_held_up(by, marking | reached) for by in self._seen_by[cluster.tokens]):
                yield cluster


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
    ways = [union(line for line, upstream in join.waits if upstream & bit) for bit in bits(tokens)]
    return [lines for lines in ways if lines]


def _held_up(ways: list[int], marked: int) -> bool:
    """An inclusive join waits for one of the tokens, and goes on waiting while these are marked."""
    return any(not lines & marked for lines in ways)


def _look_ahead(net: Net) -> tuple[dict[int, int], list[tuple[int, int]]]:
    """How far a token comes by itself, for each place, and what each join opens up beyond it."""
    following: dict[int, list[int]] = {bit: [] for bit in bits(net.places)}
    joins = []
    for cluster in net.clusters:
        puts = list(bits(union(move.puts for move in cluster.moves) & net.places))
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
    return ahead, [(tokens, union(ahead[bit] for bit in puts)) for tokens, puts in joins]
