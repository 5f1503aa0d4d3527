"""Finds inclusive blocks, and those of them in which every branch by itself does what it should.

Between a split and an inclusive join lies a block when the split's branches have nothing in common
and lead to nothing but the join, to which each does, and to ends. The block is regular
when no branch ends everything, and each brings exactly one token to the join whatever else happens.
Of such a block the widest choices of the split tell all that can happen. ``docs/soundness.md`` has
the argument.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from workflows.compiler.soundness.control import ControlGraph, Line, Step
from workflows.compiler.soundness.dominance import Dominance
from workflows.compiler.soundness.explore import explore
from workflows.compiler.soundness.net import Net
from workflows.compiler.soundness.verdict import Marking


@dataclass(frozen=True, slots=True)
class Branch:
    """One branch of a block: its first line, its steps, and its lines into the join."""

    line: Line
    steps: tuple[str, ...]
    arriving: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A split, the inclusive join that its branches lead to, and the branches."""

    split: str
    join: str
    branches: tuple[Branch, ...]


def inclusive_blocks(graph: ControlGraph) -> list[Block]:
    """The inclusive blocks of a graph."""
    joins = [step.id for step in graph.steps if step.waits_for == "some"]
    if not joins:
        return []
    dominance = Dominance(graph)
    found = (_find_block(graph, dominance.nearest(join), join) for join in joins)
    return [block for block in found if block is not None]


def regular_splits(graph: ControlGraph, start: Marking | None = None) -> frozenset[str]:
    """The splits that give to some of which the widest choices tell all that can happen.

    Args:
        start: where runs begin; a block in which tokens stand from the first is not regular.
    """
    if all(step.gives != "some" for step in graph.steps):
        return frozenset()
    return frozenset(
        block.split
        for block in inclusive_blocks(graph)
        if graph.step[block.split].gives == "some"
        and not (start and any(_holds(branch, start, graph) for branch in block.branches))
        and all(_delivers(graph, branch) for branch in block.branches)
    )


def _holds(branch: Branch, start: Marking, graph: ControlGraph) -> bool:
    """Tokens stand in a branch, or on its way in or out."""
    inside = {*branch.steps}
    own = {branch.line.id, *(line.id for line in branch.arriving)}
    own |= {line.id for step in branch.steps for line in graph.entering[step]}
    return bool(inside.intersection(start.steps) or own.intersection(start.lines))


def _find_block(graph: ControlGraph, split: str | None, join: str) -> Block | None:
    if split is None:
        return None
    leaving = [line for line in graph.leaving[split] if line.boundary is None]
    inside = {line.id: _between(graph, line, join) for line in leaving}
    owner = {step: line for line, steps in inside.items() for step in steps}
    common = len(owner) < sum(len(steps) for steps in inside.values())
    if common or split in owner or graph.start in owner:
        return None
    arriving: dict[str, list[Line]] = {line.id: [] for line in leaving}
    for step in (join, *owner):
        for line in graph.entering[step]:
            own = line.id if line in leaving else owner.get(line.source)
            if own is None or own != owner.get(step, own):
                return None
            if step == join:
                arriving[own].append(line)
    branches = tuple(
        Branch(line, tuple(inside[line.id]), tuple(arriving[line.id])) for line in leaving
    )
    arrives = all(branch.arriving for branch in branches)
    return Block(split, join, branches) if arrives else None


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


def _delivers(graph: ControlGraph, branch: Branch) -> bool:
    """A branch by itself brings exactly one token to the join, and always can."""
    if not branch.steps:
        return True
    if any(graph.step[step].end in ("terminate", "error") for step in branch.steps):
        return False
    alone = _alone(graph, branch)
    return explore(Net(alone, regular_splits(alone))).proven


def _alone(graph: ControlGraph, branch: Branch) -> ControlGraph:
    """The branch as a graph that ends well only if one token comes to where the join was."""
    # No name that people or programs give has a NUL in it.
    split, meet, join, end = "\0split", "\0meet", "\0join", "\0end"
    inner = (following for step in branch.steps for following in graph.leaving[step])
    return ControlGraph(
        split,
        (
            Step(split),
            *(graph.step[step] for step in branch.steps),
            Step(meet),
            Step(join, waits_for="all"),
            Step(end, end="plain"),
        ),
        (
            replace(branch.line, source=split),
            *(replace(li, target=meet) if li in branch.arriving else li for li in inner),
            Line("\0beside", split, join),
            Line("\0met", meet, join),
            Line("\0joined", join, end),
        ),
    )
