"""What stands already and what of it can not be kept: somebody is absent, or has no time any more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from services.workorder.domain.planning.day import Day, Visit
from services.workorder.domain.planning.route import timetable


class Failure(StrEnum):
    """Why what stands can not be kept."""

    NOT_THERE = "NOT_THERE"
    NOT_ABLE = "NOT_ABLE"
    NO_TIME = "NO_TIME"


@dataclass(frozen=True, slots=True)
class Kept:
    """Each worker's visits that can be kept, in their order, and why others can not."""

    orders: Mapping[int, tuple[int, ...]]
    failed: Mapping[int, Failure]


def kept(day: Day, visits: Iterable[int]) -> Kept:
    """Which of these visits can be kept at exactly the time that stands; locked ones come first."""
    orders: dict[int, tuple[int, ...]] = {}
    failed: dict[int, Failure] = {}
    fixed = replace(day, visits=[_as_it_stands(visit) for visit in day.visits])
    for number in sorted(visits, key=lambda each: (not day.visits[each].locked, each)):
        worker = day.standing_worker[number]
        if worker is None:
            failed[number] = Failure.NOT_THERE
            continue
        if worker not in day.visits[number].able:
            failed[number] = Failure.NOT_ABLE
            continue
        order = tuple(
            sorted(
                (*orders.get(worker, ()), number),
                key=lambda each: (fixed.visits[each].begins_within[0], each),
            )
        )
        if _in_window(day.visits[number]) and timetable(fixed, worker, order) is not None:
            orders[worker] = order
        else:
            failed[number] = Failure.NO_TIME
    return Kept(orders, failed)


def failures(day: Day) -> Mapping[int, Failure]:
    """All that stands and can not be kept."""
    return kept(day, _standing(day)).failed


def only_affected(day: Day) -> Day:
    """The same day with all locked that can be kept, so that a plan decides the rest alone."""
    failed = failures(day)
    return replace(
        day,
        visits=[
            visit if number in failed else _as_it_stands(visit)
            for number, visit in enumerate(day.visits)
        ],
    )


def _standing(day: Day) -> list[int]:
    return [number for number, visit in enumerate(day.visits) if visit.standing is not None]


def _as_it_stands(visit: Visit) -> Visit:
    if visit.standing is None:
        return visit
    return replace(visit, standing=replace(visit.standing, locked=True))


def _in_window(visit: Visit) -> bool:
    if visit.standing is None or visit.locked:
        return True
    return visit.window[0] <= visit.standing.begins <= visit.window[1]
