"""The control graph: what a flow's soundness depends on, and nothing else.

Any language that moves tokens along lines can be written as one: flows, BPMN, a body of a
sub-process. ``docs/soundness.md`` says what a run of it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from workflows.compiler.dominators import forward_order

#: How many of a step's lines take part: exactly one, all of them, or any that are not none.
Gate = Literal["one", "all", "some"]

#: How a run ends in a step: it takes the token, or it also ends everything else at once.
End = Literal["plain", "terminate", "error"]

#: How a boundary line takes a token from a step: instead of it, or beside it.
Boundary = Literal["interrupting", "alongside"]


@dataclass(frozen=True, slots=True)
class Step:
    """A place where control rests or divides or comes together.

    Attributes:
        id: unique in the graph.
        waits_for: ``one``: each token that arrives triggers it by itself; ``all``: one token on
            every line in; ``some``: an inclusive join.
        gives: a token to one, all or some of its lines out, boundary lines aside.
        end: how a run ends here; None when it goes on.
        resting: a token stays on it for a time, as on a task; only such a step has boundary lines.
    """

    id: str
    waits_for: Gate = "one"
    gives: Gate = "all"
    end: End | None = None
    resting: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A way from one step to the next.

    Attributes:
        id: unique in the graph, never empty.
        source: the step it leaves.
        target: the step it leads to.
        boundary: ``interrupting``: the token may leave the resting step along it instead of
            completing; ``alongside``: while the token rests there it may, once a visit, put one
            more token on it.
        always: of a step that gives to some: taken whatever else is.
        default: of a step that gives to some: taken alone, when no other is.
    """

    id: str
    source: str
    target: str
    boundary: Boundary | None = None
    always: bool = False
    default: bool = False


@dataclass(frozen=True)
class ControlGraph:
    """Steps, the lines between them, and the step at which a run comes in.

    Raises:
        ValueError: an id twice or unknown, an end that goes on, another step that does not, or a
            boundary line that leaves a step that does not rest.
    """

    start: str
    steps: tuple[Step, ...]
    lines: tuple[Line, ...]

    def __post_init__(self) -> None:
        _refuse_repeats("step", (step.id for step in self.steps))
        _refuse_repeats("line", (line.id for line in self.lines))
        for name in (
            self.start,
            *(line.source for line in self.lines),
            *(line.target for line in self.lines),
        ):
            if name not in self.step:
                raise ValueError(f"there is no step {name!r}")
        for step in self.steps:
            _check_leaving(step, self.leaving[step.id])

    @cached_property
    def step(self) -> dict[str, Step]:
        """The steps by id."""
        return {step.id: step for step in self.steps}

    @cached_property
    def line(self) -> dict[str, Line]:
        """The lines by id."""
        return {line.id: line for line in self.lines}

    @cached_property
    def leaving(self) -> dict[str, tuple[Line, ...]]:
        """The lines out of each step, boundary lines included, in their order."""
        found: dict[str, list[Line]] = {step.id: [] for step in self.steps}
        for line in self.lines:
            found[line.source].append(line)
        return {step: tuple(lines) for step, lines in found.items()}

    @cached_property
    def entering(self) -> dict[str, tuple[Line, ...]]:
        """The lines into each step, in their order."""
        found: dict[str, list[Line]] = {step.id: [] for step in self.steps}
        for line in self.lines:
            found[line.target].append(line)
        return {step: tuple(lines) for step, lines in found.items()}

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The steps that lines lead to, each before its followers wherever no loop forbids it."""
        followers = {step: [line.target for line in out] for step, out in self.leaving.items()}
        return forward_order(self.start, followers)

    @cached_property
    def finishing(self) -> frozenset[str]:
        """The steps from which lines lead to an end, the ends included."""
        found = {step.id for step in self.steps if step.end}
        todo = list(found)
        while todo:
            before = {line.source for line in self.entering[todo.pop()]} - found
            found |= before
            todo.extend(before)
        return frozenset(found)


def _refuse_repeats(what: str, ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in ids:
        if not name or name in seen:
            raise ValueError(f"two {what}s are called {name!r}" if name else f"a {what} has no id")
        seen.add(name)


def _check_leaving(step: Step, leaving: tuple[Line, ...]) -> None:
    if step.end is not None:
        if leaving:
            raise ValueError(f"{step.id!r} is an end; nothing can leave it")
        if step.resting:
            raise ValueError(f"{step.id!r} is an end; nothing rests on it")
        return
    if not any(line.boundary is None for line in leaving):
        raise ValueError(f"nothing follows {step.id!r}, and it is no end")
    if not step.resting and any(line.boundary for line in leaving):
        raise ValueError(f"{step.id!r} has a boundary line, but nothing rests on it")
