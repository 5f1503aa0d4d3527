"""Taxes of a quote, and what becomes of its amounts in another currency."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from fractions import Fraction
from typing import NamedTuple

from kit.money import MINOR_DIGITS, Rounding, round_minor, round_quotient
from services.pricing.domain.book import PricedItem, Side, TaxRule, covers
from services.pricing.domain.charges import Pair
from services.pricing.domain.conditions import Situation
from services.pricing.domain.ratios import exact_ratio, quotient


class Tax(NamedTuple):
    """A tax on one line of one side.

    Attributes:
        line: which line, from 0.
        taxed: what it is computed on, in minor units.
        amount: the tax; part of the line already when the rule is inclusive.
        refund: what of it is paid back: nothing, or less.
    """

    rule: TaxRule
    line: int
    taxed: int
    amount: int
    refund: int

    @property
    def added(self) -> int:
        """What it adds to its side's total beside the line."""
        return (0 if self.rule.inclusive else self.amount) + self.refund


class ExchangeRate(NamedTuple):
    """What one major unit of a currency is in another, from an instant on.

    Attributes:
        ratio: exact, as it was written.
    """

    exchange_rate_id: str
    from_currency: str
    to_currency: str
    ratio: str
    valid_from: datetime


def taxes_of(
    rules: Iterable[TaxRule],
    line: int,
    item: PricedItem,
    amounts: Pair,
    situation: Situation,
    quantity: int,
    payee_kind: str,
    rounding: Rounding,
) -> Iterator[Tax]:
    """The taxes on a line, in the book's order; each on the line's amount, never on another tax."""
    for rule in rules:
        if not covers(rule, item) or not rule.conditions.hold(situation, quantity):
            continue
        if rule.side is Side.LIST:
            yield _tax(rule, line, amounts.list_price, rounding)
        elif rule.payee_kind in ("", payee_kind):
            yield _tax(rule, line, amounts.settlement_price, rounding)


def _tax(rule: TaxRule, line: int, taxed: int, rounding: Rounding) -> Tax:
    numerator, denominator = quotient(rule.ratio)
    whole = denominator + numerator if rule.inclusive else denominator
    amount = round_quotient(taxed * numerator, whole, rounding)
    refund = 0
    if rule.refundable_ratio:
        numerator, denominator = quotient(rule.refundable_ratio)
        refund = -round_quotient(amount * numerator, denominator, rounding)
    return Tax(rule, line, taxed, amount, refund)


def exchanged(minor: int, rate: ExchangeRate, rounding: Rounding) -> int:
    """An amount in the rate's other currency, in that one's minor units, rounded once."""
    digits = MINOR_DIGITS[rate.to_currency] - MINOR_DIGITS[rate.from_currency]
    return round_minor(minor * exact_ratio(rate.ratio) * Fraction(10) ** digits, rounding)
