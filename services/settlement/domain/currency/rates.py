"""Exchange rates as pricing told them, and which one counts at an instant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from kit.errors import FailedPrecondition
from kit.money import MINOR_DIGITS, Money, Rounding, round_minor


@dataclass(frozen=True, slots=True)
class Rate:
    """What one major unit of a currency is in another, from an instant on.

    Args:
        ratio: exact.
        inverse_too: it counts the other way round too, where that has no rate of its own.
        pair_sequence: raised with every rate that is recorded of the pair.
    """

    exchange_rate_id: str
    from_currency: str
    to_currency: str
    ratio: Fraction
    valid_from: datetime
    inverse_too: bool = False
    pair_sequence: int = 0

    def inverse(self) -> Rate:
        """The same rate the other way round, exact."""
        turned = replace(self, from_currency=self.to_currency, to_currency=self.from_currency)
        return replace(turned, ratio=1 / self.ratio)

    def value(self, amount_minor: int) -> Fraction:
        """So many minor units of the one currency in those of the other, exact."""
        digits = MINOR_DIGITS[self.to_currency] - MINOR_DIGITS[self.from_currency]
        return amount_minor * self.ratio * Fraction(10) ** digits


def converted(amount: Money, rate: Rate, rounding: Rounding) -> Money:
    """An amount in the rate's other currency, rounded once."""
    return Money(rate.to_currency, round_minor(rate.value(amount.amount_minor), rounding))


def rate_at(rates: Iterable[Rate], from_currency: str, to_currency: str, at: datetime) -> Rate:
    """The rate that counts at an instant: of those that hold the one that began last, of two for
    one instant the last word; one of the pair itself before the inverse of one that allows it.

    Raises:
        FailedPrecondition: ``SETTLEMENT_EXCHANGE_RATE_MISSING``.
    """
    holding = [each for each in rates if each.valid_from <= at]
    direct = [each for each in holding if _pair(each) == (from_currency, to_currency)]
    if direct:
        return max(direct, key=_order)
    turned = [each for each in holding if _pair(each) == (to_currency, from_currency)]
    newest = max(turned, key=_order, default=None)
    if newest is None or not newest.inverse_too:
        raise FailedPrecondition(
            "SETTLEMENT_EXCHANGE_RATE_MISSING",
            f"no exchange rate from {from_currency} to {to_currency} is known for"
            f" {at.isoformat()}; put one (gongdan price-policy rate put) and try again shortly",
            field="to_currency",
        )
    return newest.inverse()


def _pair(rate: Rate) -> tuple[str, str]:
    return rate.from_currency, rate.to_currency


def _order(rate: Rate) -> tuple[datetime, int]:
    return rate.valid_from, rate.pair_sequence
