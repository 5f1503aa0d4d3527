"""What a draft would have made of orders: for whom it costs more or earns less, and how much."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from kit.errors import ServiceError
from services.pricing.domain.price_book import PriceBook
from services.pricing.domain.quote import Question, evaluate

#: Basis points of a whole.
WHOLE: Final = 10_000
#: Where the stretches of a change end, in basis points; 0 is one of its own.
_ENDS: Final = (-5_000, -2_000, -1_000, -500, -1, 0, 500, 1_000, 2_000, 5_000)
#: Orders that are shown by name, of each kind.
MOST_SHOWN: Final = 20


class Totals(NamedTuple):
    """What orders come to, in minor units."""

    total: int = 0
    settlement: int = 0

    @property
    def margin(self) -> int:
        """What is left of the total."""
        return self.total - self.settlement

    def plus(self, other: Totals) -> Totals:
        """Both together."""
        return Totals(self.total + other.total, self.settlement + other.settlement)


NOTHING: Final = Totals()


class Order(NamedTuple):
    """An order that was placed, or might be.

    Attributes:
        labels: what it is grouped by: "city", "outlet", "technician", "customer_level" …
        asked: how it is asked of a book.
        currency: of what it came to; empty: the draft's.
        before: what it came to; None: it is asked of the version in force too.
    """

    order_id: str
    labels: Mapping[str, str]
    asked: Question
    currency: str = ""
    before: Totals | None = None


class Outcome(NamedTuple):
    """An order under both.

    Attributes:
        before: None: it has no price there.
        refused: why it has none in the draft.
    """

    order: Order
    currency: str
    before: Totals | None
    after: Totals | None
    refused: str = ""

    @property
    def change(self) -> int:
        """By how much the total changes, in basis points, rounded down."""
        if self.before is None or self.after is None:
            return 0
        more = self.after.total - self.before.total
        return more * WHOLE // self.before.total if self.before.total else WHOLE * (more > 0)


@dataclass(slots=True)
class Row:
    """The orders of one group in one currency.

    Attributes:
        orders: those with a price before and after; the sums are of them.
        dearer: orders of which the customer pays more.
        cheaper: … and less.
        earning_less: orders of which the work earns less.
        unpriced: orders that have no price in the draft.
    """

    group: str
    currency: str
    orders: int = 0
    before: Totals = NOTHING
    after: Totals = NOTHING
    dearer: int = 0
    cheaper: int = 0
    earning_less: int = 0
    unpriced: int = 0

    def count(self, outcome: Outcome) -> None:
        """Take an order in."""
        if outcome.after is None:
            self.unpriced += 1
            return
        if outcome.before is None:
            return
        self.orders += 1
        self.before, self.after = (
            self.before.plus(outcome.before),
            self.after.plus(outcome.after),
        )
        self.dearer += outcome.after.total > outcome.before.total
        self.cheaper += outcome.after.total < outcome.before.total
        self.earning_less += outcome.after.settlement < outcome.before.settlement

    @property
    def change(self) -> Totals:
        """What changes altogether."""
        return Totals(
            self.after.total - self.before.total, self.after.settlement - self.before.settlement
        )


class Stretch(NamedTuple):
    """How many orders change by so much.

    Attributes:
        least: in basis points, included; None: any less.
        most: included; None: any more.
    """

    least: int | None
    most: int | None
    orders: int


@dataclass(slots=True)
class Change:
    """What a draft would have changed.

    Attributes:
        totals: of all orders, by currency.
        groups: by the label asked for, who loses most earnings first.
        newly_priced: orders that had no price and have one in the draft.
        unpriced: the first orders without a price in the draft.
        dearest: the orders of which the total rises most, and those of which it falls most.
    """

    group_by: str
    totals: list[Row] = field(default_factory=list)
    groups: list[Row] = field(default_factory=list)
    distribution: list[Stretch] = field(default_factory=list)
    newly_priced: int = 0
    unpriced: list[Outcome] = field(default_factory=list)
    dearest: list[Outcome] = field(default_factory=list)
    cheapest: list[Outcome] = field(default_factory=list)


def outcome(order: Order, in_force: PriceBook | None, draft: PriceBook) -> Outcome:
    """An order under both; the version in force is asked only where nobody knows what it came to."""
    before, currency = order.before, order.currency or draft.head.currency
    if before is None and in_force is not None:
        before, _ = _totals(in_force, order.asked, currency)
    after, refused = _totals(draft, order.asked, currency)
    return Outcome(order, currency, before, after, refused)


def change_of(outcomes: Iterable[Outcome], group_by: str) -> Change:
    """What orders say together, grouped by a label of theirs."""
    change = Change(group_by)
    totals, groups = dict[str, Row](), dict[tuple[str, str], Row]()
    counts = [0] * (len(_ENDS) + 1)
    moved: list[Outcome] = []
    for each in outcomes:
        group = each.order.labels.get(group_by, "")
        totals.setdefault(each.currency, Row("", each.currency)).count(each)
        groups.setdefault((group, each.currency), Row(group, each.currency)).count(each)
        if each.after is None:
            change.unpriced += [each] if len(change.unpriced) < MOST_SHOWN else []
        elif each.before is None:
            change.newly_priced += 1
        else:
            counts[bisect_left(_ENDS, each.change)] += 1
            moved += [each] if each.after.total != each.before.total else []
    change.totals = [totals[currency] for currency in sorted(totals)]
    change.groups = sorted(groups.values(), key=_who_loses)
    change.distribution = _stretches(counts)
    change.dearest, change.cheapest = _most_moved(moved)
    return change


def _totals(book: PriceBook, question: Question, currency: str) -> tuple[Totals | None, str]:
    try:
        quoted = evaluate(book, question)
    except ServiceError as error:
        return None, error.reason
    if quoted.currency != currency:
        return None, "PRICING_CURRENCY_MISMATCH"
    return Totals(quoted.total, quoted.settlement_total), ""


def _who_loses(row: Row) -> tuple[int, int, str, str]:
    return (row.change.settlement, row.change.margin, row.group, row.currency)


def _stretches(counts: Sequence[int]) -> list[Stretch]:
    begins = (None, *(end + 1 for end in _ENDS))
    return [
        Stretch(least, most, count)
        for least, most, count in zip(begins, (*_ENDS, None), counts, strict=True)
    ]


def _most_moved(moved: Sequence[Outcome]) -> tuple[list[Outcome], list[Outcome]]:
    def by(outcome_: Outcome) -> tuple[int, str]:
        assert outcome_.before is not None
        assert outcome_.after is not None
        return outcome_.after.total - outcome_.before.total, outcome_.order.order_id

    in_order = sorted(moved, key=by)
    falls = [each for each in in_order if by(each)[0] < 0]
    rises = [each for each in reversed(in_order) if by(each)[0] > 0]
    return rises[:MOST_SHOWN], falls[:MOST_SHOWN]
