"""The type of plain JSON that nobody has declared: for trying expressions out.

    true, 7, 0.85, "text"                  bool, int, decimal (digit by digit), string
    {"currency": …, "amount_minor": …}     money
    {"total": …, "lines": …}               a record of these fields; null is a field left empty
    {"110105": …, "310104": …}             a map, when some key is no name: its values have one type
    [ … ]                                  a list; what some of its records lack is optional in all

Dates, instants and durations are texts until ``date(…)``, ``timestamp(…)`` or ``duration(…)`` reads
them.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, Final, NoReturn

from workflows.language.typed import Scope
from workflows.language.types import (
    BOOL,
    DECIMAL,
    INT,
    MONEY,
    NULL,
    STRING,
    UNKNOWN,
    Field,
    ListOf,
    MapOf,
    Record,
    Type,
)
from workflows.language.values import Json, ValueMismatch, conform

_MAX_DEPTH: Final = 40
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def read_json(text: str) -> Any:
    """Read JSON without losing a digit: numbers with a point or an exponent become ``Decimal``.

    Raises:
        ValueError: it is no JSON, or a key is given twice in one object.
    """
    try:
        return json.loads(
            text, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_object
        )
    except (RecursionError, ArithmeticError):
        raise ValueError("it is nested too deep, or holds a number out of range") from None


def infer_scope(data: dict[str, Any]) -> tuple[Scope, dict[str, Json]]:
    """What an expression can read of JSON, and that JSON as an expression reads it.

    Raises:
        ValueMismatch: with the path of what has no type.
    """
    kind = _record(data, "", 0)
    unset = frozenset((field.name,) for field in kind.fields if field.optional)
    scope = Scope({field.name: field.type for field in kind.fields}, unset)
    return scope, conform(data, kind)


def _infer(value: Any, path: str, depth: int) -> Type:
    if depth > _MAX_DEPTH:
        raise ValueMismatch(path, f"is nested deeper than {_MAX_DEPTH}")
    match value:
        case bool():
            return BOOL
        case int():
            return INT
        case Decimal():
            return DECIMAL
        case str():
            return STRING
        case list():
            return _list(value, path, depth)
        case {"currency": str(), "amount_minor": int()} if len(value) == 2:
            return MONEY
        case dict() if all(map(_NAME.fullmatch, value)):
            return _record(value, path, depth)
        case dict():
            return _map(value, path, depth)
        case _:
            raise ValueMismatch(path, "null has no type here; leave it out")


def _record(value: dict[str, Any], path: str, depth: int) -> Record:
    fields = []
    for name, part in value.items():
        where = f"{path}.{name}" if path else name
        kind = NULL if part is None else _infer(part, where, depth + 1)
        fields.append(Field(name, kind, optional=part is None))
    return Record(tuple(fields))


def _list(value: list[Any], path: str, depth: int) -> ListOf:
    item: Type = UNKNOWN
    for index, part in enumerate(value):
        where = f"{path}[{index}]"
        item = _merged(item, _infer(part, where, depth + 1), where)
    return ListOf(item)


def _map(value: dict[str, Any], path: str, depth: int) -> MapOf:
    item: Type = UNKNOWN
    for name, part in value.items():
        where = f'{path}["{name}"]'
        item = _merged(item, _infer(part, where, depth + 1), where)
    return MapOf(item)


def _merged(left: Type, right: Type, path: str) -> Type:
    """The type of both; an int may be one of several decimals."""
    match left, right:
        case (Record(), Record()):
            names = dict.fromkeys(field.name for field in (*left.fields, *right.fields))
            return Record(tuple(_merged_field(left, right, name, path) for name in names))
        case (ListOf(a), ListOf(b)):
            return ListOf(_merged(a, b, path))
        case (MapOf(a), MapOf(b)):
            return MapOf(_merged(a, b, path))
        case _ if left in (UNKNOWN, NULL, right):
            return right
        case _ if right in (UNKNOWN, NULL):
            return left
        case _ if {left, right} == {INT, DECIMAL}:
            return DECIMAL
        case _:
            raise ValueMismatch(path, f"is {right} where others are {left}")


def _merged_field(left: Record, right: Record, name: str, path: str) -> Field:
    one, other = left.field(name), right.field(name)
    if one is None or other is None:
        found = one or other
        assert found is not None  # the name is one of theirs
        return Field(name, found.type, optional=True)
    kind = _merged(one.type, other.type, f"{path}.{name}")
    return Field(name, kind, one.optional or other.optional)


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is given twice in one object")
    return found
