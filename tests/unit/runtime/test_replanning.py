"""Deadlines that are computed again: another calendar, another priority, a case that is halted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.calendar import BusinessCalendar
from kit.errors import ServiceError
from tests.unit.compiler.flows import CATALOG, HEADER, flow
from tests.unit.runtime.cases import MONDAY, Case, Small, refusal
from workflows.compiler.compile import compile_or_raise
from workflows.compiler.plan import Plan
from workflows.runtime import halting
from workflows.runtime.clocks import Clock
from workflows.runtime.commands import CallRpc, RecordAct
from workflows.runtime.events import Act, CalendarChanged
from workflows.runtime.messages import SEND
from workflows.runtime.port import VirtualCase
from workflows.runtime.run import CaseRun
from workflows.runtime.spreading import SPREAD, ringing_at
from workflows.runtime.state import dump_state, load_state

HOURS = ((9 * 60, 18 * 60),)
OFFICE = BusinessCalendar("office", "v1", (HOURS,) * 5 + ((), ()), version=1, first_year=2026)
TUESDAY_OFF = replace(OFFICE, version_hash="v2", version=2, days={date(2026, 3, 3): ()})
FLOW = """
    start: measure
    nodes:
      - id: measure
        kind: form
        name: 量房
        assignee: {role: sales}
        pause_reasons: [parts]
        sla:
          respond: 4h
          complete: 12h
          by_priority:
            urgent: {respond: 1h, complete: 4h}
          remind: [{of: complete, before: 2h, template: task_due}]
          escalate: [{of: respond, notify: {role: boss}, template: sla_alert}]
        form: [{id: metres, kind: number, name: 米}]
      - {id: rest, kind: wait, name: 等一等, duration: 10h, calendar: business}
      - {id: done, kind: end, name: 完}
      - {id: late, kind: end, name: 迟了}
    edges:
      - {from: measure, to: rest}
      - {from: rest, to: done}
      - {from: measure, to: late, on: timer, after: 20h, calendar: business}
"""
PRIORITIES = """
pause_reasons: {parts: {name: 等配件, blames: supplier}}
priorities:
  - {id: urgent, name: 加急, when: "has(inputs.hurry) && inputs.hurry"}
  - {id: normal, name: 普通, default: true}
  - {id: low, name: 不急}
