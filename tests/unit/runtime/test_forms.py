"""The server's last word on a form's values."""

from __future__ import annotations

from typing import Any

import pytest

from kit.errors import ServiceError
from tests.unit.compiler.flows import plan_of
from tests.unit.compiler.forms import AGAIN, FORM, JPG, PDF, PNG, TABLE, form_of, node_of
from workflows.compiler.plan import PlanField
from workflows.runtime.forms import look_at_form, opening_of, read_form


def refused(fields: tuple[PlanField, ...], given: dict[str, Any]) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        read_form(fields, given, {})
    return caught.value


@pytest.mark.parametrize(
    ("field", "value", "canonical"),
    [
        ("needs", "一二三四五", "一二三四五"),
        ("phone", "13800138001", "13800138001"),
        ("units", 9, 9),
        ("metres", "10.50", "10.50"),
        ("budget", {"currency": "CNY", "amount_minor": 5_000_000}, {"currency": "CNY", "amount_minor": 5_000_000}),
        ("usd", {"currency": "USD", "amount_minor": 1}, {"currency": "USD", "amount_minor": 1}),
        ("day", "2026-10-01", "2026-10-01"),
        ("at", "2026-10-01T09:00:00+08:00", "2026-10-01T01:00:00Z"),
        ("slot", {"from": "2026-10-01T09:00:00+08:00", "to": "2026-10-01T11:00:00+08:00"}, {"from": "2026-10-01T01:00:00Z", "to": "2026-10-01T03:00:00Z"}),
        ("high", False, False),
        ("level", "a", "a"),
        ("tags", ["a", "b"], ["a", "b"]),
        ("region", "110105", "110105"),
        ("crew", ["pe_zhang", "pe_liu"], ["pe_zhang", "pe_liu"]),
        ("part", "COPPER-PIPE", "COPPER-PIPE"),
        ("photos", [JPG, PNG], [JPG, PNG]),
        ("contract", [PDF], [PDF]),
        ("place", {"longitude": 116.4, "latitude": "39.90"}, {"longitude": "116.4", "latitude": "39.9", "coordinate_system": "GCJ-02"}),
        ("place", {"longitude": 120, "latitude": -0.0, "coordinate_system": "WGS-84"}, {"longitude": "120", "latitude": "0", "coordinate_system": "WGS-84"}),
        ("signed", PNG, PNG),
        ("serial", "SN00042", "SN00042"),
        ("stars", 5, 5),
    ],
)  # fmt: skip
def test_a_good_value_is_kept_in_its_canonical_form(field: str, value: Any, canonical: Any) -> None:
    assert read_form(FORM, {field: value}, {}) == {field: canonical}
    assert read_form(FORM, {field: canonical}, {}) == {field: canonical}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("needs", "一二三四五六"),
        ("needs", 3),
        ("needs", "a\x00b"),
        ("needs", "\ud800"),
        ("phone", "1380013800"),
        ("phone", "13800138001x"),
        ("phone", "１3800138001"),
        ("units", 0),
        ("units", 10),
        ("units", 1.5),
        ("units", "9"),
        ("units", True),
        ("metres", "10.51"),
        ("metres", "much"),
        ("metres", 3.5),
        ("metres", "1e3"),
        ("budget", {"currency": "CNY", "amount_minor": -1}),
        ("budget", {"currency": "CNY", "amount_minor": 5_000_001}),
        ("budget", {"currency": "CNY", "amount_minor": "1"}),
        ("budget", {"currency": "CNY", "amount_minor": 1, "note": "x"}),
        ("budget", {"currency": "CNY"}),
        ("budget", {"currency": "USD", "amount_minor": 1}),
        ("budget", "50000"),
        ("usd", {"currency": "CNY", "amount_minor": 1}),
        ("usd", {"currency": "USD", "amount_minor": 10**15}),
        ("day", "2026-02-30"),
        ("day", "20261001"),
        ("day", "2026-09-30"),
        ("day", "2026-11-01"),
        ("at", "2026-10-01T09:00:00"),
        ("at", "0001-01-01T00:00:00+08:00"),
        ("slot", {"from": "2026-10-01T09:00:00Z", "to": "2026-10-01T09:00:00Z"}),
        ("slot", {"from": "2026-10-01T09:00:00Z", "to": "2026-10-01T16:59:59+08:00"}),
        ("slot", {"from": "2026-10-01T09:00:00Z"}),
        ("slot", ["2026-10-01T09:00:00Z", "2026-10-01T10:00:00Z"]),
        ("high", "yes"),
        ("high", 1),
        ("level", "c"),
        ("level", ["a"]),
        ("tags", ["a", "c"]),
        ("tags", ["a", "a"]),
        ("tags", "a"),
        ("region", "11010"),
        ("region", "CN-NORTH"),
        ("crew", ["a", "b", "c"]),
        ("crew", ["a", 3]),
        ("part", "x" * 101),
        ("photos", [JPG, PNG, JPG]),
        ("photos", [JPG, JPG]),
        ("photos", [PDF]),
        ("photos", ["https://elsewhere.test/a.jpg"]),
        ("contract", [JPG]),
        ("place", {"longitude": 181, "latitude": 0}),
        ("place", {"longitude": 0, "latitude": "90.1"}),
        ("place", {"longitude": float("nan"), "latitude": 0}),
        ("place", {"longitude": True, "latitude": 0}),
        ("place", {"longitude": 116.4}),
        ("place", {"longitude": 1, "latitude": 1, "coordinate_system": "BD-09"}),
        ("place", {"longitude": 1, "latitude": 1, "coordinate_system": ""}),
        ("signed", JPG.removesuffix(".jpg")),
        ("serial", "sn-1"),
        ("stars", 0),
        ("stars", 6),
        ("colour", "red"),
    ],
)
def test_a_bad_value_is_refused_by_its_field(field: str, value: Any) -> None:
    error = refused(FORM, {field: value})
    assert error.reason == "CASE_FORM_INVALID"
    assert list(error.details) == [field]
    assert error.field == f"form.{field}"


