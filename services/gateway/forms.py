"""From the texts that people type to the values a form takes, by the form's JSON Schema.

Checking is the case's: here a text only becomes the kind of value that its field wants, and one
that cannot stays a text, so that the refusal comes from the one place that knows the rules.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kit.clock import SHANGHAI
from kit.errors import ServiceError
from kit.money import Money

Schema = dict[str, Any]


def values_from_texts(schema: Schema, texts: Mapping[str, str]) -> dict[str, Any]:
    """The values of the fields that were filled in; an empty text is no value."""
    fields = schema.get("properties", {})
    return {
        name: value_from_text(fields.get(name, {}), text)
        for name, text in texts.items()
        if text != ""
    }


def value_from_text(field: Schema, text: str) -> Any:
    """One text as its field's kind of value."""
    match field.get("type"):
        case "boolean":
            return {"true": True, "false": False}.get(text.lower(), text)
        case "integer":
            return _integer(text)
        case "array" if not text.startswith("["):
            return [part.strip() for part in text.split(",")]
        case "object" if is_money(field):
            return _money(field, text)
        case "object" | "array" | "number":
            return _json(text)
        case _ if field.get("format") == "date-time":
            return _instant(text)
        case _:
            return text


def is_money(field: Schema) -> bool:
    """Whether a field is an amount of money."""
    return "amount_minor" in field.get("properties", {})


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


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _money(field: Schema, text: str) -> Any:
    """``5000`` or ``5000.00`` in the field's currency; JSON is taken as it is."""
    if text.startswith("{"):
        return _json(text)
    currency = field["properties"].get("currency", {}).get("const", "CNY")
    try:
        amount = Money.of(currency, text.replace(",", "").removeprefix("¥"))
    except ServiceError:
        return text
    return {"currency": amount.currency, "amount_minor": amount.amount_minor}
