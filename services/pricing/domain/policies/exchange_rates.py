"""Exchange rates (汇率), each from an instant on, and corrected without being changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from kit.errors import FailedPrecondition, InvalidArgument
from kit.money import MINOR_DIGITS
from services.pricing.domain.ratios import exact_ratio, is_ratio
from services.pricing.domain.taxes import ExchangeRate


@dataclass(frozen=True, slots=True)
class RecordedRate:
    """A rate as it was recorded.

    Attributes:
        rate_number: raised with every recording.
        inverse_too: it counts the other way round too, where that has no rate of its own.
    """

    rate: ExchangeRate
    inverse_too: bool
    recorded_at: datetime
    rate_number: int

    @property
    def order(self) -> tuple[datetime, int]:
        """Of two that hold, the one that began last counts; of two for one instant, the last word."""
        return self.rate.valid_from, self.rate_number


def rate_at(
    recorded: Iterable[RecordedRate],
    from_currency: str,
    to_currency: str,
    at: datetime,
    known_at: datetime,
) -> ExchangeRate | None:
    """The rate that counts at an instant by what was recorded up to another; None: there is none.

    A rate of the pair itself comes before the inverse of one that allows it.
    """
    known = [
        each for each in recorded if each.recorded_at <= known_at and each.rate.valid_from <= at
    ]
    direct = [each for each in known if _pair(each) == (from_currency, to_currency)]
    if direct:
        return max(direct, key=lambda each: each.order).rate
    other_way = [each for each in known if _pair(each) == (to_currency, from_currency)]
    newest = max(other_way, key=lambda each: each.order, default=None)
    if newest is None or not newest.inverse_too:
        return None
    return inverse(newest.rate)


def needed_rate(
    recorded: Iterable[RecordedRate],
    from_currency: str,
    to_currency: str,
    at: datetime,
    known_at: datetime,
    field: str,
) -> ExchangeRate:
    """`rate_at`, where there has to be one.

    Raises:
        FailedPrecondition: ``PRICING_EXCHANGE_RATE_MISSING``, naming ``field``.
    """
    rate = rate_at(recorded, from_currency, to_currency, at, known_at)
    if rate is None:
        raise FailedPrecondition(
            "PRICING_EXCHANGE_RATE_MISSING",
            f"no rate from {from_currency} to {to_currency} is valid at {at.isoformat()}; put one"
            " first",
            field=field,
        )
    return rate


def inverse(rate: ExchangeRate) -> ExchangeRate:
    """The same rate the other way round, exact: 0.2045 becomes 2000/409."""
    return rate._replace(
        from_currency=rate.to_currency,
        to_currency=rate.from_currency,
        ratio=str(1 / exact_ratio(rate.ratio)),
    )


def _pair(recorded: RecordedRate) -> tuple[str, str]:
    return recorded.rate.from_currency, recorded.rate.to_currency


def check_rate(from_currency: str, to_currency: str, ratio: str, source: str) -> None:
    """Refuse a rate that could not be computed with, or that nobody could check.

    Raises:
        InvalidArgument: ``PRICING_EXCHANGE_RATE_INVALID``, naming the field.
    """
    for name, currency in (("from_currency", from_currency), ("to_currency", to_currency)):
        check_currency(currency, f"exchange_rate.{name}")
    if from_currency == to_currency:
        raise _invalid("a rate has two currencies", "exchange_rate.to_currency")
    if "/" in ratio or not is_ratio(ratio) or Fraction(ratio) <= 0:
        raise _invalid(
            f"{ratio!r}: write what one {from_currency} is in {to_currency}, such as 0.2045",
            "exchange_rate.ratio",
        )
    if not source.strip():
        raise _invalid("say whose rate it is", "exchange_rate.source")


def check_currency(currency: str, field: str) -> None:
    """Refuse a currency whose minor units nobody knows.

    Raises:
        InvalidArgument: ``PRICING_EXCHANGE_RATE_INVALID``, naming the field.
    """
    if currency not in MINOR_DIGITS:
        raise _invalid(f"{currency!r} is none of {', '.join(sorted(MINOR_DIGITS))}", field)


def _invalid(message: str, field: str) -> InvalidArgument:
    return InvalidArgument("PRICING_EXCHANGE_RATE_INVALID", message, field=field)
