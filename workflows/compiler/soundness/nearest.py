"""Finds a shortest run to a second token where there are too many markings to look at them all.

The search goes on first from where a second token may be nearest. How near it may be is read off a
table that is made once: how many moves one token, or two, would need to bring two to one place if
nothing ever had to wait. In truth they never need fewer, so the first run that is found is one of
the shortest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import combinations, count
from math import inf
from typing import Final

from workflows.compiler.soundness.explore import Last, Origin, Run, run_to
from workflows.compiler.soundness.net import Net, bits

#: From how many markings the search goes on before it is given up.
_MOST: Final = 5_000

#: One place, or two, the lower first.
_Tokens = tuple[int, ...]


def nearest_second_token(net: Net) -> Run | None:
    """A shortest run in which a place gets a second token; None when it is not found in time."""
    table = _moves_needed(net)
    origin: dict[int, Origin | None] = {net.start: None}
    made = {net.start: 0}
    number = count()
    todo: list[tuple[float, int, int, Last]] = [(0, 0, next(number), (net.start, None, None))]
    gone_on = 0
    while todo and gone_on < _MOST:
        _, left, _, last = heappop(todo)
        marking = last[0]
        moves = 1 - left
        if last[2] is not None:
            return run_to(origin, last)
        if moves > made[marking] + 1:
            continue
        gone_on += 1
        for cluster, move in net.moves(marking):
            if net.doubled(marking, move):
                heappush(todo, (moves, -moves, next(number), (marking, cluster, move)))
                continue
            following = marking & ~move.takes | move.puts
            needed = moves + _least(table, following & net.places)
            if needed < inf and moves < made.get(following, inf):
                made[following] = moves
                origin[following] = marking, cluster, move
                heappush(todo, (needed, -moves, next(number), (following, None, None)))
    return None


def _least(table: dict[_Tokens, int], marking: int) -> float:
    tokens = list(bits(marking))
    some = (*combinations(tokens, 1), *combinations(tokens, 2))
    return min((table.get(tokens, inf) for tokens in some), default=inf)


def _moves_needed(net: Net) -> dict[_Tokens, int]:
    """For one token or two by their places, the fewest moves after which two share a place."""
    ways = _Ways(net)
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
    """Where tokens come from, each by itself.

    Attributes:
        doubling: the places from which a token makes two on one place at once.
    """

    def __init__(self, net: Net) -> None:
        self._sources: dict[int, set[int]] = defaultdict(set)
        self._splits: dict[_Tokens, set[int]] = defaultdict(set)
        self.doubling: list[_Tokens] = []
        for cluster in net.clusters:
            moves = () if cluster.ends_all else cluster.moves
            for token in bits(cluster.tokens):
                for move in moves:
                    # What is taken alongside leaves the token where it is.
                    onto = list(bits(move.puts & net.places | (token if move.armed else 0)))
                    for place in onto:
                        self._sources[place].add(token)
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
