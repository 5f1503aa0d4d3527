"""Which of its lines a step may put tokens on when it completes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import combinations
from typing import Final

from workflows.compiler.soundness.control import Line, Step

#: The most ways to complete that are all looked at.
_MOST: Final = 1 << 10


def may_choose(step: Step, lines: Collection[Line], chosen: Collection[Line]) -> bool:
    """A step with these lines out, boundary lines aside, may complete along the chosen ones."""
    if step.gives == "all" or len(lines) == 1:
        return len(chosen) == len(lines)
    if step.gives == "one":
        return len(chosen) == 1
    always = sum(line.always for line in lines)
    if any(line.default and not line.always for line in chosen):
        return len(chosen) == 1 and not always
    return len(chosen) > 0 and sum(line.always for line in chosen) == always


def choices(step: Step, lines: tuple[Line, ...]) -> Iterator[tuple[Line, ...]]:
    """The ways in which a step may complete, fewest lines first.

    Where they are not ``countable``, those that leave out hardly any line or take hardly any.
    """
    if step.gives == "all" or len(lines) == 1:
        yield lines
        return
    if step.gives == "one":
        yield from ((line,) for line in lines)
        return
    always = [index for index, line in enumerate(lines) if line.always]
    free = [index for index, line in enumerate(lines) if not line.always]
    every = range(len(free) + 1)
    for size in every if countable(step, lines) else (*every[:3], *every[-2:]):
        for added in combinations(free, size):
            chosen = tuple(lines[index] for index in sorted((*always, *added)))
            if may_choose(step, lines, chosen):
                yield chosen


def widest_choices(step: Step, lines: tuple[Line, ...]) -> Iterator[tuple[Line, ...]]:
    """The ways in which a step may complete that no other way goes beyond."""
    ordinary = tuple(line for line in lines if line.always or not line.default)
    for chosen in (ordinary, *((line,) for line in lines if line.default)):
        if may_choose(step, lines, chosen):
            yield chosen


def countable(step: Step, lines: Collection[Line]) -> bool:
    """There are few enough ways to complete that all are looked at."""
    return step.gives != "some" or 1 << sum(not line.always for line in lines) <= _MOST
