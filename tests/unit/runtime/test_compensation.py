"""Undoing: newest first, nothing twice, nothing forgotten that was still under way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kit.errors import ServiceError
from tests.unit.runtime.cases import Case, Small
from workflows.runtime.commands import CallRpc, CancelChild, EndCase, Purpose
from workflows.runtime.describe import standing
from workflows.runtime.port import Reply
from workflows.runtime.state import CaseStatus

ORDER = """
    start: intake
    nodes:
      - {id: intake, kind: form, name: 登记, assignee: {role: sales}, form: [{id: x, kind: text, name: 字}]}
      - {id: first, kind: service, name: 一, rpc: test.v1.Things/Make}
      - {id: second, kind: service, name: 二, rpc: test.v1.Things/Make}
      - {id: touch, kind: service, name: 碰, rpc: test.v1.Things/Touch}
      - {id: check, kind: approval, name: 审核, assignee: {role: boss}, send_back_to: [intake, second]}
      - {id: done, kind: end, name: 完}
    edges:
      - {from: intake, to: first}
      - {from: first, to: second}
      - {from: second, to: touch}
      - {from: touch, to: check}
      - {from: check, to: done}
"""


def at_check(world: Small | None = None) -> Case:
    case = Case(ORDER, world)
    case.do("pe_sales", "complete", "intake")
    return case


def undone(case: Case) -> list[str]:
    return case.asked(Purpose.COMPENSATE)


def test_a_cancelled_case_undoes_what_it_did_newest_first() -> None:
    case = at_check()
    case.do("pe_starter", "cancel", comment="客户退单")
    assert undone(case) == ["second/1/undo Unmake", "first/1/undo Unmake"]
    call = next(c for c in case.all(CallRpc) if c.purpose is Purpose.COMPENSATE)
    assert call.request == {"thing_id": "second/1", "reason": "客户退单"}
    assert call.idempotency_key == "case:ca_1/second/1/undo"
    assert case.state.status is CaseStatus.CANCELLED
    assert case.all(EndCase) == [EndCase("cancelled", "", "客户退单")]
    assert not case.state.tasks
    assert not case.state.tokens


def test_what_would_have_to_be_undone_is_never_made_before_it_is_in_the_history() -> None:
    made = {
        call.node: call.barrier for call in at_check().all(CallRpc) if call.rpc.startswith("test")
    }
    assert made == {"first": True, "second": True, "touch": False}


def test_only_who_started_it_or_manages_the_flow_cancels() -> None:
    case = at_check()
    with pytest.raises(ServiceError) as caught:
        case.do("pe_sales", "cancel")
    assert caught.value.reason == "CASE_TASK_NOT_YOURS"
    case.do("pe_sales", "cancel", roles=("boss",))
    assert case.state.status is CaseStatus.CANCELLED


def test_operations_cancel_a_case_from_outside() -> None:
    case = at_check()
    case.cancel("ops", "refund")
    assert case.state.status is CaseStatus.CANCELLED


def test_a_send_back_undoes_only_what_lies_between() -> None:
    case = at_check()
    case.do("pe_boss", "reject", "check", to="second")
    assert undone(case) == ["second/1/undo Unmake"]
    assert case.asked() == ["first/1 Make", "second/1 Make", "touch/1 Touch", "second/2 Make", "touch/2 Touch"]  # fmt: skip
    assert case.at == ["check"]
    case.do("pe_starter", "cancel")
    assert undone(case)[1:] == ["second/2/undo Unmake", "first/1/undo Unmake"]


def test_a_send_back_to_the_start_undoes_everything_since() -> None:
    case = at_check()
    case.do("pe_boss", "reject", "check", to="intake")
    assert undone(case) == ["second/1/undo Unmake", "first/1/undo Unmake"]
    assert case.at == ["intake"]
    assert case.state.effects == ()


def test_undoing_that_fails_stops_for_operations() -> None:
    world = Small(Unmake=Reply(reason="THING_USED", message="in use"))
    case = at_check(world)
    case.do("pe_starter", "cancel")
    assert case.state.status is CaseStatus.CANCELLING
    assert case.state.incidents["second/1/undo"].reason == "THING_USED"
    assert undone(case) == ["second/1/undo Unmake"]


def test_no_act_is_taken_while_a_case_is_being_cancelled() -> None:
    case = at_check(Small(Unmake=Reply({}, after=timedelta(hours=1))))
    case.do("pe_starter", "cancel")
    with pytest.raises(ServiceError) as caught:
        case.do("pe_starter", "comment")
    assert caught.value.reason == "CASE_OVER"
    case.advance(timedelta(hours=3))
    assert case.state.status is CaseStatus.CANCELLED


SLOW = """
    start: make
    nodes:
      - {id: make, kind: service, name: 做, rpc: test.v1.Things/MakeSlowly}
      - {id: done, kind: end, name: 完}
    edges: [{from: make, to: done}]
"""


def test_a_call_under_way_is_waited_for_and_then_undone() -> None:
    case = Case(SLOW, Small(MakeSlowly=Reply({"thing_id": "th_late"}, after=timedelta(hours=1))))
    case.do("pe_starter", "cancel")
    assert not case.state.status.over
    assert undone(case) == []
    case.advance(timedelta(hours=1))
    assert undone(case) == ["make/1/undo Unmake"]
    assert case.state.status is CaseStatus.CANCELLED


def test_a_call_under_way_that_fails_leaves_nothing_to_undo() -> None:
    late = Reply(reason="THING_MISSING", message="", after=timedelta(hours=1))
    case = Case(SLOW, Small(MakeSlowly=late))
    case.do("pe_starter", "cancel")
    case.advance(timedelta(hours=1))
    assert undone(case) == []
    assert case.state.status is CaseStatus.CANCELLED


FIELD = """
    start: make
    nodes:
      - {id: make, kind: service, name: 做, rpc: test.v1.Things/Make}
      - {id: install, kind: field_work, name: 上门, input: {work_order_id: wo, quote_id: qt}}
      - {id: done, kind: end, name: 完}
    edges: [{from: make, to: install}, {from: install, to: done}]
