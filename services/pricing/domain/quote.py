"""The one computation of a quote: what the customer pays and what the technician's side earns, by the
same steps.

What is computed here holds every number and every rule; `steps` says it in order, and `wording` in
words. Nothing is read but the arguments, so that the same facts under the same version of book and
evaluator give the same answer for ever.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from kit.errors import FailedPrecondition, InvalidArgument
from kit.money import Rounding
from services.pricing.domain.book import PricedItem, Side
from services.pricing.domain.charges import (
    MEASURES,
    NOTHING,
    PER_UNIT,
    Asked,
    Charge,
    Charged,
    Pair,
    PercentOfParts,
    per_unit,
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
        charges: how the rate's price became the base.
        effects: what the modifiers made of it, in order.
        discounted: after promotions.
        amounts: in the quote's currency; the line's last word.
    """

    line: Line
    item: PricedItem
    rate: Hit
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


class Quoted(NamedTuple):
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


def _lines(book: PriceBook, lines: Sequence[Line], situation: Situation) -> list[QuotedLine]:
    """Every line up to its modifiers; those that are a share of the spare parts come last."""
    quoted: list[QuotedLine] = []
    late: list[tuple[int, Line, Situation, Hit, Charge]] = []
    rates, at = book.rates, situation
    for number, line in enumerate(lines):
        if line.stock_state:
            at = situation_of(line, situation)
        rate = rates.winner(line.item_code, at, line.quantity)
        if rate is None:
            raise _missing(book, line, at, number)
        charge = rates.charge(rate.row)
        if isinstance(charge, PercentOfParts):
            late.append((number, line, at, rate, charge))
        else:
            quoted.append(_line(book, number, line, at, rate, charge, NOTHING))
        at = situation
    if late:
        parts = NOTHING
        for done in quoted:
            if done.item.catalogue == _SPARE_PARTS:
                parts = parts.plus(done.modified)
        for number, line, at, rate, charge in late:
            quoted.insert(number, _line(book, number, line, at, rate, charge, parts))
    return quoted


def situation_of(line: Line, situation: Situation) -> Situation:
    """The situation as it is for one line, which knows how its part is in stock."""
    return situation._replace(stock_state=line.stock_state) if line.stock_state else situation


def _missing(book: PriceBook, line: Line, situation: Situation, number: int) -> FailedPrecondition:
    place = situation.places[0]
    return FailedPrecondition(
        "PRICING_RATE_MISSING",
        f"book {book.head.price_book_code!r} version {book.version} has no rate for item"
        f" {line.item_code!r} in {place!r} (tier {situation.city_tier or 'none'}, mode"
        f" {situation.cooperation_mode or 'none'}, level {situation.customer_level or 'none'})",
        field=f"facts.lines[{number}].item_code",
    )


def _line(
    book: PriceBook,
    number: int,
    line: Line,
    situation: Situation,
    rate: Hit,
    charge: Charge,
    parts: Pair,
) -> QuotedLine:
    item, price = book.items[line.item_code], book.rates.price(rate.row)
    rounding, policies = book.head.rounding, book.policies
    charges: Sequence[Charged]
    if charge is PER_UNIT:
        charges = per_unit(price, line.quantity)
    else:
        asked = Asked(line.quantity, line.measures or {}, parts, rounding)
        charges = tuple(charge.steps(price, asked))
    base = after = charges[-1].after
    effects: Sequence[Effect] = ()
    if policies.modifiers or line.modifier_codes or line.ratios:
        field = f"facts.lines[{number}]"
        effects = apply_modifiers(policies, item, line, situation, base, rounding, field)
        after = effects[-1].after if effects else base
    return QuotedLine(line, item, rate, charges, effects, after, after)


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
