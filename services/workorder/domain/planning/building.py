"""From work orders and people to a day that can be planned.

What somebody has taken is locked, at a time worked out for all that they have taken; what is pinned is
locked as it was planned; what else was planned stands, and may be moved where that is worth it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from services.workorder.domain.geo import Point
from services.workorder.domain.planning.day import Day, Rest, Seconds, Span, Standing, Visit, Worker
from services.workorder.domain.planning.legs import legs_between
from services.workorder.domain.planning.route import timetable

#: How fast one gets on in a city, as the crow flies times the policy's factor.
METRES_PER_HOUR: Final = 25_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A work order that asks for a visit.

    Attributes:
        at: where.
        window: the earliest and the latest begin, in seconds of the day.
        able_technician_ids: who passes every hard rule that does not depend on their day.
        taken_by: who has accepted it; empty: nobody.
        planned_for: whom a plan sends, and from when.
        pinned: whether no plan may change that.
    """

    work_order_id: str
    at: Point
    window: Span
    service_seconds: Seconds
    priority: int
    able_technician_ids: frozenset[str]
    taken_by: str = ""
    planned_for: tuple[str, Seconds] | None = None
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works on the day.

    Attributes:
        home: where they leave from and come back to.
        spans: when they are there, in order and apart.
        capacity: the most visits.
    """

    technician_id: str
    home: Point
    spans: tuple[Span, ...]
    capacity: int


@dataclass(frozen=True, slots=True)
class Terms:
    """By what a day is planned.

    Attributes:
        rest: everybody's break; None: none. Who is not there for all of it has none.
        only_affected: what stands and can be kept is left as it is.
    """

    road_factor_basis_points: int
    rest: Rest | None = None
    only_affected: bool = False


def day_of(asked: Sequence[Asked], people: Sequence[Person], terms: Terms) -> Day:
    """The day with everything that stands."""
    numbers = {person.technician_id: number for number, person in enumerate(people)}
    places = [*(one.at for one in asked), *(person.home for person in people)]
    legs = legs_between(places, METRES_PER_HOUR, terms.road_factor_basis_points)
    visits = [_visit(one, numbers) for one in asked]
    workers = [_worker(person, terms.rest) for person in people]
    day = Day(visits, workers, legs)
    return replace(day, visits=_with_taken(day, asked, numbers))


def _visit(one: Asked, numbers: dict[str, int]) -> Visit:
    """A visit with what was planned for it; who took it comes later."""
    able = frozenset(numbers[each] for each in one.able_technician_ids if each in numbers)
    standing = None
    if one.taken_by:
        # Whoever took it may go, whatever the rules say by now.
        able = frozenset({numbers[one.taken_by]} if one.taken_by in numbers else ())
    elif one.planned_for is not None:
        standing = Standing(*one.planned_for, locked=one.pinned)
    return Visit(one.work_order_id, one.window, one.service_seconds, able, one.priority, standing)


def _worker(person: Person, rest: Rest | None) -> Worker:
    begins, ends = person.spans[0][0], person.spans[-1][1]
    away = tuple(
        (before[1], after[0]) for before, after in zip(person.spans, person.spans[1:], strict=False)
    )
    there = (
        rest is not None
        and begins <= rest.begins_within[0]
        and (ends >= rest.begins_within[1] + rest.seconds)
    )
    return Worker(
        person.technician_id, (begins, ends), away, rest if there else None, person.capacity
    )


def _with_taken(day: Day, asked: Sequence[Asked], numbers: dict[str, int]) -> list[Visit]:
    """Lock what was taken: each at the time at which its technician can come to all of it, by the
    end of the windows; where there is no such time, at the beginning of the window."""
    taken: dict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(asked):
        if one.taken_by:
            taken[one.taken_by].append(number)
    visits = list(day.visits)
    for technician_id, theirs in taken.items():
        order = sorted(theirs, key=lambda each: (day.visits[each].window[::-1], each))
        worker = numbers.get(technician_id)
        times = None if worker is None else timetable(day, worker, order)
        for place, number in enumerate(order):
            begins = day.visits[number].window[0] if times is None else times.begins[place]
            locked = Standing(technician_id, begins, locked=True)
            visits[number] = replace(day.visits[number], standing=locked)
    return visits
