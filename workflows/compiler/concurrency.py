"""What can be under way at the same time in a sound graph."""

from __future__ import annotations

from collections.abc import Iterable

from workflows.compiler.soundness import ControlGraph, Step
from workflows.compiler.soundness.net import Net
from workflows.compiler.soundness.regular import regular_blocks, regular_splits
from workflows.compiler.soundness.together import together


def concurrent_steps(graph: ControlGraph) -> dict[str, frozenset[str]]:
    """For each step the others that can be under way while it is: never too few, but none are told
    where an inclusive join brings together what no block holds together.

    A step on which nothing rests is under way as long as its tokens are on the lines behind it.
    """
    blocks = regular_blocks(graph)
    joins = {block.join for block in blocks}
    net = Net(graph, regular_splits(graph))
    if any(cluster.waits and cluster.moves[0].step not in joins for cluster in net.clusters):
        return {step.id: frozenset() for step in graph.steps}
    beside = together(net, blocks)
    places = {step.id: _places(net, step) for step in graph.steps}
    seen = {step: _union(beside[place] for place in held) for step, held in places.items()}
    own = {step: _union(held) for step, held in places.items()}
    return {step: frozenset(o for o in own if o != step and seen[step] & own[o]) for step in own}


def _places(net: Net, step: Step) -> list[int]:
    if step.resting or step.end:
        return [net.holding[step.id]]
    return [net.line[line.id] for line in net.graph.leaving[step.id]]


def _union(sets: Iterable[int]) -> int:
    found = 0
    for bits in sets:
        found |= bits
    return found
