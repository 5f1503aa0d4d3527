"""Reading what people fill in: the server-side authority on a form's values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from kit.errors import InvalidArgument
from kit.money import Money
from workflows.compiler.plan import Plan, PlanField
from workflows.language.fields import FormField
from workflows.language.operations import EvaluationError
from workflows.language.schema import form_schema
from workflows.language.values import Json, ValueMismatch, conform


def read_form(
    fields: tuple[PlanField, ...], values: Mapping[str, Json], data: Mapping[str, Json]
) -> dict[str, Json]:
    """The canonical values of a filled-in form.

    A field that is not visible is dropped, an empty one counts as absent.

    Args:
        fields: the form.
        values: what was filled in.
        data: what the form's conditions can read besides the form.

    Raises:
        InvalidArgument: ``CASE_FORM_INVALID``, with every field at fault in its details.
    """
    wrong: dict[str, str] = {}
    known = {field.field.id for field in fields}
    for name in values:
        if name not in known:
            wrong[name] = "there is no such field"
    accepted: dict[str, Json] = {}
    for field in fields:
        name = field.field.id
        scope = {**data, "form": accepted}
        try:
            if field.visible_when is not None and not field.visible_when.run(scope):
                continue
            value = values.get(name)
            if not _is_empty(value):
                accepted[name] = _read(field.field, value)
            elif field.field.required or (field.required_when and field.required_when.run(scope)):
                wrong[name] = "must be filled in"
        except ValueMismatch as mismatch:
            wrong[name] = str(mismatch)
        except EvaluationError as error:
            wrong[name] = f"its condition has no value: {error.message}"
    if wrong:
        first = next(iter(wrong))
        raise InvalidArgument(
            "CASE_FORM_INVALID", f"{first}: {wrong[first]}", field=f"form.{first}", details=wrong
        )
    return accepted


def defaults_of(fields: tuple[PlanField, ...], data: Mapping[str, Json]) -> dict[str, Json]:
    """What the form starts with; a default that has no value now is left out."""
    found: dict[str, Json] = {}
    for field in fields:
        if field.default is None:
            continue
        try:
            value = field.default.run(data)
        except EvaluationError:
            continue
        if value is not None:
            found[field.field.id] = value
    return found


def inputs_schema(plan: Plan) -> dict[str, Any]:
    """The JSON Schema of what a case starts with."""
    return form_schema([field.field for field in plan.inputs])


def _is_empty(value: Json) -> bool:
    return value is None or value == "" or value == []


def _read(field: FormField, value: Json) -> Json:
    canonical = conform(value, field.type)
    if isinstance(canonical, str):
        _check_text(field, canonical)
    elif isinstance(canonical, dict) and canonical["currency"] != (field.currency or "CNY"):
        raise ValueMismatch("", f"must be in {field.currency or 'CNY'}")
    amount = _amount(field, canonical)
    if amount is not None:
        if field.least is not None and amount < Decimal(field.least):
            raise ValueMismatch("", f"must be at least {field.least}")
        if field.most is not None and amount > Decimal(field.most):
            raise ValueMismatch("", f"must be at most {field.most}")
    return canonical


def _check_text(field: FormField, text: str) -> None:
    if len(text) > field.longest:
        raise ValueMismatch("", f"has {len(text)} characters, {field.longest} are allowed")
    if field.pattern is not None and re.fullmatch(field.pattern, text) is None:
        raise ValueMismatch("", "is not written as it must be")


def _amount(field: FormField, value: Json) -> Decimal | None:
    """What the bounds are compared with."""
    match field.kind:
        case "integer" | "number" | "rating":
            return Decimal(value)
        case "money":
            return Money(value["currency"], value["amount_minor"]).to_decimal()
        case "photo":
            return Decimal(len(value))
        case _:
            return None
