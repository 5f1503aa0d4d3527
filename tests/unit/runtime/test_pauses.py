"""Clocks that stop and go on, escalations that give the task to others or leave it, tasks that are
passed over, and to whom the waiting is charged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kit.calendar import BusinessCalendar
from tests.unit.compiler.flows import CATALOG, HEADER, flow
from tests.unit.runtime.cases import MONDAY, Case, Small, refusal, varied
from workflows.compiler.compile import compile_or_raise
from workflows.compiler.plan import (
    Plan,
    PlanAlarm,
    PlanAssignee,
    PlanBoundary,
    PlanPauseReason,
    PlanSla,
)
from workflows.runtime.commands import Purpose, RecordAct
from workflows.runtime.events import Act
from workflows.runtime.port import VirtualCase
from workflows.runtime.state import CaseStatus
from workflows.runtime.waiting import account

FLOW = """
    start: measure
    nodes:
      - id: measure
        kind: form
        name: 量房
        announce: task_assigned
        assignee: {role: sales}
        sla:
          calendar: natural
          respond: 2h
          complete: 8h
          remind: [{of: complete, before: 1h, template: task_due}]
          escalate: [{of: respond, notify: {role: boss}, template: sla_alert}]
        form: [{id: metres, kind: number, name: 米}]
      - {id: check, kind: approval, name: 审核, assignee: {role: boss}}
      - {id: done, kind: end, name: 完}
    edges: [{from: measure, to: check}, {from: check, to: done}]
