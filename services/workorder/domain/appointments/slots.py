"""Slots that a visit can be promised in: whose calendar counts, on which day, and what each slot takes.

A calendar is of one territory and one kind of service. Of the codes of a work's place the most specific
one with a calendar decides; of its calendars that of the work's own kind before the one for any. A day
that differs is said as an override.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from kit.clock import SHANGHAI

#: The kind of service of a calendar for every work.
ANY_KIND: Final = "any"


class OverrideKind(StrEnum):
    """How a day differs."""

    CLOSED = "closed"
    OPEN = "open"
    WITHDRAWN = "withdrawn"


class ClosedBecause(StrEnum):
    """Why a slot cannot be reserved now; the first one that holds is told."""

    CLOSED = "closed"
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Template:
    """One slot of every week; minutes after midnight in Shanghai, half-open; Monday is 1."""

    weekday: int
    start_minute: int
    end_minute: int
    capacity: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """One version of a territory's slots for one kind of service, from a day on."""

    territory_code: str
    service_kind: str
    effective_from: date
    templates: tuple[Template, ...]
    opens_days_before: int
    closes_minutes_before: int
    hold_minutes: int


@dataclass(frozen=True, slots=True)
class Override:
    """One day that differs.

    Attributes:
        service_kind: empty: every kind.
        start_minute: the slot that begins then; None: the whole day.
        number: what is said later has a higher one.
    """

    territory_code: str
    service_kind: str
    day: date
    start_minute: int | None
    kind: OverrideKind
    extra_capacity: int
    number: int

    def reaches(self, day: date, start_minute: int, service_kind: str) -> bool:
        """Whether it speaks of a slot."""
        return (
            self.day == day
            and self.start_minute in (None, start_minute)
            and self.service_kind in ("", service_kind)
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """What a visit is asked for: its places, the most specific first, and kinds, the best first."""

    place_codes: tuple[str, ...]
    service_kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class SlotKey:
    """What tells a slot from every other; ordered, so that two are always locked in one order."""

    territory_code: str
    service_kind: str
    start: datetime


@dataclass(frozen=True, slots=True)
class Slot:
    """A window of a certain day.

    Attributes:
        capacity: what the calendar takes; nothing on a day that its own territory is closed.
        closed: by the calendar's territory, or for the places of whoever asked.
    """

    key: SlotKey
    end: datetime
    capacity: int
    closed: bool
    calendar: Calendar

    def closed_because(self, taken: int, now: datetime) -> ClosedBecause | None:
        """Why it cannot be reserved now; None: it can."""
        opens = now.astimezone(SHANGHAI).date() + timedelta(days=self.calendar.opens_days_before)
        if self.closed:
            return ClosedBecause.CLOSED
        if day_of(self.key.start) > opens:
            return ClosedBecause.TOO_EARLY
        if now > self.key.start - timedelta(minutes=self.calendar.closes_minutes_before):
            return ClosedBecause.TOO_LATE
        return ClosedBecause.FULL if taken >= self.capacity else None


@dataclass(frozen=True, slots=True)
class Overbooked:
    """A slot that has more visits than it can take.

    Attributes:
        closed: how many of them lie where the day is closed; they have to move whatever it takes.
    """

    key: SlotKey
    end: datetime
    capacity: int
    count: int
    closed: int = 0

    @property
    def over(self) -> int:
        """How many have to move."""
        return max(0, self.count - self.capacity, self.closed)


@dataclass(frozen=True, slots=True)
class Timetable:
    """The calendars and overrides that may concern a visit.

    Attributes:
        calendars: by territory and kind, the versions in the order in which they take effect, and of
            the same day in the order in which they were said.
    """

    calendars: Mapping[tuple[str, str], Sequence[Calendar]]
    overrides: Sequence[Override]

    def slots(self, asked: Asked, begin: datetime, end: datetime) -> Iterator[Slot]:
        """The slots that begin from an instant up to another, in order."""
        day = day_of(begin)
        while at(day, 0) < end:
            for slot in self.slots_on(asked, day):
                if begin <= slot.key.start < end:
                    yield slot
            day += timedelta(days=1)

    def slot_at(self, asked: Asked, start: datetime) -> Slot | None:
        """The slot that begins at an instant."""
        found = self.slots_on(asked, day_of(start))
        return next((slot for slot in found if slot.key.start == start), None)

    def capacity_of(self, key: SlotKey) -> int:
        """What a slot takes by its own territory's calendar; 0 when that has no such slot any more."""
        own = Asked((key.territory_code,), (key.service_kind,))
        slot = self.slot_at(own, key.start)
        return slot.capacity if slot else 0

    def closes(self, key: SlotKey, place_codes: Sequence[str]) -> bool:
        """Whether a slot is closed to who asks from some places, the most specific first."""
        day = day_of(key.start)
        minute = (key.start - at(day, 0)) // timedelta(minutes=1)
        said = [each for each in self.overrides if each.reaches(day, minute, key.service_kind)]
        return _closed_to(said, key.territory_code, place_codes)

    def slots_on(self, asked: Asked, day: date) -> Iterator[Slot]:
        """The slots of a day, in order."""
        calendar = self.calendar_of(asked, day)
        if calendar is None:
            return
        for template in sorted(calendar.templates, key=lambda each: each.start_minute):
            if template.weekday == day.isoweekday():
                yield self._slot(calendar, template, day, asked)

    def calendar_of(self, asked: Asked, day: date) -> Calendar | None:
        """Whose slots count on a day; a version without slots is passed over."""
        for code in asked.place_codes:
            for kind in asked.service_kinds:
                versions = self.calendars.get((code, kind), ())
                began = [each for each in versions if each.effective_from <= day]
                if began and began[-1].templates:
                    return began[-1]
        return None

    def _slot(self, calendar: Calendar, template: Template, day: date, asked: Asked) -> Slot:
        kind, start = calendar.service_kind, template.start_minute
        said = [each for each in self.overrides if each.reaches(day, start, kind)]
        own = _of_territory(said, calendar.territory_code)
        capacity = 0 if _closes(own) else template.capacity + (own.extra_capacity if own else 0)
        return Slot(
            key=SlotKey(calendar.territory_code, kind, at(day, start)),
            end=at(day, template.end_minute),
            capacity=max(0, capacity),
            closed=_closed_to(said, calendar.territory_code, asked.place_codes),
            calendar=calendar,
        )


def day_of(instant: datetime) -> date:
    """The day in Shanghai that an instant lies in."""
    return instant.astimezone(SHANGHAI).date()


def at(day: date, minute: int) -> datetime:
    """An instant of a day in Shanghai, by minutes after midnight; 1440 is the next midnight."""
    midnight = datetime.combine(day, time(), SHANGHAI).astimezone(UTC)
    return midnight + timedelta(minutes=minute)


def kinds_of(wanted: str, skill_codes: Sequence[str]) -> tuple[str, ...]:
    """The kinds of service of a work, the best first.

    Args:
        wanted: the one that was named; empty: the skills it needs decide.
        skill_codes: these.
    """
    kinds = (wanted,) if wanted else tuple(skill_codes)
    return (*(kind for kind in dict.fromkeys(kinds) if kind != ANY_KIND), ANY_KIND)


def _of_territory(said: Sequence[Override], territory_code: str) -> Override | None:
    """What counts of what was said of a slot for one territory: of the slot before of the day, of its
    kind before of every kind, what was said later before what was said earlier; None: nothing does."""
    own = [each for each in said if each.territory_code == territory_code]
    # What was withdrawn leaves nothing of what was said of the very same slots.
    last = {(each.start_minute, each.service_kind): each for each in sorted(own, key=_number)}
    left = [each for each in last.values() if each.kind is not OverrideKind.WITHDRAWN]
    return max(left, key=_precision, default=None)


def _closed_to(said: Sequence[Override], territory_code: str, place_codes: Sequence[str]) -> bool:
    """Whether what was said of a slot closes it: its own territory, or what counts for the places."""
    of_places = (_of_territory(said, code) for code in place_codes)
    counts = next((each for each in of_places if each is not None), None)
    return _closes(_of_territory(said, territory_code)) or _closes(counts)


def _closes(override: Override | None) -> bool:
    return override is not None and override.kind is OverrideKind.CLOSED


def _number(override: Override) -> int:
    return override.number


def _precision(override: Override) -> tuple[bool, bool, int]:
    return override.start_minute is not None, bool(override.service_kind), override.number
