"""Waiting is charged to the party that blocks (X11), by the started hour, with a cap.

A technician's or outlet's own time counts only where nobody upstream of them blocked at the same
moment: whoever waits for others is not charged for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from kit.errors import InvalidArgument
from kit.money import Money

#: Who can keep work waiting.
BLOCKERS: Final = ("warehouse", "customer", "designer", "technician", "outlet")
#: Who waits when the others block.
_WAITING: Final = ("technician", "outlet")
_HOUR: Final = timedelta(hours=1)

Party = tuple[str, str]
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Interval:
    """A time in which one party kept the work waiting.

    Args:
        party_kind: one of ``BLOCKERS``.
        party_id: whose account is charged.
        blocked_from: its first instant.
        blocked_to: the first instant after it.
        reason: why, for people.
        reference: where it is written down.
    """

    party_kind: str
    party_id: str
    blocked_from: datetime
    blocked_to: datetime
    reason: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class PenaltyTerms:
    """What waiting costs.

    Args:
        free_minutes: of each party's waiting, not counted.
        per_started_hour: for each hour begun beyond that.
        cap: at most so much of one party; None: no cap.
    """

    free_minutes: int
    per_started_hour: Money
    cap: Money | None


@dataclass(frozen=True, slots=True)
class Penalty:
    """What one party is charged.

    Args:
        waited: for how long it blocked, alone or with others upstream.
        hours: started ones beyond the free time.
        amount: not negative.
    """

    party_kind: str
    party_id: str
    waited: timedelta
    hours: int
    amount: Money


def check_intervals(intervals: Sequence[Interval]) -> None:
    """Refuse intervals that charge nobody.

    Raises:
        InvalidArgument: ``SETTLEMENT_INTERVAL_INVALID``, naming the interval.
    """
    if not intervals:
        raise _invalid("say who kept the work waiting, from when to when", "intervals")
    for i, interval in enumerate(intervals):
        if interval.party_kind not in BLOCKERS:
            raise _invalid(
                f"unknown party {interval.party_kind!r}; known: {', '.join(BLOCKERS)}",
                f"intervals[{i}].party_kind",
            )
        if interval.blocked_from >= interval.blocked_to:
            raise _invalid("an interval ends after it begins", f"intervals[{i}].blocked_to")
        if not interval.reference.strip():
            raise _invalid(
                "say where it is written down: an interval is its own evidence",
                f"intervals[{i}].reference",
            )


def penalties(intervals: Sequence[Interval], terms: PenaltyTerms) -> list[Penalty]:
    """What each party that blocked is charged, those that nothing is left of not named."""
    charged = [_charge(party, spans, terms) for party, spans in blocked_by(intervals).items()]
    return [penalty for penalty in charged if penalty.amount.amount_minor > 0]


def blocked_by(intervals: Sequence[Interval]) -> Mapping[Party, list[Span]]:
    """When each party blocked, without overlaps; of those who wait for others, when they alone did."""
    upstream = _union(
        (each.blocked_from, each.blocked_to)
        for each in intervals
        if each.party_kind not in _WAITING
    )
    spans: dict[Party, list[Span]] = {}
    for each in intervals:
        spans.setdefault((each.party_kind, each.party_id), []).append(
            (each.blocked_from, each.blocked_to)
        )
    return {
        party: _without(_union(own), upstream) if party[0] in _WAITING else _union(own)
        for party, own in spans.items()
    }


def _charge(party: Party, spans: Sequence[Span], terms: PenaltyTerms) -> Penalty:
    waited = sum((end - begin for begin, end in spans), timedelta(0))
    beyond = max(waited - timedelta(minutes=terms.free_minutes), timedelta(0))
    hours = -(-beyond // _HOUR)  # started ones
    amount = terms.per_started_hour.times(hours)
    if terms.cap is not None and amount > terms.cap:
        amount = terms.cap
    return Penalty(*party, waited, hours, amount)


def _union(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for begin, end in sorted(spans):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined


def _without(spans: Sequence[Span], taken: Sequence[Span]) -> list[Span]:
    for begin, end in taken:
        parts = [
            part
            for span in spans
            for part in ((span[0], min(span[1], begin)), (max(span[0], end), span[1]))
        ]
        spans = [part for part in parts if part[0] < part[1]]
    return list(spans)


def _invalid(message: str, field: str) -> InvalidArgument:
    return InvalidArgument("SETTLEMENT_INTERVAL_INVALID", message, field=field)
