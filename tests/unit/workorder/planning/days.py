"""Days to be planned for the tests: a small obvious one, and as many others as you like."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from services.workorder.domain.planning.day import Day, Rest, Standing, Visit, Worker
from services.workorder.domain.planning.plan import Plan
from services.workorder.domain.planning.search import greedy

HOUR = 3_600
EIGHT, NOON, SIX = 8 * HOUR, 12 * HOUR, 18 * HOUR
LUNCH = Rest((11 * HOUR, 13 * HOUR), HOUR)


def visit(name: str, **other: Any) -> Visit:
    known: dict[str, Any] = {
        "window": (EIGHT, SIX),
        "service_seconds": HOUR,
        "able": frozenset({0, 1}),
    }
    return Visit(name, **(known | other))


def worker(name: str, **other: Any) -> Worker:
    return Worker(name, **({"hours": (EIGHT, SIX)} | other))


def day(visits: Iterable[Visit], workers: Iterable[Worker], leg: int = 600, **other: Any) -> Day:
    """Every place as far from every other."""
    asked, there = tuple(visits), tuple(workers)
    places = range(len(asked) + len(there))
    legs = [[0 if a == b else leg for b in places] for a in places]
    return Day(asked, there, legs, **other)


def standing(of: Day, plan: Plan, locked: Iterable[int] = ()) -> Day:
    """The day after a plan was accepted, with some of it locked."""
    visits = list(of.visits)
    fixed = set(locked)
    for route in plan.routes.values():
        for number, begins in zip(route.order, route.times.begins, strict=True):
            stands = Standing(of.workers[route.worker].technician_id, begins, number in fixed)
            visits[number] = replace(visits[number], standing=stands)
    return replace(of, visits=visits)


_times = st.integers(0, 40).map(lambda quarter: EIGHT + quarter * 900)


@st.composite
def days(draw: st.DrawFn) -> Day:
    """Up to ten visits and five workers who are here and there, away for a while, and have a break."""
    workers = [draw(_workers(number)) for number in range(draw(st.integers(1, 5)))]
    visits = [draw(_visits(number, len(workers))) for number in range(draw(st.integers(0, 10)))]
    points = [
        (draw(st.integers(0, 60)), draw(st.integers(0, 60)))
        for _ in range(len(visits) + len(workers))
    ]
    legs = [[60 * (abs(a[0] - b[0]) + abs(a[1] - b[1])) for b in points] for a in points]
    return Day(visits, workers, legs, move_seconds=draw(st.sampled_from([0, 900, 7_200])))


@st.composite
def replanned_days(draw: st.DrawFn) -> Day:
    """A day after its plan was accepted: some of it is locked, and some people are away after all."""
    before = draw(days())
    numbers = range(len(before.visits))
    locked = [number for number in numbers if draw(st.booleans())]
    accepted = standing(before, greedy(before), locked)
    workers = [
        replace(each, away=((EIGHT, draw(_times)),)) if draw(st.integers(0, 3)) == 0 else each
        for each in accepted.workers
    ]
    absent = draw(st.sampled_from([None, *range(len(workers))]))
    if absent is not None:
        workers[absent] = replace(workers[absent], technician_id="stands in")
    return replace(accepted, workers=workers)


@st.composite
def _workers(draw: st.DrawFn, number: int) -> Worker:
    begins = draw(st.integers(7, 10)) * HOUR
    away_from = draw(_times)
    return Worker(
        f"te_{number}",
        hours=(begins, begins + draw(st.integers(2, 10)) * HOUR),
        away=draw(st.sampled_from([(), ((away_from, away_from + 2 * HOUR),)])),
        rest=draw(st.sampled_from([None, LUNCH])),
        capacity=draw(st.integers(0, 5)),
    )


@st.composite
def _visits(draw: st.DrawFn, number: int, workers: int) -> Visit:
    earliest = draw(_times)
    return Visit(
        f"wo_{number}",
        window=(earliest, earliest + draw(st.integers(0, 16)) * 900),
        service_seconds=draw(st.integers(1, 8)) * 900,
        able=draw(st.frozensets(st.integers(0, workers - 1))),
        priority=draw(st.integers(1, 5)),
    )
