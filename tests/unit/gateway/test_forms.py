"""What people type becomes what a form takes; what cannot stays a text for the case to refuse."""

from typing import Any

import pytest

from services.gateway.forms import value_from_text, values_from_texts

MONEY = {
    "type": "object",
    "properties": {"currency": {"const": "CNY"}, "amount_minor": {"type": "integer"}},
}


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ({"type": "string"}, "13800138000", "13800138000"),
        ({"type": "integer"}, "15", 15),
        ({"type": "integer"}, "fifteen", "fifteen"),
        ({"type": "boolean"}, "true", True),
        ({"type": "boolean"}, "perhaps", "perhaps"),
        (MONEY, "50000.01", {"currency": "CNY", "amount_minor": 5_000_001}),
        (MONEY, "¥1,200", {"currency": "CNY", "amount_minor": 120_000}),
        (MONEY, "0.001", "0.001"),
        (MONEY, '{"currency": "CNY", "amount_minor": 5}', {"currency": "CNY", "amount_minor": 5}),
        ({"type": "array"}, "a, b", ["a", "b"]),
        ({"type": "array"}, '["a"]', ["a"]),
        ({"type": "object"}, '{"longitude": 1.5}', {"longitude": 1.5}),
        (
            {"type": "string", "format": "date-time"},
            "2026-03-02T09:00",
            "2026-03-02T09:00:00+08:00",
        ),
        (
            {"type": "string", "format": "date-time"},
            "2026-03-02T01:00:00Z",
            "2026-03-02T01:00:00Z",
        ),
        ({}, "anything", "anything"),
    ],
)
def test_a_text_becomes_its_fields_kind_of_value(
    field: dict[str, Any], text: str, value: Any
) -> None:
    assert value_from_text(field, text) == value


def test_an_empty_field_has_no_value() -> None:
    schema = {"properties": {"floor": {"type": "integer"}}}
    assert values_from_texts(schema, {"floor": "", "more": "x"}) == {"more": "x"}
