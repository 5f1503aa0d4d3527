"""The static types of a flow's data: what forms collect, RPCs take and give, expressions compute.

Values live in a case as plain JSON (money as ``{"currency", "amount_minor"}``, instants as RFC 3339,
decimals and dates as text); the type says how to read them. Types are immutable, compare by value
and travel in the Plan as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value without parts, by its name in the language."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class EnumOf:
    """One of a few named values: a choice in a form, an enum in a contract."""

    values: tuple[str, ...]
    name: str = ""

    def __str__(self) -> str:
        return self.name or f"enum({', '.join(self.values)})"


@dataclass(frozen=True, slots=True)
class ListOf:
    """Any number of values of one type, in order."""

    item: Type

    def __str__(self) -> str:
        return f"list({self.item})"


@dataclass(frozen=True, slots=True)
class MapOf:
    """Values of one type by a text key."""

    value: Type

    def __str__(self) -> str:
        return f"map({self.value})"


@dataclass(frozen=True, slots=True)
class Field:
    """One named part of a record; an optional one may be absent."""

    name: str
    type: Type
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """Named parts: a form's values, a message of a contract."""

    fields: tuple[Field, ...]
    name: str = ""

    def field(self, name: str) -> Field | None:
        """The part of that name, or None."""
        return next((field for field in self.fields if field.name == name), None)

    def __str__(self) -> str:
        return self.name or f"record({', '.join(field.name for field in self.fields)})"


Type: TypeAlias = Scalar | EnumOf | ListOf | MapOf | Record
#: How a type is written in the Plan.
TypeJson: TypeAlias = str | dict[str, Any]

BOOL: Final = Scalar("bool")
INT: Final = Scalar("int")
DECIMAL: Final = Scalar("decimal")
STRING: Final = Scalar("string")
DATE: Final = Scalar("date")
TIMESTAMP: Final = Scalar("timestamp")
DURATION: Final = Scalar("duration")
MONEY: Final = Scalar("money")
#: The type of ``null`` alone.
NULL: Final = Scalar("null")
#: The type of what was already reported as wrong: it agrees with everything, so that one mistake
#: gives one diagnostic.
UNKNOWN: Final = Scalar("unknown")

SCALARS: Final[Mapping[str, Scalar]] = {
    scalar.name: scalar for scalar in (BOOL, INT, DECIMAL, STRING, DATE, TIMESTAMP, DURATION, MONEY)
}


def assignable(source: Type, target: Type) -> bool:
    """True when every value of ``source`` may stand where ``target`` is wanted.

    An int widens to a decimal and an enum to its text; nothing narrows by itself.
    """
    if UNKNOWN in (source, target):
        return True
    match source, target:
        case (Scalar("int"), Scalar("decimal")):
            return True
        case (EnumOf(), Scalar("string")):
            return True
        case (EnumOf(), EnumOf()):
            return set(source.values) <= set(target.values)
        case (ListOf(a), ListOf(b)) | (MapOf(a), MapOf(b)):
            # An int is written otherwise than a decimal; parts stay as they are written.
            return (a, b) != (INT, DECIMAL) and assignable(a, b)
        case (Record(), Record()):
            return _record_fits(source, target)
        case _:
            return source == target


def is_decided(kind: Type) -> bool:
    """False for what ``null`` and empty lists and maps leave open: what they are, or hold."""
    match kind:
        case Scalar():
            return kind not in (NULL, UNKNOWN)
        case ListOf(item) | MapOf(item):
            return is_decided(item)
        case _:
            return True


def same(left: Type, right: Type) -> bool:
    """True when two types hold the same values, names apart."""
    if UNKNOWN in (left, right):
        return True
    match left, right:
        case (EnumOf(), EnumOf()):
            return set(left.values) == set(right.values)
        case (ListOf(a), ListOf(b)) | (MapOf(a), MapOf(b)):
            return same(a, b)
        case (Record(), Record()):
            return _record_fits(left, right) and _record_fits(right, left)
        case _:
            return left == right


def _record_fits(source: Record, target: Record) -> bool:
    if source.name and source.name == target.name:
        return True
    for wanted in target.fields:
        got = source.field(wanted.name)
        if got is None:
            if not wanted.optional:
                return False
        elif (got.optional and not wanted.optional) or not same(got.type, wanted.type):
            return False
    known = {field.name for field in target.fields}
    return all(field.name in known for field in source.fields)


def to_json(kind: Type) -> TypeJson:
    """How the Plan writes this type."""
    match kind:
        case Scalar(name):
            return name
        case EnumOf(values, name):
            return {"enum": list(values), "name": name}
        case ListOf(item):
            return {"list": to_json(item)}
        case MapOf(value):
            return {"map": to_json(value)}
        case Record(fields, name):
            parts = [[field.name, to_json(field.type), field.optional] for field in fields]
            return {"record": parts, "name": name}


def from_json(written: TypeJson) -> Type:
    """Read a type back from the Plan."""
    match written:
        case str():
            return SCALARS[written]
        case {"enum": values, "name": name}:
            return EnumOf(tuple(values), name)
        case {"list": item}:
            return ListOf(from_json(item))
        case {"map": value}:
            return MapOf(from_json(value))
        case {"record": fields, "name": name}:
            return Record(tuple(Field(n, from_json(t), o) for n, t, o in fields), name)
        case _:
            raise ValueError(f"not a type: {written!r}")
