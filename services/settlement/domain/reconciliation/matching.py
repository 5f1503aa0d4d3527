"""Which lines of a bill are which of our entries, and what stays unexplained.

First by number, then by the number of the order, then by amount and time. Every line, and every entry
of the bill's period, is in exactly one match or one discrepancy, and what all of them differ by is
what the bill and the books differ by: nothing is lost in between.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kit.money import Money
from services.settlement.domain.reconciliation.movement import Movement
from services.settlement.domain.reconciliation.pairing import Pairs, components, pair_equal


class MatchedBy(StrEnum):
    """What says that both sides mean the same."""

    NUMBER = "number"
    ORDER_NUMBER = "order_number"
    #: Likely, not sure: somebody confirms it.
    AMOUNT_AND_TIME = "amount_and_time"


class DiscrepancyKind(StrEnum):
    """What does not agree."""

    AMOUNT_DIFFERS = "amount_differs"
    CURRENCY_DIFFERS = "currency_differs"
    REPEATED_IN_BILL = "repeated_in_bill"
    REPEATED_HERE = "repeated_here"
    AMBIGUOUS = "ambiguous"
    ONLY_IN_BILL = "only_in_bill"
    ONLY_HERE = "only_here"
    #: So near to the period's edge that the other side may have it in the period beside this one.
    CROSSES_PERIOD = "crosses_period"


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far apart two sides of the same may be.

    Attributes:
        amount_minor: what a match by number may differ by; it is told, and posted nowhere else.
        time: between the two sides of a match by amount and time.
        edge: from the period's beginning or end, where a movement may belong to another bill.
    """

    amount_minor: int = 0
    time: timedelta = timedelta(hours=2)
    edge: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Match:
    """Lines and entries that are the same; ``difference`` is within the tolerance."""

    lines: tuple[Movement, ...]
    entries: tuple[Movement, ...]
    by: MatchedBy

    @property
    def difference(self) -> Money:
        """What the bill has more than the books."""
        return difference_of(self.lines, self.entries)


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """Lines and entries that somebody must look at."""

    kind: DiscrepancyKind
    lines: tuple[Movement, ...]
    entries: tuple[Movement, ...]

    @property
    def difference(self) -> Money:
        """What the bill has more than the books, in the currency of its first line; entries in
        another currency count in their own discrepancy's text, not here."""
        return difference_of(self.lines, self.entries)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The whole of it."""

    matches: tuple[Match, ...]
    discrepancies: tuple[Discrepancy, ...]


def reconcile(
    lines: Sequence[Movement],
    entries: Sequence[Movement],
    period: tuple[datetime, datetime],
    tolerance: Tolerance,
) -> Reconciled:
    """Compare a bill with what was booked.

    Args:
        lines: of the bill.
        entries: ours, those of ``tolerance.edge`` before and after the period included.
        period: the bill's first instant, and the first after it.
        tolerance: what still counts as the same.
    """
    matches: list[Match] = []
    discrepancies: list[Discrepancy] = []
    left = _by_number(lines, entries, tolerance, matches, discrepancies)
    left = _by_order_number(left, matches)
    left = _by_amount_and_time(left, tolerance, matches, discrepancies)
    discrepancies += _alone(left, period, tolerance.edge)
    return Reconciled(tuple(matches), tuple(discrepancies))


def difference_of(lines: Sequence[Movement], entries: Sequence[Movement]) -> Money:
    """What the bill has more than the books, counted in the currency of whichever comes first."""
    currency = (lines or entries)[0].amount.currency
    told = sum(one.amount.amount_minor for one in lines if one.amount.currency == currency)
    booked = sum(one.amount.amount_minor for one in entries if one.amount.currency == currency)
    return Money(currency, told - booked)


def _by_number(
    lines: Sequence[Movement],
    entries: Sequence[Movement],
    tolerance: Tolerance,
    matches: list[Match],
    discrepancies: list[Discrepancy],
) -> Pairs:
    """What shares a number; the rest is left."""
    left_lines: list[Movement] = []
    left_entries: list[Movement] = []
    for group in components(lines, entries, lambda one: one.numbers):
        if not group.lines:
            left_entries += group.entries
        elif not group.entries and len(group.lines) == 1:
            left_lines += group.lines
        else:
            _same_number(group, tolerance, matches, discrepancies, left_lines)
    return Pairs(left_lines, left_entries)


def _same_number(
    group: Pairs,
    tolerance: Tolerance,
    matches: list[Match],
    discrepancies: list[Discrepancy],
    left_lines: list[Movement],
) -> None:
    """One number, told and booked any number of times."""
    paired, left = pair_equal(group)
    matches += [Match((line,), (entry,), MatchedBy.NUMBER) for line, entry in paired]
    if not left.lines and not left.entries:
        return
    if left.lines and left.entries:
        _unequal(left, tolerance, matches, discrepancies)
    elif left.entries:
        found = Discrepancy(DiscrepancyKind.REPEATED_HERE, (), tuple(left.entries))
        discrepancies.append(found)
    elif paired:
        found = Discrepancy(DiscrepancyKind.REPEATED_IN_BILL, tuple(left.lines), ())
        discrepancies.append(found)
    else:
        # Told twice and never booked: the first is missing here, the others are too many there.
        first, *others = left.lines
        left_lines.append(first)
        found = Discrepancy(DiscrepancyKind.REPEATED_IN_BILL, tuple(others), ())
        discrepancies.append(found)


def _unequal(
    left: Pairs, tolerance: Tolerance, matches: list[Match], discrepancies: list[Discrepancy]
) -> None:
    """What shares a number, in unequal amounts: the same in sum, near enough, or different."""
    lines, entries = tuple(left.lines), tuple(left.entries)
    if len({one.amount.currency for one in (*lines, *entries)}) > 1:
        discrepancies.append(Discrepancy(DiscrepancyKind.CURRENCY_DIFFERS, lines, entries))
        return
    apart = abs(difference_of(lines, entries).amount_minor)
    if apart <= tolerance.amount_minor:
        matches.append(Match(lines, entries, MatchedBy.NUMBER))
    else:
        discrepancies.append(Discrepancy(DiscrepancyKind.AMOUNT_DIFFERS, lines, entries))


def _by_order_number(left: Pairs, matches: list[Match]) -> Pairs:
    """Parts of one order: equal one by one, or equal in sum; otherwise they are left."""
    still = Pairs([], [])
    numbers = components(left.lines, left.entries, _order_of)
    for group in numbers:
        if not group.lines or not group.entries:
            still.extend(group)
            continue
        paired, rest = pair_equal(group)
        matches += [Match((line,), (entry,), MatchedBy.ORDER_NUMBER) for line, entry in paired]
        if rest.lines and rest.entries and _equal_in_sum(rest):
            found = Match(tuple(rest.lines), tuple(rest.entries), MatchedBy.ORDER_NUMBER)
            matches.append(found)
        else:
            still.extend(rest)
    return still


def _order_of(one: Movement) -> frozenset[str]:
    """Money in and money back are never parts of one another."""
    if not one.order_number:
        return frozenset()
    way = "in" if one.amount.amount_minor > 0 else "out"
    return frozenset({f"{way} {one.order_number}"})


def _equal_in_sum(group: Pairs) -> bool:
    one_currency = len({each.amount.currency for each in (*group.lines, *group.entries)}) == 1
    return one_currency and not difference_of(group.lines, group.entries).amount_minor


def _by_amount_and_time(
    left: Pairs,
    tolerance: Tolerance,
    matches: list[Match],
    discrepancies: list[Discrepancy],
) -> Pairs:
    """The same amount at about the same time, one after the other where as many are on both sides."""
    still = Pairs([], [])
    for group in _near_in_time(left, tolerance.time):
        in_order = list(zip(group.lines, group.entries, strict=False))
        if not in_order:
            still.extend(group)
        elif len(group.lines) == len(group.entries) and all(
            abs(line.at - entry.at) <= tolerance.time for line, entry in in_order
        ):
            by = MatchedBy.AMOUNT_AND_TIME
            matches += [Match((line,), (entry,), by) for line, entry in in_order]
        else:
            lines, entries = tuple(group.lines), tuple(group.entries)
            discrepancies.append(Discrepancy(DiscrepancyKind.AMBIGUOUS, lines, entries))
    return still


def _near_in_time(left: Pairs, apart: timedelta) -> Iterable[Pairs]:
    """Groups of one amount, cut wherever nothing happened for longer than ``apart``."""
    of_amount: dict[tuple[str, int], list[tuple[datetime, bool, Movement]]] = defaultdict(list)
    for is_line, side in ((True, left.lines), (False, left.entries)):
        for one in side:
            key = (one.amount.currency, one.amount.amount_minor)
            of_amount[key].append((one.at, is_line, one))
    for found in of_amount.values():
        found.sort(key=lambda each: (each[0], each[1], each[2].key))
        group, latest = Pairs([], []), found[0][0]
        for at, is_line, one in found:
            if at - latest > apart:
                yield group
                group = Pairs([], [])
            (group.lines if is_line else group.entries).append(one)
            latest = at
        yield group


def _alone(
    left: Pairs, period: tuple[datetime, datetime], edge: timedelta
) -> Iterable[Discrepancy]:
    beginning, end = period
    for one in left.lines:
        at_edge = one.at < beginning + edge or one.at >= end - edge
        kind = DiscrepancyKind.CROSSES_PERIOD if at_edge else DiscrepancyKind.ONLY_IN_BILL
        yield Discrepancy(kind, (one,), ())
    for one in left.entries:
        if not beginning <= one.at < end:
            # Brought along only to be found by lines near the edge; its own bill tells of it.
            continue
        at_edge = one.at < beginning + edge or one.at >= end - edge
        kind = DiscrepancyKind.CROSSES_PERIOD if at_edge else DiscrepancyKind.ONLY_HERE
        yield Discrepancy(kind, (), (one,))
