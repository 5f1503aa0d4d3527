"""What operators and functions mean, on decoded values. Nothing here touches a float."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import (
    ROUND_CEILING,
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
from workflows.language.values import SHANGHAI


class EvaluationError(Exception):
    """An expression has no value for this data.

    Attributes:
        reason: one of the reasons that ``workflows.language.evaluate`` lists.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


_INT_LIMIT: Final = 2**63
_MAX_TEXT: Final = 100_000

#: Sums and products of decimals are exact or fail; a quotient has 28 digits, half to even.
_EXACT: Final = Context(prec=50, traps=[Inexact, InvalidOperation, Overflow, DivisionByZero])
_QUOTIENT: Final = Context(
    prec=28, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, Overflow, DivisionByZero]
)
_WIDE: Final = Context(prec=100, traps=[InvalidOperation, Overflow])


def _int(value: int) -> int:
    if not -_INT_LIMIT <= value < _INT_LIMIT:
        raise EvaluationError("EXPRESSION_OUT_OF_RANGE", "a whole number is beyond 64 bits")
    return value


def _divide_int(left: int, right: int) -> int:
    """Towards zero, as CEL does."""
    quotient = abs(left) // abs(right)
    return _int(quotient if (left < 0) == (right < 0) else -quotient)


def _remainder_int(left: int, right: int) -> int:
    remainder = abs(left) % abs(right)
    return -remainder if left < 0 else remainder


def _divide_decimal(left: Decimal, right: Decimal) -> Decimal:
    if not right:
        raise EvaluationError("EXPRESSION_DIVISION_BY_ZERO", "division by zero")
    return _QUOTIENT.divide(Decimal(left), Decimal(right))


def _add_text(left: str, right: str) -> str:
    if len(left) + len(right) > _MAX_TEXT:
        raise EvaluationError("EXPRESSION_TOO_MUCH", f"a text is longer than {_MAX_TEXT}")
    return left + right


def _to_int(value: Decimal, rounding: str) -> int:
    return _int(int(Decimal(value).to_integral_value(rounding=rounding)))


def _round(value: Decimal, digits: int) -> Decimal:
    if not 0 <= digits <= 20:
        raise EvaluationError("EXPRESSION_OUT_OF_RANGE", "round takes 0 to 20 digits")
    return Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, _WIDE)


def _join(texts: list[str], separator: str) -> str:
    joined = separator.join(texts)
    if len(joined) > _MAX_TEXT:
        raise EvaluationError("EXPRESSION_TOO_MUCH", f"a text is longer than {_MAX_TEXT}")
    return joined


def _sum_money(amounts: list[dict[str, Any]], start: Money) -> Money:
    decoded = [Money(raw["currency"], raw["amount_minor"]) for raw in amounts]
    return start + sum_money(start.currency, decoded)


def _sum_decimal(values: list[str], start: Decimal) -> Decimal:
    total = Decimal(start)
    for value in values:
        total = _EXACT.add(total, Decimal(value))
    return total


def _duration_text(value: timedelta) -> str:
    minutes = abs(value) // timedelta(minutes=1)
    days, rest = divmod(minutes, 24 * 60)
    parts = ((days, "天"), (rest // 60, "小时"), (rest % 60, "分钟"))
    text = "".join(f"{count}{unit}" for count, unit in parts if count) or "0分钟"
    return f"-{text}" if value < timedelta(0) else text


def shanghai_text(at: datetime) -> str:
    """An instant as people in China read it."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def _shanghai_date(at: datetime) -> date:
    return at.astimezone(SHANGHAI).date()


OPERATIONS: Final[dict[str, Callable[..., Any]]] = {
    "==": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "add_int": lambda a, b: _int(a + b),
    "subtract_int": lambda a, b: _int(a - b),
    "multiply_int": lambda a, b: _int(a * b),
    "divide_int": _divide_int,
    "remainder_int": _remainder_int,
    "negate_int": lambda a: _int(-a),
    "abs_int": lambda a: _int(abs(a)),
    "add_decimal": _EXACT.add,
    "subtract_decimal": _EXACT.subtract,
    "multiply_decimal": _EXACT.multiply,
    "divide_decimal": _divide_decimal,
    "negate_decimal": lambda a: _EXACT.minus(Decimal(a)),
    "negate": operator.neg,
    "abs": lambda a: _EXACT.abs(Decimal(a)),
    "floor": lambda a: _to_int(a, ROUND_FLOOR),
    "ceil": lambda a: _to_int(a, ROUND_CEILING),
    "round": _round,
    "sum_int": lambda values, start: _int(start + sum(values)),
    "sum_decimal": _sum_decimal,
    "add_money": operator.add,
    "subtract_money": operator.sub,
    "multiply_money": lambda money, count: Money(money.currency, money.amount_minor * count),
    "abs_money": lambda money: Money(money.currency, abs(money.amount_minor)),
    "scale": lambda money, ratio: money.times(Fraction(ratio)),
    "amount": lambda money: money.to_decimal(),
    "currency": lambda money: money.currency,
    "sum_money": _sum_money,
    "add_time": operator.add,
    "subtract_time": operator.sub,
    "multiply_time": operator.mul,
    "add_days": lambda day, count: day + timedelta(days=count),
    "days_between": lambda first, second: (second - first).days,
    "date_of": _shanghai_date,
    "hour_of": lambda at: at.astimezone(SHANGHAI).hour,
    "weekday": date.isoweekday,
    "min": min,
    "max": max,
    "add_text": _add_text,
    "contains": lambda text, part: part in text,
    "starts_with": str.startswith,
    "ends_with": str.endswith,
    "join": _join,
    "size": len,
    "size_text": len,
    "text": str,
    "text_decimal": lambda value: format(Decimal(value), "f"),
    "text_date": date.isoformat,
    "text_timestamp": shanghai_text,
    "text_duration": _duration_text,
}
