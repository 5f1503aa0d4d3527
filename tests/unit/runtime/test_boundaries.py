"""Ways out of a node that waits: by time, by an event, by a failure, by an escalation."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.unit.runtime.cases import MONDAY, Case, Small
from workflows.runtime.commands import CancelChild, CancelTimer, Purpose
from workflows.runtime.events import EventArrived, TimerFired
from workflows.runtime.port import Reply
from workflows.runtime.state import CaseStatus

TOLD = "      - {id: told, kind: end, name: 已催}\n"
HURRY = """
    start: ask
    nodes:
      - {{id: ask, kind: form, name: 问, assignee: {{role: sales}}, form: [{{id: x, kind: text, name: 字}}]}}
      - {{id: late, kind: form, name: 催, assignee: {{role: boss}}, form: [{{id: y, kind: text, name: 字}}]}}
      - {{id: done, kind: end, name: 完}}
{more}    edges:
      - {{from: ask, to: done}}
      - {{from: ask, to: late, {on}}}
      - {{from: late, to: {then}}}
"""
IN_TIME = HURRY.format(on="on: timer, after: 2h, name: 超时", then="done", more="")
BESIDE = HURRY.format(on="on: timer, after: 2h, alongside: true", then="told", more=TOLD)
CHANGED = HURRY.format(
    on="on: event, event: test.v1.ThingChanged, key: =case.id", then="done", more=""
)
CHANGED_BESIDE = HURRY.format(
    on="on: event, event: test.v1.ThingChanged, key: =case.id, alongside: true",
    then="told",
    more=TOLD,
)


def changed(case: Case, key: str = "ca_1") -> None:
    case.arrive(EventArrived(case.now, "test.v1.ThingChanged", key, payload={"done": True}))


def test_a_task_that_lasts_too_long_is_left_and_closed() -> None:
    case = Case(IN_TIME)
    case.advance(timedelta(hours=2))
    assert case.at == ["late"]
    assert list(case.state.tasks) == ["late/1"]
    assert "ask" not in case.state.data
    case.do("pe_boss", "complete", "late")
    assert case.state.status is CaseStatus.COMPLETED


def test_a_task_done_in_time_disarms_its_timer() -> None:
    case = Case(IN_TIME)
    case.do("pe_sales", "complete", "ask")
    assert case.state.status is CaseStatus.COMPLETED
    assert case.all(CancelTimer) == [CancelTimer("ask/1/ask>late")]


def test_a_timer_alongside_starts_one_more_branch_and_leaves_the_task_open() -> None:
    case = Case(BESIDE)
    case.advance(timedelta(hours=9))
    assert case.at == ["ask", "late"]
    case.do("pe_sales", "complete", "ask")
    assert not case.state.status.over
    case.do("pe_boss", "complete", "late")
    assert case.state.status is CaseStatus.COMPLETED


def test_an_event_takes_a_task_away_only_when_it_is_about_the_right_thing() -> None:
    case = Case(CHANGED)
    changed(case, "ca_other")
    assert case.at == ["ask"]
    changed(case)
    assert case.at == ["late"]
    assert case.state.awaited == {}


def test_an_event_alongside_counts_once_a_visit() -> None:
    case = Case(CHANGED_BESIDE)
    changed(case)
    changed(case)
    assert case.at == ["ask", "late"]
    assert case.state.standings["late"].visit == 1


def test_a_node_that_comes_again_is_armed_again() -> None:
    again = IN_TIME.replace("{from: late, to: done}", "{from: late, to: ask}")
    case = Case(again)
    case.advance(timedelta(hours=2))
    case.do("pe_boss", "complete", "late")
    case.advance(timedelta(hours=1))
    assert case.at == ["ask"]
    case.advance(timedelta(hours=1))
    assert case.at == ["late"]
    assert case.state.standings["ask"].visit == 2


FIELD_WORK = """
    start: install
    nodes:
      - {id: install, kind: field_work, name: 上门, input: {work_order_id: wo, quote_id: qt}}
      - {id: by_hand, kind: wait, name: 人工, duration: 1h}
      - {id: done, kind: end, name: 完}
    edges:
      - {from: install, to: done}
      - {from: install, to: by_hand, on: timer, after: 2h}
      - {from: by_hand, to: done}
"""


def test_field_work_that_lasts_too_long_is_called_off_while_the_case_goes_on() -> None:
    case = Case(FIELD_WORK)
    case.advance(timedelta(hours=2))
    assert [cancel.node for cancel in case.all(CancelChild)] == ["install"]
    assert case.at == ["by_hand"]
    case.advance(timedelta(hours=3))
    assert case.state.status is CaseStatus.COMPLETED


ESCALATION = """
    start: ask
    nodes:
      - id: ask
        kind: form
        name: 问
        assignee: {role: sales}
        form: [{id: x, kind: text, name: 字}]
        sla:
          calendar: natural
          respond: 1h
          complete: 4h
          escalate:
            - {of: respond, notify: {role: boss}}
            - {of: complete, take: late, notify: {role: boss}}
      - {id: late, kind: wait, name: 迟, duration: 1h}
      - {id: done, kind: end, name: 完}
    edges:
      - {from: ask, to: done}
      - {from: late, to: done}
"""


def test_an_escalation_may_take_another_way_and_still_tells_somebody() -> None:
    case = Case(ESCALATION)
    case.advance(timedelta(hours=1))
    assert case.at == ["ask"]
    case.advance(timedelta(hours=3))
    assert case.at == ["late"]
    assert case.state.tasks == {}
    assert [people for _, people in case.told()] == [["pe_boss"], ["pe_boss"]]


BUSY = """
    start: split
    nodes:
      - {id: split, kind: parallel, name: 分}
      - {id: ask, kind: form, name: 问, assignee: {role: sales}, form: [{id: x, kind: text, name: 字}]}
      - {id: make, kind: service, name: 做, rpc: test.v1.Things/MakeSlowly}
      - {id: look, kind: service, name: 看, rpc: test.v1.Things/Look}
      - {id: join, kind: parallel, name: 合}
      - {id: stop, kind: end, name: 停, terminate: true}
      - {id: done, kind: end, name: 完}
    edges:
      - {from: split, to: ask}
      - {from: split, to: make}
      - {from: split, to: look}
      - {from: ask, to: join}
      - {from: ask, to: stop, on: timer, after: 1h}
      - {from: make, to: join}
      - {from: look, to: join}
      - {from: join, to: done}
"""


def test_a_call_under_way_is_undone_when_it_succeeds_after_all() -> None:
    late = Reply({"thing_id": "late", "count": 1}, after=timedelta(hours=5))
    case = Case(BUSY, Small(MakeSlowly=late, Look=Reply(after=timedelta(days=9))))
    case.advance(timedelta(hours=1))
    assert case.at == []
    assert [call.call_id for call in case.state.calls.values()] == ["make/1"]
    case.advance(timedelta(hours=4))
    assert case.asked(Purpose.COMPENSATE) == ["make/1/undo Unmake"]
    assert (case.state.status, case.state.end_node) == (CaseStatus.COMPLETED, "stop")


@pytest.mark.parametrize("hours", [1, 3])
def test_a_late_timer_of_a_node_that_was_left_changes_nothing(hours: int) -> None:
    case = Case(IN_TIME)
    case.do("pe_sales", "complete", "ask")
    before = case.state
    case.feed(TimerFired(MONDAY + timedelta(hours=hours), "ask/1/ask>late"))
    assert case.state is before
