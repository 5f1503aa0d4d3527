"""Small flows for the tests: one idea each."""

MEASURE = """
language: "1.0"
code: measure
name: 量房
roles:
  designer: {name: 设计师}
  supervisor: {name: 主管}
managed_by: [supervisor]
stages: [{id: presale, name: 售前}]
start: measure
nodes:
  - id: measure
    kind: form
    stage: presale
    name: 量房确认
    assignee: {role: designer}
    sla:
      calendar: natural
      respond: 2h
      escalate:
        - {of: respond, notify: {role: supervisor}, template: sla_alert}
    form:
      - {id: note, kind: text, name: 说明, required: true}
  - {id: done, kind: end, name: 完成}
edges:
  - {from: measure, to: done}
"""

SIGN = """
language: "1.0"
code: sign
name: 会签
roles:
  technical_director: {name: 技术总监}
stages: [{id: presale, name: 售前}]
start: sign
nodes:
  - id: sign
    kind: approval
    stage: presale
    name: 会签
    mode: all
    assignee: {role: technical_director}
  - {id: done, kind: end, name: 完成}
edges:
  - {from: sign, to: done}
"""

REVIEW = """
language: "1.0"
code: review
name: 复核
roles:
  designer: {name: 设计师}
  supervisor: {name: 主管}
managed_by: [supervisor]
stages: [{id: presale, name: 售前}]
start: draft
nodes:
  - id: draft
    kind: form
    stage: presale
    name: 起草
    assignee: {person: =case.started_by}
    form:
      - {id: note, kind: text, name: 说明, required: true}
  - id: check
    kind: approval
    stage: presale
    name: 复核
    assignee: {role: designer}
    form:
      - {id: opinion, kind: text, name: 意见}
  - {id: done, kind: end, name: 完成}
edges:
  - {from: draft, to: check}
  - {from: check, to: done}
"""

INSTALL = """
language: "1.0"
code: install
name: 安装
roles:
  sales: {name: 销售}
  supervisor: {name: 主管}
managed_by: [supervisor]
stages: [{id: install, name: 安装}]
start: intake
nodes:
  - id: intake
    kind: form
    stage: install
    name: 登记
    assignee: {role: sales}
    form:
      - {id: units, kind: integer, name: 台数, required: true}
  - id: quote
    kind: service
    stage: install
    name: 报价
    rpc: pricing.v1.PricingService/Quote
    input:
      case_id: =case.id
      facts: {lines: [{item_code: AC, quantity: =intake.units}]}
  - id: work_order
    kind: service
    stage: install
    name: 创建工单
    rpc: workorder.v1.WorkOrderService/CreateWorkOrder
    input:
      case_id: =case.id
      stage: install
      title: 安装
      customer_id: cu_1
      address_id: ad_1
      place: {adcode: "110105"}
      lines: [{item_code: AC, name: 安装, quantity: =intake.units}]
      quote_id: =quote.quote_id
  - id: install
    kind: field_work
    stage: install
    name: 上门安装
    input:
      work_order_id: =work_order.work_order_id
      quote_id: =quote.quote_id
  - id: lock_earning
    kind: service
    stage: install
    name: 锁定收益
    rpc: settlement.v1.SettlementService/LockEarning
    input: {earning_id: =install.earning_id}
  - id: nobody_left
    kind: form
    stage: install
    name: 人工派单
    assignee: {role: supervisor}
    form:
      - {id: note, kind: text, name: 说明}
  - {id: done, kind: end, name: 完成}
  - {id: given_up, kind: end, name: 放弃}
edges:
  - {from: intake, to: quote}
  - {from: quote, to: work_order}
  - {from: work_order, to: install}
  - {from: install, to: lock_earning}
  - {from: install, to: nobody_left, on: error, reasons: [FIELD_WORK_NOBODY]}
  - {from: nobody_left, to: given_up}
  - {from: lock_earning, to: done}
"""

BREAKDOWN = """
language: "1.0"
code: breakdown
name: 等待工单变更
inputs:
  - {id: work_order_id, kind: text, name: 工单, required: true}
stages: [{id: install, name: 安装}]
start: wait
nodes:
  - id: wait
    kind: wait
    stage: install
    name: 等待变更
    event: workorder.v1.WorkOrderChanged
    key: =inputs.work_order_id
  - {id: done, kind: end, name: 完成}
edges:
  - {from: wait, to: done}
"""

LOOK_UPS = """
language: "1.0"
code: look_ups
name: 连续查询
roles:
  sales: {name: 销售}
stages: [{id: presale, name: 售前}]
start: first
nodes:
  - {id: first, kind: service, stage: presale, name: 一, rpc: directory.v1.DirectoryService/ResolveAssignees, input: {role: a}}
  - {id: second, kind: service, stage: presale, name: 二, rpc: directory.v1.DirectoryService/ResolveAssignees, input: {role: b}}
  - {id: third, kind: service, stage: presale, name: 三, rpc: directory.v1.DirectoryService/ResolveAssignees, input: {role: c}}
  - {id: fourth, kind: service, stage: presale, name: 四, rpc: directory.v1.DirectoryService/ResolveAssignees, input: {role: d}}
  - {id: done, kind: end, name: 完成}
edges:
  - {from: first, to: second}
  - {from: second, to: third}
  - {from: third, to: fourth}
  - {from: fourth, to: done}
"""
