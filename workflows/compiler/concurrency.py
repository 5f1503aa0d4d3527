"""What can be under way at the same time in a sound graph.

The concurrency relation of Kovalyov: the lines that one step puts tokens on hold tokens together, and
whatever is together with all that a step takes is together with all that it gives. On free-choice
graphs it is exact; an inclusive join is taken to wait for everything that leads to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workflows.compiler.soundness import ControlGraph, Step


@dataclass(frozen=True, slots=True)
class _Firing:
    """Something that may happen: places it takes tokens from, those it puts them on, and those that
    can hold none when it does."""

    takes: tuple[str, ...]
    gives: tuple[str, ...]
    empty: int = 0


def concurrent_steps(graph: ControlGraph) -> dict[str, frozenset[str]]:
    """For each step the others that can be under way while it is; one on which nothing rests is
    under way as long as its token is on the line behind it."""
    places = ["", *(line.id for line in graph.lines), *(s.id for s in graph.steps if s.resting)]
    numbers = {place: number for number, place in enumerate(places)}
    together = _together(graph, numbers)
    of_step = {step.id: [numbers[place] for place in _places(graph, step)] for step in graph.steps}
    own = {step: sum(1 << n for n in set(held)) for step, held in of_step.items()}
    seen = {step: _union(together[number] for number in held) for step, held in of_step.items()}
    return {step: frozenset(o for o in own if o != step and seen[step] & own[o]) for step in own}


def _places(graph: ControlGraph, step: Step) -> list[str]:
    if step.resting:
        return [step.id]
    behind = graph.entering[step.id] if step.end else graph.leaving[step.id]
    return [line.id for line in behind]


def _together(graph: ControlGraph, numbers: dict[str, int]) -> list[int]:
    """For each place the places that can hold a token while it does, as bits."""
    together = [0] * len(numbers)
    firings = [
        (
            [numbers[place] for place in firing.takes],
            [numbers[place] for place in firing.gives],
            ~firing.empty,
        )
        for step in graph.steps
        for firing in _firings(graph, step, numbers)
    ]

    def join(place: int, others: int) -> bool:
        new = others & ~together[place]
        together[place] |= new
        for other in _bits(new):
            together[other] |= 1 << place
        return bool(new)

    changed = True
    while changed:
        changed = False
        for takes, gives, possible in firings:
            around = together[takes[0]] & possible
            for place in takes[1:]:
                around &= together[place]
            given = sum(1 << place for place in gives)
            for place in gives:
                changed |= join(place, around | given & ~(1 << place))
    return together


def _firings(graph: ControlGraph, step: Step, numbers: dict[str, int]) -> Iterator[_Firing]:
    entering = [line.id for line in graph.entering[step.id]]
    entering += [""] if step.id == graph.start else []
    leaving = [line.id for line in graph.leaving[step.id] if line.boundary is None]
    sets = [(line,) for line in leaving] if step.gives == "one" else [tuple(leaving)]
    taken = [tuple(entering)] if step.waits_for == "all" else [(line,) for line in entering]
    empty = _upstream(graph, step, numbers) if step.waits_for == "some" else 0
    if step.resting:
        yield from (_Firing(lines, (step.id,), empty) for lines in taken)
        taken = [(step.id,)]
    yield from (_Firing(lines, given, empty) for lines in taken for given in sets)
    for line in graph.leaving[step.id]:
        if line.boundary == "interrupting":
            yield _Firing((step.id,), (line.id,))
        elif line.boundary == "alongside":
            yield _Firing((step.id,), (step.id, line.id))


def _upstream(graph: ControlGraph, join: Step, numbers: dict[str, int]) -> int:
    """The places from which a token may still come to a join, as bits."""
    found = 0
    stack = [join.id]
    seen = {join.id}
    while stack:
        for line in graph.entering[stack.pop()]:
            found |= 1 << numbers[line.id]
            if line.source not in seen:
                seen.add(line.source)
                stack.append(line.source)
                found |= 1 << numbers[line.source] if graph.step[line.source].resting else 0
    return found


def _union(sets: Iterator[int]) -> int:
    found = 0
    for bits in sets:
        found |= bits
    return found


def _bits(number: int) -> Iterator[int]:
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest
