"""How a case moves: one token a branch, joins that wait, loops that count, waits, failures."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kit.errors import ServiceError
from tests.unit.runtime.cases import MONDAY, Case, Small
from workflows.compiler.plan import DecisionNode, Plan, PlanEdge
from workflows.runtime.commands import EndCase, StartFieldWork, StartTimer
from workflows.runtime.events import EventArrived, RpcSucceeded, TimerFired
from workflows.runtime.interpreter import step
from workflows.runtime.port import Reply
from workflows.runtime.state import CaseStatus

CHAIN = """
    inputs: [{id: label, kind: text, name: 名, required: true}]
    start: make
    nodes:
      - {id: make, kind: service, name: 做, stage: first, rpc: test.v1.Things/Make, input: {label: =inputs.label}}
      - {id: look, kind: service, name: 看, stage: second, rpc: test.v1.Things/Look, input: {thing_id: =make.thing_id}}
      - {id: done, kind: end, name: 完}
    edges: [{from: make, to: look}, {from: look, to: done}]
"""


def test_service_nodes_run_in_turn_and_the_case_ends() -> None:
    case = Case(CHAIN, label="x")
    assert case.asked() == ["make/1 Make", "look/1 Look"]
    make, look = case.all(type(case.commands[0][1]))
    assert make.request == {"label": "x"}
    assert make.idempotency_key == "case:ca_1/make/1"
    assert look.request == {"thing_id": "make/1"}
    assert look.idempotency_key == ""  # a read needs none
    assert case.state.status is CaseStatus.COMPLETED
    assert case.all(EndCase) == [EndCase("completed", "done", "")]
    assert case.state.stage == "second"


def test_a_case_without_its_inputs_does_not_start() -> None:
    with pytest.raises(ServiceError) as caught:
        Case(CHAIN, colour="red")
    assert caught.value.reason == "CASE_FORM_INVALID"
    assert set(caught.value.details) == {"label", "colour"}


def test_a_failure_without_a_path_stands_still_as_an_incident() -> None:
    case = Case(CHAIN, Small(Make=Reply(reason="THING_MISSING", message="none left")), label="x")
    assert case.at == ["make"]
    incident = case.state.incidents["make/1"]
    assert (incident.reason, incident.message) == ("THING_MISSING", "none left")
    assert case.state.status is CaseStatus.RUNNING


def test_a_reply_that_breaks_its_contract_is_an_incident_not_a_crash() -> None:
    case = Case(CHAIN, Small(Make=Reply({"count": "many"})), label="x")
    assert case.state.incidents["make/1"].reason == "RPC_REPLY_MALFORMED"


ERRORS = """
    start: make
    nodes:
      - {id: make, kind: service, name: 做, rpc: test.v1.Things/Make}
      - {id: missing, kind: wait, name: 缺, duration: 1h}
      - {id: other, kind: wait, name: 别, duration: 1h}
      - {id: done, kind: end, name: 完}
    edges:
      - {from: make, to: done}
      - {from: make, to: other, on: error}
      - {from: make, to: missing, on: error, reasons: [THING_MISSING]}
      - {from: missing, to: done}
      - {from: other, to: done}
"""


@pytest.mark.parametrize(("reason", "node"), [("THING_MISSING", "missing"), ("BROKEN", "other")])
def test_a_failure_takes_the_path_for_its_reason(reason: str, node: str) -> None:
    case = Case(ERRORS, Small(Make=Reply(reason=reason, message="")))
    assert case.at == [node]
    assert not case.state.incidents


PARALLEL = """
    start: split
    nodes:
      - {id: split, kind: parallel, name: 分}
      - {id: quick, kind: service, name: 快, rpc: test.v1.Things/Make}
      - {id: slow, kind: wait, name: 慢, duration: 2h}
      - {id: after_quick, kind: service, name: 续, rpc: test.v1.Things/Touch}
      - {id: join, kind: parallel, name: 合}
      - {id: done, kind: end, name: 完}
    edges:
      - {from: split, to: quick}
      - {from: split, to: slow}
      - {from: quick, to: after_quick}
      - {from: after_quick, to: join}
      - {from: slow, to: join}
      - {from: join, to: done}
