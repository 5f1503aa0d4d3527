"""Which rows of a proposal may still be carried out, and which not any more and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Refused(StrEnum):
    """Why a row is not carried out any more."""

    #: It tells something and changes nothing.
    NOTHING_TO_DO = "NOTHING_TO_DO"
    ALREADY_ACCEPTED = "ALREADY_ACCEPTED"
    #: Somebody has taken the work, or it is over.
    TAKEN = "TAKEN"
    #: It was planned otherwise meanwhile.
    PLANNED_OTHERWISE = "PLANNED_OTHERWISE"
    PINNED = "PINNED"
    #: The technician fails a hard rule by now, or is absent then.
    NOT_ABLE = "NOT_ABLE"
    #: The technician is planned elsewhere at the time.
    BUSY = "BUSY"


@dataclass(frozen=True, slots=True)
class Planned:
    """Who goes and when."""

    technician_id: str
    begins_at: datetime
    ends_at: datetime

    def meets(self, other: Planned) -> bool:
        """Whether both want the same technician at the same time."""
        return (
            self.technician_id == other.technician_id
            and self.begins_at < other.ends_at
            and other.begins_at < self.ends_at
        )


@dataclass(frozen=True, slots=True)
class Wish:
    """One row that somebody accepts.

    Attributes:
        before: what stood when it was proposed.
        after: what is to stand; None: nobody goes.
    """

    work_order_id: str
    before: Planned | None
    after: Planned | None


@dataclass(frozen=True, slots=True)
class Present:
    """How things stand when rows are accepted.

    Attributes:
        open_ids: the work orders that nobody has taken and that are not over.
        planned: what stands, of those work orders and of everybody who is wished for.
        pinned_ids: whose plan nobody changes.
        able: of each work order who may go at the time that is wished.
    """

    open_ids: frozenset[str]
    planned: Mapping[str, Planned]
    pinned_ids: frozenset[str]
    able: Mapping[str, frozenset[str]]


def decide(wishes: Sequence[Wish], present: Present) -> dict[str, Refused]:
    """Of the rows that cannot be carried out any more, why; all others can, together."""
    refused: dict[str, Refused] = {}
    for wish in wishes:
        reason = _alone(wish, present)
        if reason is not None:
            refused[wish.work_order_id] = reason
    # What is refused stays as it stands, and so may be in the way of others: until nothing changes.
    while True:
        kept = [wish for wish in wishes if wish.work_order_id not in refused]
        standing = _standing_beside(kept, present)
        crossed = next((wish for wish in kept if _crosses(wish, standing)), None)
        if crossed is None:
            return refused
        refused[crossed.work_order_id] = Refused.BUSY


def _alone(wish: Wish, present: Present) -> Refused | None:
    number = wish.work_order_id
    if number not in present.open_ids:
        return Refused.TAKEN
    if number in present.pinned_ids:
        return Refused.PINNED
    if present.planned.get(number) != wish.before:
        return Refused.PLANNED_OTHERWISE
    if wish.after and wish.after.technician_id not in present.able.get(number, frozenset()):
        return Refused.NOT_ABLE
    return None


def _standing_beside(kept: Iterable[Wish], present: Present) -> list[Planned]:
    moved = {wish.work_order_id for wish in kept}
    return [planned for number, planned in present.planned.items() if number not in moved]


def _crosses(wish: Wish, standing: Sequence[Planned]) -> bool:
    """Whether it meets what stands; two rows of one proposal do not meet one another."""
    after = wish.after
    return after is not None and any(after.meets(other) for other in standing)
