"""Finds a shortest run to a second token where there are too many markings to look at them all.

The search goes on first from where a second token may be nearest. How near it may be is read off a
table that is made once: how many moves one token, or two, would need to bring two to one place if
nothing ever had to wait. In truth they never need fewer, so the first run that is found is one of
the shortest.

Where a cluster could move alone, and no place can get a second token before it does, every run that
is looked for contains one of its moves, and might as well begin with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from heapq import heappop, heappush
from itertools import combinations, count
from math import inf

from workflows.compiler.soundness.cluster import Cluster, Move, bits
from workflows.compiler.soundness.explore import Last, Origin, Run, run_to
from workflows.compiler.soundness.net import Net
from workflows.compiler.soundness.outlook import Outlook

#: One bit, or two, the lower first.
_Tokens = tuple[int, ...]


def nearest_second_token(net: Net, most: int) -> Run | None:
    """A shortest run in which a place gets a second token; None when the search would have to go on
    from more markings than may be looked at."""
    return _Search(net).run(most)


class _Search:
    def __init__(self, net: Net) -> None:
        self._net = net
        self._outlook = Outlook(net)
        self._needed = _moves_needed(net, past_joins=True)
        self._needed_before_joins = _moves_needed(net, past_joins=False)
        self._origin: dict[int, Origin | None] = {net.start: None}
        self._made = {net.start: 0}
        self._todo: list[tuple[float, int, int, Last]] = []
        self._number = count()

    def run(self, most: int) -> Run | None:
        """Go on from where a second token may be nearest, until there is one."""
        self._later(self._net.start, None, None, moves=0, needed=0)
        for _ in range(most):
            if not self._todo:
                break
            _, left, _, last = heappop(self._todo)
            if last[2] is not None:
                return run_to(self._origin, last)
            if -left == self._made[last[0]]:
                self._go_on(last[0], 1 - left)
        return None

    def _go_on(self, marking: int, moves: int) -> None:
        net = self._net
        first = next(
            filter(partial(self._comes_first, marking), self._outlook.alone(marking)), None
        )
        for cluster, move in net.moves(marking, [first] if first else net.ready(marking)):
            if net.doubled(marking, move):
                self._later(marking, cluster, move, moves=moves, needed=0)
                continue
            following = self._outlook.forget(marking & ~move.takes | move.puts)
            needed = _least(self._needed, following)
            if needed < inf and moves < self._made.get(following, inf):
                self._made[following] = moves
                self._origin[following] = marking, cluster, move
                self._later(following, None, None, moves=moves, needed=needed)

    def _later(
        self, marking: int, cluster: Cluster | None, move: Move | None, *, moves: int, needed: float
    ) -> None:
        # Of what seems equally near, what is further on comes first.
        last = marking, cluster, move
        heappush(self._todo, (moves + needed, -moves, next(self._number), last))

    def _comes_first(self, marking: int, alone: Cluster) -> bool:
        """No place can get a second token before a cluster that could move alone does."""
        others = marking & ~self._net.fresh(alone.tokens)
        reached = self._outlook.reach(others & self._net.places)
        joining = any(reached & needed == needed for needed, _ in self._outlook.joins)
        return not joining and _least(self._needed_before_joins, others) == inf


def _least(table: dict[_Tokens, int], marking: int) -> float:
    tokens = list(bits(marking))
    some = (*combinations(tokens, 1), *combinations(tokens, 2))
    return min((table.get(tokens, inf) for tokens in some), default=inf)


def _moves_needed(net: Net, *, past_joins: bool) -> dict[_Tokens, int]:
    """For one token or two by their bits, the fewest moves after which two share a place."""
    ways = _Ways(net, past_joins=past_joins)
    level: list[_Tokens] = [(place, place) for place in bits(net.places)]
    table = dict.fromkeys(level, 0)
    moves = 0
    while level:
        moves += 1
        before = [tokens for after in level for tokens in ways.before(after)]
        if moves == 1:
            before += ways.doubling
        level = [tokens for tokens in dict.fromkeys(before) if tokens not in table]
        table.update(dict.fromkeys(level, moves))
    return table


class _Ways:
    """Where tokens come from, each by itself; what may be taken alongside is a token too.

    Attributes:
        doubling: the places from which a token makes two on one place at once.
    """

    def __init__(self, net: Net, *, past_joins: bool) -> None:
        self._sources: dict[int, set[int]] = defaultdict(set)
        self._splits: dict[_Tokens, set[int]] = defaultdict(set)
        self.doubling: list[_Tokens] = []
        for cluster in net.clusters:
            joining = not cluster.waits and cluster.tokens & (cluster.tokens - 1)
            if cluster.ends_all or (joining and not past_joins):
                continue
            for move in cluster.moves:
                for token in bits(move.armed or cluster.tokens):
                    self._add(token, move)

    def _add(self, token: int, move: Move) -> None:
        onto = list(bits(move.puts))
        for bit in onto:
            self._sources[bit].add(token)
        for pair in combinations(onto, 2):
            self._splits[pair].add(token)
        if move.twice:
            self.doubling.append((token,))

    def before(self, tokens: _Tokens) -> Iterator[_Tokens]:
        """The tokens of which one move may make these."""
        if len(tokens) == 1:
            yield from ((source,) for source in self._sources[tokens[0]])
            return
        low, high = tokens
        for source in self._sources[low]:
            yield min(source, high), max(source, high)
        for source in self._sources[high]:
            yield min(source, low), max(source, low)
        yield from ((source,) for source in self._splits[tokens])
