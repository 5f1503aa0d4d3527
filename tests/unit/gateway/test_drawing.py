"""A flow's picture: every way out of a node is drawn, and what is inside nodes stands below."""

from __future__ import annotations

import pytest

from services.gateway.drawing import svg
from services.gateway.mermaid import mermaid
from workflows.catalog import load_catalog
from workflows.compiler.compile import compile_or_raise
from workflows.compiler.plan import Plan

FLOW = """
code: drawn
name: 图
start: each
nodes:
  - id: each
    kind: for_each
    name: 逐间
    items: '=["a", "b"]'
    body:
      start: look
      nodes:
        - {id: look, kind: form, name: 看, assignee: {person: pe_li}, form: [{id: fine, kind: boolean, name: 行, required: true}]}
        - {id: again, kind: decision, name: 再看}
        - {id: looked, kind: end, name: 看完}
      edges:
        - {from: look, to: again}
        - {from: again, to: looked, when: look.fine}
        - {from: again, to: look, otherwise: true}
  - {id: ask, kind: form, name: 问, assignee: {person: pe_li}, form: [{id: yes_no, kind: boolean, name: 好不好, required: true}]}
  - {id: good, kind: decision, name: 好不好}
  - {id: nag, kind: form, name: 催, assignee: {person: pe_li}, form: [{id: note, kind: text, name: 备注}]}
  - {id: nagged, kind: end, name: 催过}
  - {id: late, kind: end, name: 太晚}
  - {id: done, kind: end, name: 完}
  - {id: bad, kind: end, name: 不好}
edges:
  - {from: each, to: ask}
  - {from: ask, to: good}
  - {from: ask, to: nag, on: timer, after: 2h, alongside: true}
  - {from: ask, to: late, on: timer, after: 3d, name: 三天没答}
  - {from: nag, to: nagged}
  - {from: good, to: done, when: ask.yes_no}
  - {from: good, to: bad, otherwise: true}
"""


@pytest.fixture(scope="module")
def plan() -> Plan:
    return compile_or_raise(FLOW, load_catalog())


def test_every_node_has_a_card_those_inside_others_included(plan: Plan) -> None:
    drawn = svg(plan, "zh")
    for name in ("逐间", "看", "看完", "问", "催", "催过", "太晚", "完"):
        assert f">{name}</text>" in drawn


def test_ways_out_before_a_node_is_done_look_different_and_say_why(plan: Plan) -> None:
    drawn = svg(plan, "zh")
    assert drawn.count('class="exit"') == 1
    assert drawn.count('class="alongside"') == 1
    assert drawn.count('class="back"') == 1
    for label in ("三天没答", "2h", "否则", "ask.yes_no"):
        assert f">{label}</text>" in drawn


def test_the_same_flow_is_always_the_same_picture(plan: Plan) -> None:
    assert svg(plan, "en") == svg(Plan.from_bytes(plan.to_bytes()), "en")


def test_mermaid_draws_bodies_as_boxes_and_ways_by_their_kind(plan: Plan) -> None:
    drawn = mermaid(plan, "en")
    assert "subgraph each" in drawn
    assert 'ask -. "2h" .-> nag' in drawn
    assert 'ask -- "三天没答" --x late' in drawn
    assert 'good -- "otherwise" --> bad' in drawn