def test_everything_wrong_is_told_at_once_and_in_both_languages() -> None:
    look = look_at_form(FORM, {"units": 10, "stars": 9, "colour": 1}, {})
    assert {path: (wrong.zh, wrong.en) for path, wrong in look.wrong.items()} == {
        "colour": ("没有这个字段", "there is no such field"),
        "units": ("不能大于 9", "must be at most 9"),
        "stars": ("不能大于 5", "must be at most 5"),
    }


def test_a_field_that_is_not_visible_is_dropped_and_one_that_must_be_filled_in_is_missed() -> None:
    assert read_form(FORM, {"high": False, "notes": "left over"}, {}) == {"high": False}
    assert refused(FORM, {"high": True, "notes": "  "}).details == {"notes": "must be filled in"}


def test_what_is_left_empty_is_absent() -> None:
    empty = {
        "needs": " ",
        "photos": [],
        "level": None,
        "slot": {"from": "", "to": None},
        "crew": [""],
    }
    assert read_form(FORM, empty, {}) == {}


def test_defaults_are_computed_from_earlier_data_and_give_way_to_what_was_filled_in() -> None:
    data = {"inputs": {"floor": 3}}
    assert opening_of(FORM, data, {})[0] == {"units": 4}
    assert opening_of(FORM, data, {"units": 2, "high": False})[0] == {"units": 2, "high": False}


def test_nothing_is_said_of_a_field_that_depends_on_one_that_is_wrong_or_missing() -> None:
    form = form_of("""
- {id: floor, kind: integer, name: 楼层, required: true}
- {id: lift, kind: boolean, name: 电梯, required: true, visible_when: form.floor > 3}
- {id: fee, kind: computed, name: 费用, value: money, compute: 'cny("10.00") * form.floor'}
- {id: reason, kind: text, name: 原因, required_when: 'form.fee > cny("50.00")'}
""")
    for given in ({}, {"floor": "four"}, {"floor": None, "lift": "maybe"}):
        assert list(refused(form, given).details) == ["floor"]
    assert list(refused(form, {"floor": 6}).details) == ["lift", "reason"]
    assert read_form(form, {"floor": 3, "lift": "left over"}, {}) == {
        "floor": 3,
        "fee": {"currency": "CNY", "amount_minor": 3_000},
    }


# -- what nobody fills in


def line(quantity: Any, minor: int = 10_000, **more: Any) -> dict[str, Any]:
    price = {"currency": "CNY", "amount_minor": minor}
    return {"item": "PIPE", "quantity": quantity, "price": price, **more}


def test_a_table_and_a_total_are_computed_exactly_whatever_the_client_says() -> None:
    lie = {"currency": "CNY", "amount_minor": 1}
    given = {"lines": [line(3, 3_333, amount=lie), line(1, 1)], "total": lie}
    accepted = read_form(TABLE, given, {})
    amounts = [row["amount"]["amount_minor"] for row in accepted["lines"]]
    assert amounts == [9_999, 1]
    assert accepted["total"] == {"currency": "CNY", "amount_minor": 10_000}


