"""Finds the places from which a token can do nothing but end the whole run.

An error path out of one branch of many multiplies the markings: in each the branch has gone on, or
has not. Yet nothing is to be learnt of a run that a token can end at any time. ``docs/soundness.md``
argues why it need not be looked at further where the token could also have gone on.
"""

from __future__ import annotations

from workflows.compiler.soundness.cluster import Cluster, Move
from workflows.compiler.soundness.net import Net


def doomed_places(net: Net) -> int:
    """The places that lead only to an end of everything, and are come to from one place alone.

    So is every place on the way to that end. The place before leads elsewhere too, but to no
    inclusive join, which would go on waiting there.
    """
    doomed = _leading_to_the_end(net)
    feeding: dict[int, list[Cluster]] = {bit: [] for bit in doomed}
    for cluster in net.clusters:
        for bit in doomed:
            if any(move.puts & bit for move in cluster.moves):
                feeding[bit].append(cluster)
    kept: set[int] = set()
    while kept != doomed:
        kept = doomed
        doomed = {
            bit
            for bit in kept
            if len(feeding[bit]) == 1
            and not bit & net.start
            and (feeding[bit][0].tokens in kept or _leads_elsewhere(net, feeding[bit][0], kept))
            and _leads_only_to(net.cluster[bit], kept)
        }
    return sum(doomed)


def _leading_to_the_end(net: Net) -> set[int]:
    """The places from which a token by itself comes to an end of everything, whatever it does."""
    doomed: set[int] = set()
    found = [cluster.tokens for cluster in net.clusters if cluster.ends_all and _lone(cluster)]
    while found:
        doomed.update(found)
        found = [
            cluster.tokens
            for cluster in net.clusters
            if _lone(cluster) and cluster.tokens not in doomed and _leads_only_to(cluster, doomed)
        ]
    return doomed


def _leads_only_to(cluster: Cluster, doomed: set[int]) -> bool:
    return cluster.ends_all or all(_goes_on(move, doomed) for move in cluster.moves)


def _goes_on(move: Move, doomed: set[int]) -> bool:
    """A move takes its token to one doomed place, and does nothing else."""
    return move.puts in doomed and not move.armed and not move.twice


def _lone(cluster: Cluster) -> bool:
    return cluster.tokens & (cluster.tokens - 1) == 0


def _leads_elsewhere(net: Net, cluster: Cluster, doomed: set[int]) -> bool:
    """Some moves of a cluster take its token to a doomed place, others take it elsewhere."""
    beyond = sum(doomed)
    leading = [move for move in cluster.moves if move.puts & beyond]
    elsewhere = any(not move.puts & beyond and not move.armed for move in cluster.moves)
    awaited = any(up & cluster.tokens for join in net.clusters for _, up in join.waits)
    single = all(_goes_on(move, doomed) for move in leading)
    return _lone(cluster) and single and elsewhere and not awaited
