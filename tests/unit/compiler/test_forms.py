"""Forms in the compiler: what their expressions read, and what later nodes read of them."""

from __future__ import annotations

import pytest

from tests.unit.compiler.flows import codes_of, plan_of
from tests.unit.compiler.forms import AGAIN, node_of
from workflows.catalog import load_catalog
from workflows.compiler.plan import Plan
from workflows.language.fields import LOCATION
from workflows.language.types import assignable


def intake(fields: str) -> str:
    return f"""
    start: intake
    nodes:
      - id: intake
        kind: form
        name: 登记
        assignee: {{role: sales}}
        form: [{fields}]
      - {{id: done, kind: end, name: 完}}
    edges: [{{from: intake, to: done}}]
"""


def test_a_plan_with_every_part_of_a_form_is_read_back_as_it_was() -> None:
    plan = plan_of(AGAIN)
    assert Plan.from_bytes(plan.to_bytes()) == plan


def test_a_field_that_is_only_seen_is_no_part_of_the_result() -> None:
    body = AGAIN.replace("{field: check.notes}", "{field: check.high}")
    assert codes_of(body) == ["FLOW_FIELD_UNKNOWN"]
    changed = body.replace("{field: intake.high}", "{field: intake.high, access: write}")
    assert codes_of(changed) == []


def test_a_value_that_is_surely_there_needs_no_guard_where_it_is_seen_again() -> None:
    assert codes_of(AGAIN) == []
    optional = AGAIN.replace(
        "{field: intake.total, id: estimate}", "{field: intake.notes, id: estimate}"
    )
    unguarded = optional.replace("form.estimate > 1", 'form.estimate == "x"')
    assert codes_of(unguarded) == ["FLOW_VALUE_OPTIONAL"]


def test_a_value_that_some_way_leaves_unset_is_seen_as_empty() -> None:
    body = """
    inputs: [{id: big, kind: boolean, name: 大, required: true}]
    start: choose
    nodes:
      - {id: choose, kind: decision, name: 分}
      - id: intake
        kind: form
        name: 登记
        assignee: {role: sales}
        form: [{id: floor, kind: integer, name: 楼层, required: true}]
      - id: check
        kind: form
        name: 复核
        assignee: {role: sales}
        form:
          - {field: intake.floor}
          - {id: lift, kind: boolean, name: 电梯, visible_when: "has(form.floor) && form.floor > 3"}
      - {id: done, kind: end, name: 完}
    edges:
      - {from: choose, to: intake, when: inputs.big}
      - {from: choose, to: check, otherwise: true}
      - {from: intake, to: check}
      - {from: check, to: done}
"""
    assert codes_of(body) == []
    assert codes_of(body.replace("has(form.floor) && ", "")) == ["FLOW_VALUE_OPTIONAL"]


def test_forms_that_refer_to_each_other_define_nothing() -> None:
    body = AGAIN.replace(
        "{id: notes, kind: text, name: 说明, max_length: 5, required_when: form.high}",
        "{field: check.notes, access: write}",
    )
    assert set(codes_of(body)) == {"FLOW_FIELD_UNKNOWN"}


@pytest.mark.parametrize(
    ("column", "code"),
    [
        ("{id: b, kind: integer, name: 乙, visible_when: row.a > 1}", None),
        ("{id: b, kind: integer, name: 乙, visible_when: form.n > 1}", None),
        ("{id: b, kind: integer, name: 乙, visible_when: row.c > 1}", "FLOW_FIELD_UNKNOWN"),
        ("{id: b, kind: integer, name: 乙, visible_when: form.t > 1}", "FLOW_FIELD_UNKNOWN"),
        ("{id: b, kind: computed, name: 乙, value: text, compute: row.a}", "FLOW_VALUE_INVALID"),
        ("{id: b, kind: computed, name: 乙, value: money, compute: row.a}", "FLOW_EXPRESSION_TYPE"),
        ("{id: b, kind: computed, name: 乙, value: decimal, compute: row.a}", None),
    ],
)
def test_a_column_reads_its_row_and_the_form_above_the_table(column: str, code: str | None) -> None:
    fields = f"""
          {{id: n, kind: integer, name: 数, required: true}},
          {{id: t, kind: table, name: 表, columns: [
            {{id: a, kind: integer, name: 甲, required: true}}, {column},
            {{id: c, kind: integer, name: 丙}}]}}"""
    assert codes_of(intake(fields)) == ([code] if code else [])


def test_a_row_is_read_nowhere_but_in_its_table() -> None:
    fields = "{id: t, kind: text, name: 字, visible_when: row.a > 1}"
    assert codes_of(intake(fields)) == ["FLOW_VARIABLE_UNKNOWN"]


def test_the_total_of_a_table_is_computed_from_its_rows() -> None:
    total = "compute: 'sum(form.lines.map(line, line.amount), cny(\"0\"))'"
    fields = f"""
          {{id: lines, kind: table, name: 明细, required: true, columns: [
            {{id: amount, kind: money, name: 金额, required: true}}]}},
          {{id: total, kind: computed, name: 合计, value: money, {total}}}"""
    plan = plan_of(intake(fields))
    assert node_of(plan)[1].compute is not None
    optional = fields.replace("name: 明细, required: true", "name: 明细")
    assert codes_of(intake(optional)) == ["FLOW_VALUE_OPTIONAL"]


def test_a_form_has_so_many_fields() -> None:
    many = ", ".join(f"{{id: f{n}, kind: text, name: 字}}" for n in range(101))
    assert codes_of(intake(many)) == ["FLOW_VALUE_INVALID"]


def test_a_location_and_a_time_slot_are_read_by_their_parts() -> None:
    fields = """
          {id: place, kind: location, name: 位置, required: true},
          {id: slot, kind: time_slot, name: 时段, required: true},
          {id: far, kind: computed, name: 远, value: bool, compute: 'form.place.longitude > 100.5'},
          {id: long, kind: computed, name: 长, value: duration, compute: form.slot.to - form.slot.from}"""
    assert codes_of(intake(fields)) == []


def test_a_location_is_given_to_an_rpc_as_it_is() -> None:
    request = load_catalog().rpcs["workorder.v1.WorkOrderService/CreateWorkOrder"].request
    location = request.field("location")
    assert location is not None
    assert assignable(LOCATION, location.type)
