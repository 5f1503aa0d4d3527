"""Bodies: a part of the flow lived through inside the case, once or once for each element."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.runtime.cases import Case, Small
from workflows.runtime import bodies
from workflows.runtime.commands import CallRpc, CancelTimer, Purpose
from workflows.runtime.events import EventArrived
from workflows.runtime.port import Reply
from workflows.runtime.state import CaseStatus, dump_state, load_state

ROOMS = """
    inputs: [{id: rooms, kind: file, name: 房间, required: false}]
    data: [{id: prefix, type: string, default: "'r-'"}]
    start: intake
    nodes:
      - {id: intake, kind: form, name: 登记, assignee: {role: sales}, form: [{id: city, kind: text, name: 城, required: true}]}
      - id: each
        kind: for_each
        name: 逐间
        items: '=ITEMS'
        element: room
        EACH
        body:
          start: make
          nodes:
            - {id: make, kind: service, name: 做, rpc: test.v1.Things/Make, input: {label: =data.prefix + room + intake.city}}
            - {id: check, kind: approval, name: 核, assignee: {role: boss}, form: [{id: grade, kind: integer, name: 级, required: true}]}
            - {id: made, kind: end, name: 成}
          edges:
            - {from: make, to: check}
            - {from: check, to: made}
      - {id: sign, kind: approval, name: 签, assignee: {role: boss}}
      - {id: done, kind: end, name: 完}
    edges:
      - {from: intake, to: each}
      - {from: each, to: sign}
      - {from: sign, to: done}
"""


def rooms(
    items: str = '["a", "b", "c"]', each: str = "collect: check.grade", world: Small | None = None
) -> Case:
    case = Case(ROOMS.replace("ITEMS", items).replace("EACH", each), world)
    case.do("pe_sales", "complete", "intake", form={"city": "京"})
    return case


def check(case: Case, number: int, grade: int = 1, **more: Any) -> None:
    case.do("pe_boss", "approve", f"each/1.{number}:check", form={"grade": grade}, **more)


def requests(case: Case) -> list[dict[str, Any]]:
    return [call.request for call in case.calls_of(Purpose.NODE)]


def undone(case: Case) -> list[str]:
    return [call.call_id.removesuffix("/undo") for call in case.calls_of(Purpose.COMPENSATE)]


def test_a_body_is_lived_through_for_every_element_at_once() -> None:
    case = rooms()
    assert case.at == ["each", "each/1.1:check", "each/1.2:check", "each/1.3:check"]
    assert requests(case) == [{"label": "r-a京"}, {"label": "r-b京"}, {"label": "r-c京"}]
    keys = [call.idempotency_key for call in case.calls_of(Purpose.NODE)]
    assert keys == [f"case:ca_1/each/1.{number}:make/1" for number in (1, 2, 3)]


def test_what_the_runs_leave_behind_is_listed_in_the_order_of_the_elements() -> None:
    case = rooms()
    check(case, 3, grade=30)
    check(case, 1, grade=10)
    assert case.at == ["each", "each/1.2:check"]
    check(case, 2, grade=20)
    assert case.state.data["each"] == {"results": [10, 20, 30]}
    assert case.at == ["sign"]
    assert case.state.inner == {}


def test_what_a_run_sets_is_not_seen_around_it() -> None:
    case = rooms()
    check(case, 1)
    assert "make" not in case.state.data


def test_one_after_the_other_the_next_begins_when_one_is_done() -> None:
    case = rooms(each="mode: one_by_one")
    for number in (1, 2, 3):
        assert case.at == ["each", f"each/1.{number}:check"]
        check(case, number)
    assert case.at == ["sign"]


def test_enough_runs_are_enough_and_the_others_are_taken_back() -> None:
    case = rooms(each="collect: check.grade\n        enough: done >= 2")
    check(case, 1, grade=10)
    check(case, 3, grade=30)
    assert case.at == ["sign"]
    assert case.state.data["each"] == {"results": [10, 30]}
    assert undone(case) == ["each/1.2:make/1"]
    assert case.state.inner == {}


def test_of_nothing_nothing_is_made() -> None:
    case = rooms(items="inputs.rooms == null ? [] : inputs.rooms")
    assert case.at == ["sign"]
    assert case.state.data["each"] == {"results": []}


def test_a_list_that_is_too_long_is_an_incident(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MOST_ELEMENTS", 2)
    case = rooms()
    assert case.at == ["each"]
    assert case.state.incidents["each/1"].reason == "FOR_EACH_TOO_MANY"
    assert case.state.inner == {}


def test_a_send_back_after_a_body_undoes_what_its_runs_have_done_newest_first() -> None:
    case = rooms(each="mode: one_by_one")
    for number in (1, 2, 3):
        check(case, number)
    case.do("pe_boss", "reject", "sign", to="intake")
    assert undone(case) == ["each/1.3:make/1", "each/1.2:make/1", "each/1.1:make/1"]
    assert case.at == ["intake"]
    case.do("pe_sales", "complete", "intake", form={"city": "沪"})
    assert case.at == ["each", "each/2.1:check"]


def test_a_cancelled_case_undoes_runs_that_are_done_and_runs_that_are_not() -> None:
    case = rooms()
    check(case, 2)
    case.do("pe_starter", "cancel")
    assert sorted(undone(case)) == ["each/1.1:make/1", "each/1.2:make/1", "each/1.3:make/1"]
    assert case.state.status is CaseStatus.CANCELLED


def test_a_run_that_is_still_undoing_is_waited_for_before_what_lies_before_is_undone() -> None:
    slow = Small(Unmake=Reply(after=timedelta(hours=1)))
    case = rooms(each="mode: one_by_one", world=slow)
    check(case, 1)
    case.cancel("ops", "stop")
    assert undone(case) == ["each/1.2:make/1"]
    case.advance(timedelta(hours=1))
    assert undone(case) == ["each/1.2:make/1", "each/1.1:make/1"]
    case.advance(timedelta(hours=1))
    assert case.state.status is CaseStatus.CANCELLED


def test_a_case_is_carried_over_in_the_middle_of_its_runs() -> None:
    case = rooms()
    check(case, 2)
    case.state = load_state(dump_state(case.state))
    check(case, 1)
    check(case, 3)
    assert case.at == ["sign"]


def test_a_step_in_one_run_leaves_the_others_and_the_earlier_state_as_they_were() -> None:
    case = rooms()
    before = case.state
    others = {key: before.inner[key] for key in ("each/1.1", "each/1.3")}
    copy = dump_state(before)
    check(case, 2)
    assert dump_state(before) == copy
    assert {key: case.state.inner[key] for key in others} == others


LEFT = ROOMS.replace("      - {from: sign, to: done}\n", """      - {from: sign, to: done}
      - {from: each, to: sign, on: timer, after: 2h}
