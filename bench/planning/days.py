"""Days to be planned: a city's visits and technicians, the same for the same number."""

from __future__ import annotations

import random
from typing import Final

from services.workorder.domain.geo import Point
from services.workorder.domain.planning.day import Day, Rest, Seconds, Visit, Worker
from services.workorder.domain.planning.legs import legs_between

HOUR: Final = 3_600
METRES_PER_HOUR: Final = 25_000
ROAD_FACTOR_BASIS_POINTS: Final = 13_000
_SKILLS: Final = range(12)
_WINDOWS: Final = ((8, 12), (13, 18), (8, 18), (9, 11), (14, 16))
_HOURS: Final = ((8, 17), (8, 18), (9, 18))
_SERVICE_MINUTES: Final = (30, 45, 60, 90, 120)
_LUNCH: Final = Rest((11 * HOUR + HOUR // 2, 13 * HOUR + HOUR // 2), 45 * 60)


def city_day(number: int, visits: int, workers: int) -> Day:
    """Homes and visits spread over about 85 by 85 kilometres; a visit needs one or two of twelve
    skills, a technician has two to five; one in ten is away for two hours."""
    dice = random.Random(number)
    held = [frozenset(dice.sample(_SKILLS, dice.randint(2, 5))) for _ in range(workers)]
    asked = [_visit(dice, each, held) for each in range(visits)]
    there = [_worker(dice, each) for each in range(workers)]
    places = [
        Point(116.4 + dice.uniform(-0.5, 0.5), 39.9 + dice.uniform(-0.385, 0.385))
        for _ in range(visits + workers)
    ]
    return Day(asked, there, legs_between(places, METRES_PER_HOUR, ROAD_FACTOR_BASIS_POINTS))


def _visit(dice: random.Random, number: int, held: list[frozenset[int]]) -> Visit:
    needed = frozenset(dice.sample(_SKILLS, dice.choice((1, 1, 2))))
    return Visit(
        f"wo_{number}",
        window=_hours(dice.choice(_WINDOWS)),
        service_seconds=dice.choice(_SERVICE_MINUTES) * 60,
        able=frozenset(worker for worker, skills in enumerate(held) if needed <= skills),
        priority=dice.choice((1, 2, 3, 3, 3, 4, 5)),
    )


def _worker(dice: random.Random, number: int) -> Worker:
    away = dice.randint(8, 15)
    return Worker(
        f"te_{number}",
        hours=_hours(dice.choice(_HOURS)),
        away=(_hours((away, away + 2)),) if dice.random() < 0.1 else (),
        rest=_LUNCH,
        capacity=dice.randint(3, 6),
    )


def _hours(hours: tuple[int, int]) -> tuple[Seconds, Seconds]:
    return hours[0] * HOUR, hours[1] * HOUR
