"""Writes well-typed expressions at random, out of every operator and function that there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from workflows.language.functions import CONSTRUCTORS, FUNCTIONS, OPERATORS, ORDERED
from workflows.language.typed import Scope
from workflows.language.types import (
    BOOL,
    DATE,
    DECIMAL,
    DURATION,
    INT,
    MONEY,
    SCALARS,
    STRING,
    TIMESTAMP,
    EnumOf,
    Field,
    ListOf,
    MapOf,
    Record,
    Scalar,
    Type,
)

LINE: Final = Record(
    (
        *(Field(f"its_{name}", kind) for name, kind in SCALARS.items()),
        Field("note", STRING, optional=True),
    ),
    "Line",
)
LEVEL: Final = EnumOf(("gold", "silver"))
X: Final = Record(
    (
        *(Field(name, kind) for name, kind in SCALARS.items()),
        *(Field(f"{name}s", ListOf(kind)) for name, kind in SCALARS.items()),
        *(Field(f"some_{name}", kind, optional=True) for name, kind in SCALARS.items()),
        Field("level", LEVEL),
        Field("prices", MapOf(DECIMAL)),
        Field("lines", ListOf(LINE)),
    ),
    "x",
)
SCOPE: Final = Scope({"x": X})

#: Ordinary values of each type, and those at its very ends.
_VALUES: Final[dict[str, list[Any]]] = {
    "bool": [True, False],
    "int": [0, 1, -1, 7, 12, 2**63 - 1, -(2**63)],
    "decimal": ["0", "0.1", "-2.50", "3", "9" * 40, "0." + "0" * 39 + "1", "-" + "9" * 40 + ".5"],
    "string": ["", "a", "五环", "AC-12", "3.5", "2026-10-01", "CNY", "2h", "x" * 999],
    "date": ["2026-10-01", "2024-02-29", "0001-01-01", "9999-12-31"],
    "timestamp": ["2026-03-02T17:30:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"],
    "duration": ["0s", "5400s", "-0.000001s", "315576000000s", "-315576000000s"],
    "money": [
        {"currency": "CNY", "amount_minor": amount}
        for amount in (0, 5_000_001, -1, 10**15 - 1, 1 - 10**15)
    ]
    + [{"currency": "JPY", "amount_minor": 3}, {"currency": "KWD", "amount_minor": 12_345}],
}


def data(chance: Random) -> dict[str, Any]:
    """Data that fits ``SCOPE``."""
    x: dict[str, Any] = {"level": chance.choice(LEVEL.values)}
    for name, values in _VALUES.items():
        x[name] = chance.choice(values)
        x[f"{name}s"] = [chance.choice(values) for _ in range(chance.randrange(4))]
        if chance.random() < 0.5:
            x[f"some_{name}"] = chance.choice(values)
    x["prices"] = {key: chance.choice(_VALUES["decimal"]) for key in chance.sample("ab五", 2)}
    x["lines"] = [_line(chance) for _ in range(chance.randrange(3))]
    return {"x": x}


def _line(chance: Random) -> dict[str, Any]:
    line = {f"its_{name}": chance.choice(values) for name, values in _VALUES.items()}
    return line | ({"note": "好"} if chance.random() < 0.5 else {})


@dataclass(frozen=True, slots=True)
class Shape:
    """A way to write a value, with ``{}`` for each part; ``V`` is a variable for the last part.

    Attributes:
        element: the type of that variable; None when there is none.
    """

    text: str
    parts: tuple[Type, ...]
    element: Type | None = None


def _shapes() -> Iterator[tuple[Type, Shape]]:
    for symbol, overloads in OPERATORS.items():
        for overload in overloads:
            text = f"({{}}) {symbol} ({{}})" if len(overload.takes) == 2 else f"{symbol}({{}})"
            yield overload.gives, Shape(text, overload.takes)
    for name, overloads in FUNCTIONS.items():
        for overload in overloads:
            first, *rest = (_argument(name, kind) for kind in overload.takes)
            yield overload.gives, Shape(f"({first}).{name}({', '.join(rest)})", overload.takes)
    for kind in SCALARS.values():
        yield from _shapes_of(kind)
    yield BOOL, Shape("({}) && ({})", (BOOL, BOOL))
    yield BOOL, Shape("({}) || ({})", (BOOL, BOOL))
    yield BOOL, Shape("!({})", (BOOL,))
    yield BOOL, Shape("x.level == 'gold' || x.level in ['silver', {}]", (STRING,))
    yield BOOL, Shape("({}) in x.prices", (STRING,))
    yield BOOL, Shape("'a' in x.prices && x.prices.a > ({})", (DECIMAL,))
    yield BOOL, Shape("x.lines == x.lines.filter(V, {})", (BOOL,), LINE)
    yield DECIMAL, Shape("coalesce(x.prices[{}], {})", (STRING, DECIMAL))
    yield DECIMAL, Shape("{{'a': {}, '五': {}}}[{}]", (DECIMAL, INT, STRING))
    yield INT, Shape("x.prices.size() + size({})", (STRING,))
    yield ListOf(STRING), Shape("x.prices.map(V, V + ({}))", (STRING,), STRING)
    yield ListOf(STRING), Shape("x.lines.map(V, coalesce(V.note, {}))", (STRING,), LINE)


def _argument(name: str, kind: Type) -> str:
    """A literal is read when the expression is checked: to fail later it must be computed."""
    if name not in CONSTRUCTORS:
        return "{}"
    return "({}) + ''" if kind == STRING else "({}) + 0.0"


def _shapes_of(kind: Scalar) -> Iterator[tuple[Type, Shape]]:
    name, many = kind.name, ListOf(kind)
    for result in (kind, many):
        yield result, Shape("({}) ? ({}) : ({})", (BOOL, result, result))
        yield BOOL, Shape("({}) == ({})", (result, result))
        yield BOOL, Shape("({}) != ({})", (result, result))
    for symbol in ("<", "<=", ">", ">=") if kind in ORDERED else ():
        yield BOOL, Shape(f"({{}}) {symbol} ({{}})", (kind, kind))
        yield many, Shape("({}).sortBy(V, {})", (many, kind), kind)
    for macro in ("all", "exists", "existsOne"):
        yield BOOL, Shape(f"({{}}).{macro}(V, {{}})", (many, BOOL), kind)
        yield BOOL, Shape(f"x.lines.{macro}(V, V.its_{name} == ({{}}))", (kind,), LINE)
    yield BOOL, Shape("({}) in ({})", (kind, many))
    yield BOOL, Shape(f"has(x.some_{name}) && x.some_{name} == ({{}})", (kind,))
    yield BOOL, Shape(f"x.some_{name} == null || x.some_{name} == ({{}})", (kind,))
    yield kind, Shape("({})[{}]", (many, INT))
    yield kind, Shape("coalesce(({})[{}], {})", (many, INT, kind))
    yield kind, Shape(f"coalesce(x.some_{name}, {{}})", (kind,))
    yield many, Shape("[{}, {}]", (kind, kind))
    yield many, Shape("({}) + ({})", (many, many))
    yield many, Shape("({}).filter(V, {})", (many, BOOL), kind)
    yield many, Shape(f"x.lines.map(V, V.its_{name})", (), LINE)
    for other in (INT, STRING, MONEY, DECIMAL):
        yield many, Shape("({}).map(V, {})", (ListOf(other), kind), other)


SHAPES: Final[dict[Type, list[Shape]]] = {}
for _kind, _shape in _shapes():
    SHAPES.setdefault(_kind, []).append(_shape)

_LITERALS: Final[dict[Type, tuple[str, ...]]] = {
    BOOL: ("true",),
    INT: ("0", "3", "-1", "9223372036854775807", "-9223372036854775808"),
    DECIMAL: ("0.5", "-1.25", "0." + "0" * 39 + "1", "9" * 40 + ".0"),
    STRING: ("''", "'五'", "'-'", "'CNY'", "'12'"),
    DATE: ("date('2026-01-31')", "date('9999-12-31')"),
    TIMESTAMP: ("timestamp('2026-10-01T09:00:00+08:00')",),
    DURATION: ("duration('26h')", "duration('3660d')"),
    MONEY: ("cny('0.01')", "money('USD', '9.99')", "cny(1000000000000)"),
}
_MOST_NESTED: Final = 2


class Author:
    """Writes expressions of a wanted type."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._elements: list[Type] = []

    def any(self, depth: int) -> tuple[str, Type]:
        """An expression of any type, and that type."""
        kind = self._chance.choice(list(SHAPES))
        return self.of(kind, depth), kind

    def of(self, kind: Type, depth: int) -> str:
        """An expression of the type, of at most this depth."""
        if depth == 0 or self._chance.random() < 0.1:
            return self._leaf(kind)
        shapes = SHAPES[kind]
        if len(self._elements) == _MOST_NESTED:
            shapes = [shape for shape in shapes if shape.element is None]
        shape = self._chance.choice(shapes)
        variable = f"e{len(self._elements)}"
        parts = [self.of(part, depth - 1) for part in shape.parts[:-1]]
        if shape.element is not None:
            self._elements.append(shape.element)
        parts += [self.of(part, depth - 1) for part in shape.parts[-1:]]
        if shape.element is not None:
            self._elements.pop()
        return re.sub(r"\bV\b", variable, shape.text).format(*parts)

    def _leaf(self, kind: Type) -> str:
        choices = [f"e{i}" for i, element in enumerate(self._elements) if element == kind]
        for i, element in enumerate(self._elements):
            if element == LINE and isinstance(kind, Scalar):
                choices.append(f"e{i}.its_{kind.name}")
        match kind:
            case ListOf(Scalar(name)):
                choices.append(f"x.{name}s")
            case Scalar(name):
                choices += [f"x.{name}", *_LITERALS[kind]]
            case _:
                raise AssertionError(f"nothing gives {kind}")
        return self._chance.choice(choices)
