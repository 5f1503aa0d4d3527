"""What is wrong with a field by itself: settings that contradict each other or its kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple

from kit.errors import ServiceError
from kit.money import Money
from workflows.language.fields import (
    LIST_LENGTH,
    PATTERN_LENGTH,
    TABLE_ROWS,
    FieldKind,
    FormField,
)

#: Which settings mean something for which kinds; those that are not here do for all.
_TEXTS: Final = ("text", "long_text", "scan_code")
_COUNTED: Final = ("choices", "people", "photo", "file", "table")
_RANGED: Final = ("integer", "number", "money", "date", "rating", *_COUNTED)
_MEANT_FOR: Final[dict[str, tuple[str, ...]]] = {
    "minimum": _RANGED,
    "maximum": _RANGED,
    "max_length": _TEXTS,
    "pattern": _TEXTS,
    "currency": ("money",),
    "options": ("choice", "choices"),
    "accept": ("file",),
    "columns": ("table",),
    "compute": ("computed",),
    "value": ("computed",),
}
#: Settings without which a kind means nothing.
_NEEDED: Final[dict[FieldKind, tuple[tuple[str, str, str], ...]]] = {
    "choice": (("options", "there is nothing to choose from", "list options"),),
    "choices": (("options", "there is nothing to choose from", "list options"),),
    "table": (("columns", "the table has no columns", "list columns"),),
    "computed": (
        ("compute", "nothing says how it is computed", "compute: form.price * form.quantity"),
        ("value", "nothing says what its value is", "value: money"),
    ),
}
_FILLED_IN: Final = ("required", "required_when", "default")
_HIGHEST: Final[dict[FieldKind, int]] = {
    "rating": 10,
    "people": LIST_LENGTH,
    "photo": LIST_LENGTH,
    "file": LIST_LENGTH,
    "table": TABLE_ROWS,
}
_OPEN_REPEATS: Final = 2
_REPEATS: Final = 6


class Complaint(NamedTuple):
    """Something wrong: the setting at fault, and a diagnostic's parts."""

    key: str
    message: str
    hint: str = ""
    code: str = "FLOW_FIELD_INVALID"


def complaints(field: FormField) -> Iterator[Complaint]:
    """Everything wrong in a field by itself; its columns are fields of their own."""
    if field.required and field.required_when:
        yield Complaint("required_when", "the field is required anyway", "keep one of them")
    yield from _settings(field)
    yield from _range(field)
    if field.kind == "money" and field.currency:
        yield from _trouble("currency", lambda: Money(field.currency or "", 0))
    values = [option.value for option in field.options]
    for index, value in enumerate(values):
        if value in values[:index]:
            yield Complaint(
                "options", f"two options are {value!r}", "rename one", "FLOW_ID_DUPLICATE"
            )
    if field.pattern is not None:
        yield from _pattern(field.pattern)
        if (field.max_length or 0) > PATTERN_LENGTH:
            yield Complaint(
                "max_length", f"a text with a pattern has at most {PATTERN_LENGTH} characters"
            )


def _settings(field: FormField) -> Iterator[Complaint]:
    for key, kinds in _MEANT_FOR.items():
        if getattr(field, key) not in (None, ()) and field.kind not in kinds:
            yield Complaint(
                key, f"{key} means nothing for a field of kind {field.kind}", "remove it"
            )
    for key, message, hint in _NEEDED.get(field.kind, ()):
        if not getattr(field, key):
            yield Complaint(key, message, hint)
    if field.kind == "computed":
        for key in _FILLED_IN:
            if getattr(field, key) not in (None, False):
                yield Complaint(key, "a computed field is never filled in", "remove it")


def _range(field: FormField) -> Iterator[Complaint]:
    if field.kind not in _RANGED:
        return
    sound = True
    for key in ("minimum", "maximum"):
        bound = getattr(field, key)
        for complaint in _bound(field, key, bound) if bound is not None else ():
            sound = False
            yield complaint
    if sound and field.least is not None and field.most is not None:
        low, high = (_ordinal(bound) for bound in (field.least, field.most))
        if low > high:
            yield Complaint("minimum", "the minimum is above the maximum")


def _bound(field: FormField, key: str, bound: str) -> Iterator[Complaint]:
    if _is_date(bound) != (field.kind == "date"):
        wanted = "a date such as 2026-10-01" if field.kind == "date" else "a number"
        yield Complaint(key, f"{bound!r} is not {wanted}")
    elif field.kind == "date":
        yield from _trouble(key, lambda: date.fromisoformat(bound))
    elif field.kind == "money":
        yield from _trouble(key, lambda: Money.of(field.currency or "CNY", bound))
    elif field.kind != "number" and "." in bound:
        yield Complaint(key, f"a field of kind {field.kind} counts in whole numbers")
    elif field.kind in _HIGHEST and not 0 <= int(bound) <= _HIGHEST[field.kind]:
        most = _HIGHEST[field.kind]
        yield Complaint(key, f"a field of kind {field.kind} is bounded from 0 to {most}")


def _ordinal(bound: str) -> Decimal:
    """Something to compare two bounds of one kind by."""
    return Decimal(date.fromisoformat(bound).toordinal() if _is_date(bound) else bound)


def _is_date(bound: str) -> bool:
    return "-" in bound[1:]


def _trouble(key: str, attempt: Callable[[], Any]) -> Iterator[Complaint]:
    try:
        attempt()
    except ServiceError as error:
        yield Complaint(key, error.message)
    except ValueError as error:
        yield Complaint(key, str(error))


def _pattern(pattern: str) -> Iterator[Complaint]:
    """A pattern must be matched in bounded time, so groups do not repeat and few other things do."""
    try:
        re.compile(pattern, re.ASCII)
    except (re.error, RecursionError, OverflowError) as error:
        yield Complaint("pattern", f"is no regular expression: {error}")
        return
    bare = re.sub(r"\\[^0-9]|\[\^?\]?[^\]]*\]", "x", pattern)
    if "(?" in bare or re.search(r"\\[0-9]", bare):
        yield Complaint("pattern", "lookaround, flags and back references are not allowed")
    elif re.search(r"\)[*+{]", bare):
        yield Complaint("pattern", "a group cannot repeat", "write out what may come")
    elif (
        len(re.findall(r"[*+]|\{\d*,\d*\}", bare)) > _OPEN_REPEATS
        or len(re.findall(r"[*+?]|\{\d*,\d*\}", bare)) > _REPEATS
    ):
        yield Complaint("pattern", "too much of it repeats", f"use {_OPEN_REPEATS} repeats at most")