def test_what_is_wrong_in_a_table_is_told_by_its_cell() -> None:
    given = {"lines": [line(1), {}, line(0), {"item": "PIPE", "colour": "red"}]}
    error = refused(TABLE, given)
    assert error.field == "form.lines[2].quantity"
    assert error.details == {
        "lines[2].quantity": "must be at least 1",
        "lines[3].colour": "there is no such field",
        "lines[3].quantity": "must be filled in",
        "lines[3].price": "must be filled in",
    }


def test_a_cells_condition_reads_its_row_and_the_form_above() -> None:
    assert list(refused(TABLE, {"urgent": True, "lines": [line(1), line(6)]}).details) == [
        "lines[1].why"
    ]
    accepted = read_form(TABLE, {"lines": [line(1, why="left over"), line(6, why="多")]}, {})
    assert [row.get("why") for row in accepted["lines"]] == [None, "多"]


@pytest.mark.parametrize("rows", ["PIPE", [1], {"0": {}}, [line(1)] * 4])
def test_a_table_is_a_list_of_so_many_rows(rows: Any) -> None:
    assert list(refused(TABLE, {"lines": rows}).details) == ["lines"]


def test_rows_without_a_value_count_as_left_out() -> None:
    assert refused(TABLE, {"lines": [{}, {"item": "", "price": None}]}).details == {
        "lines": "must be filled in"
    }
    assert len(read_form(TABLE, {"lines": [{}, line(1), {"item": " "}]}, {})["lines"]) == 1


def test_a_computation_without_a_value_is_told_at_its_field() -> None:
    form = form_of("""
- {id: total, kind: integer, name: 总数, required: true}
- {id: each, kind: computed, name: 平均, value: int, compute: 100 / form.total}
""")
    assert read_form(form, {"total": 3}, {}) == {"total": 3, "each": 33}
    assert refused(form, {"total": 0}).details == {"each": "has no value: division by zero"}


def test_a_form_shows_what_is_asked_for_as_it_is_filled_in() -> None:
    look = look_at_form(TABLE, {"urgent": True, "lines": [line(2), {"quantity": 7}]}, {})
    assert look.hidden == ["lines[0].why"]
    assert "lines[1].why" in look.needed
    assert look.seen == {"lines[0].amount": {"currency": "CNY", "amount_minor": 20_000}}


# -- fields of earlier forms


def test_an_earlier_field_is_seen_again_and_may_be_changed_by_its_own_rules() -> None:
    check = node_of(plan_of(AGAIN), "check")
    data = {"inputs": {}, "intake": {"high": True, "notes": "五楼", "total": 2}}
    start, look = opening_of(check, data, {})
    assert start == {"high": True, "notes": "五楼", "estimate": 2}
    assert look.needed == ["notes"]
    changed = {"notes": "六楼", "high": False, "estimate": 99, "customer": "cu_other"}
    assert read_form(check, changed, data) == {"notes": "六楼"}
    with pytest.raises(ServiceError) as caught:
        read_form(check, {"notes": "一二三四五六"}, data)
    assert list(caught.value.details) == ["notes"]


def test_what_was_changed_is_read_from_the_node_that_changed_it() -> None:
    last = node_of(plan_of(AGAIN), "last")
    data = {"inputs": {}, "intake": {"high": True, "notes": "五楼"}, "check": {"notes": "六楼"}}
    assert opening_of(last, data, {})[0] == {"notes": "六楼", "note": "六楼"}


# -- limits


def test_a_form_travels_in_the_history_so_its_values_are_small() -> None:
    form = form_of("\n".join(f"- {{id: t{n}, kind: long_text, name: 长}}" for n in range(8)))
    assert read_form(form, {"t0": "字" * 20_000}, {})
    error = refused(form, {f"t{n}": "字" * 3_000 for n in range(8)})
    assert (error.reason, error.field) == ("CASE_FORM_TOO_BIG", "form")


@pytest.mark.parametrize(
    ("depth", "reason"), [(900, "CASE_FORM_INVALID"), (100_000, "CASE_FORM_TOO_BIG")]
)
def test_a_value_that_is_nested_without_end_is_refused(depth: int, reason: str) -> None:
    deep: Any = []
    for _ in range(depth):
        deep = [deep]
    assert refused(FORM, {"tags": deep}).reason == reason


def test_so_many_mistakes_are_told_that_an_answer_stays_small() -> None:
    error = refused(FORM, {f"x{n}": 1 for n in range(3_000)})
    assert len(error.details) == 100
