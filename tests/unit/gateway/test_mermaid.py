"""A flow as a Mermaid chart: what each kind of node and way looks like."""

from __future__ import annotations

from services.gateway.mermaid import mermaid
from tests.unit.compiler.flows import CATALOG, flow
from workflows.compiler.compile import compile_or_raise

SOURCE = flow(
    """
    code: rooms
    name: 看房
    calendar: office
    roles: {sales: {name: 课程顾问, name_en: Consultant}}
    start: style
    nodes:
      - id: style
        kind: form
        name: '选 "风格" #1'
        name_en: Choose a <style>
        assignee: {role: sales}
        form: [{id: rich, kind: boolean, name: 豪华, required: true}]
        sla: {respond: 30m, complete: 30h}
      - {id: which, kind: decision, mode: inclusive, name: 选择}
      - id: rooms
        kind: for_each
        name: 逐间
        items: '=["a", "b"]'
        mode: one_by_one
        body:
          start: look
          nodes:
            - id: look
              kind: confirm
              name: 看房
              assignee: {customer: cu_1}
              sla: {calendar: natural, complete: 49h}
            - {id: chase, kind: form, name: 催, assignee: {person: pe_a}, form: [{id: n, kind: text, name: 备注}]}
            - {id: seen, kind: end, name: 看完, terminate: true}
            - {id: late, kind: end, name: 太晚}
            - {id: chased, kind: end, name: 已催}
          edges:
            - {from: look, to: seen}
            - {from: look, to: late, on: timer, after: 3d}
            - {from: look, to: chase, on: timer, after: 1d, alongside: true, name: 一天未看, name_en: not seen for a day}
            - {from: chase, to: chased}
      - {id: again, kind: approval, name: 复核, mode: any, assignee: {person: [pe_a, pe_b]}, send_back_to: [style]}
      - {id: end, kind: end, name: 完}
    edges:
      - {from: style, to: which}
      - {from: which, to: rooms, when: style.rich}
      - {from: which, to: again, otherwise: true}
      - {from: rooms, to: again}
      - {from: again, to: end}
    """,
    header="",
)
PLAN = compile_or_raise(SOURCE, CATALOG)


def test_the_picture_of_a_flow() -> None:
    assert mermaid(PLAN, "zh").splitlines() == [
        "flowchart TD",
        '  node-style["选 #quot;风格#quot; #35;1 · 课程顾问<br/>响应 30m · 完成 30h"]',
        '  which{"选择 · 可同时"}',
        '  subgraph rooms ["逐间 · 逐个"]',
        '    look["看房 · 客户<br/>完成 2d1h"]',
        '    chase["催 · 指定人员"]',
        '    seen((("看完")))',
        '    late(("太晚"))',
        '    chased(("已催"))',
        "    look --> seen",
        '    look -- "3d" --x late',
        '    look -. "一天未看" .-> chase',
        "    chase --> chased",
        "  end",
        '  again["复核 · 或签 · 指定人员"]',
        '  node-end(("完"))',
        "  node-style --> which",
        '  which -- "style.rich" --> rooms',
        '  which -- "否则" --> again',
        "  rooms --> again",
        "  again --> node-end",
        '  again -. "驳回" .-> node-style',
    ]


def test_the_picture_speaks_english_where_the_flow_does() -> None:
    picture = mermaid(PLAN, "en")
    assert 'node-style["Choose a #lt;style#gt; · Consultant<br/>' in picture
    assert "respond in 30m · complete in 30h" in picture
    assert '-. "not seen for a day" .-> chase' in picture
    assert 'again["复核 · one signs · a named person"]' in picture
