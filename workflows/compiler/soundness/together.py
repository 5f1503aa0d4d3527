"""Which tokens may stand at the same time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from workflows.compiler.soundness.choices import choices, widest_choices
from workflows.compiler.soundness.cluster import Cluster, bits
from workflows.compiler.soundness.net import Net
from workflows.compiler.soundness.regular import Block


class _Rule(NamedTuple):
    """Where one bit of each group is set, these come to be set: what was set beside stays."""

    groups: tuple[int, ...]
    takes: int
    puts: int


def together(net: Net, blocks: Iterable[Block]) -> dict[int, int]:
    """For each bit of a marking of a safe net, the bits that may be set beside it: never too few.

    The inclusive joins are those of the blocks: each waits for every branch that was chosen.
    """
    awaited = {block.join: list(_awaited(net, block)) for block in blocks}
    rules = [rule for cluster in net.clusters for rule in _rules(net, cluster, awaited)]
    beside = dict.fromkeys(bits(net.places), 0)
    for place in net.holding.values():
        beside.update(dict.fromkeys(bits(net.fresh(place)), 0))
    reached = net.start
    _set(beside, net.start, 0)
    used: dict[_Rule, int] = {}
    changed = True
    while changed:
        changed = False
        for rule in rules:
            common = _common(beside, reached, rule.groups)
            if common is not None and used.get(rule) != common:
                used[rule] = common
                reached |= rule.puts
                _set(beside, rule.puts, common & ~rule.takes)
                changed = True
    return beside


def _awaited(net: Net, block: Block) -> Iterator[tuple[int, ...]]:
    """What an inclusive join waits for after each choice: one line of each branch chosen."""
    arriving = {
        branch.line: sum(net.line[line.id] for line in branch.arriving) for branch in block.branches
    }
    split = net.graph.step[block.split]
    ways = widest_choices if split.gives == "some" else choices
    for chosen in ways(split, tuple(arriving)):
        yield tuple(arriving[line] for line in chosen)


def _rules(
    net: Net, cluster: Cluster, awaited: Mapping[str, list[tuple[int, ...]]]
) -> Iterator[_Rule]:
    if cluster.ends_all:
        return
    needs = [tuple(bits(cluster.tokens))]
    if cluster.waits:
        needs = awaited[cluster.moves[0].step]
    for needed in needs:
        for move in cluster.moves:
            if move.armed:
                yield _Rule((*needed, move.armed), move.armed, move.puts | cluster.tokens)
            else:
                yield _Rule(needed, move.takes | cluster.tokens, move.puts)


def _common(beside: dict[int, int], reached: int, groups: tuple[int, ...]) -> int | None:
    """What may be set beside one bit of each group at once; None when they cannot all be set."""
    common = -1
    for group in groups:
        about = 0
        for bit in bits(group & reached):
            about |= beside[bit]
        if not group & reached or any(other != group and not about & other for other in groups):
            return None
        common &= about
    return common


def _set(beside: dict[int, int], puts: int, common: int) -> None:
    for bit in bits(puts):
        added = (common | puts ^ bit) & ~beside[bit]
        beside[bit] |= added
        for other in bits(added):
            beside[other] |= bit
