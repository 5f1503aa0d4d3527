"""A case that lives a year on the time-skipping server: reminders, alerts, pauses, the Spring
Festival, a year whose notice is not out, and an edit of the calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from kit.calendar import BusinessCalendar
from protos.cases.v1 import cases_pb2
from services.directory.convert.calendars import calendar_to_proto
from services.directory.domain.calendar import CalendarDefinition, Day, lay_out
from services.directory.domain.working_time import computing
from tests.workflow.company import NINE_TO_SIX
from tests.workflow.conftest import Office, eventually
from workflows.activities.messages import message_to_json
from workflows.client import StartedCase
from workflows.runtime.calendars import calendar_from_reply
from workflows.runtime.payloads import CALENDAR_CHANGED, Signal
from workflows.runtime.workflow import CaseWorkflow

OFFICE = CalendarDefinition("office", "Asia/Shanghai", (NINE_TO_SIX,) * 5 + ((), ()), True, ())
#: Four visits a year: each is answered within a day and done within a week, in working time.
YEARLY = """
language: "1.0"
code: yearly
name: 年度保养
calendar: office
roles:
  technician: {name: 师傅}
  supervisor: {name: 主管}
managed_by: [supervisor]
pause_reasons: {away: {name: 客户不在, blames: customer}}
start: visit
nodes:
  - id: visit
    kind: form
    name: 保养
    assignee: {role: technician}
    pause_reasons: [away]
    sla:
      respond: 9h
      complete: 45h
      remind: [{of: complete, before: 9h, template: task_due}]
      escalate:
        - {of: respond, notify: {role: supervisor}, template: sla_alert}
        - {of: complete, notify: {role: supervisor}, template: sla_alert}
        - {of: complete, after: 18h, notify: {person: pe_hq}, template: sla_alert}
    form: [{id: again, kind: boolean, name: 再来, required: true}]
  - {id: next, kind: decision, name: 下次}
  - {id: rest, kind: wait, name: 一季, duration: 540h, calendar: business}
  - {id: done, kind: end, name: 完}
edges:
  - {from: visit, to: next}
  - {from: next, to: rest, when: visit.again}
  - {from: next, to: done, otherwise: true}
  - {from: rest, to: visit}
