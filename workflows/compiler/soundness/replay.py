"""The plain token game, firing by firing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from workflows.compiler.soundness.choices import may_choose
from workflows.compiler.soundness.cluster import Cluster, Move, bits
from workflows.compiler.soundness.control import ControlGraph, Step
from workflows.compiler.soundness.net import Net
from workflows.compiler.soundness.verdict import Firing, Marking


class IllegalFiring(Exception):
    """A trace says that something happens which cannot happen there."""


def replay(
    graph: ControlGraph, trace: Iterable[Firing], start: Marking | None = None
) -> list[Marking]:
    """Play a trace: the marking at the start and after each firing.

    A run goes no further once something holds two tokens.

    Args:
        start: where the run begins; None: with one token on the way in.

    Raises:
        IllegalFiring: a firing that the marking before it does not allow.
    """
    return replay_in(Net(graph, start=start), trace)


def replay_in(net: Net, trace: Iterable[Firing]) -> list[Marking]:
    """The same in a net, from where its runs begin.

    Raises:
        IllegalFiring: a firing that the marking before it does not allow.
    """
    marking = net.start
    shown = [_show(net, Counter(bits(marking & net.places)), marking)]
    doubled = False
    for number, firing in enumerate(trace, start=1):
        move = None if doubled else _follow(net, marking, firing)
        if move is None:
            raise IllegalFiring(f"firing {number} cannot happen: {firing} where {shown[-1]}")
        rest = marking & ~move.takes
        tokens = Counter(bits(rest & net.places))
        tokens.update(_put(net, move))
        doubled = max(tokens.values()) > 1
        marking = rest | move.puts
        shown.append(_show(net, tokens, marking))
    return shown


def _follow(net: Net, marking: int, firing: Firing) -> Move | None:
    """The move that a firing stands for, or None when it cannot happen in a marking."""
    step = net.graph.step.get(firing.step)
    place = net.line.get(firing.came[0], 0) if firing.came else net.holding.get(firing.step, 0)
    cluster = net.cluster.get(place)
    if step is None or cluster is None or not marking & place or not cluster.ready(marking):
        return None
    if net.came(step.id, marking & cluster.tokens) != firing.came:
        return None
    for move in cluster.moves:
        if (move.how, move.took) == (firing.how, firing.took):
            return move if marking & move.armed == move.armed else None
    return _uncounted(net, step, cluster, firing)


def _uncounted(net: Net, step: Step, cluster: Cluster, firing: Firing) -> Move | None:
    """A way to complete that is not among the cluster's moves, where there are too many."""
    given = net.given[step.id]
    chosen = tuple(line for line in given if line.id in firing.took)
    if step.id not in net.uncounted or firing.how != "completes":
        return None
    if firing.took != tuple(line.id for line in chosen) or not may_choose(step, given, chosen):
        return None
    return net.completion(step, cluster.tokens, chosen)


def _put(net: Net, move: Move) -> Iterable[int]:
    """The places on which a move puts tokens, as often as it does."""
    return (net.line[line] for line in move.took) if move.took else bits(move.puts & net.places)


def _show(net: Net, tokens: Counter[int], marking: int) -> Marking:
    steps: list[str] = []
    ends: list[str] = []
    for step in net.graph.steps:
        standing = ends if step.end else steps
        standing.extend([step.id] * tokens[net.holding.get(step.id, 0)])
    holding = set(net.holding.values())
    lines = (line for line, place in net.line.items() if place not in holding)
    waiting = (line for line in lines for _ in range(tokens[net.line[line]]))
    return Marking(tuple(steps), tuple(waiting), tuple(ends), net.spent(marking))
