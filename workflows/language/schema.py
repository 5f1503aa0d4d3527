"""JSON Schemas out: of the flow definition, for editors, and of a form, for whatever draws it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from workflows.language.fields import FormField
from workflows.language.model import FlowDefinition

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def definition_schema() -> dict[str, Any]:
    """The JSON Schema of a flow definition."""
    return {
        "$schema": _DIALECT,
        "title": "Gongdan flow",
        **FlowDefinition.model_json_schema(by_alias=True),
    }


def form_schema(fields: Sequence[FormField]) -> dict[str, Any]:
    """The JSON Schema of a form's values.

    ``x-kind`` tells a renderer which widget a field wants. What depends on conditions is left to the
    server, which has the last word anyway.
    """
    return {
        "$schema": _DIALECT,
        "type": "object",
        "properties": {field.id: _property(field) for field in fields},
        "required": [f.id for f in fields if f.required and f.visible_when is None],
        "additionalProperties": False,
    }


def _property(field: FormField) -> dict[str, Any]:
    schema: dict[str, Any] = {"title": field.name, "x-kind": field.kind, **_shape(field)}
    if field.hint:
        schema["description"] = field.hint
    return schema


def _shape(field: FormField) -> dict[str, Any]:
    match field.kind:
        case "integer" | "rating":
            return {"type": "integer"} | _bounds(field, "minimum", "maximum")
        case "number":
            return {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"} | _bounds(
                field, "x-minimum", "x-maximum"
            )
        case "money":
            return _money(field)
        case "boolean":
            return {"type": "boolean"}
        case "date":
            return {"type": "string", "format": "date"}
        case "datetime":
            return {"type": "string", "format": "date-time"}
        case "choice":
            return _choice(field)
        case "choices":
            return {"type": "array", "items": _choice(field), "uniqueItems": True}
        case "photo":
            return {"type": "array", "items": {"type": "string"}} | _bounds(
                field, "minItems", "maxItems"
            )
        case _:
            return _text(field)


def _text(field: FormField) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if field.max_length is not None or field.pattern is not None:
        schema["maxLength"] = field.longest
    if field.pattern is not None:
        schema["pattern"] = f"^(?:{field.pattern})$"
    return schema


def _money(field: FormField) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "currency": {"const": field.currency or "CNY"},
            "amount_minor": {"type": "integer"},
        },
        "required": ["currency", "amount_minor"],
        "additionalProperties": False,
    } | _bounds(field, "x-minimum", "x-maximum")


def _choice(field: FormField) -> dict[str, Any]:
    return {"oneOf": [{"const": option.value, "title": option.name} for option in field.options]}


def _bounds(field: FormField, low: str, high: str) -> dict[str, Any]:
    """Bounds under the dialect's own names where they are whole numbers, else as written."""
    bounds: dict[str, Any] = {}
    for name, bound in ((low, field.least), (high, field.most)):
        if bound is not None:
            bounds[name] = bound if name.startswith("x-") else int(Decimal(bound))
    return bounds
