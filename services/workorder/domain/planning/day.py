"""A day to be planned: the visits that ask for somebody, and who is there to go.

Times are whole seconds since the midnight in Shanghai with which the day begins. Places are numbers:
first the visits' in their order, then the workers' homes in theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

Seconds = int
#: From a time up to, not including, another.
Span = tuple[Seconds, Seconds]

#: The most urgent priority and the least urgent one.
PRIORITIES: Final = range(1, 6)


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands already: who comes and when.

    Attributes:
        begins: when the visit begins.
        locked: whether no plan may change it.
    """

    technician_id: str
    begins: Seconds
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """One work order that asks for a visit on this day.

    Attributes:
        window: the earliest and the latest second at which it may begin, both included.
        service_seconds: how long it takes, in one piece.
        priority: from 1, the most urgent, to 5.
        able: which workers pass the hard rules that do not depend on the rest of their day, by
            their places in ``Day.workers``.
        standing: what stands already; None: nothing.
    """

    work_order_id: str
    window: Span
    service_seconds: Seconds
    able: frozenset[int]
    priority: int = 3
    standing: Standing | None = None

    @property
    def locked(self) -> bool:
        """Whether no plan may change who comes and when."""
        return self.standing is not None and self.standing.locked

    @property
    def begins_within(self) -> Span:
        """The earliest and the latest begin, of a locked visit the one that stands."""
        if self.standing is not None and self.standing.locked:
            return self.standing.begins, self.standing.begins
        return self.window


@dataclass(frozen=True, slots=True)
class Rest:
    """A break: the earliest and the latest begin, both included, and how long it takes."""

    begins_within: Span
    seconds: Seconds


@dataclass(frozen=True, slots=True)
class Worker:
    """A technician on this day.

    Attributes:
        hours: from leaving home until being back.
        away: when they neither drive nor work, in order and apart from each other.
        rest: the break that they must have; None: none.
        capacity: the most visits on this day.
    """

    technician_id: str
    hours: Span
    away: tuple[Span, ...] = ()
    rest: Rest | None = None
    capacity: int = 8


@dataclass(frozen=True)
class Day:
    """All that a plan depends on, the seed of the search apart.

    Attributes:
        legs: seconds of driving from each place to each other.
        move_seconds: how much driving must be saved before it is worth changing what stands.
    """

    visits: Sequence[Visit]
    workers: Sequence[Worker]
    legs: Sequence[Sequence[Seconds]] = field(repr=False)
    move_seconds: Seconds = 900

    @cached_property
    def standing_worker(self) -> Sequence[int | None]:
        """Of each visit the worker who stands for it; None: nobody who is there."""
        numbers = {worker.technician_id: n for n, worker in enumerate(self.workers)}
        return [
            None if visit.standing is None else numbers.get(visit.standing.technician_id)
            for visit in self.visits
        ]

    def home(self, worker: int) -> int:
        """The place where a worker's day begins and ends."""
        return len(self.visits) + worker