"""


def known(definition: CalendarDefinition, first: int) -> BusinessCalendar:
    return computing(lay_out(definition, first, first + 4))


def due(task: cases_pb2.UserTask) -> datetime:
    return task.complete_due_at.ToDatetime(tzinfo=UTC)


class Year:
    """The case and who is told what."""

    def __init__(self, office: Office, case: StartedCase) -> None:
        self.office, self.case = office, case

    async def visit(self, number: int) -> cases_pb2.UserTask:
        async def look() -> cases_pb2.UserTask | None:
            tasks = await self.office.inbox("pe_tian", self.case)
            running = (t for t in tasks if t.HasField("complete_due_at"))
            return next((t for t in running if t.user_task_id == f"visit/{number}"), None)

        return await eventually(look, f"visit {number}")

    async def act(self, task: cases_pb2.UserTask, verb: str, **more: object) -> None:
        reply = await self.office.act(task, verb, "pe_tian", revision=None, **more)
        assert reply.applied, reply.refusal

    async def acted(self, verb: str) -> datetime:
        (act,) = [act for act in await self.office.acts(self.case) if act.verb == verb]
        return act.acted_at.ToDatetime(tzinfo=UTC)

    def told(self) -> list[tuple[str, str]]:
        return [
            (message.template_code, message.recipient_person_ids[0])
            for message in self.office.company.messages
        ]

    async def hears(self, *messages: tuple[str, str]) -> None:
        """Exactly these are sent, and nothing after them."""

        async def look() -> bool:
            return len(self.told()) >= len(messages)

        await eventually(look, f"{messages} are sent; so far {self.told()}")
        await self.office.settled(self.case)
        assert self.told() == list(messages)
        self.office.company.messages.clear()


async def test_a_case_lives_a_year_of_deadlines(office: Office) -> None:
    office.company.people = {"technician": ["pe_tian"], "supervisor": ["pe_chen"]}
    office.company.calendars = [OFFICE]
    case = await office.start(YEARLY)
    year = Year(office, case)
    began = await office.env.get_current_time()
    calendar = known(OFFICE, began.year)

    # The first visit: nobody answers, nobody does it. Each level rings once, at its instant.
    task = await year.visit(1)
    opened = task.opened_at.ToDatetime(tzinfo=UTC)
    for hours in (9, 36, 45, 63):
        await office.wait_until(calendar.add(opened, timedelta(hours=hours)).at)
        await office.pass_time(minutes=1)  # shared instants are spread over a minute
    await year.hears(
        ("sla_alert", "pe_chen"), ("task_due", "pe_tian"), ("sla_alert", "pe_chen"),
        ("sla_alert", "pe_hq"),
    )  # fmt: skip
    await office.pass_time(days=20)
    await year.act(task, "complete", form={"again": True})
    await year.hears()

    # The second, a quarter later, over the Spring Festival: the customer is away for a month.
    rested = await office.env.get_current_time()
    await office.wait_until(calendar.add(rested, timedelta(hours=540)).at)
    await office.pass_time(minutes=1)
    task = await year.visit(2)
    assert due(task) == calendar.add(task.opened_at.ToDatetime(tzinfo=UTC), timedelta(hours=45)).at
    await year.act(task, "claim")
    await office.pass_time(hours=20)
    await year.act(task, "pause", to="away")
    await office.pass_time(days=30)
    await year.act(task, "resume")
    task = await year.visit(2)
    paused, resumed = await year.acted("pause"), await year.acted("resume")
    counted = calendar.between(task.opened_at.ToDatetime(tzinfo=UTC), paused)
    assert due(task) == calendar.add(resumed, timedelta(hours=45) - counted).at
    await year.act(task, "complete", form={"again": True})
    await year.hears()
    charges = {c.party: c.working_seconds for c in (await office.case(case)).waiting_charges}
    assert charges["customer"] == int(calendar.between(paused, resumed).total_seconds())

    # The third: the calendar is edited while it is open. The next day is closed, and the notices of
    # the years to come are out.
    rested = await office.env.get_current_time()
    await office.wait_until(calendar.add(rested, timedelta(hours=540)).at)
    await office.pass_time(minutes=1)
    task = await year.visit(3)
    was_due = due(task)
    assert task.due_provisional == calendar.is_provisional(was_due.year)
    closed = calendar.add(task.opened_at.ToDatetime(tzinfo=UTC), timedelta(hours=20)).at.date()
    edited = replace(
        OFFICE,
        version=2,
        overrides=(Day(closed, (), "盘点"),),
        announced_years=tuple(range(began.year, began.year + 5)),
    )
    years = lay_out(edited, began.year, began.year + 4)
    told = calendar_from_reply(message_to_json(calendar_to_proto(years)))
    signal = Signal(CALENDAR_CHANGED, "office", payload={"calendar": told})
    await office.temporal.get_workflow_handle(case.workflow_id).signal("event", signal)

    async def moved() -> cases_pb2.UserTask | None:
        found = await year.visit(3)
        return found if due(found) != was_due else None

    task = await eventually(moved, "the deadline moves")
    calendar = computing(years)
    opened = task.opened_at.ToDatetime(tzinfo=UTC)
    assert due(task) == calendar.add(opened, timedelta(hours=45)).at > was_due
    assert not task.due_provisional
    await office.wait_until(calendar.add(opened, timedelta(hours=36)).at)
    await office.pass_time(minutes=1)
    await year.hears(("sla_alert", "pe_chen"), ("task_due", "pe_tian"))
    await year.act(task, "complete", form={"again": True})

    # The fourth is done in time, and the case ends, a year after it began.
    rested = await office.env.get_current_time()
    await office.wait_until(calendar.add(rested, timedelta(hours=540)).at)
    await office.pass_time(minutes=1)
    await year.act(await year.visit(4), "complete", form={"again": False})
    assert await office.outcome(case) == "completed"
    await year.hears()
    ended = await office.env.get_current_time()
    assert ended - began > timedelta(days=330)
    festival = {day.day for day in years.days if "春节" in day.label}
    assert any(began.date() < day < ended.date() for day in festival)
    replans = [act for act in await office.acts(case) if act.verb == "replan"]
    assert [(act.user_task_id, act.rule) for act in replans] == [("visit/3", "calendar/office/2")]

    # Whoever takes it up anew decides the same.
    replayer = Replayer(
        workflows=[CaseWorkflow],
        data_converter=office.temporal.data_converter,
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    history = await office.temporal.get_workflow_handle(case.workflow_id).fetch_history()
    await replayer.replay_workflow(history)
