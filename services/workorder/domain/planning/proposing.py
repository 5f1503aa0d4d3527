"""A proposal for a day: the search's plan as rows, beside what the greedy plan would have been worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from services.workorder.domain.planning.building import Asked, Person, Terms, day_of
from services.workorder.domain.planning.checking import broken_rules
from services.workorder.domain.planning.day import Day, Seconds
from services.workorder.domain.planning.difference import Change, Row, difference
from services.workorder.domain.planning.plan import Objective, Plan, objective
from services.workorder.domain.planning.search import greedy, improved
from services.workorder.domain.planning.standing import only_affected

#: What a dispatcher may accept; the other rows only tell.
ACCEPTABLE: Final = frozenset({Change.ASSIGN, Change.MOVE, Change.RETIME, Change.UNASSIGN})


@dataclass(frozen=True, slots=True)
class Question:
    """All that a proposal depends on, but for how long it may take.

    Attributes:
        steps: of the search, unless its time is over before.
    """

    asked: Sequence[Asked]
    people: Sequence[Person]
    terms: Terms
    seed: int
    steps: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed.

    Attributes:
        rows: one a work order, in the order in which they were asked.
        drive_seconds: of each row the way there; 0 where nobody goes.
        before: what the greedy plan is worth, which the search began with.
        steps: how many were taken.
    """

    rows: tuple[Row, ...]
    drive_seconds: tuple[Seconds, ...]
    before: Objective
    after: Objective
    steps: int


def propose(question: Question, expired: Callable[[], bool]) -> Proposal:
    """Plan a day.

    Raises:
        AssertionError: the plan breaks a hard rule; it is not given out.
    """
    day = day_of(question.asked, question.people, question.terms)
    if question.terms.only_affected:
        day = only_affected(day)
    before = objective(day, greedy(day))
    found = improved(day, question.seed, question.steps, expired)
    broken = broken_rules(day, found.plan)
    if broken:
        raise AssertionError(f"the plan of a day breaks {broken[0]}")
    return Proposal(
        rows=tuple(difference(day, found.plan)),
        drive_seconds=tuple(_drives(day, found.plan)),
        before=before,
        after=objective(day, found.plan),
        steps=found.steps,
    )


def _drives(day: Day, plan: Plan) -> list[Seconds]:
    drives = [0] * len(day.visits)
    for route in plan.routes.values():
        here = day.home(route.worker)
        for visit in route.order:
            drives[visit] = day.legs[here][visit]
            here = visit
    return drives
