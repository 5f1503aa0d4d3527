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
    """One signature and the operation that carries it out.

    Attributes:
        element: the scalar type of a list's elements, given to the operation as its last argument.
    """

    takes: tuple[Type, ...]
    gives: Type
    operation: str
    element: str = ""


def _overloads(*rows: tuple[tuple[Type, ...], Type, str]) -> tuple[Overload, ...]:
    return tuple(Overload(*row) for row in rows)


OPERATORS: Final[dict[str, tuple[Overload, ...]]] = {
    "+": _overloads(
        ((INT, INT), INT, "add_int"),
        ((DECIMAL, DECIMAL), DECIMAL, "add_decimal"),
        ((MONEY, MONEY), MONEY, "add_money"),
        ((STRING, STRING), STRING, "add_text"),
        ((TIMESTAMP, DURATION), TIMESTAMP, "add_time"),
        ((DURATION, TIMESTAMP), TIMESTAMP, "add_time"),
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
    # numbers and money
    "abs": _overloads(
        ((INT,), INT, "abs_int"), ((DECIMAL,), DECIMAL, "abs"), ((MONEY,), MONEY, "abs_money")
    ),
    "amount": _overloads(((MONEY,), DECIMAL, "amount")),
    "ceil": _overloads(((DECIMAL,), INT, "ceil")),
    "cny": _overloads(((DECIMAL,), MONEY, "cny"), ((STRING,), MONEY, "read_cny")),
    "currency": _overloads(((MONEY,), STRING, "currency")),
    "decimal": _overloads(((DECIMAL,), DECIMAL, "widen"), ((STRING,), DECIMAL, "read_decimal")),
    "floor": _overloads(((DECIMAL,), INT, "floor")),
    "int": _overloads(((DECIMAL,), INT, "truncate"), ((STRING,), INT, "read_int")),
    "money": _overloads(
        ((STRING, DECIMAL), MONEY, "money"), ((STRING, STRING), MONEY, "read_money")
    ),
    "round": _overloads(((DECIMAL,), INT, "round_int"), ((DECIMAL, INT), DECIMAL, "round")),
    "scale": _overloads(((MONEY, DECIMAL), MONEY, "scale")),
    # dates, instants, durations
    "addDays": _overloads(((DATE, INT), DATE, "add_days")),
    "addMonths": _overloads(((DATE, INT), DATE, "add_months")),
    "date": _overloads(((STRING,), DATE, "read_date")),
    "dateOf": _overloads(((TIMESTAMP,), DATE, "date_of")),
    "day": _overloads(((DATE,), INT, "day")),
    "daysBetween": _overloads(((DATE, DATE), INT, "days_between")),
    "duration": _overloads(((STRING,), DURATION, "read_duration")),
    "getHours": _overloads(((DURATION,), INT, "hours")),
    "getMinutes": _overloads(((DURATION,), INT, "minutes")),
    "getSeconds": _overloads(((DURATION,), INT, "seconds")),
    "hourOf": _overloads(((TIMESTAMP,), INT, "hour_of")),
    "minuteOf": _overloads(((TIMESTAMP,), INT, "minute_of")),
    "month": _overloads(((DATE,), INT, "month")),
    "startOf": _overloads(((DATE,), TIMESTAMP, "start_of")),
    "timestamp": _overloads(((STRING,), TIMESTAMP, "read_timestamp")),
    "weekday": _overloads(((DATE,), INT, "weekday")),
    "year": _overloads(((DATE,), INT, "year")),
    # texts
    "contains": _overloads(((STRING, STRING), BOOL, "contains")),
    "endsWith": _overloads(((STRING, STRING), BOOL, "ends_with")),
    "indexOf": _overloads(((STRING, STRING), INT, "index_of")),
    "join": _overloads(((ListOf(STRING), STRING), STRING, "join")),
    "lowerAscii": _overloads(((STRING,), STRING, "lower")),
    "replace": _overloads(((STRING, STRING, STRING), STRING, "replace")),
    "size": _overloads(((STRING,), INT, "size_text")),
    "split": _overloads(((STRING, STRING), ListOf(STRING), "split")),
    "startsWith": _overloads(((STRING, STRING), BOOL, "starts_with")),
    "string": _overloads(
        ((STRING,), STRING, "text"),
        ((BOOL,), STRING, "text_bool"),
        ((INT,), STRING, "text"),
        ((DECIMAL,), STRING, "text_decimal"),
        ((MONEY,), STRING, "text"),
        ((DATE,), STRING, "text_date"),
        ((TIMESTAMP,), STRING, "text_timestamp"),
        ((DURATION,), STRING, "text_duration"),
    ),
    "substring": _overloads(
        ((STRING, INT), STRING, "substring"), ((STRING, INT, INT), STRING, "substring")
    ),
    "trim": _overloads(((STRING,), STRING, "trim")),
    "upperAscii": _overloads(((STRING,), STRING, "upper")),
    # lists
    "distinct": tuple(
        Overload((ListOf(kind),), ListOf(kind), "distinct", element=kind.name)
        for kind in (BOOL, *ORDERED)
    ),
    "max": (
        *_overloads(*(((kind, kind), kind, "max") for kind in ORDERED)),
        *(Overload((ListOf(kind),), kind, "max_of", element=kind.name) for kind in ORDERED),
    ),
    "min": (
        *_overloads(*(((kind, kind), kind, "min") for kind in ORDERED)),
        *(Overload((ListOf(kind),), kind, "min_of", element=kind.name) for kind in ORDERED),
    ),
    "sort": tuple(
        Overload((ListOf(kind),), ListOf(kind), "sort", element=kind.name) for kind in ORDERED
    ),
    "sum": _overloads(
        ((ListOf(INT), INT), INT, "sum_int"),
        ((ListOf(DECIMAL), DECIMAL), DECIMAL, "sum_decimal"),
        ((ListOf(MONEY), MONEY), MONEY, "sum_money"),
    ),
}

#: Read when the flow is checked, where they are given literals: ``cny("50000.00")``.
CONSTRUCTORS: Final[dict[str, Scalar]] = {
    "cny": MONEY,
    "money": MONEY,
    "decimal": DECIMAL,
    "date": DATE,
    "timestamp": TIMESTAMP,
    "duration": DURATION,
}

#: ``list.name(variable, body)``; a map's variable is each of its keys, in order.
MACROS: Final = ("all", "exists", "existsOne", "filter", "map", "sortBy")

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