"""


def test_a_slow_branch_does_not_hold_its_sibling() -> None:
    case = Case(PARALLEL)
    assert case.asked() == ["quick/1 Make", "after_quick/1 Touch"]
    assert case.at == ["slow"]
    assert case.state.joined == {"join": ("after_quick>join",)}
    case.advance(timedelta(hours=2))
    assert case.state.status is CaseStatus.COMPLETED
    assert case.state.standings["join"].visit == 1


LOOP = """
    start: make
    nodes:
      - {id: make, kind: service, name: 做, rpc: test.v1.Things/Make}
      - {id: rest, kind: wait, name: 歇, duration: 1h}
      - {id: enough, kind: decision, name: 够吗}
      - {id: done, kind: end, name: 完}
    edges:
      - {from: make, to: rest}
      - {from: rest, to: enough}
      - {from: enough, to: make, when: make.count < 3}
      - {from: enough, to: done, otherwise: true}
"""


def test_each_round_of_a_loop_is_a_visit_with_a_key_of_its_own() -> None:
    counts = iter([1, 2, 3])
    case = Case(LOOP, Small(Make=lambda call: Reply({"thing_id": "t", "count": next(counts)})))
    case.advance(timedelta(hours=5))
    assert case.asked() == ["make/1 Make", "make/2 Make", "make/3 Make"]
    assert case.state.status is CaseStatus.COMPLETED


EVALUATION = """
    start: make
    nodes:
      - {id: make, kind: service, name: 做, rpc: test.v1.Things/Make}
      - {id: choose, kind: decision, name: 选}
      - {id: done, kind: end, name: 完}
      - {id: other, kind: end, name: 别}
    edges:
      - {from: make, to: choose}
      - {from: choose, to: other, when: 10 / (make.count - 1) > 3}
      - {from: choose, to: done, otherwise: true}
"""


def test_a_condition_without_a_value_stands_still_as_an_incident() -> None:
    case = Case(EVALUATION)
    assert case.state.incidents["choose/1"].reason == "EXPRESSION_DIVISION_BY_ZERO"
    assert case.at == ["choose"]


WAITS = """
    inputs: [{id: until, kind: datetime, name: 到, required: true}]
    start: pause
    nodes:
      - {id: pause, kind: wait, name: 歇, duration: 1d12h}
      - {id: instant, kind: wait, name: 等到, until: '=inputs.until + duration("1h")'}
      - {id: thing, kind: wait, name: 等事, event: test.v1.ThingChanged, key: th_1}
      - {id: choose, kind: decision, name: 好了吗}
      - {id: done, kind: end, name: 完}
    edges:
      - {from: pause, to: instant}
      - {from: instant, to: thing}
      - {from: thing, to: choose}
      - {from: choose, to: thing, when: "!thing.done"}
      - {from: choose, to: done, otherwise: true}
"""


def arrived(case: Case, key: str, sequence: int, *, done: bool) -> EventArrived:
    return EventArrived(
        case.now, "test.v1.ThingChanged", key, f"thing/{key}", sequence, {"done": done}
    )


def test_a_case_waits_for_a_time_an_instant_and_an_event() -> None:
    case = Case(WAITS, until="2026-03-05T00:00:00+08:00")
    assert [timer.due for timer in case.state.timers.values()] == [MONDAY + timedelta(hours=36)]
    case.advance(timedelta(hours=36))
    assert case.at == ["instant"]
    assert case.all(StartTimer)[-1].due.isoformat() == "2026-03-04T17:00:00+00:00"
    case.advance(timedelta(days=5))
    assert case.at == ["thing"]
    case.arrive(arrived(case, "th_2", 1, done=True))  # another thing's
    assert case.at == ["thing"]
    case.arrive(arrived(case, "th_1", 4, done=False))
    assert (case.at, case.state.standings["thing"].visit) == (["thing"], 2)
    case.arrive(arrived(case, "th_1", 4, done=True))  # seen already
    assert case.at == ["thing"]
    case.arrive(arrived(case, "th_1", 5, done=True))
    assert case.state.status is CaseStatus.COMPLETED


def test_an_instant_that_has_passed_is_not_waited_for() -> None:
    case = Case(WAITS, until="2020-01-01T00:00:00Z")
    case.advance(timedelta(hours=36))
    assert case.at == ["thing"]


FIELD_WORK = """
    start: install
    nodes:
      - {id: install, kind: field_work, name: 上门, input: {work_order_id: wo, quote_id: qt}}
      - {id: by_hand, kind: wait, name: 人工, duration: 1h}
      - {id: done, kind: end, name: 完}
    edges:
      - {from: install, to: done}
      - {from: install, to: by_hand, on: error, reasons: [DISPATCH_EXHAUSTED]}
      - {from: by_hand, to: install}
