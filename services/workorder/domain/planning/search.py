"""Makes plans: greedily, and better than that by taking out what lies together and putting it back.

Which steps the search takes depends on the day and the seed alone, so that as many steps give the
same plan on every machine; a plan that ran out of time says how many it took.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from services.workorder.domain.planning.day import Day, Seconds
from services.workorder.domain.planning.draft import Draft
from services.workorder.domain.planning.plan import Plan

#: The most visits that are taken out at once.
_MOST_OUT: Final = 12
#: How much worse, in seconds, a plan may be at first for the search to go on from it.
_PATIENCE: Final = 600.0
#: The most of those left out that are tried again in a step.
_MOST_TRIED: Final = 12


@dataclass(frozen=True, slots=True)
class Found:
    """A plan, and after how many steps of the search it was given out."""

    plan: Plan
    steps: int


def greedy(day: Day) -> Plan:
    """What stands as it stands, then the urgent and the narrow, each where it costs least then."""
    return _begun(day).plan()


def improved(day: Day, seed: int, steps: int, expired: Callable[[], bool]) -> Found:
    """A plan never worse than the greedy one: after so many steps, or when the time is over."""
    draft = _begun(day)
    movable = [n for n, visit in enumerate(day.visits) if not visit.locked and visit.able]
    best, best_cost = draft.plan(), draft.cost
    if not movable:
        return Found(best, 0)
    chance = np.random.default_rng(seed)
    neighbours = _neighbours(day, movable)
    best_orders, kept_cost, taken = dict(draft.orders), draft.cost, 0
    while taken < steps and not expired():
        _put_all(draft, _taken_out(draft, movable, neighbours, chance))
        allowed = int(_PATIENCE * (1 - taken / steps) * chance.random())
        if draft.cost <= kept_cost + allowed:
            draft.commit()
            kept_cost = draft.cost
            if kept_cost < best_cost:
                best_orders, best_cost = dict(draft.orders), kept_cost
        else:
            draft.undo()
        taken += 1
    draft.orders = best_orders
    return Found(draft.plan(), taken)


def _begun(day: Day) -> Draft:
    draft = Draft(day)
    draft.keep_standing()
    _put_all(draft, sorted(draft.left_out, key=lambda visit: _urgency(day, visit)))
    draft.commit()
    return draft


def _taken_out(
    draft: Draft, movable: list[int], neighbours: dict[int, list[int]], chance: np.random.Generator
) -> list[int]:
    """Take out a visit and some near it; they and some left out before, in an order to try."""
    before = sorted(visit for visit in draft.left_out if draft.day.visits[visit].able)
    first = movable[int(chance.integers(len(movable)))]
    out = [first, *neighbours[first][: int(chance.integers(_MOST_OUT))]]
    for visit in out:
        if visit in draft.worker_of:
            draft.take(visit)
    again = [before[place] for place in chance.permutation(len(before))[:_MOST_TRIED]]
    tried = list(dict.fromkeys((*out, *again)))
    if chance.random() < 0.5:
        return [tried[place] for place in chance.permutation(len(tried))]
    return sorted(tried, key=lambda visit: _urgency(draft.day, visit))


def _put_all(draft: Draft, visits: Iterable[int]) -> None:
    for visit in visits:
        draft.put(visit)


def _urgency(day: Day, visit: int) -> tuple[int, Seconds, int]:
    asked = day.visits[visit]
    return asked.priority, asked.window[1] - asked.window[0], visit


def _neighbours(day: Day, movable: list[int]) -> dict[int, list[int]]:
    """Of each visit the nearest others."""
    places = np.array(movable)
    legs = np.array([day.legs[visit] for visit in movable], np.int64)[:, places]
    nearest = np.argsort(legs, axis=1, kind="stable")[:, : _MOST_OUT + 1]
    return {
        visit: [movable[place] for place in row if movable[place] != visit]
        for visit, row in zip(movable, nearest.tolist(), strict=True)
    }
