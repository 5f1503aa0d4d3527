"""What the proof says: sound, or what goes wrong and how to see it happen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

#: What happens to a step: the tokens it waits for have come, and one now rests on it; it is done, or
#: passed without a rest; one of its boundary lines is taken.
How = Literal["enters", "completes", "boundary"]


class Flaw(StrEnum):
    """What is wrong with a graph, or with the proof of it."""

    SECOND_TOKEN = "second_token"
    """A line or a resting step comes to hold two tokens."""
    SAME_END_TWICE = "same_end_twice"
    """One run comes to the same end twice."""
    DEADLOCK = "deadlock"
    """Tokens stand where nothing can move them, and no end was reached."""
    LEFT_TOKEN = "left_token"
    """An end was reached, but tokens stand where nothing can move them."""
    CANNOT_FINISH = "cannot_finish"
    """Tokens go on moving, but never to an end."""
    DEAD_STEP = "dead_step"
    """A step that occurs in no run."""
    UNDECIDED = "undecided"
    """The graph has more markings than the budget allows to look at."""


@dataclass(frozen=True, slots=True)
class Firing:
    """One thing that happens in a run.

    Attributes:
        step: the step it happens to.
        how: what happens to it.
        came: the lines whose tokens it takes; empty when it takes the token that rests on the step.
        took: the lines it puts tokens on, in their order in the graph.
    """

    step: str
    how: How
    came: tuple[str, ...] = ()
    took: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Marking:
    """Where the tokens stand; what holds two stands there twice.

    Attributes:
        steps: the steps on which tokens rest.
        lines: the lines on which tokens wait; the empty id is the way in to the start.
        ends: the ends that were reached.
        spent: the alongside lines that were taken in the visits that go on.
    """

    steps: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    spent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """One flaw and a run that shows it.

    Attributes:
        flaw: what is wrong.
        steps: the steps concerned: the dead ones, those at which the bad marking is stuck or doubled,
            or those from which no line leads to an end.
        lines: the lines concerned.
        trace: what happens from the start to the bad marking; empty where no run shows the flaw.
        marking: the bad marking; None where no run shows the flaw.
        shortest: no shorter trace leads to this flaw; False when there were too many markings to
            say so.
    """

    flaw: Flaw
    steps: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    trace: tuple[Firing, ...] = ()
    marking: Marking | None = None
    shortest: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a proof.

    Attributes:
        sound: True or False when it is proven; None when it is undecided, which is no leave to
            publish.
        problems: at most one of each flaw, in the order of ``Flaw``; empty when sound.
    """

    sound: bool | None
    problems: tuple[Problem, ...] = ()
