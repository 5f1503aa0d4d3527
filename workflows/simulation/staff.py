"""People at work on a virtual clock: one thing at a time, in their working hours, the rest in queues."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

from kit.calendar import BusinessCalendar
from workflows.simulation.agenda import Agenda
from workflows.simulation.model import Pool, hours_of

_MOMENT: Final = timedelta(microseconds=1)


@dataclass(eq=False, slots=True)
class Work:
    """Something that one of several people is to do.

    Attributes:
        node: what it is for.
        candidates: who may do it; whoever is no member of a pool does it at once.
        takes: of the doer's working time.
        due: by when.
        begin: hears who begins.
        finish: hears who has done it.
        person: who does it.
        over: it is done, or not wanted any more.
    """

    node: str
    candidates: tuple[str, ...]
    takes: timedelta
    due: datetime | None
    begin: Callable[[Work], None]
    finish: Callable[[Work], None]
    asked_at: datetime
    person: str = ""
    begun_at: datetime | None = None
    over: bool = False


@dataclass(eq=False, slots=True)
class _Person:
    name: str
    role: str
    hours: BusinessCalendar
    idle_since: datetime
    work: Work | None = None
    queue: list[tuple[datetime, int, Work]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Spell:
    """A time during which somebody worked."""

    person: str
    role: str
    since: datetime
    until: datetime


class Staff:
    """Everybody who does the work.

    Attributes:
        spells: who has worked when.
    """

    def __init__(
        self,
        agenda: Agenda,
        pools: Mapping[str, Pool],
        business: BusinessCalendar | None,
        queue: Literal["first_come", "first_due"],
    ) -> None:
        self.spells: list[Spell] = []
        self.pools = dict(pools)
        self._agenda = agenda
        self._queue = queue
        self._count = 0
        self._people = {
            name: _Person(name, role, hours_of(pool, business), agenda.now)
            for role, pool in pools.items()
            for name in members(role, pool)
        }

    def role_of(self, person: str) -> str:
        """The role in whose pool somebody is; empty: in none."""
        known = self._people.get(person)
        return known.role if known else ""

    def hours(self, role: str) -> BusinessCalendar:
        """When the people of a role work."""
        first = members(role, self.pools[role])[0]
        return self._people[first].hours

    def ask(self, work: Work) -> None:
        """Have something done by whoever is free first."""
        if work.over:
            return
        if any(name not in self._people for name in work.candidates):
            self._outside(work)
            return
        people = [self._people[name] for name in work.candidates]
        free = [person for person in people if person.work is None]
        if free:
            self._take(min(free, key=lambda person: person.idle_since), work)
            return
        self._count += 1
        first = work.asked_at
        if self._queue == "first_due":
            first = work.due or datetime.max.replace(tzinfo=first.tzinfo)
        for person in people:
            heapq.heappush(person.queue, (first, self._count, work))

    def drop(self, work: Work) -> None:
        """It is not wanted any more: whoever does it stops."""
        work.over = True
        person = self._people.get(work.person)
        if person is not None and person.work is work:
            self._release(person, work)

    def _outside(self, work: Work) -> None:
        """Somebody who is nobody's capacity: a customer."""
        work.person = next(name for name in work.candidates if name not in self._people)
        work.begun_at = self._agenda.now
        work.begin(work)
        self._agenda.at(self._agenda.now + work.takes, lambda: self._finish(work))

    def _take(self, person: _Person, work: Work) -> None:
        person.work, work.person = work, person.name
        opens = person.hours.add(self._agenda.now, _MOMENT).at - _MOMENT
        self._agenda.at(opens, lambda: self._begin(person, work))

    def _begin(self, person: _Person, work: Work) -> None:
        if work.over:
            return
        work.begun_at = self._agenda.now
        work.begin(work)
        if not work.over:
            ends = person.hours.add(self._agenda.now, work.takes).at
            self._agenda.at(ends, lambda: self._finish(work))

    def _finish(self, work: Work) -> None:
        if work.over:
            return
        work.over = True
        person = self._people.get(work.person)
        if person is not None:
            self._release(person, work)
        work.finish(work)

    def _release(self, person: _Person, work: Work) -> None:
        now = self._agenda.now
        if work.begun_at is not None:
            self.spells.append(Spell(person.name, person.role, work.begun_at, now))
        person.work, person.idle_since = None, now
        while person.queue and person.work is None:
            *_, waiting = heapq.heappop(person.queue)
            if not waiting.over and not waiting.person:
                self._take(person, waiting)


def members(role: str, pool: Pool) -> list[str]:
    """The people of a pool."""
    return [f"pe_{role}_{number}" for number in range(1, pool.count + 1)]
