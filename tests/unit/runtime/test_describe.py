"""How a case looks from outside: the read model's picture and the lines in the Temporal UI."""

from __future__ import annotations

import json
from datetime import timedelta

from google.protobuf.json_format import MessageToDict, ParseDict

from protos.cases.v1 import cases_pb2
from tests.unit.runtime.cases import Case, Small
from workflows.runtime.commands import Purpose
from workflows.runtime.describe import awaited, details, standing
from workflows.runtime.events import EventArrived
from workflows.runtime.port import Reply

FLOW = """
    inputs: [{id: floor, kind: integer, name: 楼层, required: true}]
    start: intake
    nodes:
      - id: intake
        kind: form
        stage: first
        name: 登记
        assignee: {role: sales}
        sla: {respond: 2h, complete: 8h}
        form:
          - {id: needs, kind: text, name: 需求, required: true, max_length: 10}
          - {id: storey, kind: integer, name: 层, default: =inputs.floor}
      - id: check
        kind: approval
        stage: second
        name: 审核
        assignee: {role: boss}
      - {id: rest, kind: wait, name: 歇, duration: 3d}
      - {id: thing, kind: wait, name: 等事, event: test.v1.ThingChanged, key: th_1}
      - {id: make, kind: service, name: 做, rpc: test.v1.Things/Make}
      - {id: done, kind: end, name: 完}
    edges:
      - {from: intake, to: check}
      - {from: check, to: rest}
      - {from: rest, to: thing}
      - {from: thing, to: make}
      - {from: make, to: done}
"""


def test_the_picture_is_the_read_models_message() -> None:
    case = Case(FLOW, floor=15)
    message = ParseDict(standing(case.state, case.plan), cases_pb2.Case())
    assert (message.case_id, message.stage) == ("ca_1", "first")
    assert message.state == cases_pb2.CASE_STATE_RUNNING
    (task,) = message.user_tasks
    assert task.user_task_id == "intake/1"
    assert task.candidate_role == "sales"
    assert list(task.candidate_person_ids) == ["pe_sales"]
    assert list(task.verbs) == [
        "claim", "complete", "transfer", "delegate", "urge", "copy_to", "comment",
    ]  # fmt: skip
    assert task.respond_due_at.ToJsonString() == "2026-03-02T03:00:00Z"
    assert MessageToDict(task.context) == {"defaults": {"storey": 15}}
    assert json.loads(task.form_schema_json)["required"] == ["needs"]
    assert [(node.node, node.progress) for node in message.nodes] == [
        ("intake", cases_pb2.NODE_PROGRESS_ACTIVE)
    ]


def test_each_change_raises_the_revision_by_one() -> None:
    case = Case(FLOW, floor=15)
    before = case.state.revision
    case.do("pe_sales", "claim", "intake")
    assert case.state.revision == before + 1


def test_details_say_where_it_stands_who_is_on_it_and_when_it_is_due() -> None:
    case = Case(FLOW, floor=15)
    assert details(case.state, case.plan) == (
        "**小流程** · `ca_1` · 进行中 · 一\n- 待办 **登记**：`pe_sales`，应于 2026-03-02 11:00 前响应"
    )
    case.do("pe_sales", "claim", "intake")
    assert details(case.state, case.plan).endswith("`pe_sales`，应于 2026-03-02 17:00 前完成")


def test_an_approval_shows_where_it_may_be_sent_back_to() -> None:
    case = Case(FLOW, floor=15)
    case.do("pe_sales", "complete", "intake", form={"needs": "一台"})
    (task,) = standing(case.state, case.plan)["user_tasks"]
    assert task["context"] == {"send_back_to": [{"node": "intake", "name": "登记"}]}


def test_waiting_for_time_events_and_operations_is_said_in_words() -> None:
    case = Case(FLOW, Small(Make=Reply(reason="THING_MISSING", message="none left")), floor=15)
    case.do("pe_sales", "complete", "intake", form={"needs": "一台"})
    case.do("pe_boss", "approve", "check")
    assert standing(case.state, case.plan)["waiting_for"] == ["歇：等到 2026-03-05 09:00"]
    case.advance(timedelta(days=3))
    assert standing(case.state, case.plan)["waiting_for"] == ["等事：等待事件"]
    assert awaited(case.state, case.plan) == [
        {"node": "thing/1", "event_type": "test.v1.ThingChanged", "key": "th_1"}
    ]
    case.arrive(EventArrived(case.now, "test.v1.ThingChanged", "th_1", payload={"done": True}))
    shown = standing(case.state, case.plan)
    assert shown["state"] == "CASE_STATE_INCIDENT"
    assert shown["incident"] == "make/1: none left"
    assert "⚠ `THING_MISSING` none left" in details(case.state, case.plan)


ROOMS = """
    start: each
    nodes:
      - id: each
        kind: for_each
        name: 逐间
        items: '=["厨房", "客厅"]'
        element: room
        body:
          start: measure
          nodes:
            - {id: measure, kind: form, name: 量房, assignee: {role: sales}, announce: task_assigned, form: [{id: x, kind: text, name: 字}]}
            - {id: rest, kind: wait, name: 歇, duration: 1h}
            - {id: measured, kind: end, name: 量完}
          edges: [{from: measure, to: rest}, {from: rest, to: measured}]
      - {id: done, kind: end, name: 完}
    edges: [{from: each, to: done}]
"""


def test_people_see_which_element_a_task_is_about() -> None:
    case = Case(ROOMS)
    shown = standing(case.state, case.plan)
    assert [(task["user_task_id"], task["title"]) for task in shown["user_tasks"]] == [
        ("each/1.1:measure/1", "量房（厨房）"),
        ("each/1.2:measure/1", "量房（客厅）"),
    ]
    assert {call.request["variables"]["node"] for call in case.calls_of(Purpose.NOTIFY)} == {
        "量房（厨房）",
        "量房（客厅）",
    }
    case.do("pe_sales", "complete", "each/1.2:measure")
    shown = standing(case.state, case.plan)
    assert [(node["node"], node["title"]) for node in shown["nodes"]] == [
        ("each", "逐间"),
        ("each/1.1:measure", "量房（厨房）"),
        ("each/1.2:measure", "量房（客厅）"),
        ("each/1.2:rest", "歇（客厅）"),
    ]
    assert shown["waiting_for"] == ["歇（客厅）：等到 2026-03-02 10:00"]