inputs: [{id: hurry, kind: boolean, name: 加急}]
calendar: office
"""


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}:00+08:00").astimezone(UTC)


def planned(body: str = FLOW) -> Plan:
    return compile_or_raise(flow(body, header=HEADER + PRIORITIES), CATALOG)


def started(now: datetime = MONDAY, **inputs: object) -> VirtualCase:
    case = VirtualCase(planned(), Small(), now)
    case.start(inputs, calendar=OFFICE)
    return case


def told(case: VirtualCase) -> list[str]:
    calls = [c for _, c in case.commands if isinstance(c, CallRpc) and c.rpc == SEND]
    return [call.request["template_code"] for call in calls]


def dues(case: VirtualCase) -> dict[str, datetime]:
    return {timer.purpose: timer.due for timer in case.state.timers.values()}


def replans(case: VirtualCase) -> list[RecordAct]:
    return [c for _, c in case.commands if isinstance(c, RecordAct) and c.verb == "replan"]


# -- the calendar is edited


def test_an_edit_moves_what_reaches_over_the_changed_day_and_writes_it_down() -> None:
    case = started()
    assert case.state.tasks["measure/1"].complete_due == at("03-03T12:00")
    case.advance(timedelta(hours=1))
    case.feed(CalendarChanged(case.now, TUESDAY_OFF))
    task = case.state.tasks["measure/1"]
    assert (task.respond_due, task.complete_due) == (at("03-02T13:00"), at("03-04T12:00"))
    assert dues(case) == {
        "escalate-1": at("03-02T13:00"),
        "remind-1": at("03-04T10:00"),
        "measure>late": at("03-05T11:00"),
    }
    (act,) = replans(case)
    assert (act.person, act.rule, act.act_key) == (
        "system",
        "calendar/office/2",
        "system/measure/1/replan/calendar/office/2",
    )
    assert act.before["complete_due"] == "2026-03-03T04:00:00Z"
    assert act.after["complete_due"] == "2026-03-04T04:00:00Z"
    assert "respond_due" not in act.after
    assert told(case) == [], "nobody is bothered with more time"


def test_an_edit_that_a_case_has_or_that_is_of_another_calendar_changes_nothing() -> None:
    case = started()
    case.feed(CalendarChanged(case.now, TUESDAY_OFF))
    before = case.state
    for again in (TUESDAY_OFF, OFFICE, replace(TUESDAY_OFF, code="shop", version=9)):
        case.feed(CalendarChanged(case.now, again))
    assert case.state is before


def test_what_has_rung_does_not_ring_again_and_what_is_overdue_now_rings_at_once_and_once() -> None:
    closed_today = replace(
        OFFICE, version=2, days={date(2026, 3, 2): ((9 * 60, 10 * 60),), date(2026, 3, 3): ()}
    )
    case = started()
    case.feed(CalendarChanged(case.now, closed_today))
    case.advance(timedelta(hours=5))
    assert told(case) == [], "an hour of four has been worked"
    case.feed(CalendarChanged(case.now, replace(OFFICE, version=3)))
    case.advance(timedelta(0))
    assert told(case) == ["task_due", "sla_alert"], "the deadline came nearer, and it has passed"
    case.feed(CalendarChanged(case.now, replace(closed_today, version=4)))
    case.advance(timedelta(days=1))
    assert told(case) == ["task_due", "sla_alert"]


def test_a_wait_of_working_time_is_planned_again_and_one_of_elapsed_time_is_not() -> None:
    case = started()
    case.act(_act("complete", "pe_sales", "measure/1"))
    assert dues(case) == {"wait": at("03-03T10:00")}
    case.feed(CalendarChanged(case.now, TUESDAY_OFF))
    assert dues(case) == {"wait": at("03-04T10:00")}


def test_an_edit_while_a_task_is_paused_counts_when_it_goes_on() -> None:
    case = started()
    case.advance(timedelta(hours=2))
    case.act(_act("pause", "pe_sales", "measure/1", to="parts"))
    case.advance(timedelta(hours=6))
    case.feed(CalendarChanged(case.now, TUESDAY_OFF))
    case.act(_act("resume", "pe_sales", "measure/1"))
    # Two hours were counted on Monday, one more is left of it, nine are counted on Wednesday.
    assert case.state.tasks["measure/1"].complete_due == at("03-04T18:00")


def test_a_year_that_is_announced_is_not_provisional_any_more() -> None:
    case = VirtualCase(planned(), Small(), at("12-31T16:00"))
    case.start({}, calendar=replace(OFFICE, provisional_years=(2027,)))
    before = case.state
    case.feed(CalendarChanged(case.now, replace(OFFICE, version=2)))
    assert [state.tasks["measure/1"].provisional for state in (before, case.state)] == [True, False]
    (act,) = replans(case)
    assert (act.before["provisional"], act.after["provisional"]) == (True, False)


def test_years_that_an_edit_does_not_tell_of_stay_as_they_were_known() -> None:
    known = replace(OFFICE, first_year=2025, days={date(2025, 12, 31): ()})
    case = VirtualCase(planned(), Small(), datetime(2025, 12, 31, 2, tzinfo=UTC))
    case.start({}, calendar=known)
    case.feed(CalendarChanged(case.now, replace(TUESDAY_OFF, first_year=2026)))
    assert case.state.calendar is not None
    assert case.state.calendar.hours_on(date(2025, 12, 31)) == ()


# -- the priority is changed


def test_a_case_starts_with_the_first_priority_whose_condition_holds_else_the_default() -> None:
    assert started(hurry=True).state.priority == "urgent"
    assert started(hurry=False).state.priority == "normal"
    assert started().state.priority == "normal"
    assert started(hurry=True).state.tasks["measure/1"].complete_due == at("03-02T13:00")


def test_a_case_that_becomes_urgent_has_its_deadlines_from_when_they_began() -> None:
    case = started()
    case.advance(timedelta(hours=3))
    case.act(_act("prioritise", "pe_boss", to="urgent", roles=("boss",)))
    task = case.state.tasks["measure/1"]
    assert (task.respond_due, task.complete_due) == (at("03-02T10:00"), at("03-02T13:00"))
    case.advance(timedelta(0))
    assert sorted(told(case)) == ["sla_alert", "task_due", "task_due"], "told, and two overdue"
    acts = [c for _, c in case.commands if isinstance(c, RecordAct)]
    assert [(a.verb, a.before.get("priority"), a.after.get("priority")) for a in acts] == [
        ("replan", None, None),
        ("prioritise", "normal", "urgent"),
    ]
    case.act(_act("prioritise", "pe_boss", to="low", roles=("boss",)))
    assert case.state.tasks["measure/1"].complete_due == at("03-03T12:00")
    assert set(dues(case)) == {"measure>late"}, "what has rung does not ring again"


@pytest.mark.parametrize(
    ("to", "roles", "reason"),
    [
        ("normal", ("boss",), "CASE_TARGET_ILLEGAL"),
        ("asap", ("boss",), "CASE_TARGET_ILLEGAL"),
        ("urgent", ("sales",), "CASE_TASK_NOT_YOURS"),
    ],
)
def test_only_who_manages_the_flow_gives_another_priority_that_there_is(
    to: str, roles: tuple[str, ...], reason: str
) -> None:
    case = started()
    with pytest.raises(ServiceError) as caught:
        case.act(_act("prioritise", "pe_sales", to=to, roles=roles))
    assert caught.value.reason == reason


def test_a_flow_without_priorities_knows_no_such_verb() -> None:
    plain = Case(
        FLOW.replace(
            "          by_priority:\n            urgent: {respond: 1h, complete: 4h}\n", ""
        ).replace("        pause_reasons: [parts]\n", "")
    )
    assert refusal(plain, "pe_boss", "prioritise", to="urgent", roles=("boss",)).reason


# -- the whole case is halted


def halted(case: VirtualCase) -> None:
    run = CaseRun(case.state, case.now, case.plan)
    halting.halt(run)
    _carry(case, run)


def released(case: VirtualCase) -> None:
    run = CaseRun(case.state, case.now, case.plan)
    halting.release(run)
    _carry(case, run)


def _carry(case: VirtualCase, run: CaseRun) -> None:
    case.state = run.finish()
    for command in run.commands:
        case._carry_out(command)


def test_while_a_case_is_halted_nothing_rings_and_then_everything_has_what_it_had_left() -> None:
    case = started()
    case.advance(timedelta(hours=1))
    halted(case)
    assert case.state.timers == {}
    case.advance(timedelta(days=30))
    assert told(case) == []
    released(case)
    assert case.state.tasks["measure/1"].respond_due == OFFICE.add(case.now, timedelta(hours=3)).at
    assert load_state(dump_state(case.state)) == case.state


def test_a_task_that_is_paused_itself_stays_so_when_the_case_goes_on() -> None:
    case = started()
    case.act(_act("pause", "pe_sales", "measure/1", to="parts"))
    halted(case)
    case.advance(timedelta(hours=2))
    released(case)
    assert case.state.timers == {}, "its boundary counts working time, so it stands as well"
    case.act(_act("resume", "pe_sales", "measure/1"))
    assert dues(case)["measure>late"] == OFFICE.add(case.now, timedelta(hours=20)).at


def test_a_boundary_says_whether_it_runs_on_while_its_task_is_paused() -> None:
    running = FLOW.replace(
        "after: 20h, calendar: business", "after: 20h, calendar: business, while_paused: run"
    )
    for body, stands in ((FLOW, True), (running, False)):
        case = VirtualCase(planned(body), Small(), MONDAY)
        case.start({}, calendar=OFFICE)
        case.act(_act("pause", "pe_sales", "measure/1", to="parts"))
        assert ("measure>late" not in dues(case)) is stands


# -- the arithmetic

instants = st.integers(0, 21 * 24 * 60).map(lambda m: MONDAY + timedelta(minutes=m))


@given(st.lists(instants, min_size=1, max_size=9, unique=True), st.integers(1, 40 * 60))
def test_a_clock_that_stood_at_times_is_due_when_its_minutes_have_been_counted(
    marks: list[datetime], minutes: int
) -> None:
    armed, *stops = sorted(marks)
    spans = tuple(zip(stops[::2], stops[1::2], strict=False))
    clock = Clock(armed)
    for stopped, went_on in spans:
        clock = clock.stop(stopped).go_on(went_on)
    due = clock.due(OFFICE, minutes * 60).at
    counted, since = timedelta(0), armed
    for stopped, went_on in (*spans, (due, due)):
        counted += OFFICE.between(since, max(since, min(stopped, due)))
        since = went_on
    assert counted == timedelta(minutes=minutes)


# -- timers that many cases share are spread


def test_timers_that_many_cases_share_ring_within_a_minute_each_at_its_own_moment() -> None:
    case = started(at("03-01T20:00"))  # a Sunday: all that open then are due at 13:00 on Monday
    (timer,) = [t for t in case.state.timers.values() if t.purpose == "escalate-1"]
    assert timer.due == at("03-02T13:00")
    moments = {ringing_at(timer, f"ca_{number}", OFFICE) for number in range(1_000)}
    assert len(moments) == 1_000
    assert min(moments) >= timer.due
    assert max(moments) < timer.due + SPREAD
    assert ringing_at(timer, "ca_7", OFFICE) == ringing_at(timer, "ca_7", OFFICE)
    assert case.state.tasks["measure/1"].respond_due == timer.due, "it is shown as it is"


def test_a_timer_that_is_a_cases_own_rings_when_it_is_due() -> None:
    case = started(at("03-02T09:17"))
    (timer,) = [t for t in case.state.timers.values() if t.purpose == "escalate-1"]
    assert ringing_at(timer, "ca_7", OFFICE) == timer.due == at("03-02T13:17")
    assert ringing_at(replace(timer, due=at("03-03T09:00")), "ca_7", OFFICE) > at("03-03T09:00")
    assert ringing_at(timer, "ca_7", None) == timer.due


def _act(verb: str, person: str, task_id: str = "", **more: Any) -> Act:
    return Act(f"{verb}-{task_id}-{more.get('to', '')}", verb, person, task_id, **more)
