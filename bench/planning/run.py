"""Planning a day beside a greedy plan of the same day; every plan is judged by the checker."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from bench.harness import Figure, Result, Round, alternate
from bench.planning import through_rpc
from bench.planning.days import city_day
from services.workorder.domain.planning.checking import broken_rules
from services.workorder.domain.planning.day import Day
from services.workorder.domain.planning.plan import Plan, objective
from services.workorder.domain.planning.search import greedy, improved

#: Visits and technicians, and within how many seconds a plan is there.
_PLENTY: Final = (300, 1_000)
_SCARCE: Final = (300, 45)
_BUDGET: Final = 2.0
#: How long the search may take of it; the rest is for the ways between the places and the answer.
_SEARCH: Final = 1.2


async def run(rounds: int) -> list[Result]:
    """Measure both sizes, another day each round."""
    results: list[Result] = []
    for visits, workers in (_PLENTY, _SCARCE):
        case = f"{visits} orders, {workers} technicians"
        taken: list[float] = []
        results += await alternate(
            _round(case, (visits, workers), _searched, taken),
            _round(case, (visits, workers), greedy, []),
            rounds,
            {
                f"{case}: unplaced": "baseline: greedy; orders nobody makes",
                f"{case}: travel": "baseline: greedy; all driving",
            },
        )
        longest = max(taken)
        note = f"baseline: the budget; the longest of {len(taken)}, ways between places included"
        results.append(Result(f"{case}: time", longest, _BUDGET, _BUDGET / longest, "s", note))
    return results + await through_rpc.run(rounds)


def _searched(day: Day) -> Plan:
    until = time.perf_counter() + _SEARCH
    return improved(day, 1, 1_000, lambda: time.perf_counter() > until).plan


def _round(
    case: str, size: tuple[int, int], make: Callable[[Day], Plan], taken: list[float]
) -> Round:
    numbers = iter(range(1_000))

    async def one_round() -> list[Figure]:
        began = time.perf_counter()
        day = city_day(next(numbers), *size)
        plan = make(day)
        taken.append(time.perf_counter() - began)
        assert not broken_rules(day, plan)
        costs = objective(day, plan)
        # One more on both sides, so that nobody left out is no division by nothing.
        return [
            Figure(f"{case}: unplaced", sum(costs.unplaced) + 1, "orders + 1", "lower"),
            Figure(f"{case}: travel", costs.travel / 3_600, "h", "lower"),
        ]

    return one_round
