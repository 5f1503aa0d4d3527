"""What people type becomes what a form takes, and back; what cannot stays a text for the case to
refuse."""

from typing import Any

import pytest

from services.gateway.forms import (
    find,
    kind_of,
    typed_from,
    typed_of,
    value_from_text,
    values_of,
)
from tests.unit.compiler.forms import FORM, JPG, PNG, TABLE
from workflows.language.schema import form_schema
from workflows.runtime.forms import read_form

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
    schema = {"properties": {"floor": {"type": "integer"}, "tags": {"type": "array"}}}
    typed = typed_of([("floor", " "), ("tags", ""), ("more", "x")])
    assert values_of(schema, typed) == {"more": "x"}


def test_parts_have_dotted_names() -> None:
    pairs = [
        ("slot.from", "2026-10-01T09:00"),
        ("slot.to", "2026-10-01T11:00"),
        ("place.longitude", "116.4"),
        ("place.latitude", "39.9"),
        ("place.coordinate_system", "WGS-84"),
        ("tags", "a"),
        ("tags", "b"),
        ("photos", JPG),
    ]
    assert values_of(form_schema(FORM), typed_of(pairs)) == {
        "slot": {"from": "2026-10-01T09:00:00+08:00", "to": "2026-10-01T11:00:00+08:00"},
        "place": {"longitude": "116.4", "latitude": "39.9", "coordinate_system": "WGS-84"},
        "tags": ["a", "b"],
        "photos": [JPG],
    }


def test_a_position_of_which_only_the_system_is_chosen_is_none() -> None:
    typed = typed_of([("place.longitude", ""), ("place.coordinate_system", "GCJ-02")])
    assert values_of(form_schema(FORM), typed) == {}


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("slot", "2026-10-01T09:00/2026-10-01T11:00+08:00", {"from": "2026-10-01T09:00:00+08:00", "to": "2026-10-01T11:00+08:00"}),
        ("slot", "tomorrow", "tomorrow"),
        ("place", "116.4, 39.9", {"longitude": "116.4", "latitude": "39.9"}),
        ("place", "116.4", "116.4"),
    ],
)  # fmt: skip
def test_a_field_with_parts_is_typed_in_one_word(field: str, text: str, value: Any) -> None:
    assert values_of(form_schema(FORM), typed_of([(field, text)])) == {field: value}


def test_rows_keep_their_order_and_empty_ones_their_place() -> None:
    pairs = [
        ("lines.1000.quantity", "3"),
        ("lines.0.quantity", "1"),
        ("lines.0.price", "12.5"),
        ("lines.2.quantity", ""),
    ]
    assert values_of(form_schema(TABLE), typed_of(pairs)) == {
        "lines": [
            {"quantity": 1, "price": {"currency": "CNY", "amount_minor": 1_250}},
            {},
            {"quantity": 3},
        ]
    }
    assert values_of(form_schema(TABLE), typed_of([("lines.0.quantity", " ")])) == {}


def test_a_name_of_many_parts_is_one_that_no_form_has() -> None:
    name = ".".join("a" * 100_000)
    assert list(values_of(form_schema(FORM), typed_of([(name, "x")]))) == ["a"]


def test_what_was_accepted_can_be_typed_again() -> None:
    given: dict[str, Any] = {
        "needs": "挂机", "units": 3, "metres": "3.50", "day": "2026-10-05", "high": False, "tags": ["a", "b"],
        "budget": {"currency": "CNY", "amount_minor": 1_250}, "at": "2026-10-01T01:00:30Z",
        "slot": {"from": "2026-10-01T01:00:00Z", "to": "2026-10-01T03:00:00Z"}, "crew": ["pe_zhang"],
        "place": {"longitude": "116.4", "latitude": "39.9", "coordinate_system": "WGS-84"},
        "photos": [JPG], "signed": PNG,
    }  # fmt: skip
    schema = form_schema(FORM)
    typed = typed_from(schema, given)
    assert typed["slot"] == {"from": ["2026-10-01T09:00"], "to": ["2026-10-01T11:00"]}
    assert typed["at"] == ["2026-10-01T09:00:30"]
    assert read_form(FORM, values_of(schema, typed), {}) == given


def test_a_field_is_found_by_the_path_that_a_refusal_names() -> None:
    schema = form_schema(TABLE)
    assert kind_of(find(schema, "lines[12].quantity")) == "integer"
    assert kind_of(find(schema, "urgent")) == "boolean"
    assert find(schema, "lines[0].colour") == {}
