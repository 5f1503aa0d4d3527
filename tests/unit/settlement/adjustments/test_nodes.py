"""What a flow can do about adjustments: four nodes on the canvas, checked against their contracts."""

from workflows.catalog import load_catalog
from workflows.compiler.compile import compile_flow

FLOW = """
language: "1.0"
code: after_refund
name: 售后结算
managed_by: [finance]
roles:
  finance: {name: 财务}
stages:
  - {id: aftersale, name: 售后}
inputs:
  - {id: earning_id, kind: text, name: 收益, required: true, max_length: 64}
  - {id: refund_id, kind: text, name: 退款, required: true, max_length: 64}
  - {id: holdback_id, kind: text, name: 质保金, required: true, max_length: 64}
  - {id: rating, kind: text, name: 评分, required: true, max_length: 8}
start: rated
nodes:
  - id: rated
    kind: service
    stage: aftersale
    name: 绩效
    rpc: settlement.v1.AdjustmentService/ProposePerformance
    input: {earning_id: =inputs.earning_id, rating: =inputs.rating}
  - id: subsidy
    kind: service
    stage: aftersale
    name: 补贴
    rpc: settlement.v1.AdjustmentService/ProposeAdjustment
    input:
      kind: ADJUSTMENT_KIND_SUBSIDY
      earning_id: =inputs.earning_id
      rule_code: heat
      reason: 高温
  - id: claw_back
    kind: service
    stage: aftersale
    name: 追回
    rpc: settlement.v1.AdjustmentService/ProposeClawBack
    input: {earning_id: =inputs.earning_id, cause_reference: =inputs.refund_id, reason: 退款}
  - id: release
    kind: service
    stage: aftersale
    name: 释放
    rpc: settlement.v1.AdjustmentService/ReleaseHoldback
    input: {holdback_id: =inputs.holdback_id, reason: 结清}
  - {id: done, kind: end, name: 结束}
edges:
  - {from: rated, to: subsidy}
  - {from: subsidy, to: claw_back}
  - {from: claw_back, to: release}
  - {from: release, to: done}
"""


def test_the_nodes_of_adjustments_can_be_drawn() -> None:
    compiled = compile_flow(FLOW, load_catalog())
    assert list(compiled.diagnostics) == []
    assert compiled.plan is not None


def test_a_claw_back_without_its_cause_cannot_be_published() -> None:
    without = FLOW.replace("cause_reference: =inputs.refund_id, ", "")
    found = compile_flow(without, load_catalog()).diagnostics
    assert {diagnostic.node for diagnostic in found} == {"claw_back"}
