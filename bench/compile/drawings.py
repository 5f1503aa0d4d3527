"""Flows of a size, drawn like the library's: forms with deadlines, calls with error paths, decisions,
approvals, loops and parallels."""

from __future__ import annotations

import itertools

_HEADER = """
language: "1.0"
code: {code}
name: 测量
calendar: service_hours
roles: {{sales: {{name: 销售}}, boss: {{name: 主管}}}}
inputs:
  - {{id: customer_id, kind: customer, name: 客户, required: true}}
  - {{id: address_id, kind: address, name: 地址, required: true}}
start: {start}
nodes:
"""

#: Ten nodes in a row, with a loop, an error path, a deadline's own way and two branches.
_SECTION = """
  - id: ask_{n}
    kind: form
    name: 登记
    assignee: {{role: sales, nobody: {{role: boss}}}}
    announce: task_assigned
    sla:
      respond: 2h
      complete: 8h
      remind: [{{of: complete, before: 1h, template: task_due}}]
      escalate:
        - {{of: respond, notify: {{role: boss}}}}
        - {{of: complete, after: 4h, take: approve_{n}}}
    form:
      - {{id: needs, kind: long_text, name: 需求, required: true}}
      - {{id: amount, kind: money, name: 金额, required: true, minimum: 0}}
      - {{id: floor, kind: integer, name: 楼层, required: true, minimum: -5, maximum: 200}}
      - {{id: notes, kind: text, name: 备注, visible_when: form.floor > 3}}
  - {{id: place_{n}, kind: service, name: 识别区域, rpc: directory.v1.DirectoryService/ResolvePlace, input: {{address_id: =inputs.address_id}}}}
  - {{id: how_much_{n}, kind: decision, name: 多少}}
  - {{id: approve_{n}, kind: approval, name: 审批, mode: all, assignee: {{role: boss}}}}
  - {{id: go_on_{n}, kind: decision, name: 继续}}
  - {{id: prepare_{n}, kind: parallel, name: 同时准备}}
  - {{id: rest_{n}, kind: wait, name: 等待, duration: 2h}}
  - {{id: confirm_{n}, kind: confirm, name: 确认, assignee: {{customer: =inputs.customer_id}}}}
  - {{id: ready_{n}, kind: parallel, name: 齐了}}
  - id: tell_{n}
    kind: service
    name: 通知
    rpc: notify.v1.NotifyService/Send
    input:
      template_code: task_assigned
      recipient_person_ids: ["=confirm_{n}.handled_by"]
      variables: {{node: ready, at: =string(confirm_{n}.handled_at)}}
      urgency: URGENCY_NORMAL
      case_id: =case.id
"""
_EDGES = """
  - {{from: ask_{n}, to: place_{n}}}
  - {{from: place_{n}, to: how_much_{n}}}
  - {{from: place_{n}, to: go_on_{n}, on: error}}
  - {{from: how_much_{n}, to: approve_{n}, when: 'ask_{n}.amount > cny("50000.00")'}}
  - {{from: how_much_{n}, to: ask_{n}, when: ask_{n}.floor > 90}}
  - {{from: how_much_{n}, to: go_on_{n}, otherwise: true}}
  - {{from: approve_{n}, to: go_on_{n}}}
  - {{from: go_on_{n}, to: prepare_{n}}}
  - {{from: prepare_{n}, to: rest_{n}}}
  - {{from: prepare_{n}, to: confirm_{n}}}
  - {{from: rest_{n}, to: ready_{n}}}
  - {{from: confirm_{n}, to: ready_{n}}}
  - {{from: ready_{n}, to: tell_{n}}}
  - {{from: tell_{n}, to: {next}}}
"""


def in_a_row(nodes: int) -> str:
    """A flow of that many nodes, a multiple of ten, and an end."""
    sections = range(nodes // 10)
    follows = {n: f"ask_{n + 1}" for n in sections} | {sections[-1]: "done"}
    return (
        _HEADER.format(code="in_a_row", start="ask_0")
        + "".join(_SECTION.format(n=n) for n in sections)
        + "  - {id: done, kind: end, name: 结束}\nedges:\n"
        + "".join(_EDGES.format(n=n, next=follows[n]) for n in sections)
    )


def side_by_side(branches: int) -> str:
    """A parallel of that many branches: a form that times out into a call, a call, a wait."""
    lines = [
        "  - {id: split, kind: parallel, name: 分}",
        "  - {id: join, kind: parallel, name: 合}",
    ]
    lines.append("  - {id: done, kind: end, name: 结束}")
    edges = ["  - {from: join, to: done}"]
    place = "kind: service, name: 区域, rpc: directory.v1.DirectoryService/ResolvePlace"
    for n in range(branches):
        form = "form: [{id: ok, kind: boolean, name: 可以, required: true}]"
        lines += [
            f"  - {{id: ask_{n}, kind: form, name: 问, assignee: {{role: sales}}, {form}}}",
            f"  - {{id: place_{n}, {place}, input: {{address_id: =inputs.address_id}}}}",
            f"  - {{id: rest_{n}, kind: wait, name: 等, duration: 1h}}",
        ]
        edges.append(f"  - {{from: ask_{n}, to: rest_{n}, on: timer, after: 4h}}")
        way = ("split", f"ask_{n}", f"place_{n}", f"rest_{n}", "join")
        edges += [f"  - {{from: {a}, to: {b}}}" for a, b in itertools.pairwise(way)]
    header = _HEADER.format(code="side_by_side", start="split")
    return header + "\n".join([*lines, "edges:", *edges]) + "\n"
