"""Judges a plan by the hard rules alone, from its times; knows nothing of how plans are made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from services.workorder.domain.planning.day import Day, Span
from services.workorder.domain.planning.plan import Plan, Route


class Breach(StrEnum):
    """A hard rule that a plan breaks."""

    TWICE = "TWICE"
    NOT_ABLE = "NOT_ABLE"
    OUTSIDE_WINDOW = "OUTSIDE_WINDOW"
    OUTSIDE_HOURS = "OUTSIDE_HOURS"
    AWAY = "AWAY"
    OVERLAP = "OVERLAP"
    NO_REST = "NO_REST"
    OVER_CAPACITY = "OVER_CAPACITY"
    LOCKED_MOVED = "LOCKED_MOVED"


@dataclass(frozen=True, slots=True)
class Broken:
    """Which rule, by whom, and for which visit; None: for the whole route."""

    breach: Breach
    worker: int | None
    visit: int | None = None


def broken_rules(day: Day, plan: Plan) -> list[Broken]:
    """All that a plan breaks; empty: it may be carried out."""
    return [*_visited_once(plan), *_locked_kept(day, plan)] + [
        broken for route in plan.routes.values() for broken in _of_route(day, route)
    ]


def _visited_once(plan: Plan) -> Iterator[Broken]:
    times = Counter(visit for route in plan.routes.values() for visit in route.order)
    times.update(plan.impossible)
    return (Broken(Breach.TWICE, None, visit) for visit, count in times.items() if count > 1)


def _locked_kept(day: Day, plan: Plan) -> Iterator[Broken]:
    made = {
        visit: (day.workers[route.worker].technician_id, begins)
        for route in plan.routes.values()
        for visit, begins in zip(route.order, route.times.begins, strict=True)
    }
    for number, visit in enumerate(day.visits):
        if visit.standing is None or not visit.standing.locked or number in plan.impossible:
            continue
        if made.get(number) != (visit.standing.technician_id, visit.standing.begins):
            yield Broken(Breach.LOCKED_MOVED, None, number)


def _of_route(day: Day, route: Route) -> Iterator[Broken]:
    worker, person = route.worker, day.workers[route.worker]
    if len(route.order) > person.capacity:
        yield Broken(Breach.OVER_CAPACITY, worker)
    for number, begins in zip(route.order, route.times.begins, strict=True):
        visit = day.visits[number]
        if worker not in visit.able:
            yield Broken(Breach.NOT_ABLE, worker, number)
        if not visit.begins_within[0] <= begins <= visit.begins_within[1]:
            yield Broken(Breach.OUTSIDE_WINDOW, worker, number)
    yield from _rested(day, route)
    pieces = _pieces(day, route)
    if any(later[0] < earlier[1] for earlier, later in pairwise(pieces)):
        yield Broken(Breach.OVERLAP, worker)
    if pieces[0][0] < person.hours[0] or pieces[-1][1] > person.hours[1]:
        yield Broken(Breach.OUTSIDE_HOURS, worker)
    if any(piece[0] < end and begin < piece[1] for piece in pieces for begin, end in person.away):
        yield Broken(Breach.AWAY, worker)


def _rested(day: Day, route: Route) -> Iterator[Broken]:
    rest, begins = day.workers[route.worker].rest, route.times.rest_begins
    if rest is None:
        return
    if begins is None or not rest.begins_within[0] <= begins <= rest.begins_within[1]:
        yield Broken(Breach.NO_REST, route.worker)


def _pieces(day: Day, route: Route) -> list[Span]:
    """What the worker's day consists of, in order: driving with its visit, the break, the way home.

    The way home begins when all else is done and nobody is away.
    """
    person, here = day.workers[route.worker], day.home(route.worker)
    pieces = []
    for number, begins in zip(route.order, route.times.begins, strict=True):
        pieces.append(
            (begins - day.legs[here][number], begins + day.visits[number].service_seconds)
        )
        here = number
    if person.rest is not None and route.times.rest_begins is not None:
        begins = route.times.rest_begins
        pieces.append((begins, begins + person.rest.seconds))
        pieces.sort()
    leaves, leg = pieces[-1][1], day.legs[here][day.home(route.worker)]
    for begin, end in person.away:
        if leaves < end and begin < leaves + leg:
            leaves = end
    return [*pieces, (leaves, leaves + leg)]
