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

ROOMS = """
language: "1.0"
code: rooms
name: 逐间量房
roles:
  designer: {name: 设计师}
  supervisor: {name: 主管}
managed_by: [supervisor]
stages: [{id: presale, name: 售前}]
start: each
nodes:
  - id: each
    kind: for_each
    stage: presale
    name: 逐间
    items: '=["厨房", "卫生间", "客厅"]'
    element: room
    collect: room + ":" + string(measure.area)
    body:
      start: measure
      nodes:
        - id: measure
          kind: form
          stage: presale
          name: 量房
          assignee: {role: designer}
          sla:
            calendar: natural
            respond: 2h
            escalate:
              - {of: respond, notify: {role: supervisor}, template: sla_alert}
          form:
            - {id: area, kind: integer, name: 面积, required: true}
        - {id: measured, kind: end, name: 量完}
      edges:
        - {from: measure, to: measured}
  - id: check
    kind: approval
    stage: presale
    name: 核对
    assignee: {role: supervisor}
  - {id: done, kind: end, name: 完成}
edges:
  - {from: each, to: check}
  - {from: each, to: check, on: timer, after: 8h}
  - {from: check, to: done}
"""

PREPARE = """
language: "1.0"
code: prepare
name: 准备
roles:
  designer: {name: 设计师}
  supervisor: {name: 主管}
stages: [{id: presale, name: 售前}]
inputs:
  - {id: drawing, kind: boolean, name: 要图纸, required: true}
  - {id: permit, kind: boolean, name: 要许可, required: true}
start: which
nodes:
  - {id: which, kind: decision, mode: inclusive, name: 要什么}
  - id: draw
    kind: form
    stage: presale
    name: 出图
    assignee: {role: designer}
    form: [{id: note, kind: text, name: 说明}]
  - id: permit
    kind: form
    stage: presale
    name: 办许可
    assignee: {role: supervisor}
    form: [{id: note, kind: text, name: 说明}]
  - {id: ready, kind: decision, mode: inclusive, name: 齐了}
  - {id: done, kind: end, name: 完成}
edges:
  - {from: which, to: draw, when: inputs.drawing}
  - {from: which, to: permit, when: inputs.permit}
  - {from: which, to: ready, otherwise: true}
  - {from: draw, to: ready}
  - {from: permit, to: ready}
  - {from: ready, to: done}
"""

RACE = """
language: "1.0"
code: race
name: 等回复
inputs:
  - {id: work_order_id, kind: text, name: 工单, required: true}
stages: [{id: install, name: 安装}]
roles:
  supervisor: {name: 主管}
start: first
nodes:
  - {id: first, kind: decision, mode: event, stage: install, name: 等哪个}
  - id: changed
    kind: wait
    stage: install
    name: 工单变更
    event: workorder.v1.WorkOrderChanged
    key: =inputs.work_order_id
  - {id: late, kind: wait, stage: install, name: 三天, duration: 3d}
  - id: chase
    kind: form
    stage: install
    name: 催办
    assignee: {role: supervisor}
    form: [{id: note, kind: text, name: 说明}]
  - {id: done, kind: end, name: 完成}
  - {id: chased, kind: end, name: 已催}
edges:
  - {from: first, to: changed}
  - {from: first, to: late}
  - {from: changed, to: done}
  - {from: late, to: chase}
  - {from: chase, to: chased}
"""

HURRY = """
language: "1.0"
code: hurry
name: 限时确认
roles:
  designer: {name: 设计师}
  supervisor: {name: 主管}
managed_by: [supervisor]
stages: [{id: presale, name: 售前}]
start: confirm
nodes:
  - id: confirm
    kind: form
    stage: presale
    name: 确认
    assignee: {role: designer}
    form: [{id: note, kind: text, name: 说明}]
  - id: remind
    kind: form
    stage: presale
    name: 当面提醒
    assignee: {role: supervisor}
    form: [{id: note, kind: text, name: 说明}]
  - id: take_over
    kind: form
    stage: presale
    name: 代为确认
    assignee: {role: supervisor}
    form: [{id: note, kind: text, name: 说明}]
  - {id: done, kind: end, name: 完成}
  - {id: given_up, kind: end, name: 放弃, terminate: true}
edges:
  - {from: confirm, to: done}
  - {from: confirm, to: remind, on: timer, after: 2h, alongside: true}
  - {from: confirm, to: take_over, on: timer, after: 8h}
  - {from: remind, to: given_up}
  - {from: take_over, to: done}
"""