"""


def test_field_work_is_called_off_before_the_work_order_is_undone() -> None:
    case = Case(FIELD)
    case.do("pe_starter", "cancel", comment="退单")
    assert case.all(CancelChild) == [CancelChild("install", 1, "退单")]
    assert undone(case) == ["make/1/undo Unmake"]
    cancel = next(i for i, (_, c) in enumerate(case.commands) if isinstance(c, CancelChild))
    undo = next(
        i
        for i, (_, c) in enumerate(case.commands)
        if isinstance(c, CallRpc) and c.purpose is Purpose.COMPENSATE
    )
    assert cancel < undo
    assert case.state.status is CaseStatus.CANCELLED


BRANCHES = """
    start: intake
    nodes:
      - {id: intake, kind: form, name: 登记, assignee: {role: sales}, form: [{id: x, kind: text, name: 字}]}
      - {id: split, kind: parallel, name: 分}
      - {id: make, kind: service, name: 做, rpc: test.v1.Things/Make}
      - {id: rest, kind: wait, name: 歇, duration: 9h}
      - {id: slow, kind: service, name: 慢, rpc: test.v1.Things/MakeSlowly}
      - {id: check, kind: approval, name: 审核, assignee: {role: boss}}
      - {id: join, kind: parallel, name: 合}
      - {id: done, kind: end, name: 完}
    edges:
      - {from: intake, to: split}
      - {from: split, to: make}
      - {from: split, to: slow}
      - {from: split, to: check}
      - {from: make, to: rest}
      - {from: rest, to: join}
      - {from: slow, to: join}
      - {from: check, to: join}
      - {from: join, to: done}
"""


def test_a_send_back_out_of_a_parallel_withdraws_and_undoes_the_siblings() -> None:
    world = Small(MakeSlowly=Reply({"thing_id": "late"}, after=timedelta(minutes=5)))
    case = Case(BRANCHES, world)
    case.do("pe_sales", "complete", "intake")
    assert case.at == ["check", "rest", "slow"]
    case.do("pe_boss", "reject", "check", to="intake", comment="重来")
    assert case.at == []  # the slow call is waited for before anything is undone
    case.advance(timedelta(minutes=5))
    assert undone(case) == ["slow/1/undo Unmake", "make/1/undo Unmake"]
    assert case.at == ["intake"]
    assert case.state.timers == {}
    case.do("pe_sales", "complete", "intake")
    case.advance(timedelta(hours=9))
    case.do("pe_boss", "approve", "check")
    assert case.state.status is CaseStatus.COMPLETED


def test_a_branch_that_had_joined_joins_again_after_a_send_back() -> None:
    case = Case(BRANCHES)
    case.do("pe_sales", "complete", "intake")
    case.advance(timedelta(hours=9))
    assert case.state.joined == {"join": ("slow>join", "rest>join")}
    case.do("pe_boss", "reject", "check", to="intake")
    assert case.state.joined == {}
    case.do("pe_sales", "complete", "intake")
    case.do("pe_boss", "approve", "check")
    assert not case.state.status.over
    case.advance(timedelta(hours=9))
    assert case.state.status is CaseStatus.COMPLETED


def test_a_cancellation_takes_over_what_a_send_back_was_undoing() -> None:
    case = at_check(Small(Unmake=Reply({}, after=timedelta(hours=1))))
    case.do("pe_boss", "reject", "check", to="intake")
    assert undone(case) == ["second/1/undo Unmake"]
    case.do("pe_starter", "cancel")
    case.advance(timedelta(hours=3))
    assert undone(case) == ["second/1/undo Unmake", "first/1/undo Unmake"]
    assert case.state.status is CaseStatus.CANCELLED


CHOICE = """
    start: intake
    nodes:
      - {id: intake, kind: form, name: 登记, assignee: {role: sales}, form: [{id: label, kind: text, name: 名, required: true}]}
      - {id: choose, kind: decision, name: 做吗}
      - {id: make, kind: service, name: 做, rpc: test.v1.Things/Make, input: {label: =intake.label}}
      - {id: check, kind: approval, name: 审核, assignee: {role: boss}}
      - {id: tell, kind: service, name: 告, rpc: test.v1.Things/Make, input: {label: '=has(make) ? make.thing_id : "nothing"'}}
      - {id: done, kind: end, name: 完}
    edges:
      - {from: intake, to: choose}
      - {from: choose, to: make, when: intake.label == "make"}
      - {from: choose, to: check, otherwise: true}
      - {from: make, to: check}
      - {from: check, to: tell}
      - {from: tell, to: done}
"""


def test_what_was_undone_is_not_read_any_more() -> None:
    case = Case(CHOICE)
    case.do("pe_sales", "complete", "intake", form={"label": "make"})
    case.do("pe_boss", "reject", "check", to="intake")
    assert undone(case) == ["make/1/undo Unmake"]
    case.do("pe_sales", "complete", "intake", form={"label": "leave"})
    case.do("pe_boss", "approve", "check")
    assert case.calls_of(Purpose.NODE)[-1].request == {"label": "nothing"}


def test_what_was_filled_in_is_offered_again_after_a_send_back() -> None:
    case = Case(CHOICE)
    case.do("pe_sales", "complete", "intake", form={"label": "make"})
    case.do("pe_boss", "reject", "check", to="intake")
    (task,) = standing(case.state, case.plan)["user_tasks"]
    assert task["context"]["defaults"] == {"label": "make"}
