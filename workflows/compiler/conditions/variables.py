"""What conditions test, and into which cells their tests cut its values."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal
from itertools import pairwise
from math import floor
from typing import Any, Final, TypeAlias

from kit.money import LIMIT_MINOR, Money
from workflows.language.types import EnumOf, Scalar, Type
from workflows.language.values import SHANGHAI, duration_to_json

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_INT_LIMIT: Final = 2**63
#: Longer decimals are not looked into: between two of them there may be none that a case can hold.
_MAX_DIGITS: Final = 18
_WIDE: Final = Context(prec=100)

#: A value as it is compared: a whole number, a decimal, a text, a truth value; None is a text that
#: no test names.
Value: TypeAlias = int | Decimal | str | bool | None


@dataclass(frozen=True, slots=True)
class Truth:
    """True or false."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of these texts; with ``open``, or any other."""

    values: tuple[str, ...] = ()
    open: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """Numbers in order, whole ones between two ends or, ``dense``, all of them.

    ``unit`` says what the numbers count: ``int``, ``decimal``, a currency, ``date``,
    ``timestamp`` or ``duration``.
    """

    unit: str
    low: int = -_INT_LIMIT
    high: int = _INT_LIMIT - 1
    dense: bool = False


@dataclass(frozen=True, slots=True)
class Presence:
    """Whether something is there."""


@dataclass(frozen=True, slots=True)
class Order:
    """How two values compare: -1, 0 or 1."""

    left: str = ""
    right: str = ""


Domain: TypeAlias = Truth | Choice | Line | Presence | Order

LINES: Final = {
    "int": Line("int"),
    "decimal": Line("decimal", dense=True),
    "date": Line("date", 1, date.max.toordinal()),
    # A day short of the ends, so that each instant can be told in every zone.
    "timestamp": Line(
        "timestamp",
        (datetime.min.replace(tzinfo=UTC) - _EPOCH + timedelta(days=1)) // _MICROSECOND,
        (datetime.max.replace(tzinfo=UTC) - _EPOCH - timedelta(days=1)) // _MICROSECOND,
    ),
    "duration": Line("duration", timedelta.min // _MICROSECOND, timedelta.max // _MICROSECOND),
}


@dataclass(frozen=True, slots=True)
class Variable:
    """Something that conditions test.

    Attributes:
        key: what tells it from others.
        name: how a flow's author writes it; only of those that can be told.
        domain: its values.
        exact: each of its values can occur, whatever the variables that read something else are.
            Of the others only that they have no value beside these is known.
        reads: the paths, with points, of the values that it is computed from.
    """

    key: str
    name: str
    domain: Domain
    exact: bool = True
    reads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Test:
    """``variable operator value``."""

    variable: Variable
    operator: str
    value: Value

    def holds(self, value: Value) -> bool:
        """Whether it comes out true for a value of the variable."""
        return bool(_COMPARE[self.operator](value, self.value))


_COMPARE: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "==": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def domain_of(kind: Type | None, constant: Any) -> Domain:
    """The values of what is compared with a decoded constant; without a type, all that they may be."""
    match kind, constant:
        case EnumOf(values, name), _:
            return Choice(values, open=bool(name))  # a contract's enum may grow
        case Scalar("int"), _:
            return LINES["int"]
        case _, bool():
            return Truth()
        case _, str():
            return Choice()
        case _, Money(currency):
            return Line(currency, 1 - LIMIT_MINOR, LIMIT_MINOR - 1)
        case _, int() | Decimal():
            return LINES["decimal"]
        case _, datetime():
            return LINES["timestamp"]
        case _, date():
            return LINES["date"]
        case _, timedelta():
            return LINES["duration"]
        case _:
            raise AssertionError(f"no constant of an expression: {constant!r}")


def number_of(value: Any) -> int | Decimal | None:
    """A decoded constant's place on its line; None for one that is not looked into."""
    match value:
        case Money():
            return value.amount_minor
        case datetime():  # before date, whose kind it also is
            return (value - _EPOCH) // _MICROSECOND
        case date():
            return value.toordinal()
        case timedelta():
            return value // _MICROSECOND
        case Decimal():
            exponent = value.as_tuple().exponent
            short = isinstance(exponent, int) and -exponent <= _MAX_DIGITS
            return value if short and value.adjusted() <= _MAX_DIGITS else None
        case int():
            return value
        case _:
            return None


def cells(domain: Domain, tests: Iterable[Test]) -> list[Value]:
    """One value of each cell, those that tests name first."""
    tests = list(tests)
    seen: dict[tuple[bool, ...], Value] = {}
    for value in _samples(domain, [test.value for test in tests]):
        seen.setdefault(tuple(test.holds(value) for test in tests), value)
    return list(seen.values())


def _samples(domain: Domain, named: list[Any]) -> Iterator[Value]:
    match domain:
        case Truth() | Presence():
            yield from (True, False)
        case Order():
            yield from (-1, 0, 1)
        case Choice(values, is_open):
            yield from values
            if is_open:
                yield from named
                yield None
        case Line():
            yield from _points(domain, sorted(set(named)))


def _points(line: Line, named: list[Any]) -> Iterator[Value]:
    if line.dense:
        yield from named
        for low, high in pairwise(named):
            yield _WIDE.divide(_WIDE.add(low, high), 2)
        yield from (_WIDE.subtract(named[0], 1), _WIDE.add(named[-1], 1))
        return
    floors = [floor(value) for value in named]
    for point in (below + step for step in (0, 1, -1) for below in floors):
        yield min(max(point, line.low), line.high)


def in_words(variable: Variable, value: Any) -> str:
    """A variable's value in words."""
    match variable.domain:
        case Presence():
            return f"{variable.name} is {'given' if value else 'left empty'}"
        case Order(left, right):
            return f"{left} {'<' if value < 0 else '>' if value else '='} {right}"
        case Truth():
            return f"{variable.name} = {str(value).lower()}"
        case Choice():
            return f"{variable.name} = " + ("any other" if value is None else f'"{value}"')
        case Line(unit):
            return (
                f"{variable.name} = {_SHOWN[unit](value) if unit in _SHOWN else Money(unit, value)}"
            )


_SHOWN: Final[dict[str, Callable[[Any], str]]] = {
    "int": str,
    "decimal": lambda number: format(Decimal(number), "f"),
    "date": lambda number: date.fromordinal(number).isoformat(),
    "timestamp": lambda number: (_EPOCH + number * _MICROSECOND).astimezone(SHANGHAI).isoformat(),
    "duration": lambda number: duration_to_json(number * _MICROSECOND),
}
