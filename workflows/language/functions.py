"""What operators and functions exist: their types here, their meaning in ``evaluate``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from workflows.language.types import (
    BOOL,
    DATE,
    DECIMAL,
    DURATION,
    INT,
    MONEY,
    STRING,
    TIMESTAMP,
    EnumOf,
    ListOf,
    Scalar,
    Type,
    assignable,
)


@dataclass(frozen=True, slots=True)
class Overload:
    """One signature and the operation that carries it out."""

    takes: tuple[Type, ...]
    gives: Type
    operation: str


def _overloads(*rows: tuple[tuple[Type, ...], Type, str]) -> tuple[Overload, ...]:
    return tuple(Overload(*row) for row in rows)


OPERATORS: Final[dict[str, tuple[Overload, ...]]] = {
    "+": _overloads(
        ((INT, INT), INT, "add_int"),
        ((DECIMAL, DECIMAL), DECIMAL, "add_decimal"),
        ((MONEY, MONEY), MONEY, "add_money"),
        ((STRING, STRING), STRING, "add_text"),
        ((TIMESTAMP, DURATION), TIMESTAMP, "add_time"),
        ((DURATION, DURATION), DURATION, "add_time"),
    ),
    "-": _overloads(
        ((INT, INT), INT, "subtract_int"),
        ((DECIMAL, DECIMAL), DECIMAL, "subtract_decimal"),
        ((MONEY, MONEY), MONEY, "subtract_money"),
        ((TIMESTAMP, DURATION), TIMESTAMP, "subtract_time"),
        ((TIMESTAMP, TIMESTAMP), DURATION, "subtract_time"),
        ((DURATION, DURATION), DURATION, "subtract_time"),
        ((INT,), INT, "negate_int"),
        ((DECIMAL,), DECIMAL, "negate_decimal"),
        ((MONEY,), MONEY, "negate"),
        ((DURATION,), DURATION, "negate"),
    ),
    "*": _overloads(
        ((INT, INT), INT, "multiply_int"),
        ((DECIMAL, DECIMAL), DECIMAL, "multiply_decimal"),
        ((MONEY, INT), MONEY, "multiply_money"),
        ((DURATION, INT), DURATION, "multiply_time"),
    ),
    "/": _overloads(
        ((INT, INT), INT, "divide_int"),
        ((DECIMAL, DECIMAL), DECIMAL, "divide_decimal"),
    ),
    "%": _overloads(((INT, INT), INT, "remainder_int")),
}

#: Types with an order.
ORDERED: Final = (INT, DECIMAL, MONEY, STRING, DATE, TIMESTAMP, DURATION)

#: ``name(arguments)`` and ``first.name(rest)`` are the same call.
FUNCTIONS: Final[dict[str, tuple[Overload, ...]]] = {
    "abs": _overloads(
        ((INT,), INT, "abs_int"), ((DECIMAL,), DECIMAL, "abs"), ((MONEY,), MONEY, "abs_money")
    ),
    "addDays": _overloads(((DATE, INT), DATE, "add_days")),
    "amount": _overloads(((MONEY,), DECIMAL, "amount")),
    "ceil": _overloads(((DECIMAL,), INT, "ceil")),
    "contains": _overloads(((STRING, STRING), BOOL, "contains")),
    "currency": _overloads(((MONEY,), STRING, "currency")),
    "dateOf": _overloads(((TIMESTAMP,), DATE, "date_of")),
    "daysBetween": _overloads(((DATE, DATE), INT, "days_between")),
    "endsWith": _overloads(((STRING, STRING), BOOL, "ends_with")),
    "floor": _overloads(((DECIMAL,), INT, "floor")),
    "hourOf": _overloads(((TIMESTAMP,), INT, "hour_of")),
    "join": _overloads(((ListOf(STRING), STRING), STRING, "join")),
    "max": _overloads(*(((kind, kind), kind, "max") for kind in ORDERED)),
    "min": _overloads(*(((kind, kind), kind, "min") for kind in ORDERED)),
    "round": _overloads(((DECIMAL, INT), DECIMAL, "round")),
    "scale": _overloads(((MONEY, DECIMAL), MONEY, "scale")),
    "size": _overloads(((STRING,), INT, "size_text")),
    "startsWith": _overloads(((STRING, STRING), BOOL, "starts_with")),
    "string": _overloads(
        ((STRING,), STRING, "text"),
        ((INT,), STRING, "text"),
        ((DECIMAL,), STRING, "text_decimal"),
        ((MONEY,), STRING, "text"),
        ((DATE,), STRING, "text_date"),
        ((TIMESTAMP,), STRING, "text_timestamp"),
        ((DURATION,), STRING, "text_duration"),
    ),
    "sum": _overloads(
        ((ListOf(INT), INT), INT, "sum_int"),
        ((ListOf(DECIMAL), DECIMAL), DECIMAL, "sum_decimal"),
        ((ListOf(MONEY), MONEY), MONEY, "sum_money"),
    ),
    "weekday": _overloads(((DATE,), INT, "weekday")),
}

#: Written with a text that is read when the flow is checked: ``cny("50000.00")``.
CONSTRUCTORS: Final[dict[str, Scalar]] = {
    "cny": MONEY,
    "money": MONEY,
    "decimal": DECIMAL,
    "date": DATE,
    "timestamp": TIMESTAMP,
    "duration": DURATION,
}

#: ``list.name(variable, body)``.
MACROS: Final = ("all", "exists", "existsOne", "filter", "map")

#: Treated by the checker itself.
SPECIAL: Final = ("has", "coalesce", "size")


def find_overload(overloads: tuple[Overload, ...], types: tuple[Type, ...]) -> Overload | None:
    """The first signature that these types fit, exact fits before widened ones."""
    fitting = [
        overload
        for overload in overloads
        if len(overload.takes) == len(types)
        and all(assignable(got, wanted) for got, wanted in zip(types, overload.takes, strict=True))
    ]
    exact = [overload for overload in fitting if overload.takes == types]
    return next(iter(exact or fitting), None)


def comparable(left: Type, right: Type) -> bool:
    """True when ``==`` makes sense between two types."""
    if isinstance(left, EnumOf) and isinstance(right, EnumOf):
        return bool(set(left.values) & set(right.values))
    return assignable(left, right) or assignable(right, left)


def ordered(left: Type, right: Type) -> bool:
    """True when ``<`` makes sense between two types."""
    return any(assignable(left, kind) and assignable(right, kind) for kind in ORDERED)


#: Every name that can be called, for did-you-mean.
NAMES: Final = sorted({*FUNCTIONS, *CONSTRUCTORS, *MACROS, *SPECIAL})
