"""Forms with every kind of field, a table and fields of earlier forms."""

from __future__ import annotations

from tests.unit.compiler.flows import plan_of
from workflows.compiler.plan import FormNode, Plan, PlanField

JPG = "fl_01jd7q2v9x3k8m4n5p6r7s8t9v.jpg"
PNG = "fl_01jd7q2v9x3k8m4n5p6r7s8t9w.png"
PDF = "fl_01jd7q2v9x3k8m4n5p6r7s8t9x.pdf"


def form_of(fields: str, *, inputs: str = "[]") -> tuple[PlanField, ...]:
    """The form of a flow that asks for these fields."""
    lines = "\n".join(f"          {line}" for line in fields.strip("\n").splitlines())
    return node_of(
        plan_of(f"""
    inputs: {inputs}
    start: intake
    nodes:
      - id: intake
        kind: form
        name: 登记
        assignee: {{role: sales}}
        form:
{lines}
      - {{id: done, kind: end, name: 完}}
    edges: [{{from: intake, to: done}}]
""")
    )


def node_of(plan: Plan, node_id: str = "intake") -> tuple[PlanField, ...]:
    node = plan.by_id[node_id]
    assert isinstance(node, FormNode)
    return node.form


FORM = form_of(
    r"""
- {id: needs, kind: text, name: 需求, max_length: 5}
- {id: phone, kind: text, name: 电话, pattern: '1\d{10}'}
- {id: units, kind: integer, name: 台数, minimum: 1, maximum: 9, default: =inputs.floor + 1}
- {id: metres, kind: number, name: 米, maximum: "10.5"}
- {id: budget, kind: money, name: 预算, minimum: 0, maximum: "50000.00"}
- {id: usd, kind: money, name: 美元, currency: USD}
- {id: day, kind: date, name: 日期, minimum: 2026-10-01, maximum: 2026-10-31}
- {id: at, kind: datetime, name: 时间}
- {id: slot, kind: time_slot, name: 时段}
- {id: high, kind: boolean, name: 高空}
- {id: notes, kind: text, name: 说明, visible_when: "coalesce(form.high, false)", required_when: "coalesce(form.high, false)"}
- {id: level, kind: choice, name: 级别, options: [{value: a, name: 甲}, {value: b, name: 乙}]}
- {id: tags, kind: choices, name: 标签, options: [{value: a, name: 甲}, {value: b, name: 乙}]}
- {id: region, kind: region, name: 区域}
- {id: crew, kind: people, name: 班组, maximum: 2}
- {id: part, kind: part, name: 配件}
- {id: photos, kind: photo, name: 照片, minimum: 1, maximum: 2}
- {id: contract, kind: file, name: 合同, accept: [document]}
- {id: place, kind: location, name: 位置}
- {id: signed, kind: signature, name: 签名}
- {id: serial, kind: scan_code, name: 序列号, pattern: '[A-Z0-9]{4,20}'}
- {id: stars, kind: rating, name: 星}
""",
    inputs="[{id: floor, kind: integer, name: 楼层, required: true}]",
)


TABLE = form_of("""
- {id: urgent, kind: boolean, name: 加急}
- id: lines
  kind: table
  name: 明细
  required: true
  maximum: 3
  columns:
    - {id: item, kind: item, name: 项目, required: true}
    - {id: quantity, kind: integer, name: 数量, required: true, minimum: 1}
    - {id: price, kind: money, name: 单价, required: true}
    - {id: why, kind: text, name: 原因, visible_when: row.quantity > 5, required_when: "coalesce(form.urgent, false)"}
    - {id: amount, kind: computed, name: 金额, value: money, compute: row.price * row.quantity}
- {id: total, kind: computed, name: 合计, value: money, compute: 'sum(form.lines.map(line, line.amount), cny("0"))'}
""")


AGAIN = """
    inputs: [{id: customer, kind: customer, name: 客户}]
    start: intake
    nodes:
      - id: intake
        kind: form
        name: 登记
        assignee: {role: sales}
        form:
          - {id: high, kind: boolean, name: 高空, required: true}
          - {id: notes, kind: text, name: 说明, max_length: 5, required_when: form.high}
          - {id: total, kind: computed, name: 合计, value: int, compute: "form.high ? 2 : 1"}
      - id: check
        kind: form
        name: 复核
        assignee: {role: sales}
        form:
          - {field: inputs.customer}
          - {field: intake.high}
          - {field: intake.notes, access: write}
          - {field: intake.total, id: estimate}
          - {id: more, kind: text, name: 补充, visible_when: form.estimate > 1}
      - id: last
        kind: form
        name: 归档
        assignee: {role: sales}
        form:
          - {field: check.notes}
          - {id: note, kind: text, name: 备注, default: "=coalesce(check.notes, '')"}
      - {id: done, kind: end, name: 完}
    edges: [{from: intake, to: check}, {from: check, to: last}, {from: last, to: done}]
"""
