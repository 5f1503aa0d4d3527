"""Finds the inclusive splits of which the widest choices tell all that can happen.

A split that gives to some may choose among two to the power of its lines. Where its branches have
nothing in common, lead to nothing but one inclusive join and to plain ends, and each by itself
brings exactly one token to the join, a choice of fewer branches does nothing that a choice of more
does not. ``docs/soundness.md`` has the argument.
"""

from __future__ import annotations

from dataclasses import replace

from workflows.compiler.soundness.control import ControlGraph, Line, Step
from workflows.compiler.soundness.dominance import Dominance
from workflows.compiler.soundness.explore import explore
from workflows.compiler.soundness.net import Net


def regular_splits(graph: ControlGraph) -> frozenset[str]:
    """The splits whose widest choices tell all that can happen."""
    joins = [step for step in graph.steps if step.waits_for == "some"]
    splits = [step for step in graph.steps if step.gives == "some"]
    if not joins or not splits:
        return frozenset()
    dominance = Dominance(graph)
    nearest = {join.id: dominance.nearest(join.id) for join in joins}
    return frozenset(
        split.id
        for split in splits
        for join in joins
        if nearest[join.id] == split.id and _is_regular(graph, split.id, join.id)
    )


def _is_regular(graph: ControlGraph, split: str, join: str) -> bool:
    leaving = [line for line in graph.leaving[split] if line.boundary is None]
    branches = {line.id: _between(graph, line, join) for line in leaving}
    owner = {step: line for line, steps in branches.items() for step in steps}
    if len(owner) < sum(len(steps) for steps in branches.values()):
        return False
    if split in owner or graph.start in (join, *owner):
        return False
    arriving: dict[str, list[Line]] = {line.id: [] for line in leaving}
    for line in graph.entering[join]:
        branch = line.id if line in leaving else owner.get(line.source)
        if branch is None:
            return False
        arriving[branch].append(line)
    for step, branch in owner.items():
        for line in graph.entering[step]:
            if line.id != branch and owner.get(line.source) != branch:
                return False
    return all(
        arriving[line.id] == [line] or _delivers(graph, line, branches[line.id], arriving[line.id])
        for line in leaving
    )


def _between(graph: ControlGraph, line: Line, join: str) -> list[str]:
    """The steps that a line leads to before it comes to the join."""
    seen = dict.fromkeys([line.target] if line.target != join else ())
    todo = list(seen)
    while todo:
        for following in graph.leaving[todo.pop()]:
            if following.target != join and following.target not in seen:
                seen[following.target] = None
                todo.append(following.target)
    return list(seen)


def _delivers(graph: ControlGraph, line: Line, steps: list[str], arriving: list[Line]) -> bool:
    """A branch by itself brings exactly one token to the join, and always can."""
    inside = [graph.step[step] for step in steps]
    if not arriving or any(step.end in ("terminate", "error") for step in inside):
        return False
    # No name that people or programs give has a NUL in it.
    split, meet, join, end = "\0split", "\0meet", "\0join", "\0end"
    lines = [Line("\0beside", split, join), replace(line, source=split)]
    for step in steps:
        for following in graph.leaving[step]:
            goes_on = following.target in steps
            lines.append(following if goes_on else replace(following, target=meet))
    alone = ControlGraph(
        split,
        (Step(split), *inside, Step(meet), Step(join, waits_for="all"), Step(end, end="plain")),
        (*lines, Line("\0met", meet, join), Line("\0joined", join, end)),
    )
    return explore(Net(alone, regular_splits(alone))).proven