"""


def test_field_work_is_lived_through_by_a_child() -> None:
    case = Case(FIELD_WORK)
    work = StartFieldWork("install", 1, {"work_order_id": "wo", "quote_id": "qt"}, "上门")
    assert case.all(StartFieldWork) == [work]
    case.advance(timedelta(hours=4))
    assert case.state.status is CaseStatus.COMPLETED
    assert case.state.data["install"]["technician_id"] == "pe_t"


def test_failed_field_work_takes_its_path_and_may_be_tried_again() -> None:
    world = Small()
    world.work = Reply(reason="DISPATCH_EXHAUSTED", message="nobody accepts")
    case = Case(FIELD_WORK, world)
    assert case.at == ["by_hand"]
    case.advance(timedelta(hours=1))
    assert [work.visit for work in case.all(StartFieldWork)] == [1, 2]


def test_what_is_not_awaited_changes_nothing() -> None:
    case = Case(PARALLEL)
    before = case.state
    for event in (
        TimerFired(case.now, "slow/9/wait"),
        RpcSucceeded(case.now, "quick/1", {"thing_id": "again"}),
        arrived(case, "th_1", 1, done=True),
    ):
        after, commands = step(before, event, case.plan)
        assert after is before
        assert commands == []


def test_an_ended_case_takes_nothing_any_more() -> None:
    case = Case(CHAIN, label="x")
    after, commands = step(case.state, case.events[0], case.plan)
    assert after is case.state
    assert commands == []


def test_a_case_starts_once() -> None:
    case = Case(PARALLEL)
    with pytest.raises(ServiceError) as caught:
        step(case.state, case.events[0], case.plan)
    assert caught.value.reason == "CASE_STARTED"


def test_a_step_leaves_the_state_it_began_with_as_it_was() -> None:
    case = Case(PARALLEL)
    before = case.state
    copy = replace(before)
    snapshot = repr(before)
    step(before, TimerFired(case.now, "slow/1/wait"), case.plan)
    assert before == copy
    assert repr(before) == snapshot


VARIABLES = """
    data:
      - {id: price, type: money, default: 'cny("1.00")'}
      - {id: label, type: string}
    start: make
    nodes:
      - {id: make, kind: service, name: 做, rpc: test.v1.Things/Make, assign: {label: '"n" + string(make.count)', price: data.price * 3}}
      - {id: use, kind: service, name: 用, rpc: test.v1.Things/Make, input: {label: =data.label + string(data.price)}}
      - {id: done, kind: end, name: 完}
    edges: [{from: make, to: use}, {from: use, to: done}]
"""


def test_variables_are_set_when_a_node_is_done() -> None:
    case = Case(VARIABLES)
    assert case.state.data["data"] == {
        "price": {"currency": "CNY", "amount_minor": 300},
        "label": "n1",
    }
    assert case.all(type(case.commands[0][1]))[-1].request == {"label": "n1¥3.00"}


def test_a_case_that_moves_without_end_is_stopped() -> None:
    loop = Plan(
        interpreter=1,
        catalog="",
        flow="loop",
        name="循环",
        start="a",
        nodes=(
            DecisionNode(id="a", name="甲", next=(PlanEdge(id="a>b", to="b"),)),
            DecisionNode(id="b", name="乙", next=(PlanEdge(id="b>a", to="a"),)),
        ),
        response={"record": [], "name": "loop"},
    )
    with pytest.raises(RuntimeError, match="moves without end"):
        Case(loop)
