"""Between the texts that people type and the values of a form, by the form's JSON Schema.

A field's parts have dotted names: ``slot.from``, ``lines.0.quantity``. Checking is the case's: here a
text only becomes the kind of value that its field wants, and one that cannot stays a text, so that the
refusal comes from the one place that knows the rules.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias

from kit.clock import SHANGHAI
from kit.errors import ServiceError
from kit.money import Money

Schema = dict[str, Any]
#: What was typed for a field: its texts (several where a name stands several times), or its parts.
Typed: TypeAlias = "list[str] | dict[str, Typed]"

#: Forms that are not the language's own say no kind; this one fits.
_BY_FORMAT: Final = {"date": "date", "date-time": "datetime"}
_BY_TYPE: Final = {"boolean": "boolean", "integer": "integer", "number": "number", "array": "list"}
#: The slot of a row of a table has a beginning.
_DEEPEST: Final = 3
#: Of a position; alone it says nothing.
_SYSTEM: Final = "coordinate_system"


def typed_of(pairs: Iterable[tuple[str, str]]) -> dict[str, Typed]:
    """What was typed, by field: names with dots are gone into."""
    root: dict[str, Typed] = {}
    for name, text in pairs:
        *way, last = name.split(".", _DEEPEST)
        here = root
        for step in way:
            inner = here.get(step)
            if not isinstance(inner, dict):
                inner = here[step] = {}
            here = inner
        texts = here.setdefault(last, [])
        if isinstance(texts, list):
            texts.append(text)
    return root


def values_of(schema: Schema, typed: Mapping[str, Typed]) -> dict[str, Any]:
    """The values of the fields that were filled in; empty texts are no value."""
    fields = schema.get("properties", {})
    found = {name: value_of(fields.get(name, {}), given) for name, given in typed.items()}
    return {name: value for name, value in found.items() if value is not None}


def value_of(field: Schema, typed: Typed) -> Any:
    """What was typed for one field as its kind of value; None for nothing."""
    if isinstance(typed, dict):
        return _from_parts(field, typed)
    texts = [text.strip() if field.get("type") != "string" else text for text in typed]
    filled = [text for text in texts if text.strip()]
    if not filled:
        return None
    if field.get("type") == "array" and len(filled) > 1:
        return filled
    return value_from_text(field, filled[-1])


def value_from_text(field: Schema, text: str) -> Any:
    """One text as its field's kind of value."""
    match field.get("type"):
        case "boolean":
            return {"true": True, "false": False}.get(text.lower(), text)
        case "integer":
            return _integer(text)
        case "array" if not text.startswith("["):
            return [part.strip() for part in text.split(",") if part.strip()]
        case "object" if not text.startswith("{"):
            return _object(field, text)
        case "object" | "array" | "number":
            return _json(text)
        case _ if field.get("format") == "date-time":
            return _instant(text)
        case _:
            return text


def typed_from(schema: Schema, values: Mapping[str, Any]) -> dict[str, Typed]:
    """The way back: how values would be typed."""
    fields = schema.get("properties", {})
    return {name: typed_value(fields.get(name, {}), value) for name, value in values.items()}


def typed_value(field: Schema, value: Any) -> Typed:
    """How a value of one field would be typed."""
    if is_money(field) and isinstance(value, dict):
        return [f"{Money(value['currency'], int(value['amount_minor'])).to_decimal():f}"]
    match value:
        case None:
            return []
        case list() if field.get("items", {}).get("type") == "object":
            rows = enumerate(value)
            return {str(number): typed_from(field["items"], row) for number, row in rows}
        case list():
            return [str(part) for part in value]
        case dict():
            return typed_from(field, value)
        case bool():
            return [str(value).lower()]
        case str() if field.get("format") == "date-time":
            return [_local(value)]
        case _:
            return [str(value)]


def is_money(field: Schema) -> bool:
    """Whether a field is an amount of money."""
    return "amount_minor" in field.get("properties", {})


def kind_of(told: Schema) -> str:
    """The kind of a field."""
    properties = told.get("properties", {})
    if "x-kind" in told:
        return str(told["x-kind"])
    if is_money(told):
        return "money"
    if "longitude" in properties:
        return "location"
    by_type = _BY_TYPE.get(str(told.get("type")), "text")
    return _BY_FORMAT.get(told.get("format", ""), by_type)


def find(schema: Schema, path: str) -> Schema:
    """What a schema tells of the field at a path; nothing when it has none there."""
    for step in re.split(r"\[\d+\]\.|\.", path):
        schema = (schema.get("items") or schema).get("properties", {}).get(step, {})
    return schema


def _from_parts(field: Schema, typed: dict[str, Typed]) -> Any:
    if field.get("type") == "array":
        rows = sorted(typed.items(), key=lambda row: (len(row[0]), row[0]))
        items = field.get("items", {})
        found = [value_of(items, row) or {} for _, row in rows]
        return found if any(found) else None
    values = values_of(field, typed)
    return values if set(values) - {_SYSTEM} else None


def _object(field: Schema, text: str) -> Any:
    """Money as ``5000.00``, a time slot as ``2026-10-01T09:00/2026-10-01T11:00``, a position as
    ``116.4,39.9``."""
    if is_money(field):
        return _money(field, text)
    names = [name for name in field.get("properties", {}) if name != _SYSTEM]
    parts = [part.strip() for part in text.split("/" if "from" in names else ",")]
    if len(parts) != len(names) or not all(parts):
        return text
    properties = field["properties"]
    return {
        name: value_from_text(properties[name], part)
        for name, part in zip(names, parts, strict=True)
    }


def _integer(text: str) -> int | str:
    try:
        return int(text)
    except ValueError:
        return text


def _instant(text: str) -> str:
    """An instant as a browser's field gives it, without its zone, is Shanghai's."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return text
    return text if instant.tzinfo else instant.replace(tzinfo=SHANGHAI).isoformat()


def _local(text: str) -> str:
    """An instant as a browser's field takes it: Shanghai's, without saying so."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return text
    if instant.tzinfo is None:
        return text
    local = instant.astimezone(SHANGHAI).replace(tzinfo=None)
    return local.isoformat(timespec="seconds" if local.second else "minutes")


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _money(field: Schema, text: str) -> Any:
    """``5000`` or ``5000.00`` in the field's currency."""
    currency = field["properties"].get("currency", {}).get("const", "CNY")
    try:
        amount = Money.of(currency, text.replace(",", "").removeprefix("¥"))
    except ServiceError:
        return text
    return {"currency": amount.currency, "amount_minor": amount.amount_minor}
