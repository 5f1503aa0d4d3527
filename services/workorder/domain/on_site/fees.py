"""What a fee is for, decided by what happened: a trip in vain, waiting, a second visit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.workorder.domain.on_site.commands import Party
from services.workorder.domain.on_site.record import Record
from services.workorder.domain.on_site.rule import Rule

#: To whom nothing is charged: their own doing, or nobody's.
_NOT_CHARGED: Final = frozenset({Party.TECHNICIAN, Party.NOBODY})


class FeeKind(StrEnum):
    """What a fee is for."""

    WASTED_TRIP = "wasted_trip"
    WAITING = "waiting"
    SECOND_VISIT = "second_visit"


@dataclass(frozen=True, slots=True)
class Fee:
    """What happened, and to whom it is charged; ``fee_key`` names it within the work order."""

    fee_key: str
    kind: FeeKind
    charged_party: Party
    minutes: int
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Decided:
    """A fee as it was decided, for the so many-th time; a void one was taken back."""

    fee: Fee
    version: int
    void: bool = False


def fees_of(record: Record, rule: Rule) -> list[Fee]:
    """The fees that a record gives cause for.

    Waiting is charged to each party beyond what is free, as of when it began.
    """
    fees = [
        Fee(
            f"wasted_trip/{trip.command_id}",
            FeeKind.WASTED_TRIP,
            Party.CUSTOMER,
            trip.minutes,
            trip.at,
        )
        for trip in record.wasted_trips
    ]
    fees += [
        Fee(f"second_visit/{visit.command_id}", FeeKind.SECOND_VISIT, visit.party, 0, visit.at)
        for visit in record.second_visits
        if visit.party not in _NOT_CHARGED
    ]
    for party, minutes in record.waited_minutes().items():
        beyond = minutes - rule.free_waiting_minutes
        if beyond > 0 and party not in _NOT_CHARGED:
            began = min(span.starts_at for span in record.spans if span.party is party)
            fees.append(Fee(f"waiting/{party}", FeeKind.WAITING, party, beyond, began))
    return fees


def decided_anew(fees: Iterable[Fee], before: Mapping[str, Decided]) -> list[Decided]:
    """What has to be written down, so that the last decision of each key says what holds now."""
    now = {fee.fee_key: fee for fee in fees}
    changed = [
        Decided(fee, before[key].version + 1 if key in before else 1)
        for key, fee in now.items()
        if key not in before or before[key].void or before[key].fee != fee
    ]
    gone = [
        Decided(decided.fee, decided.version + 1, void=True)
        for key, decided in before.items()
        if key not in now and not decided.void
    ]
    return changed + gone