""").replace("ITEMS", '["a", "b"]').replace("EACH", "mode: together")  # fmt: skip


def test_leaving_a_node_cancels_the_runs_of_its_body() -> None:
    case = Case(LEFT)
    case.do("pe_sales", "complete", "intake", form={"city": "京"})
    check(case, 1)
    case.advance(timedelta(hours=2))
    assert case.at == ["sign"]
    assert (case.state.inner, case.state.rounds) == ({}, {})
    assert undone(case) == ["each/1.2:make/1"], "the run that was done stays done"
    case.do("pe_boss", "reject", "sign", to="intake")
    assert undone(case) == ["each/1.2:make/1", "each/1.1:make/1"]


INSIDE = """
    start: part
    nodes:
      - id: part
        kind: subflow
        name: 一段
        output: {grade: check.grade}
        body:
          start: fill
          nodes:
            - {id: fill, kind: form, name: 填, assignee: {role: sales}, form: [{id: x, kind: text, name: 字}]}
            - {id: make, kind: service, name: 做, rpc: test.v1.Things/Make}
            - {id: check, kind: approval, name: 核, assignee: {role: boss}, form: [{id: grade, kind: integer, name: 级, required: true}]}
            - {id: choose, kind: decision, name: 行吗}
            - {id: bad, kind: end, name: 不行, fails: TOO_BAD}
            - {id: good, kind: end, name: 行}
          edges:
            - {from: fill, to: make}
            - {from: make, to: check}
            - {from: check, to: choose}
            - {from: choose, to: bad, when: check.grade < 3}
            - {from: choose, to: good, otherwise: true}
      - {id: mend, kind: approval, name: 补, assignee: {role: boss}}
      - {id: tell, kind: service, name: 告, rpc: test.v1.Things/Make, input: {label: =string(part.grade)}}
      - {id: done, kind: end, name: 完}
    edges:
      - {from: part, to: tell}
      - {from: part, to: mend, on: error, reasons: [TOO_BAD]}
      - {from: mend, to: done}
      - {from: tell, to: done}