"""
REASONS = (
    PlanPauseReason(id="parts", name="等备件", blames="warehouse"),
    PlanPauseReason(id="away", name="客户不在", blames="customer"),
)


def pausing(body: str | Plan = FLOW, **settings: object) -> Plan:
    reasons = {"plan": {"pause_reasons": REASONS}}
    return varied(body, "measure", pause_reasons=("parts", "away"), **settings, **reasons)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


# -- pause and resume


def test_while_a_task_is_paused_no_alarm_rings_and_afterwards_each_has_what_it_had_left() -> None:
    case = Case(pausing())
    case.advance(hours(1.5))
    case.do("pe_m", "pause", "measure", to="away", roles=("boss",), comment="明天再来")
    assert case.state.timers == {}
    case.advance(hours(48))
    assert case.told() == [("task_assigned", ["pe_sales"])]
    case.do("pe_sales", "resume", "measure")
    task = case.task("measure")
    assert task.respond_due == case.now + hours(0.5)
    assert task.complete_due == case.now + hours(6.5)
    case.advance(hours(0.5))
    assert case.told()[1:] == [("sla_alert", ["pe_boss"])]
    case.advance(hours(5))
    assert case.told()[2:] == [("task_due", ["pe_sales"])]


def test_a_pause_by_those_whom_it_waits_for_is_an_answer() -> None:
    case = Case(pausing())
    case.do("pe_sales", "pause", "measure", to="parts")
    case.do("pe_sales", "resume", "measure")
    case.advance(hours(3))
    assert case.told() == [("task_assigned", ["pe_sales"])]


def test_a_deadline_that_has_passed_stays_where_it_was() -> None:
    case = Case(pausing())
    case.advance(hours(9))
    case.do("pe_sales", "pause", "measure", to="parts")
    case.advance(hours(5))
    case.do("pe_sales", "resume", "measure")
    assert case.task("measure").complete_due == MONDAY + hours(8)


def test_a_pause_has_one_of_the_declared_reasons_and_is_not_made_twice() -> None:
    case = Case(pausing())
    error = refusal(case, "pe_sales", "pause", "measure", to="weather")
    assert error.reason == "CASE_TARGET_ILLEGAL"
    assert refusal(case, "pe_sales", "resume", "measure").reason == "CASE_VERB_ILLEGAL"
    case.do("pe_sales", "pause", "measure", to="parts")
    assert refusal(case, "pe_sales", "pause", "measure", to="away").reason == "CASE_VERB_ILLEGAL"
    assert refusal(case, "pe_x", "resume", "measure").reason == "CASE_TASK_NOT_YOURS"


def test_a_paused_task_can_be_done_and_leaves_no_clock_behind() -> None:
    case = Case(pausing())
    case.do("pe_sales", "pause", "measure", to="parts")
    case.do("pe_sales", "complete", "measure")
    assert case.at == ["check"]
    assert case.state.timers == {}


def test_a_task_that_comes_back_is_not_paused_any_more() -> None:
    case = Case(pausing())
    case.do("pe_sales", "pause", "measure", to="parts")
    case.do("pe_sales", "complete", "measure")
    case.do("pe_boss", "reject", "check", to="measure")
    task = case.task("measure")
    assert task.paused is None
    assert task.respond_due == case.now + hours(2)


OFFICE = BusinessCalendar("office", "v1", (((540, 1080),),) * 5 + ((), ()))
IN_OFFICE = compile_or_raise(
    flow(FLOW.replace("calendar: natural", "calendar: business"), HEADER + "calendar: office\n"),
    CATALOG,
)


@given(
    worked=st.integers(0, 7 * 60 - 1),
    paused=st.integers(0, 14 * 24 * 60),
    start=st.integers(0, 9000),
)
def test_a_pause_moves_a_deadline_by_its_length_in_working_time(
    worked: int, paused: int, start: int
) -> None:
    began = datetime(2026, 3, 2, 1, tzinfo=UTC) + timedelta(minutes=start)
    case = VirtualCase(pausing(IN_OFFICE), Small(), began)
    case.start({}, calendar=OFFICE)
    due = case.state.tasks["measure/1"].complete_due
    assert due is not None
    paused_at = OFFICE.add(began, timedelta(minutes=worked)).at
    case.advance(paused_at - began)
    _act(case, "pause", "parts")
    case.advance(timedelta(minutes=paused))
    resumed_at = case.now
    _act(case, "resume", "")
    again = case.state.tasks["measure/1"].complete_due
    assert again is not None
    assert OFFICE.between(began, due) == hours(8)
    assert OFFICE.between(began, paused_at) + OFFICE.between(resumed_at, again) == hours(8)


def _act(case: VirtualCase, verb: str, to: str) -> None:
    case.act(Act(verb, verb, "pe_sales", "measure/1", to=to))


# -- to whom the waiting is charged


def test_waiting_is_charged_to_whom_it_waited_for_and_to_whom_a_pause_blames() -> None:
    case = Case(pausing())
    case.advance(hours(1))
    case.do("pe_sales", "claim", "measure")
    case.advance(hours(2))
    case.do("pe_sales", "pause", "measure", to="parts")
    case.advance(hours(30))
    case.do("pe_sales", "resume", "measure")
    case.advance(hours(1))
    case.do("pe_sales", "complete", "measure")
    waits = [act.waited for act in case.all(RecordAct) if act.waited]
    assert [(w.party, w.people, w.pause, w.working_seconds) for w in waits] == [
        ("sales", ("pe_sales",), "", 3 * 3600),
        ("warehouse", (), "parts", 30 * 3600),
        ("sales", ("pe_sales",), "", 3600),
    ]
    assert account(waits) == {"sales": 4 * 3600, "warehouse": 30 * 3600}
    spans = [(waited.since, waited.until) for waited in waits]
    assert [end for _, end in spans[:-1]] == [start for start, _ in spans[1:]]


def test_what_no_role_was_asked_is_charged_to_its_people() -> None:
    person = FLOW.replace("assignee: {role: sales}", "assignee: {person: =case.started_by}")
    case = Case(person)
    case.advance(hours(1))
    case.do("pe_starter", "complete", "measure")
    waits = [act.waited for act in case.all(RecordAct) if act.waited]
    assert account(waits) == {"pe_starter": 3600}


# -- escalations


def escalating(**alarm: object) -> Plan:
    sla = PlanSla(
        calendar="natural",
        complete_seconds=3600,
        alarms=(
            PlanAlarm(
                id="escalate-1",
                level=1,
                of="complete",
                offset_seconds=0,
                template="sla_alert",
                **alarm,
            ),
        ),
    )
    return varied(FLOW, "measure", sla=sla)


def test_an_escalation_gives_the_task_to_others_and_its_history_stays() -> None:
    case = Case(escalating(reassign=PlanAssignee(rule="role", role="boss")))
    case.do("pe_sales", "claim", "measure")
    case.advance(hours(1))
    task = case.task("measure")
    assert (task.waiting_on, task.assignee, task.visit) == (("pe_boss",), "", 1)
    assert task.complete_due == MONDAY + hours(1)
    assert case.acts_of_the_system() == [("transfer", "escalation", ("pe_boss",))]
    assert case.told()[1:] == [("task_assigned", ["pe_boss"])]
    assert refusal(case, "pe_sales", "complete", "measure").reason == "CASE_TASK_NOT_YOURS"
    case.do("pe_boss", "complete", "measure")


def test_an_escalation_that_finds_nobody_to_give_it_to_leaves_the_task_where_it_is() -> None:
    world = Small()
    world.people["boss"] = []
    case = Case(escalating(reassign=PlanAssignee(rule="role", role="boss")), world)
    case.advance(hours(1))
    assert case.task("measure").waiting_on == ("pe_sales",)
    assert case.state.incidents["measure/1/escalate-1/reassign"].reason == "SLA_NOBODY_TO_TELL"


def test_signers_who_have_signed_stay_when_the_others_are_replaced() -> None:
    plan = escalating(reassign=PlanAssignee(rule="role", role="boss"))
    sla = plan.by_id["measure"].sla  # type: ignore[union-attr]
    world = Small()
    world.people |= {"signers": ["pe_a", "pe_b"], "boss": ["pe_c", "pe_a"]}
    signers = PlanAssignee(rule="role", role="signers")
    case = Case(varied(FLOW, "check", sla=sla, mode="all", assignee=signers), world)
    case.do("pe_sales", "complete", "measure")
    case.do("pe_a", "approve", "check")
    case.advance(hours(1))
    assert case.task("check").waiting_on == ("pe_c",)
    case.do("pe_c", "approve", "check")
    assert case.state.status is CaseStatus.COMPLETED


def test_an_escalation_takes_another_way_and_still_tells_whom_it_should() -> None:
    way = PlanBoundary(id="late", to="check", name="超时", cause="escalation", alarm="escalate-1")
    plan = escalating(notify=PlanAssignee(rule="role", role="boss"))
    case = Case(varied(plan, "measure", boundary=(way,)))
    case.advance(hours(1))
    assert case.at == ["check"]
    assert case.told() == [("task_assigned", ["pe_sales"]), ("sla_alert", ["pe_boss"])]
    assert case.acts_of_the_system() == [("withdrawn", "left", ())]


def test_an_escalation_that_only_takes_a_way_tells_nobody() -> None:
    way = PlanBoundary(id="late", to="check", cause="escalation", alarm="escalate-1")
    case = Case(varied(escalating(), "measure", boundary=(way,)))
    case.advance(hours(1))
    assert case.at == ["check"]
    assert case.told() == [("task_assigned", ["pe_sales"])]


# -- passed over by whoever manages the flow


def test_who_manages_the_flow_passes_a_task_over_with_a_reason() -> None:
    case = Case(varied(FLOW, "measure", skippable=True))
    error = refusal(case, "pe_m", "skip", "measure", roles=("boss",))
    assert (error.reason, error.field) == ("CASE_REASON_MISSING", "comment")
    assert refusal(case, "pe_sales", "skip", "measure").reason == "CASE_VERB_ILLEGAL"
    case.do("pe_m", "skip", "measure", roles=("boss",), comment="老客户，不用量")
    assert case.at == ["check"]
    assert "measure" not in case.state.data
    assert case.state.timers == {}


def test_a_task_that_is_not_skippable_is_not_passed_over() -> None:
    error = refusal(Case(FLOW), "pe_m", "skip", "measure", roles=("boss",), comment="急")
    assert error.reason == "CASE_VERB_ILLEGAL"


# -- others


def test_copied_people_are_told_and_named_in_the_audit() -> None:
    case = Case(FLOW)
    case.do("pe_sales", "copy_to", "measure", people=("pe_x", "pe_y"), comment="请知悉")
    assert case.told()[1:] == [("case_copied", ["pe_x", "pe_y"])]
    assert case.all(RecordAct)[-1].people == ("pe_x", "pe_y")
    case.do("pe_starter", "copy_to", people=("pe_z",))
    assert case.told()[2:] == [("case_copied", ["pe_z"])]
    assert refusal(case, "pe_x", "copy_to", people=("pe_z",)).reason == "CASE_TASK_NOT_YOURS"
    assert refusal(case, "pe_starter", "copy_to").reason == "CASE_TARGET_ILLEGAL"


def test_urging_and_commenting_do_not_make_others_look_again() -> None:
    case = Case(FLOW)
    case.do("pe_other", "urge", "measure")
    case.do("pe_other", "comment", "measure", comment="快一点")
    case.do("pe_sales", "complete", "measure", revision=1)


def test_a_leavers_task_is_handed_over_by_the_system_alone() -> None:
    case = Case(FLOW)
    more = {"people": ("pe_sales",), "to": "pe_new"}
    error = refusal(case, "pe_m", "hand_over", "measure", roles=("boss",), **more)
    assert error.reason == "CASE_TASK_NOT_YOURS"
    case.do("system", "hand_over", "measure", **more)
    assert case.task("measure").waiting_on == ("pe_new",)
    assert case.asked(Purpose.NOTIFY) == ["measure/1/announce Send", "measure/1/announce-2 Send"]
    assert case.task("measure").on_behalf_of == {"pe_new": ("pe_sales",)}
    error = refusal(case, "system", "hand_over", "measure", **more)
    assert error.reason == "CASE_TARGET_ILLEGAL"
