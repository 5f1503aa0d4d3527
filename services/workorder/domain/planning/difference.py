"""What a plan changes of what stands, row by row, as a dispatcher accepts it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from services.workorder.domain.planning.day import Day, Seconds
from services.workorder.domain.planning.plan import Plan
from services.workorder.domain.planning.route import timetable


class Change(StrEnum):
    """What a row does."""

    ASSIGN = "ASSIGN"
    MOVE = "MOVE"
    RETIME = "RETIME"
    UNASSIGN = "UNASSIGN"
    UNCHANGED = "UNCHANGED"
    UNPLACED = "UNPLACED"
    #: Locked and can not be kept: somebody must decide, the plan does not.
    IMPOSSIBLE = "IMPOSSIBLE"


class Reason(StrEnum):
    """Why nobody makes a visit."""

    NOBODY_ABLE = "NOBODY_ABLE"
    NOBODY_IN_WINDOW = "NOBODY_IN_WINDOW"
    ALL_TAKEN = "ALL_TAKEN"


@dataclass(frozen=True, slots=True)
class Row:
    """One work order; ``technician_id`` is empty and ``begins`` None where nobody goes."""

    work_order_id: str
    change: Change
    technician_id: str = ""
    begins: Seconds | None = None
    place_in_route: int | None = None
    reason: Reason | None = None


def difference(day: Day, plan: Plan) -> list[Row]:
    """A row for each visit of the day, in the order of its visits."""
    made = {
        visit: (route.worker, route.times.begins[place], place)
        for route in plan.routes.values()
        for place, visit in enumerate(route.order)
    }
    return [
        _left_out(day, plan, number) if number not in made else _made(day, number, *made[number])
        for number in range(len(day.visits))
    ]


def _made(day: Day, number: int, worker: int, begins: Seconds, place: int) -> Row:
    visit, technician_id = day.visits[number], day.workers[worker].technician_id
    if visit.standing is None:
        change = Change.ASSIGN
    elif visit.standing.technician_id != technician_id:
        change = Change.MOVE
    elif visit.standing.begins != begins:
        change = Change.RETIME
    else:
        change = Change.UNCHANGED
    return Row(visit.work_order_id, change, technician_id, begins, place)


def _left_out(day: Day, plan: Plan, number: int) -> Row:
    visit = day.visits[number]
    if number in plan.impossible:
        return Row(visit.work_order_id, Change.IMPOSSIBLE)
    change = Change.UNPLACED if visit.standing is None else Change.UNASSIGN
    return Row(visit.work_order_id, change, reason=_reason(day, number))


def _reason(day: Day, number: int) -> Reason:
    able = day.visits[number].able
    if not able:
        return Reason.NOBODY_ABLE
    if any(timetable(day, worker, [number]) is not None for worker in able):
        return Reason.ALL_TAKEN
    return Reason.NOBODY_IN_WINDOW
