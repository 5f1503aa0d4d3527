"""A plan of a day: who goes where in which order, and what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.workorder.domain.planning.day import PRIORITIES, Day, Seconds
from services.workorder.domain.planning.route import Timetable, timetable

#: More than a company has visits in a day, so that a visit of a higher priority outweighs all lower.
_MANY: Final = 10_000


@dataclass(frozen=True, slots=True)
class Route:
    """One worker's visits in their order, by their places in ``Day.visits``, and the times."""

    worker: int
    order: tuple[int, ...]
    times: Timetable


@dataclass(frozen=True, slots=True)
class Plan:
    """Routes by worker, without empty ones.

    Attributes:
        impossible: locked visits that can not be kept as they stand; they are left as they are, and
            whoever was to go there gets nothing new.
    """

    routes: Mapping[int, Route]
    impossible: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Objective:
    """What a plan costs, in the order in which it counts.

    Attributes:
        unplaced: how many visits nobody makes, by priority, the most urgent first.
        moved: how many visits somebody else makes than stands, or nobody any more.
        travel: all the driving.
        cost: travel, and what each change of what stands must be worth.
    """

    unplaced: tuple[int, ...]
    moved: int
    travel: Seconds
    cost: Seconds

    @property
    def rank(self) -> tuple[tuple[int, ...], Seconds]:
        """What plans are compared by; less is better."""
        return self.unplaced, self.cost


def objective(day: Day, plan: Plan) -> Objective:
    """What a plan costs."""
    going = {visit: route.worker for route in plan.routes.values() for visit in route.order}
    unplaced = [0] * len(PRIORITIES)
    moved = 0
    for number, visit in enumerate(day.visits):
        if number in plan.impossible:
            continue
        if number not in going:
            unplaced[PRIORITIES.index(visit.priority)] += 1
        worker = going.get(number)
        # Whom a visit stands with may not be there: that counts as moved too, it is no choice.
        if visit.standing is not None and (worker is None or worker != day.standing_worker[number]):
            moved += 1
    travel = sum(route.times.travel for route in plan.routes.values())
    return Objective(tuple(unplaced), moved, travel, travel + moved * day.move_seconds)


def weight(priority: int) -> int:
    """How much it counts to leave out a visit, so that sums compare as ``Objective.unplaced``."""
    return int(_MANY ** (PRIORITIES[-1] - priority))


def plan_of(
    day: Day, orders: Mapping[int, tuple[int, ...]], impossible: frozenset[int] = frozenset()
) -> Plan:
    """A plan from each worker's visits in their order, all of which must be possible."""
    routes = {}
    for worker, order in sorted(orders.items()):
        if not order:
            continue
        times = timetable(day, worker, order)
        if times is None:
            raise ValueError(f"worker {worker} can not make {order}")
        routes[worker] = Route(worker, order, times)
    return Plan(routes, impossible)
