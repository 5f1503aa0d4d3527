"""The proof as it would be without thought: play the token game through every marking.

Knows no inclusive joins, which the measured flows do not have.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from workflows.compiler.soundness import ControlGraph, Step

#: The tokens on lines and on resting steps; the empty one is on the way in.
Marking: TypeAlias = frozenset[str]


def is_sound(graph: ControlGraph) -> bool:
    """True when from every marking the empty one can be reached, and nothing ever holds two."""
    start: Marking = frozenset({""})
    before: dict[Marking, list[Marking]] = {start: []}
    stack = [start]
    while stack:
        marking = stack.pop()
        for follower in _followers(graph, marking):
            if follower is None:
                return False
            if follower not in before:
                before[follower] = []
                stack.append(follower)
            before[follower].append(marking)
    reached = {frozenset[str]()}
    stack = [marking for marking in reached if marking in before]
    while stack:
        for marking in before[stack.pop()]:
            if marking not in reached:
                reached.add(marking)
                stack.append(marking)
    return len(reached) == len(before)


def _followers(graph: ControlGraph, marking: Marking) -> Iterator[Marking | None]:
    """The markings one firing away; None for one in which a place holds two tokens."""
    for step in graph.steps:
        entering = [line.id for line in graph.entering[step.id]]
        entering += [""] if step.id == graph.start else []
        if step.waits_for == "all":
            taken = [entering] if marking.issuperset(entering) else []
        else:
            taken = [[line] for line in entering if line in marking]
        for lines in taken:
            yield from _moves(marking, lines, [[step.id]] if step.resting else _gives(graph, step))
        if step.resting and step.id in marking:
            yield from _moves(marking, [step.id], _gives(graph, step))


def _gives(graph: ControlGraph, step: Step) -> list[list[str]]:
    lines = [line.id for line in graph.leaving[step.id] if line.boundary is None]
    boundary = [[line.id] for line in graph.leaving[step.id] if line.boundary]
    return boundary + ([[line] for line in lines] if step.gives == "one" else [lines])


def _moves(marking: Marking, taken: list[str], gives: list[list[str]]) -> Iterator[Marking | None]:
    left = marking.difference(taken)
    for given in gives:
        yield None if left.intersection(given) else left.union(given)
