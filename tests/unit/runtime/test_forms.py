"""The server's last word on a form's values."""

from __future__ import annotations

from typing import Any

import pytest

from kit.errors import ServiceError
from tests.unit.compiler.flows import plan_of
from workflows.compiler.plan import FormNode
from workflows.runtime.forms import defaults_of, inputs_schema, read_form

PLAN = plan_of("""
    inputs:
      - {id: floor, kind: integer, name: 楼层, required: true}
    start: intake
    nodes:
      - id: intake
        kind: form
        name: 登记
        assignee: {role: sales}
        form:
          - {id: needs, kind: text, name: 需求, max_length: 5}
          - {id: phone, kind: text, name: 电话, pattern: '1\\d{10}'}
          - {id: units, kind: integer, name: 台数, minimum: 1, maximum: 9, default: =inputs.floor + 1}
          - {id: metres, kind: number, name: 米, maximum: "10.5"}
          - {id: budget, kind: money, name: 预算, minimum: 0, maximum: "50000.00"}
          - {id: usd, kind: money, name: 美元, currency: USD}
          - {id: day, kind: date, name: 日期}
          - {id: at, kind: datetime, name: 时间}
          - {id: high, kind: boolean, name: 高空}
          - {id: notes, kind: text, name: 说明, visible_when: "coalesce(form.high, false)", required_when: "coalesce(form.high, false)"}
          - {id: level, kind: choice, name: 级别, options: [{value: a, name: 甲}, {value: b, name: 乙}]}
          - {id: tags, kind: choices, name: 标签, options: [{value: a, name: 甲}, {value: b, name: 乙}]}
          - {id: photos, kind: photo, name: 照片, minimum: 1, maximum: 2}
          - {id: stars, kind: rating, name: 星}
      - {id: done, kind: end, name: 完}
    edges: [{from: intake, to: done}]
""")
NODE = PLAN.by_id["intake"]
assert isinstance(NODE, FormNode)
FORM = NODE.form


@pytest.mark.parametrize(
    ("field", "value", "canonical"),
    [
        ("needs", "一二三四五", "一二三四五"),
        ("phone", "13800138001", "13800138001"),
        ("units", "9", 9),
        ("metres", "10.50", "10.50"),
        ("budget", {"currency": "CNY", "amount_minor": "5000000"}, {"currency": "CNY", "amount_minor": 5_000_000}),
        ("usd", {"currency": "USD", "amount_minor": 1}, {"currency": "USD", "amount_minor": 1}),
        ("day", "2026-10-01", "2026-10-01"),
        ("at", "2026-10-01T09:00:00+08:00", "2026-10-01T01:00:00Z"),
        ("high", False, False),
        ("level", "a", "a"),
        ("tags", ["a", "b"], ["a", "b"]),
        ("photos", ["fi_1"], ["fi_1"]),
        ("stars", 5, 5),
    ],
)  # fmt: skip
def test_a_good_value_is_kept_in_its_canonical_form(field: str, value: Any, canonical: Any) -> None:
    assert read_form(FORM, {field: value}, {}) == {field: canonical}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("needs", "一二三四五六"),
        ("needs", 3),
        ("phone", "1380013800"),
        ("phone", "13800138001x"),
        ("units", 0),
        ("units", 10),
        ("units", 1.5),
        ("units", True),
        ("metres", "10.51"),
        ("metres", "much"),
        ("budget", {"currency": "CNY", "amount_minor": -1}),
        ("budget", {"currency": "CNY", "amount_minor": 5_000_001}),
        ("budget", {"currency": "USD", "amount_minor": 1}),
        ("budget", "50000"),
        ("usd", {"currency": "CNY", "amount_minor": 1}),
        ("day", "2026-02-30"),
        ("at", "2026-10-01T09:00:00"),
        ("high", "yes"),
        ("level", "c"),
        ("tags", ["a", "c"]),
        ("tags", "a"),
        ("photos", ["1", "2", "3"]),
        ("stars", 0),
        ("stars", 6),
        ("colour", "red"),
    ],
)
def test_a_bad_value_is_refused_by_its_field(field: str, value: Any) -> None:
    with pytest.raises(ServiceError) as caught:
        read_form(FORM, {field: value}, {})
    assert caught.value.reason == "CASE_FORM_INVALID"
    assert list(caught.value.details) == [field]
    assert caught.value.field == f"form.{field}"


def test_a_field_that_is_not_visible_is_dropped_and_one_that_must_be_filled_in_is_missed() -> None:
    assert read_form(FORM, {"high": False, "notes": "left over"}, {}) == {"high": False}
    with pytest.raises(ServiceError) as caught:
        read_form(FORM, {"high": True, "notes": ""}, {})
    assert caught.value.details == {"notes": "must be filled in"}


def test_what_is_left_empty_is_absent() -> None:
    assert read_form(FORM, {"needs": "", "photos": [], "level": None}, {}) == {}


def test_defaults_are_computed_from_earlier_data() -> None:
    assert defaults_of(FORM, {"inputs": {"floor": 3}}) == {"units": 4}


def test_the_schema_of_the_inputs_says_what_a_case_starts_with() -> None:
    schema = inputs_schema(PLAN)
    assert schema["properties"]["floor"] == {
        "title": "楼层",
        "x-kind": "integer",
        "type": "integer",
    }
    assert schema["required"] == ["floor"]
