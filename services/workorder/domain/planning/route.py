"""One worker's day: when each visit begins if they go in this order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.workorder.domain.planning.day import Day, Seconds, Span, Worker


@dataclass(frozen=True, slots=True)
class Timetable:
    """A route that is possible: each visit's begin, the break's, and all the driving."""

    begins: tuple[Seconds, ...]
    rest_begins: Seconds | None
    travel: Seconds


def timetable(day: Day, worker: int, order: Sequence[int]) -> Timetable | None:
    """The earliest timetable of these visits in this order; None: there is none.

    A worker drives as late as they can. Driving to a visit and the visit lie in one piece between
    absences and the break.
    """
    person, legs = day.workers[worker], day.legs
    if len(order) > person.capacity:
        return None
    now, here, travel = person.hours[0], day.home(worker), 0
    resting, rest_begins = person.rest, None
    begins = []
    for visit in order:
        leg, asked = legs[here][visit], day.visits[visit]
        begin = _fitted(person, now, leg, asked.begins_within[0], asked.service_seconds)
        if resting is not None:
            at = _fitted(person, now, 0, resting.begins_within[0], resting.seconds)
            before_driving = at + resting.seconds <= begin - leg
            if before_driving or begin + asked.service_seconds > resting.begins_within[1]:
                if at > resting.begins_within[1]:
                    return None
                rest_begins, now, resting = at, at + resting.seconds, None
                begin = _fitted(person, now, leg, asked.begins_within[0], asked.service_seconds)
        if begin > asked.begins_within[1]:
            return None
        begins.append(begin)
        now, here, travel = begin + asked.service_seconds, visit, travel + leg
    if resting is not None:
        rest_begins = _fitted(person, now, 0, resting.begins_within[0], resting.seconds)
        if rest_begins > resting.begins_within[1]:
            return None
        now = rest_begins + resting.seconds
    leg = legs[here][day.home(worker)]
    if _fitted(person, now, leg, 0, 0) > person.hours[1]:
        return None
    return Timetable(tuple(begins), rest_begins, travel + leg)


def _fitted(
    person: Worker, now: Seconds, leg: Seconds, earliest: Seconds, seconds: Seconds
) -> Seconds:
    """When something begins that takes so long, with the way there, clear of absences."""
    begin = max(now + leg, earliest)
    for away in person.away:
        if _meet((begin - leg, begin + seconds), away):
            begin = max(away[1] + leg, earliest)
    return begin


def _meet(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]
