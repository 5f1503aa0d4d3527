"""Deadlines: armed on opening, disarmed on answering and leaving, armed afresh on coming back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from kit.calendar import BusinessCalendar
from kit.errors import ServiceError
from tests.unit.compiler.flows import CATALOG, HEADER, flow
from tests.unit.runtime.cases import MONDAY, Case, Small
from workflows.compiler.compile import compile_or_raise
from workflows.runtime.commands import CancelTimer, Purpose, StartTimer
from workflows.runtime.port import VirtualCase
from workflows.runtime.state import dump_state, load_state

MEASURE = """
    start: measure
    nodes:
      - id: measure
        kind: form
        name: 量房
        assignee: {role: sales}
        sla:
          respond: 2h
          complete: 8h
          remind:
            - {of: complete, before: 1h, template: task_due}
            - {of: complete, after: 1h, template: task_due}
          escalate:
            - {of: respond, notify: {role: boss}, template: sla_alert}
            - {of: complete, after: 30m, notify: {person: pe_director}, template: sla_alert}
        form: [{id: metres, kind: number, name: 米, required: true}]
      - id: check
        kind: approval
        name: 审核
        assignee: {role: boss}
        send_back_to: [measure]
      - {id: done, kind: end, name: 完}
    edges: [{from: measure, to: check}, {from: check, to: done}]
"""


def alerts(case: VirtualCase) -> int:
    return sum(
        template == "sla_alert"
        for template, _ in case.told()  # type: ignore[attr-defined]  # a Case
    )


def test_a_designer_silent_for_two_hours_brings_exactly_one_alert() -> None:
    case = Case(MEASURE)
    case.advance(timedelta(hours=1, minutes=59, seconds=59))
    assert alerts(case) == 0
    case.advance(timedelta(seconds=1))
    assert case.told() == [("sla_alert", ["pe_boss"])]
    assert case.asked(Purpose.NOTIFY) == ["measure/1/escalate-1 Send"]
    case.advance(timedelta(hours=4))
    assert alerts(case) == 1


def test_an_answer_one_second_before_brings_none() -> None:
    for verb in ("claim", "comment"):
        case = Case(MEASURE)
        case.advance(timedelta(hours=1, minutes=59, seconds=59))
        case.do("pe_sales", verb, "measure")
        case.advance(timedelta(hours=4))
        assert alerts(case) == 0


def test_a_comment_of_somebody_else_is_no_answer() -> None:
    case = Case(MEASURE)
    case.do("pe_other", "comment", "measure")
    case.advance(timedelta(hours=2))
    assert alerts(case) == 1


def test_reminders_and_levels_come_at_their_instants() -> None:
    case = Case(MEASURE)
    case.do("pe_sales", "claim", "measure")
    for hours, told in (
        (6.9, []),
        (0.1, [("task_due", ["pe_sales"])]),
        (1.5, [("task_due", ["pe_sales"]), ("sla_alert", ["pe_director"])]),
        (0.5, [("task_due", ["pe_sales"]), ("sla_alert", ["pe_director"]), ("task_due", ["pe_sales"])]),
    ):  # fmt: skip
        case.advance(timedelta(hours=hours))
        assert case.told() == told


def test_leaving_a_node_cancels_all_its_timers() -> None:
    case = Case(MEASURE)
    started = {timer.timer_id for timer in case.all(StartTimer)}
    assert len(started) == 4
    case.do("pe_sales", "complete", "measure", form={"metres": "3.5"})
    assert {timer.timer_id for timer in case.all(CancelTimer)} == started
    assert case.state.timers == {}


def test_a_case_that_comes_back_gets_fresh_deadlines_and_a_fresh_alert() -> None:
    case = Case(MEASURE)
    case.advance(timedelta(hours=3))
    case.do("pe_sales", "complete", "measure", form={"metres": "3.5"})
    case.do("pe_boss", "reject", "check", to="measure", comment="再量")
    task = case.state.tasks["measure/2"]
    assert task.respond_due == MONDAY + timedelta(hours=5)
    case.advance(timedelta(hours=2))
    assert [key for key in case.asked(Purpose.NOTIFY) if "escalate-1" in key] == [
        "measure/1/escalate-1 Send",
        "measure/2/escalate-1 Send",
    ]


def test_an_alert_that_finds_nobody_is_an_incident_and_the_task_stays_open() -> None:
    world = Small()
    world.people["boss"] = []
    case = Case(MEASURE, world)
    case.advance(timedelta(hours=2))
    assert case.state.incidents["measure/1/escalate-1"].reason == "SLA_NOBODY_TO_TELL"
    assert "measure/1" in case.state.tasks


OFFICE = BusinessCalendar(
    "office", "v7", (((540, 1080),),) * 7, {date(2027, 1, 1): ()}, provisional_years=(2027,)
)


def test_working_time_is_the_calendars_and_a_year_without_notice_is_provisional() -> None:
    plan = compile_or_raise(flow(MEASURE, header=HEADER + "calendar: office\n"), CATALOG)
    case = VirtualCase(plan, Small(), datetime(2026, 12, 31, 9, 0, tzinfo=UTC))  # 17:00
    case.start({}, calendar=OFFICE)
    task = case.state.tasks["measure/1"]
    assert task.respond_due == datetime(2027, 1, 2, 2, 0, tzinfo=UTC)  # 10:00 after the holiday
    assert task.provisional


def test_a_case_carries_its_calendar_over() -> None:
    plan = compile_or_raise(flow(MEASURE, header=HEADER + "calendar: office\n"), CATALOG)
    case = VirtualCase(plan, Small(), MONDAY)
    case.start({}, calendar=OFFICE)
    again = load_state(dump_state(case.state))
    assert again == case.state
    assert again.calendar == OFFICE


def test_a_case_whose_flow_has_a_calendar_does_not_start_without_it() -> None:
    plan = compile_or_raise(flow(MEASURE, header=HEADER + "calendar: office\n"), CATALOG)
    with pytest.raises(ServiceError) as caught:
        VirtualCase(plan, Small(), MONDAY).start({})
    assert caught.value.reason == "CASE_CALENDAR_MISSING"
