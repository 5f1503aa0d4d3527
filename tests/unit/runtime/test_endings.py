"""Ends: of a branch, of everything at once, of a case that has failed; what is left behind."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.unit.runtime.cases import Case, Small
from workflows.runtime.commands import CallRpc, CancelCall, CancelChild, EndCase, Purpose
from workflows.runtime.port import Reply
from workflows.runtime.state import CaseStatus

BRANCHES = """
    start: split
    nodes:
      - {id: split, kind: parallel, name: 分}
      - {id: ask, kind: form, name: 问, assignee: {role: sales}, form: [{id: x, kind: text, name: 字}]}
      - {id: install, kind: field_work, name: 上门, input: {work_order_id: wo, quote_id: qt}}
      - {id: make, kind: service, name: 做, rpc: test.v1.Things/Make}
      - {id: look, kind: service, name: 看, rpc: test.v1.Things/Look}
      - {id: asked, kind: end, name: 问完, ASKED}
      - {id: installed, kind: end, name: 装完}
      - {id: made, kind: end, name: 做完}
    edges:
      - {from: split, to: ask}
      - {from: split, to: install}
      - {from: split, to: make}
      - {from: ask, to: asked}
      - {from: install, to: installed}
      - {from: make, to: look}
      - {from: look, to: made}
"""
PLAIN = BRANCHES.replace(", ASKED", "")
TERMINATE = BRANCHES.replace("ASKED", "terminate: true")
FAILS = BRANCHES.replace("ASKED", "fails: CUSTOMER_LEFT")


def test_a_case_ends_when_its_last_branch_has_ended() -> None:
    case = Case(PLAIN)
    case.do("pe_sales", "complete", "ask")
    assert not case.state.status.over
    case.advance(timedelta(hours=4))
    assert case.all(EndCase) == [EndCase("completed", "installed", "")]


def test_an_end_that_terminates_withdraws_what_is_under_way_and_keeps_what_is_done() -> None:
    case = Case(
        TERMINATE, Small(Look=Reply({"thing_id": "t", "count": 1}, after=timedelta(days=1)))
    )
    assert case.at == ["ask", "install", "look"]
    case.do("pe_sales", "complete", "ask")
    assert [cancel.node for cancel in case.all(CancelChild)] == ["install"]
    assert case.all(CancelCall) == [CancelCall("look/1")]
    assert case.asked(Purpose.COMPENSATE) == []
    assert case.all(EndCase) == [EndCase("completed", "asked", "")]
    assert case.state.data["make"]["thing_id"] == "make/1"


def test_an_end_that_fails_says_why() -> None:
    case = Case(FAILS)
    case.do("pe_sales", "complete", "ask")
    assert case.state.status is CaseStatus.FAILED
    assert case.all(EndCase) == [EndCase("failed", "asked", "CUSTOMER_LEFT")]


OUTPUTS = """
    inputs: [{id: parts, kind: integer, name: 份, required: true}]
    outputs: {share: 12 / inputs.parts, thing: make.thing_id}
    start: make
    nodes:
      - {id: make, kind: service, name: 做, rpc: test.v1.Things/Make}
      - {id: done, kind: end, name: 完}
    edges: [{from: make, to: done}]
"""


def test_what_a_case_leaves_behind_is_computed_at_its_end() -> None:
    (end,) = Case(OUTPUTS, parts=4).all(EndCase)
    assert end.output == {"share": 3, "thing": "make/1"}


def test_an_output_without_a_value_keeps_the_case_open_for_operations() -> None:
    case = Case(OUTPUTS, parts=0)
    assert case.at == ["done"]
    assert case.state.incidents["done/1"].reason == "EXPRESSION_DIVISION_BY_ZERO"
    assert case.all(EndCase) == []
    case.cancel("ops", "no parts")
    assert case.asked(Purpose.COMPENSATE) == ["make/1/undo Unmake"]
    assert case.state.status is CaseStatus.CANCELLED


class SlowToTell(Small):
    def call(self, call: CallRpc, at: datetime) -> Reply:
        slow = call.purpose is Purpose.NOTIFY
        return Reply(after=timedelta(days=1)) if slow else super().call(call, at)


def test_a_case_waits_for_its_last_message_before_it_is_over() -> None:
    told = PLAIN.replace("kind: form, name: 问,", "kind: form, name: 问, announce: task_assigned,")

    case = Case(told, SlowToTell())
    case.do("pe_sales", "complete", "ask")
    case.advance(timedelta(hours=4))
    assert (case.at, case.state.status) == ([], CaseStatus.RUNNING)
    case.advance(timedelta(days=1))
    assert case.state.status is CaseStatus.COMPLETED
