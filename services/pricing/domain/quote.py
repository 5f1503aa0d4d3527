"""The one computation of a quote: what the customer pays and what the technician's side earns, by the
same steps.

What is computed here holds every number and every rule; `steps` says it in order, and `wording` in
words. Nothing is read but the arguments, so that the same facts under the same version of book and
evaluator give the same answer for ever.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from kit.errors import FailedPrecondition, InvalidArgument
from kit.money import Rounding
from services.pricing.domain.book import PricedItem, Side
from services.pricing.domain.charges import (
    MEASURES,
    NOTHING,
    PER_UNIT,
    Asked,
    Charged,
    Pair,
    PercentOfParts,
)
from services.pricing.domain.conditions import Situation
from services.pricing.domain.modifiers import Effect, Line, apply_modifiers
from services.pricing.domain.price_book import PriceBook
from services.pricing.domain.promotions import Basket, Discount, Missed, apply_promotions
from services.pricing.domain.rates import Hit
from services.pricing.domain.taxes import ExchangeRate, Tax, exchanged, taxes_of

#: Raised with every change by which the same facts could be answered otherwise.
EVALUATOR_VERSION: Final = 1

MOST_LINES: Final = 200
LARGEST_QUANTITY: Final = 1_000_000
_LARGEST_MEASURE: Final = 10_000_000
_SPARE_PARTS: Final = "spare_part_library"


class Question(NamedTuple):
    """What is asked of a book.

    Attributes:
        coupon_promotions: the promotions of which a valid coupon was given.
        payee_kind: of whoever the settlement side is paid to.
        exchange_rate: from the book's currency to the one asked; None: the book's.
    """

    lines: Sequence[Line]
    situation: Situation
    coupon_promotions: Collection[str] = ()
    payee_kind: str = ""
    exchange_rate: ExchangeRate | None = None


class QuotedLine(NamedTuple):
    """One line computed; amounts in minor units of the book's currency.

    Attributes:
        rate: the rate that won.
        hits: all that held, in no order.
        charges: how the rate's price became the base.
        effects: what the modifiers made of it, in order.
        discounted: after promotions.
        amounts: in the quote's currency; the line's last word.
    """

    line: Line
    item: PricedItem
    rate: Hit
    hits: Sequence[Hit]
    charges: Sequence[Charged]
    effects: Sequence[Effect]
    discounted: Pair
    amounts: Pair

    @property
    def base(self) -> Pair:
        """Before modifiers."""
        return self.charges[-1].after

    @property
    def modified(self) -> Pair:
        """Before promotions."""
        return self.effects[-1].after if self.effects else self.base


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quote computed; the totals, in minor units of `currency`, are the sums of the lines' amounts
    and of what taxes add."""

    currency: str
    lines: Sequence[QuotedLine]
    total: int
    settlement_total: int
    discounts: Sequence[Discount] = ()
    missed: Sequence[Missed] = ()
    taxes: Sequence[Tax] = ()
    exchange_rate: ExchangeRate | None = None


def evaluate(book: PriceBook, question: Question) -> Quoted:
    """Compute a quote; a function of its arguments and nothing else.

    Raises:
        InvalidArgument: a line or the place is wrong; the message names the field.
        FailedPrecondition: ``PRICING_RATE_MISSING``.
    """
    lines, situation = question.lines, question.situation
    _check(lines, situation)
    quoted = _lines(book, lines, situation)
    policies, rounding = book.policies, book.head.rounding
    discounts: Sequence[Discount] = ()
    missed: Sequence[Missed] = ()
    taxes: Sequence[Tax] = ()
    currency = book.head.currency
    if policies.promotions:
        coupons = question.coupon_promotions
        discounts, missed = apply_promotions(
            policies, _basket(quoted), situation, coupons, rounding
        )
        quoted = [_discounted(line, n, discounts) for n, line in enumerate(quoted)]
    if question.exchange_rate is not None:
        currency = question.exchange_rate.to_currency
        quoted = [_exchanged(line, question.exchange_rate, rounding) for line in quoted]
    if policies.taxes:
        taxes = _taxes(book, quoted, situation, question.payee_kind)
    total = settlement_total = 0
    for line in quoted:
        total += line.amounts.list_price
        settlement_total += line.amounts.settlement_price
    for tax in taxes:
        if tax.rule.side is Side.LIST:
            total += tax.added
        else:
            settlement_total += tax.added
    return Quoted(
        currency,
        quoted,
        total,
        settlement_total,
        discounts,
        missed,
        taxes,
        question.exchange_rate,
    )


def winner_of(
    book: PriceBook, line: Line, situation: Situation, field: str
) -> tuple[Hit, list[Hit]]:
    """The rate that wins by the book's declared order, and all that hold.

    Two rates that hold never rank alike: publishing refuses a book in which they could.

    Raises:
        FailedPrecondition: ``PRICING_RATE_MISSING``, naming ``field``.
    """
    hits = book.rates.holding(line.item_code, situation, line.quantity)
    if len(hits) == 1:
        return hits[0], hits
    if hits:
        return min(hits), hits
    place = situation.places[0]
    raise FailedPrecondition(
        "PRICING_RATE_MISSING",
        f"book {book.head.price_book_code!r} version {book.version} has no rate for item"
        f" {line.item_code!r} in {place!r} (tier {situation.city_tier or 'none'}, mode"
        f" {situation.cooperation_mode or 'none'}, level {situation.customer_level or 'none'})",
        field=f"{field}.item_code",
    )


