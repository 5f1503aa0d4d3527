"""Money: whole minor units and a currency, ratios as exact fractions, splits that sum to the whole.

Amounts never touch a float. ``Money`` refuses to mix currencies; multiplying takes an exact ratio
and a named rounding; ``split`` gives every minor unit to somebody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction
from math import lcm
from typing import Final

from kit.errors import InvalidArgument

#: Digits after the point, ISO 4217. A currency that is not here is refused, not guessed.
MINOR_DIGITS: Final[dict[str, int]] = {
    "CNY": 2, "HKD": 2, "MOP": 2, "TWD": 2, "USD": 2, "EUR": 2, "GBP": 2, "THB": 2, "SGD": 2,
    "MYR": 2, "JPY": 0, "KRW": 0, "VND": 0, "KWD": 3,
}  # fmt: skip

_LIMIT_DIGITS: Final = 15
#: Amounts lie strictly between this and its opposite.
LIMIT_MINOR: Final = 10**_LIMIT_DIGITS


class Rounding(StrEnum):
    """How a fraction of a minor unit becomes a whole one."""

    HALF_UP = "half_up"  # 四舍五入, away from zero on a tie
    HALF_EVEN = "half_even"
    DOWN = "down"  # towards zero


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in whole minor units (fen for CNY) of one currency; may be negative."""

    currency: str
    amount_minor: int

    def __post_init__(self) -> None:
        if self.currency not in MINOR_DIGITS:
            raise InvalidArgument(
                "MONEY_CURRENCY_UNKNOWN",
                f"unknown currency {self.currency!r}; known: {', '.join(sorted(MINOR_DIGITS))}",
                field="currency",
            )
        if isinstance(self.amount_minor, bool) or not isinstance(self.amount_minor, int):
            raise TypeError(f"amount_minor must be an int, not {type(self.amount_minor).__name__}")
        if abs(self.amount_minor) >= LIMIT_MINOR:
            raise InvalidArgument(
                "MONEY_OUT_OF_RANGE", "amount is beyond 10^15 minor units", field="amount_minor"
            )

    @classmethod
    def of(cls, currency: str, amount: str | Decimal) -> Money:
        """Read an amount in major units, such as ``"50000.01"``; more digits than the currency has
        is an error (``MONEY_MALFORMED``), never a rounding."""
        digits = cls(currency, 0).digits
        try:
            exact = Decimal(amount)
        except (InvalidOperation, ValueError) as error:
            raise InvalidArgument(
                "MONEY_MALFORMED", f"{amount!r} is not an amount of money", field="amount"
            ) from error
        # Looked at before it is expanded: "1e999999" is short to write and long to count.
        if not exact.is_finite() or not -_LIMIT_DIGITS <= exact.adjusted() <= _LIMIT_DIGITS:
            raise InvalidArgument(
                "MONEY_OUT_OF_RANGE", f"{amount!r} is beyond any amount of money", field="amount"
            )
        scaled = Fraction(exact) * 10**digits
        if scaled.denominator != 1:
            raise InvalidArgument(
                "MONEY_MALFORMED", f"{currency} has {digits} digits after the point", field="amount"
            )
        whole = scaled.numerator
        return cls(currency, whole)

    @property
    def digits(self) -> int:
        """Digits after the point in this currency."""
        return MINOR_DIGITS[self.currency]

    def to_decimal(self) -> Decimal:
        """The amount in major units, exact, with the currency's digits."""
        return Decimal(self.amount_minor).scaleb(-self.digits)

    def __str__(self) -> str:
        sign = "-" if self.amount_minor < 0 else ""
        amount = f"{abs(self.to_decimal()):,.{self.digits}f}"
        return f"{sign}¥{amount}" if self.currency == "CNY" else f"{sign}{amount} {self.currency}"

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise InvalidArgument(
                "MONEY_CURRENCY_MISMATCH",
                f"cannot combine {self.currency} with {other.currency}",
                field="currency",
            )

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.currency, self.amount_minor + other.amount_minor)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.currency, self.amount_minor - other.amount_minor)

    def __neg__(self) -> Money:
        return Money(self.currency, -self.amount_minor)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.amount_minor < other.amount_minor

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.amount_minor <= other.amount_minor

    def __gt__(self, other: Money) -> bool:
        return other < self

    def __ge__(self, other: Money) -> bool:
        return other <= self

    def times(
        self, ratio: Fraction | Decimal | int, rounding: Rounding = Rounding.HALF_UP
    ) -> Money:
        """This amount times an exact ratio, rounded once to whole minor units."""
        return Money(self.currency, round_minor(self.amount_minor * Fraction(ratio), rounding))


def round_minor(amount: Fraction, rounding: Rounding = Rounding.HALF_UP) -> int:
    """Round a fraction of minor units to a whole number of them by the named rule."""
    return round_quotient(amount.numerator, amount.denominator, rounding)


def round_quotient(numerator: int, denominator: int, rounding: Rounding = Rounding.HALF_UP) -> int:
    """`round_minor` of a quotient whose denominator is above zero."""
    floor, rest = divmod(numerator, denominator)
    if not rest:
        return floor
    twice = 2 * rest - denominator
    match rounding:
        case Rounding.DOWN:
            return floor + (1 if numerator < 0 else 0)
        case Rounding.HALF_UP:
            return floor + (1 if twice > 0 or (twice == 0 and numerator > 0) else 0)
        case Rounding.HALF_EVEN:
            return floor + (1 if twice > 0 or (twice == 0 and floor % 2) else 0)


def sum_money(currency: str, amounts: Sequence[Money]) -> Money:
    """The sum of amounts of one currency; of none, zero."""
    total = Money(currency, 0)
    for amount in amounts:
        total = total + amount
    return total


def split(total: Money, weights: Sequence[Fraction | int]) -> list[Money]:
    """Split an amount once, exactly: floor each share, then hand the left-over minor units out by
    largest remainder, earlier parties first on a tie.

    For a one-off split. A recurring split carries each party's remainder instead, so that nobody
    drifts (``services.settlement.domain.split``).

    Args:
        total: the amount; a negative one is split like its opposite.
        weights: one non-negative weight a party, not all zero.

    Raises:
        InvalidArgument: ``MONEY_SPLIT_INVALID`` when a weight is negative or none is positive.
    """
    return [Money(total.currency, share) for share in split_minor(total.amount_minor, weights)]


def split_minor(total: int, weights: Sequence[Fraction | int]) -> list[int]:
    """`split` for bare minor units."""
    denominator = lcm(*(weight.denominator for weight in weights))
    parts = [weight.numerator * (denominator // weight.denominator) for weight in weights]
    whole = sum(parts)
    if whole <= 0 or min(parts) < 0:
        raise InvalidArgument(
            "MONEY_SPLIT_INVALID", "weights must be non-negative and not all zero", field="weights"
        )
    sign = -1 if total < 0 else 1
    divided = [divmod(abs(total) * part, whole) for part in parts]
    shares = [share for share, _ in divided]
    left_over = abs(total) - sum(shares)
    if left_over:
        by_remainder = sorted(range(len(parts)), key=lambda i: (-divided[i][1], i))
        for i in by_remainder[:left_over]:
            shares[i] += 1
    return [sign * share for share in shares]


def to_fraction(text: str) -> Fraction:
    """Read an exact ratio such as ``"1.2"``, ``"3/7"`` or ``"0.15"``.

    Raises:
        InvalidArgument: ``RATIO_MALFORMED``.
    """
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError) as error:
        raise InvalidArgument("RATIO_MALFORMED", f"{text!r} is not a ratio") from error