ORDER = """
language: "1.0"
code: order
name: 下单
calendar: office
inputs:
  - {id: label, kind: text, name: 名称, required: true, max_length: 10}
outputs: {work_order_id: work_order.work_order_id, note: check.note}
roles:
  supervisor: {name: 主管}
managed_by: [supervisor]
stages: [{id: install, name: 安装}]
start: work_order
nodes:
  - id: work_order
    kind: service
    stage: install
    name: 创建工单
    rpc: workorder.v1.WorkOrderService/CreateWorkOrder
    input:
      case_id: =case.id
      stage: install
      title: =inputs.label
      customer_id: cu_1
      address_id: ad_1
      place: {adcode: "110105"}
      lines: [{item_code: AC, name: 安装, quantity: 1}]
  - id: check
    kind: approval
    stage: install
    name: 核对工单
    assignee: {role: supervisor}
    form:
      - {id: note, kind: choice, name: 结论, required: true, options: [{value: good, name: 好}, {value: bad, name: 差}]}
  - {id: choose, kind: decision, name: 行吗}
  - {id: done, kind: end, name: 完成}
  - {id: refused, kind: end, name: 不行, fails: ORDER_REFUSED}
edges:
  - {from: work_order, to: check}
  - {from: check, to: choose}
  - {from: choose, to: refused, when: check.note == "bad"}
  - {from: choose, to: done, otherwise: true}
"""

PURCHASE = """
language: "1.0"
code: purchase
name: 采购
inputs:
  - {id: label, kind: text, name: 名称, required: true}
roles:
  designer: {name: 设计师}
  sales: {name: 销售}
managed_by: [sales]
stages: [{id: install, name: 安装}]
start: order
nodes:
  - {id: order, kind: subflow, stage: install, name: 下单, flow: order, input: {label: =inputs.label}}
  - id: sign
    kind: form
    stage: install
    name: 签收
    assignee: {role: designer}
    form: [{id: note, kind: text, name: 说明}]
  - id: by_hand
    kind: form
    stage: install
    name: 人工处理
    assignee: {role: sales}
    form: [{id: note, kind: text, name: 说明}]
  - {id: done, kind: end, name: 完成}
edges:
  - {from: order, to: sign}
  - {from: order, to: by_hand, on: error}
  - {from: sign, to: done}
  - {from: by_hand, to: done}
"""

TWO_WAITS = """
language: "1.0"
code: two_waits
name: 两处等待
inputs:
  - {id: work_order_id, kind: text, name: 工单, required: true}
start: split
nodes:
  - {id: split, kind: parallel, name: 分}
  - {id: one, kind: wait, name: 甲等, event: workorder.v1.WorkOrderChanged, key: =inputs.work_order_id}
  - {id: other, kind: wait, name: 乙等, event: workorder.v1.WorkOrderChanged, key: =inputs.work_order_id}
  - {id: join, kind: parallel, name: 合}
  - {id: done, kind: end, name: 完成}
edges:
  - {from: split, to: one}
  - {from: split, to: other}
  - {from: one, to: join}
  - {from: other, to: join}
  - {from: join, to: done}
"""

ONE_AFTER_THE_OTHER = """
language: "1.0"
code: one_after_the_other
name: 先后等待
inputs:
  - {id: work_order_id, kind: text, name: 工单, required: true}
start: first
nodes:
  - {id: first, kind: wait, name: 甲等, event: workorder.v1.WorkOrderChanged, key: =inputs.work_order_id}
  - {id: second, kind: wait, name: 乙等, event: workorder.v1.WorkOrderChanged, key: =inputs.work_order_id}
  - {id: done, kind: end, name: 完成}
edges:
  - {from: first, to: second}
  - {from: second, to: done}
"""