"""


def inside(grade: int) -> Case:
    case = Case(INSIDE)
    case.do("pe_sales", "complete", "fill")
    case.do("pe_boss", "approve", "check", form={"grade": grade})
    return case


def test_a_body_leaves_behind_what_its_node_says() -> None:
    case = inside(4)
    assert requests(case)[-1] == {"label": "4"}
    assert case.state.status is CaseStatus.COMPLETED


def test_a_body_that_fails_takes_the_error_path_and_what_it_did_stays() -> None:
    case = inside(1)
    assert case.at == ["mend"]
    assert undone(case) == []
    case.do("pe_starter", "cancel")
    assert undone(case) == ["part/1.1:make/1"]


def test_a_send_back_inside_a_body_stays_inside_it() -> None:
    case = Case(INSIDE)
    case.do("pe_sales", "complete", "fill")
    case.do("pe_boss", "reject", "check", to="fill")
    assert case.at == ["part", "part/1.1:fill"]
    assert undone(case) == ["part/1.1:make/1"]
    case.do("pe_sales", "complete", "fill")
    case.do("pe_boss", "approve", "check", form={"grade": 5})
    assert case.calls_of(Purpose.NODE)[1].call_id == "part/1.1:make/2"
    assert case.state.status is CaseStatus.COMPLETED


DEEP = """
    inputs: [{id: key, kind: text, name: 键, required: true}]
    start: houses
    nodes:
      - id: houses
        kind: for_each
        name: 逐户
        items: '=["h1", "h2"]'
        element: house
        collect: rooms.results
        body:
          start: rooms
          nodes:
            - id: rooms
              kind: for_each
              name: 逐间
              items: '=["r1", "r2"]'
              element: room
              collect: 'house + room + (thing.done ? "!" : "?")'
              body:
                start: thing
                nodes:
                  - {id: thing, kind: wait, name: 等, event: test.v1.ThingChanged, key: =inputs.key}
                  - {id: came, kind: end, name: 到}
                edges: [{from: thing, to: came}]
            - {id: rest, kind: wait, name: 歇, duration: 1h}
            - {id: housed, kind: end, name: 户完}
          edges: [{from: rooms, to: rest}, {from: rest, to: housed}]
      - {id: done, kind: end, name: 完}
    edges: [{from: houses, to: done}]
"""


def test_events_and_timers_find_their_way_into_bodies_inside_bodies() -> None:
    case = Case(DEEP, key="th_9")
    case.arrive(EventArrived(case.now, "test.v1.ThingChanged", "th_9", payload={"done": True}))
    assert case.at == ["houses", "houses/1.1:rest", "houses/1.2:rest"]
    case.advance(timedelta(hours=1))
    assert case.state.data["houses"] == {"results": [["h1r1!", "h1r2!"], ["h2r1!", "h2r2!"]]}
    assert case.state.status is CaseStatus.COMPLETED


def test_a_cancelled_case_disarms_what_lies_deep_inside() -> None:
    case = Case(DEEP, key="th_9")
    case.arrive(EventArrived(case.now, "test.v1.ThingChanged", "th_9", payload={"done": True}))
    case.cancel("ops", "stop")
    assert case.all(CancelTimer) == [
        CancelTimer("houses/1.1:rest/1/wait"),
        CancelTimer("houses/1.2:rest/1/wait"),
    ]
    assert case.state.status is CaseStatus.CANCELLED


class SlowToTell(Small):
    def call(self, call: CallRpc, at: Any) -> Reply:
        slow = call.purpose is Purpose.NOTIFY
        return Reply(after=timedelta(days=1)) if slow else super().call(call, at)


def test_a_message_that_is_late_holds_nobody_up_but_the_end_of_the_case() -> None:
    case = Case(INSIDE.replace("name: 核,", "name: 核, announce: task_assigned,"), SlowToTell())
    case.do("pe_sales", "complete", "fill")
    case.do("pe_boss", "approve", "check", form={"grade": 4})
    assert requests(case)[-1] == {"label": "4"}
    assert [run.status for run in case.state.inner.values()] == [CaseStatus.COMPLETED]
    assert not case.state.status.over
    case.advance(timedelta(days=1))
    assert (case.state.inner, case.state.status) == ({}, CaseStatus.COMPLETED)


def test_a_result_without_a_value_stops_its_run_alone() -> None:
    case = rooms(each="collect: 10 / (check.grade - 3)")
    check(case, 1, grade=3)
    check(case, 2, grade=4)
    assert case.at == ["each", "each/1.1:made", "each/1.3:check"]
    assert case.state.inner["each/1.1"].incidents["made/1"].reason == "EXPRESSION_DIVISION_BY_ZERO"
