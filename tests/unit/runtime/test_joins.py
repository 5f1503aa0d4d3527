"""Inclusive decisions: as many branches as conditions hold, and a join that waits for those that can
still come."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.unit.runtime.cases import Case, Small
from workflows.runtime.port import Reply
from workflows.runtime.state import CaseStatus

CHOICE = """
    inputs:
      - {id: a, kind: boolean, name: 甲, required: true}
      - {id: b, kind: boolean, name: 乙, required: true}
    start: split
    nodes:
      - {id: split, kind: decision, mode: inclusive, name: 分}
      - {id: in_a, kind: form, name: 甲, assignee: {role: sales}, form: [{id: x, kind: text, name: 字}]}
      - {id: in_b, kind: service, name: 乙, rpc: test.v1.Things/Make}
      - {id: also_b, kind: approval, name: 乙审, assignee: {role: boss}}
      - {id: neither, kind: wait, name: 无, duration: 1h}
      - {id: meet, kind: decision, mode: inclusive, name: 合}
      - {id: after, kind: wait, name: 后, duration: 1h}
      - {id: done, kind: end, name: 完}
      - {id: a_given_up, kind: end, name: 甲弃}
      - {id: b_given_up, kind: end, name: 乙弃}
    edges:
      - {from: split, to: in_a, when: inputs.a}
      - {from: split, to: in_b, when: inputs.b}
      - {from: split, to: neither, otherwise: true}
      - {from: in_a, to: meet}
      - {from: in_a, to: a_given_up, on: timer, after: 8h}
      - {from: in_b, to: also_b}
      - {from: in_b, to: b_given_up, on: error}
      - {from: also_b, to: meet}
      - {from: neither, to: meet}
      - {from: meet, to: after}
      - {from: after, to: done}
"""


@pytest.mark.parametrize(
    ("a", "b", "at"),
    [
        (True, True, ["also_b", "in_a"]),
        (True, False, ["in_a"]),
        (False, True, ["also_b"]),
        (False, False, ["neither"]),
    ],
)
def test_every_branch_whose_condition_holds_is_taken(a: bool, b: bool, at: list[str]) -> None:
    assert Case(CHOICE, a=a, b=b).at == at


def test_it_waits_for_whatever_can_still_come() -> None:
    case = Case(CHOICE, a=True, b=True)
    case.do("pe_sales", "complete", "in_a")
    assert case.at == ["also_b"]
    assert case.state.joined == {"meet": ("in_a>meet",)}
    case.do("pe_boss", "approve", "also_b")
    assert case.at == ["after"]
    assert case.state.standings["meet"].visit == 1


def test_a_branch_alone_is_not_kept_waiting() -> None:
    case = Case(CHOICE, a=True, b=False)
    case.do("pe_sales", "complete", "in_a")
    assert case.at == ["after"]


def test_it_goes_on_when_a_branch_leaves_by_its_error_path() -> None:
    slow = Reply(reason="THING_MISSING", message="", after=timedelta(hours=1))
    case = Case(CHOICE, Small(Make=slow), a=True, b=True)
    case.do("pe_sales", "complete", "in_a")
    assert case.at == ["in_b"]
    case.advance(timedelta(hours=1))
    assert case.at == ["after"]
    assert case.state.standings["b_given_up"].visit == 1


def test_it_goes_on_when_a_branch_is_overtaken_by_a_timer() -> None:
    case = Case(CHOICE, a=True, b=True)
    case.do("pe_boss", "approve", "also_b")
    assert case.at == ["in_a"]
    case.advance(timedelta(hours=8))
    assert case.at == ["after"]
    case.advance(timedelta(hours=1))
    assert case.state.status is CaseStatus.COMPLETED


SENT_BACK = """
    inputs: [{id: b, kind: boolean, name: 乙, required: true}]
    start: intake
    nodes:
      - {id: intake, kind: form, name: 登记, assignee: {role: sales}, form: [{id: both, kind: boolean, name: 都, required: true}]}
      - {id: split, kind: decision, mode: inclusive, name: 分}
      - {id: in_a, kind: approval, name: 甲, assignee: {role: boss}}
      - {id: in_b, kind: wait, name: 乙, duration: 8h}
      - {id: meet, kind: decision, mode: inclusive, name: 合}
      - {id: done, kind: end, name: 完}
    edges:
      - {from: intake, to: split}
      - {from: split, to: in_a}
      - {from: split, to: in_b, when: intake.both}
      - {from: in_a, to: meet}
      - {from: in_b, to: meet}
      - {from: meet, to: done}
"""


def test_what_has_arrived_is_taken_away_by_a_send_back() -> None:
    case = Case(SENT_BACK, b=True)
    case.do("pe_sales", "complete", "intake", form={"both": True})
    case.advance(timedelta(hours=8))
    assert case.state.joined == {"meet": ("in_b>meet",)}
    case.do("pe_boss", "reject", "in_a", to="intake")
    assert (case.state.joined, case.at) == ({}, ["intake"])
    case.do("pe_sales", "complete", "intake", form={"both": False})
    case.do("pe_boss", "approve", "in_a")
    assert case.state.status is CaseStatus.COMPLETED


STUCK = """
    inputs: [{id: parts, kind: integer, name: 份, required: true}]
    start: split
    nodes:
      - {id: split, kind: parallel, name: 分}
      - {id: make, kind: service, name: 做, rpc: test.v1.Things/Make}
      - {id: rest, kind: wait, name: 歇, duration: 1h}
      - {id: meet, kind: decision, mode: inclusive, name: 合}
      - {id: done, kind: end, name: 完}
      - {id: more, kind: end, name: 多}
    edges:
      - {from: split, to: make}
      - {from: split, to: rest}
      - {from: make, to: meet}
      - {from: rest, to: meet}
      - {from: meet, to: done}
      - {from: meet, to: more, when: 10 / inputs.parts > 3}
"""


def test_a_condition_without_a_value_stops_a_join_once() -> None:
    case = Case(STUCK, parts=0)
    case.advance(timedelta(hours=1))
    assert case.at == ["meet"]
    assert case.state.joined == {}
    incident = case.state.incidents["meet/1"]
    assert incident.reason == "EXPRESSION_DIVISION_BY_ZERO"
    before = case.state
    case.advance(timedelta(hours=1))
    assert case.state is before
