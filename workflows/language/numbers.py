"""What operators and functions mean on whole numbers, decimals and money. No float comes near them.

Sums and products of decimals are exact or fail; a quotient has 28 digits, half to even. Any decimal
has at most 40 digits on either side of the point.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
)
from fractions import Fraction
from typing import Any, Final

from kit.money import Money, sum_money
from workflows.language.failure import EvaluationError, out_of_range
from workflows.language.values import INT_LIMIT, MAX_DIGITS, decimal_fits

_EXACT: Final = Context(prec=200, traps=[Inexact, InvalidOperation, Overflow, DivisionByZero])
_QUOTIENT: Final = Context(
    prec=28, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, Overflow, DivisionByZero]
)
_ROUNDING: Final = Context(prec=100, traps=[InvalidOperation, Overflow])
_FINEST: Final = Decimal(1).scaleb(-MAX_DIGITS)


def _int(value: int) -> int:
    if not -INT_LIMIT <= value < INT_LIMIT:
        raise out_of_range("a whole number is beyond 64 bits")
    return value


def _divide_int(left: int, right: int) -> int:
    """Towards zero, as CEL does."""
    quotient = abs(left) // abs(right)
    return _int(quotient if (left < 0) == (right < 0) else -quotient)


def _remainder_int(left: int, right: int) -> int:
    remainder = abs(left) % abs(right)
    return -remainder if left < 0 else remainder


def _decimal(value: Decimal) -> Decimal:
    if not decimal_fits(value):
        raise out_of_range(f"a decimal has more than {MAX_DIGITS} digits on a side of the point")
    return value if value else value.copy_abs()  # there is one zero


def _exactly(operation: Callable[..., Decimal]) -> Callable[..., Decimal]:
    # Where a decimal is wanted an int may stand: it is widened here.
    return lambda *operands: _decimal(operation(*map(Decimal, operands)))


def _divide_decimal(left: Decimal | int, right: Decimal | int) -> Decimal:
    if not right:
        raise EvaluationError("EXPRESSION_DIVISION_BY_ZERO", "division by zero")
    quotient = _QUOTIENT.divide(Decimal(left), Decimal(right))
    if quotient.adjusted() - _QUOTIENT.prec < -MAX_DIGITS:
        quotient = quotient.quantize(_FINEST, ROUND_HALF_EVEN, _ROUNDING)
    return _decimal(quotient)


def _to_int(rounding: str) -> Callable[[Decimal | int], int]:
    return lambda value: _int(int(Decimal(value).to_integral_value(rounding)))


def _round(value: Decimal | int, digits: int) -> Decimal:
    if not 0 <= digits <= 20:
        raise out_of_range("round takes 0 to 20 digits")
    return _decimal(Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, _ROUNDING))


def _sum_decimal(values: list[str], start: Decimal | int) -> Decimal:
    total = Decimal(start)
    for value in values:
        total = _decimal(_EXACT.add(total, Decimal(value)))
    return total


def _sum_money(amounts: list[dict[str, Any]], start: Money) -> Money:
    decoded = [Money(raw["currency"], raw["amount_minor"]) for raw in amounts]
    return start + sum_money(start.currency, decoded)


NUMBERS: Final[dict[str, Callable[..., Any]]] = {
    "add_int": lambda a, b: _int(a + b),
    "subtract_int": lambda a, b: _int(a - b),
    "multiply_int": lambda a, b: _int(a * b),
    "divide_int": _divide_int,
    "remainder_int": _remainder_int,
    "negate_int": lambda a: _int(-a),
    "abs_int": lambda a: _int(abs(a)),
    "sum_int": lambda values, start: _int(start + sum(values)),
    "add_decimal": _exactly(_EXACT.add),
    "subtract_decimal": _exactly(_EXACT.subtract),
    "multiply_decimal": _exactly(_EXACT.multiply),
    "divide_decimal": _divide_decimal,
    "negate_decimal": _exactly(_EXACT.minus),
    "abs": _exactly(_EXACT.abs),
    "sum_decimal": _sum_decimal,
    "widen": Decimal,
    "truncate": _to_int(ROUND_DOWN),
    "floor": _to_int(ROUND_FLOOR),
    "ceil": _to_int(ROUND_CEILING),
    "round_int": _to_int(ROUND_HALF_UP),
    "round": _round,
    "text_decimal": lambda value: format(Decimal(value), "f"),
    "add_money": operator.add,
    "subtract_money": operator.sub,
    "negate": operator.neg,
    "multiply_money": lambda money, count: Money(money.currency, money.amount_minor * count),
    "abs_money": lambda money: Money(money.currency, abs(money.amount_minor)),
    "sum_money": _sum_money,
    "scale": lambda money, ratio: money.times(Fraction(ratio)),
    "amount": lambda money: money.to_decimal(),
    "currency": lambda money: money.currency,
    "cny": lambda amount: Money.of("CNY", Decimal(amount)),
    "money": lambda currency, amount: Money.of(currency, Decimal(amount)),
}