def _lines(book: PriceBook, lines: Sequence[Line], situation: Situation) -> list[QuotedLine]:
    """Every line up to its modifiers; those that are a share of the spare parts come last."""
    quoted: list[QuotedLine | None] = []
    late: list[tuple[int, Line, Situation, Hit, list[Hit]]] = []
    for number, line in enumerate(lines):
        at = situation._replace(stock_state=line.stock_state) if line.stock_state else situation
        hit, hits = winner_of(book, line, at, f"facts.lines[{number}]")
        if isinstance(book.rates.charge(hit.row), PercentOfParts):
            late.append((number, line, at, hit, hits))
            quoted.append(None)
        else:
            quoted.append(_line(book, number, line, at, hit, hits, NOTHING))
    if late:
        parts = NOTHING
        for done in quoted:
            if done is not None and done.item.catalogue == _SPARE_PARTS:
                parts = parts.plus(done.modified)
        for number, line, at, hit, hits in late:
            quoted[number] = _line(book, number, line, at, hit, hits, parts)
    return [done for done in quoted if done is not None]


def _line(
    book: PriceBook,
    number: int,
    line: Line,
    situation: Situation,
    hit: Hit,
    hits: Sequence[Hit],
    parts: Pair,
) -> QuotedLine:
    item, price, charge = (
        book.items[line.item_code],
        book.rates.price(hit.row),
        book.rates.charge(hit.row),
    )
    rounding = book.head.rounding
    if charge is PER_UNIT and line.quantity == 1:
        charges: tuple[Charged, ...] = (Charged("base", price),)
    else:
        asked = Asked(line.quantity, line.measures or {}, parts, rounding)
        charges = tuple(charge.steps(price, asked))
    base = charges[-1].after
    effects: Sequence[Effect] = ()
    after = base
    if book.policies.modifiers or line.modifier_codes or line.ratios:
        field = f"facts.lines[{number}]"
        effects = apply_modifiers(book.policies, item, line, situation, base, rounding, field)
        after = effects[-1].after if effects else base
    return QuotedLine(line, item, hit, hits, charges, effects, after, after)


def _basket(lines: Sequence[QuotedLine]) -> Basket:
    return Basket(
        tuple(line.item.item_code for line in lines),
        tuple(line.line.quantity for line in lines),
        tuple(line.discounted.list_price for line in lines),
    )


def _discounted(line: QuotedLine, number: int, discounts: Sequence[Discount]) -> QuotedLine:
    off = sum(discount.off[number] for discount in discounts)
    left = line.modified._replace(list_price=line.modified.list_price - off)
    return line._replace(discounted=left, amounts=left)


def _exchanged(line: QuotedLine, rate: ExchangeRate, rounding: Rounding) -> QuotedLine:
    return line._replace(
        amounts=Pair(*(exchanged(minor, rate, rounding) for minor in line.discounted))
    )


def _taxes(
    book: PriceBook, lines: Sequence[QuotedLine], situation: Situation, payee_kind: str
) -> list[Tax]:
    return [
        tax
        for number, line in enumerate(lines)
        for tax in taxes_of(
            book.policies.taxes,
            number,
            line.item,
            line.amounts,
            situation,
            line.line.quantity,
            payee_kind,
            book.head.rounding,
        )
    ]


def _check(lines: Sequence[Line], situation: Situation) -> None:
    if not 0 < len(lines) <= MOST_LINES:
        raise InvalidArgument(
            "PRICING_LINES_INVALID", f"a quote has 1 to {MOST_LINES} lines", field="facts.lines"
        )
    if not situation.places:
        raise InvalidArgument(
            "PRICING_PLACE_UNKNOWN",
            "the place has no path of adcodes; resolve it first (directory ResolvePlace)",
            field="facts.place",
        )
    for number, line in enumerate(lines):
        if not 0 < line.quantity <= LARGEST_QUANTITY:
            raise InvalidArgument(
                "PRICING_QUANTITY_INVALID",
                f"a quantity is 1 to {LARGEST_QUANTITY}, not {line.quantity}",
                field=f"facts.lines[{number}].quantity",
            )
        if line.measures:
            _check_measures(line.measures, f"facts.lines[{number}].measures")


def _check_measures(measures: Mapping[str, int], field: str) -> None:
    for name, measured in measures.items():
        if name not in MEASURES:
            raise InvalidArgument(
                "PRICING_MEASURE_UNKNOWN",
                f"{name!r} is none of {', '.join(MEASURES)}",
                field=f"{field}[{name}]",
            )
        if not 0 <= measured <= _LARGEST_MEASURE:
            raise InvalidArgument(
                "PRICING_MEASURE_INVALID",
                f"{name} is 0 to {_LARGEST_MEASURE}, not {measured}",
                field=f"{field}[{name}]",
            )
