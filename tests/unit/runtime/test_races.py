"""Event decisions: several waits at once, of which the first that is over is taken."""

from __future__ import annotations

from datetime import timedelta

from tests.unit.runtime.cases import Case
from workflows.runtime.commands import Purpose
from workflows.runtime.events import EventArrived
from workflows.runtime.state import CaseStatus

RACE = """
    data: [{id: thing, type: string}]
    start: race
    nodes:
      - {id: race, kind: decision, mode: event, name: 等哪个, assign: {thing: case.id}}
      - {id: changed, kind: wait, name: 变更, event: test.v1.ThingChanged, key: =data.thing}
      - {id: late, kind: wait, name: 太久, duration: 3d}
      - {id: use, kind: service, name: 用, rpc: test.v1.Things/Make, input: {label: "=changed.done ? 'yes' : 'no'"}}
      - {id: chase, kind: form, name: 催, assignee: {role: sales}, form: [{id: x, kind: text, name: 字}]}
      - {id: done, kind: end, name: 完}
    edges:
      - {from: race, to: changed}
      - {from: race, to: late}
      - {from: changed, to: use}
      - {from: use, to: done}
      - {from: late, to: chase}
      - {from: chase, to: race}
"""


def arrive(case: Case, *, done: object = True) -> None:
    case.arrive(EventArrived(case.now, "test.v1.ThingChanged", "ca_1", payload={"done": done}))


def test_all_waits_are_armed_at_once() -> None:
    case = Case(RACE)
    assert case.at == ["race"]
    assert [timer.due - case.now for timer in case.state.timers.values()] == [timedelta(days=3)]
    assert [awaited.key for awaited in case.state.awaited.values()] == ["ca_1"]


def test_the_first_event_wins_and_leaves_behind_what_it_says() -> None:
    case = Case(RACE)
    arrive(case, done=False)
    assert case.state.status is CaseStatus.COMPLETED
    assert case.calls_of(Purpose.NODE)[0].request == {"label": "no"}
    assert (case.state.timers, case.state.awaited) == ({}, {})


def test_the_first_timer_wins_and_the_event_is_waited_for_no_more() -> None:
    case = Case(RACE)
    case.advance(timedelta(days=3))
    assert case.at == ["chase"]
    assert case.state.standings["late"].left_at == case.now
    arrive(case)
    assert case.at == ["chase"]


def test_a_race_that_comes_again_is_run_again() -> None:
    case = Case(RACE)
    case.advance(timedelta(days=3))
    case.do("pe_sales", "complete", "chase")
    assert case.at == ["race"]
    arrive(case)
    assert case.state.status is CaseStatus.COMPLETED


def test_an_event_that_breaks_its_contract_is_an_incident_where_it_was_awaited() -> None:
    case = Case(RACE)
    arrive(case, done="perhaps")
    assert case.at == ["changed"]
    assert case.state.incidents["changed/1"].reason == "EVENT_MALFORMED"
