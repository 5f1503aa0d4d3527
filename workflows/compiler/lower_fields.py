"""Forms and inputs: their fields checked and lowered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from kit.errors import ServiceError
from kit.money import Money
from workflows.compiler import code
from workflows.compiler.check_edges import check_unique
from workflows.compiler.plan import Code, PlanField
from workflows.compiler.report import Report, Spot
from workflows.language.fields import PATTERN_LENGTH, FormField, record_of
from workflows.language.typed import Scope

_RESERVED: Final = ("handled_by", "handled_at")
#: Which settings mean something for which kinds.
_RANGED: Final = ("integer", "number", "money", "rating", "photo")
_TEXTS: Final = ("text", "long_text")
_CHOICES: Final = ("choice", "choices")
_OPEN_REPEATS: Final = 2
_REPEATS: Final = 6


def lower_fields(
    fields: tuple[FormField, ...], scope: Scope, report: Report, spot: Spot
) -> tuple[PlanField, ...]:
    """Check every field; a field's conditions can read what stands above it, as ``form``."""
    check_unique(((f.id, spot / i / "id") for i, f in enumerate(fields)), "field", report)
    lowered = (
        _lower_field(field, fields[:index], scope, report, spot / index)
        for index, field in enumerate(fields)
    )
    return tuple(lowered)


def _lower_field(
    field: FormField, above: tuple[FormField, ...], scope: Scope, report: Report, spot: Spot
) -> PlanField:
    for code_, key, message, hint in _complaints(field):
        report.error(code_, message, spot / key if key else spot, hint)
    conditions: dict[str, Code | None] = {}
    if field.required_when or field.visible_when:
        inner = Scope({**scope.variables, "form": record_of(above, "form")}, scope.unset)
        for key, text in (
            ("required_when", field.required_when),
            ("visible_when", field.visible_when),
        ):
            conditions[key] = code.condition(text, inner, report, spot / key) if text else None
    default = None
    if field.default is not None:
        default = code.value(
            field.default, field.type, scope, report, spot / "default", optional=True
        )
    return PlanField(field=field, default=default, **conditions)


def _complaints(field: FormField) -> Iterator[tuple[str, str, str, str]]:
    """Code, key, message and hint of everything wrong in a field by itself."""
    if field.id in _RESERVED:
        yield "FLOW_ID_RESERVED", "id", f"a form sets {field.id!r} itself", "choose another id"
    if field.required and field.required_when:
        yield _invalid("required_when", "the field is required anyway", "keep one of them")
    yield from _misplaced(field)
    yield from _range(field)
    yield from _choices(field)
    if field.pattern is not None:
        yield from _pattern(field.pattern)
        if (field.max_length or 0) > PATTERN_LENGTH:
            yield _invalid(
                "max_length", f"a text with a pattern has at most {PATTERN_LENGTH} characters"
            )


def _misplaced(field: FormField) -> Iterator[tuple[str, str, str, str]]:
    settings: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
        ("minimum", field.minimum, _RANGED),
        ("maximum", field.maximum, _RANGED),
        ("max_length", field.max_length, _TEXTS),
        ("pattern", field.pattern, _TEXTS),
        ("currency", field.currency, ("money",)),
        ("options", field.options or None, _CHOICES),
    )
    for key, setting, kinds in settings:
        if setting is not None and field.kind not in kinds:
            yield _invalid(
                key, f"{key} means nothing for a field of kind {field.kind}", "remove it"
            )


def _range(field: FormField) -> Iterator[tuple[str, str, str, str]]:
    if field.minimum and field.maximum and Decimal(field.minimum) > Decimal(field.maximum):
        yield _invalid("minimum", "the minimum is above the maximum")
    for key, bound in (("minimum", field.minimum), ("maximum", field.maximum)):
        if bound is None:
            continue
        if field.kind == "money":
            try:
                Money.of(field.currency or "CNY", bound)
            except ServiceError as error:
                yield _invalid(key, error.message)
        elif field.kind != "number" and "." in bound:
            yield _invalid(key, f"a field of kind {field.kind} counts in whole numbers")
    if field.kind == "money" and field.currency:
        try:
            Money(field.currency, 0)
        except ServiceError as error:
            yield _invalid("currency", error.message)


def _choices(field: FormField) -> Iterator[tuple[str, str, str, str]]:
    if field.kind in _CHOICES and not field.options:
        yield _invalid("options", "there is nothing to choose from", "list options")
    values = [option.value for option in field.options]
    for index, value in enumerate(values):
        if value in values[:index]:
            yield "FLOW_ID_DUPLICATE", "options", f"two options are {value!r}", "rename one"


def _pattern(pattern: str) -> Iterator[tuple[str, str, str, str]]:
    """A pattern must be matched in bounded time, so groups do not repeat and few other things do."""
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        yield _invalid("pattern", f"is no regular expression: {error}")
        return
    bare = re.sub(r"\\[^0-9]|\[\^?\]?[^\]]*\]", "x", pattern)
    if "(?" in bare or re.search(r"\\[0-9]", bare):
        yield _invalid("pattern", "lookaround, flags and back references are not allowed")
    elif re.search(r"\)[*+{]", bare):
        yield _invalid("pattern", "a group cannot repeat", "write out what may come")
    elif (
        len(re.findall(r"[*+]|\{\d*,\d*\}", bare)) > _OPEN_REPEATS
        or len(re.findall(r"[*+?]|\{\d*,\d*\}", bare)) > _REPEATS
    ):
        yield _invalid("pattern", "too much of it repeats", f"use {_OPEN_REPEATS} repeats at most")


def _invalid(key: str, message: str, hint: str = "") -> tuple[str, str, str, str]:
    return "FLOW_FIELD_INVALID", key, message, hint
