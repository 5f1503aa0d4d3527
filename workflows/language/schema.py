"""JSON Schemas out: of the flow definition, for editors, and of a form, for whatever draws it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Protocol

from workflows.language.field_values import (
    ADCODE_PATTERN,
    COORDINATE_SYSTEMS,
    DECIMAL_PATTERN,
    MOST_DEGREES,
    accepted_files,
)
from workflows.language.fields import FieldKind, FormField, ScalarName
from workflows.language.file_types import MEDIA_TYPES, endings_of, reference_pattern
from workflows.language.model import FlowDefinition
from workflows.language.schema_conditions import Schema, condition_schema
from workflows.language.typed import Code

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
#: So many digits of an adcode name a province, a city, a district.
_ADCODE_LEVELS: Final = [2, 4, 6]
_INSTANT: Final[Schema] = {"type": "string", "format": "date-time"}
_DATE: Final[Schema] = {"type": "string", "format": "date"}
_DECIMAL: Final[Schema] = {"type": "string", "pattern": DECIMAL_PATTERN}
_SCALARS: Final[dict[ScalarName, Schema]] = {
    "bool": {"type": "boolean"},
    "int": {"type": "integer"},
    "decimal": _DECIMAL,
    "string": {"type": "string"},
    "date": _DATE,
    "timestamp": _INSTANT,
    "duration": {"type": "string"},
    "money": {
        "type": "object",
        "properties": {"currency": {"type": "string"}, "amount_minor": {"type": "integer"}},
        "required": ["currency", "amount_minor"],
    },
}


class _Checked(Protocol):
    """An expression: its text and its code."""

    @property
    def source(self) -> str: ...
    @property
    def code(self) -> Code: ...


class FormPart(Protocol):
    """A field with its conditions, as the Plan has it."""

    @property
    def field(self) -> FormField:
        """As it was written."""
        ...

    @property
    def read_only(self) -> bool:
        """Nobody fills it in."""
        ...

    @property
    def visible_when(self) -> _Checked | None:
        """When it is asked for."""
        ...

    @property
    def required_when(self) -> _Checked | None:
        """When it must be filled in."""
        ...

    @property
    def columns(self) -> Sequence[FormPart]:
        """Of a table."""
        ...


def definition_schema() -> Schema:
    """The JSON Schema of a flow definition."""
    schema = FlowDefinition.model_json_schema(by_alias=True)
    return {"$schema": _DIALECT, **schema, "title": "Gongdan flow 流程"}


def form_schema(parts: Sequence[FormPart]) -> Schema:
    """The JSON Schema of what is filled in: of the fields that are asked for, without empty ones.

    Whatever it refuses the server refuses too, which has the last word. ``x-kind`` tells a renderer
    which widget a field wants; conditions stand in ``x-visible-when`` and ``x-required-when`` as they
    were written, and as ``if`` and ``then`` where JSON Schema can say them.
    """
    return {"$schema": _DIALECT, **_values(parts, "form")}


def _values(parts: Sequence[FormPart], root: str) -> Schema:
    asked = [part for part in parts if not part.read_only]
    fields = {part.field.id: part.field for part in asked}
    schema: Schema = {
        "type": "object",
        "properties": {part.field.id: _property(part) for part in parts},
        "required": [field.id for field in fields.values() if field.always_filled],
        "additionalProperties": False,
    }
    rules = [rule for part in asked if (rule := _rule(part, root, fields))]
    return schema | ({"allOf": rules} if rules else {})


def _rule(part: FormPart, root: str, fields: Mapping[str, FormField]) -> Schema | None:
    """When a field must be filled in that need not always be, as far as can be said."""
    conditions = [code for code in (part.visible_when, part.required_when) if code is not None]
    if not conditions or not (part.field.required or part.required_when):
        return None
    said = [condition_schema(condition.code, root, fields) for condition in conditions]
    known = [schema for schema in said if schema is not None]
    if len(known) < len(said):
        return None
    when = known[0] if len(known) == 1 else {"allOf": known}
    return {"if": when, "then": {"required": [part.field.id]}}


def _property(part: FormPart) -> Schema:
    field = part.field
    schema: Schema = {"title": field.name, "x-kind": field.kind}
    more = {
        "x-title-en": field.name_en,
        "description": field.hint,
        "readOnly": part.read_only,
        "x-visible-when": part.visible_when.source if part.visible_when else "",
        "x-required-when": part.required_when.source if part.required_when else "",
    }
    schema |= {name: said for name, said in more.items() if said}
    return schema | (
        _table(part) if field.kind == "table" else _SHAPES.get(field.kind, _text)(field)
    )


def _table(part: FormPart) -> Schema:
    rows = {"type": "array", "items": _values(part.columns, "row")}
    return rows | _bounds(part.field, "minItems", "maxItems")


def _object(properties: dict[str, Schema], *required: str) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _several(field: FormField, item: Schema) -> Schema:
    schema = {"type": "array", "items": item, "uniqueItems": True}
    return schema | _bounds(field, "minItems", "maxItems")


def _text(field: FormField) -> Schema:
    schema: Schema = {"type": "string", "maxLength": field.longest}
    if field.pattern is not None:
        schema["pattern"] = f"^(?:{field.pattern})$"
    return schema


def _file(field: FormField) -> Schema:
    kinds = accepted_files(field)
    return {
        "type": "string",
        "pattern": reference_pattern(kinds),
        "x-accept": [MEDIA_TYPES[ending] for ending in endings_of(kinds)],
    }


def _money(field: FormField) -> Schema:
    amount = {"currency": {"const": field.currency or "CNY"}, "amount_minor": {"type": "integer"}}
    return _object(amount, *amount) | _bounds(field, "x-minimum", "x-maximum")


def _location() -> Schema:
    degrees: dict[str, Schema] = {
        name: {"type": ["number", "string"], "minimum": -most, "maximum": most}
        for name, most in MOST_DEGREES.items()
    }
    return _object(
        degrees | {"coordinate_system": {"enum": list(COORDINATE_SYSTEMS)}}, *MOST_DEGREES
    )


def _choice(field: FormField) -> Schema:
    return {
        "type": "string",
        "oneOf": [
            {"const": option.value, "title": option.name}
            | ({"x-title-en": option.name_en} if option.name_en else {})
            for option in field.options
        ],
    }


def _bounds(field: FormField, low: str, high: str) -> dict[str, Any]:
    """Bounds under the dialect's own names where they are whole numbers, else as written."""
    bounds: dict[str, Any] = {}
    for name, bound in ((low, field.least), (high, field.most)):
        if bound is not None:
            bounds[name] = bound if name.startswith("x-") else int(Decimal(bound))
    return bounds


_SHAPES: Final[dict[FieldKind, Callable[[FormField], Schema]]] = {
    "integer": lambda field: {"type": "integer"} | _bounds(field, "minimum", "maximum"),
    "number": lambda field: _DECIMAL | _bounds(field, "x-minimum", "x-maximum"),
    "money": _money,
    "date": lambda field: _DATE | _bounds(field, "x-minimum", "x-maximum"),
    "datetime": lambda field: _INSTANT,
    "time_slot": lambda field: _object({"from": _INSTANT, "to": _INSTANT}, "from", "to"),
    "boolean": lambda field: {"type": "boolean"},
    "choice": _choice,
    "choices": lambda field: _several(field, _choice(field)),
    "region": lambda field: {
        "type": "string",
        "pattern": ADCODE_PATTERN,
        "x-cascade": _ADCODE_LEVELS,
    },
    "people": lambda field: _several(field, _text(field)),
    "photo": lambda field: _several(field, _file(field)),
    "file": lambda field: _several(field, _file(field)),
    "location": lambda field: _location(),
    "signature": _file,
    "rating": lambda field: {"type": "integer"} | _bounds(field, "minimum", "maximum"),
    "computed": lambda field: _SCALARS[field.value or "string"],
}
