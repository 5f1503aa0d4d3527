"""A calendar is edited while cases wait: on the real server, through the relay."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count

from kit.clock import SHANGHAI, SystemClock
from kit.db import events
from kit.ids import new_id
from protos.cases.v1 import cases_pb2, replanning_pb2
from protos.directory.v1 import directory_pb2
from services.directory.domain.calendar import CalendarDefinition, Day
from tests.workflow.company import NINE_TO_SIX
from tests.workflow.conftest import Office, eventually
from workflows.client import TASK_QUEUE, StartedCase
from workflows.relay.relay import Relay

ROUND_THE_WEEK = CalendarDefinition(
    calendar_code="replanned",
    time_zone="Asia/Shanghai",
    weekly=(NINE_TO_SIX,) * 7,
    chinese_holidays=False,
    overrides=(),
)
FLOW = """
language: "1.0"
code: replanned
name: 重排
calendar: replanned
roles:
  designer: {name: 设计师}
  supervisor: {name: 主管}
managed_by: [supervisor]
priorities:
  - {id: urgent, name: 加急}
  - {id: normal, name: 普通, default: true}
start: measure
nodes:
  - id: measure
    kind: form
    name: 量房
    assignee: {role: designer}
    sla:
      complete: HOURSh
      by_priority: {urgent: {complete: 9h}}
      escalate: [{of: complete, notify: {role: supervisor}, template: sla_alert}]
    form: [{id: note, kind: text, name: 说明, required: true}]
  - {id: done, kind: end, name: 完成}
edges:
  - {from: measure, to: done}
"""
_codes = count(1)


def lasting(hours: int) -> str:
    return FLOW.replace("HOURS", str(hours)).replace(
        "code: replanned", f"code: replanned_{next(_codes)}"
    )


async def edit(office: Office, definition: CalendarDefinition, *changed: date) -> None:
    """What the directory does when somebody puts a calendar."""
    office.company.calendars.append(definition)
    now = datetime.now(UTC)
    event = directory_pb2.CalendarChanged(
        calendar_code=definition.calendar_code,
        version=definition.version,
        changed_days=[
            directory_pb2.CalendarDays(first_day=day.isoformat(), last_day=day.isoformat())
            for day in changed
        ],
    )
    async with office.database.transaction() as session:
        await events.append(
            session,
            events.NewEvent(
                event_id=new_id("ev", now),
                aggregate_type="calendar",
                aggregate_id=definition.calendar_code,
                occurred_at=now,
                case_id="",
                acting_person_id="pe_admin",
                payload_type=event.DESCRIPTOR.full_name,
                payload=event.SerializeToString(),
            ),
        )


async def told(office: Office, case: StartedCase, version: int) -> cases_pb2.Case:
    """The case once it counts by this edit."""

    async def look() -> cases_pb2.Case | None:
        await office.task_of("pe_li", case)
        found = await office.case(case)
        return found if found.business_clock.calendar_version == version else None

    return await eventually(look, f"the case counts by edit {version}")


async def stale(office: Office, calendar_code: str, version: int) -> int:
    """How many open cases count by an older edit than this; 0: all that count by the calendar."""
    request = replanning_pb2.CountStaleCasesRequest(calendar_code=calendar_code, version=version)
    reply = await office.caller.call("cases.v1.ReplanningService/CountStaleCases", request)
    assert isinstance(reply, replanning_pb2.CountStaleCasesResponse)
    return reply.open_count


def due_of(case: cases_pb2.Case) -> datetime:
    (task,) = case.user_tasks
    return task.complete_due_at.ToDatetime(tzinfo=UTC)


@contextlib.asynccontextmanager
async def relaying(office: Office):  # type: ignore[no-untyped-def]  # a context
    relay = Relay(office.database, office.caller, office.temporal, SystemClock(), TASK_QUEUE)
    running = asyncio.create_task(relay.run())
    yield
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def test_an_edit_moves_the_deadlines_that_reach_over_it_and_another_worker_does_the_same(
    real_office: Office,
) -> None:
    office = real_office
    office.company.people = {"designer": ["pe_li"], "supervisor": ["pe_chen"]}
    office.company.calendars = [ROUND_THE_WEEK]
    # Three days of nine hours: due on the third day from tomorrow, or today's rest counted.
    async with office.worker(), relaying(office):
        cases = [await office.start(lasting(hours)) for hours in (27, 45)]
        before = [due_of(await told(office, case, 1)) for case in cases]
        off = (datetime.now(SHANGHAI) + timedelta(days=1)).date()
        closed = replace(ROUND_THE_WEEK, version=2, overrides=(Day(off, (), "盘点"),))
        await edit(office, closed, off)
        after = [await told(office, case, 2) for case in cases]
    assert [due_of(case) for case in after] == [due + timedelta(days=1) for due in before]
    async with office.worker():  # without its memory of them
        task = await office.task_of("pe_li", cases[0])
        assert (await office.act(task, "complete", "pe_li", form={"note": "好"})).applied
        assert await office.outcome(cases[0]) == "completed"
    acts = await office.acts(cases[0])
    assert [(act.verb, act.acting_person_id, act.rule) for act in acts] == [
        ("replan", "system", "calendar/replanned/2"),
        ("complete", "pe_li", ""),
    ]
    assert office.company.messages == [], "more time is no news, and nothing rang"
    await office.temporal.get_workflow_handle("replan:replanned").terminate()


async def test_what_was_not_told_yet_when_the_worker_went_down_is_told_by_another_once(
    real_office: Office,
) -> None:
    office = real_office
    office.company.people = {"designer": ["pe_li"], "supervisor": ["pe_chen"]}
    usual = replace(ROUND_THE_WEEK, calendar_code="replanned_by_two")
    office.company.calendars = [usual]
    flow = lasting(45).replace("calendar: replanned", f"calendar: {usual.calendar_code}")
    async with office.worker(), relaying(office):
        cases = [await office.start(flow) for _ in range(25)]
        for case in cases:
            await told(office, case, 1)
        off = (datetime.now(SHANGHAI) + timedelta(days=1)).date()
        await edit(office, replace(usual, version=2, overrides=(Day(off, (), "盘点"),)), off)

        async def begun() -> bool:
            return await stale(office, usual.calendar_code, 2) < len(cases)

        await eventually(begun, "somebody is told")
    assert await stale(office, usual.calendar_code, 2), "some are left"
    async with office.worker():
        for case in cases:
            await told(office, case, 2)
            assert [(act.verb, act.rule) for act in await office.acts(case)] == [
                ("replan", "calendar/replanned_by_two/2")
            ]
    await office.temporal.get_workflow_handle(f"replan:{usual.calendar_code}").terminate()


async def test_a_case_that_becomes_urgent_shows_it_and_is_due_earlier(real_office: Office) -> None:
    office = real_office
    office.company.people = {"designer": ["pe_li"], "supervisor": ["pe_chen"]}
    office.company.calendars = [ROUND_THE_WEEK]
    async with office.worker():
        case = await office.start(lasting(45))
        task = await office.task_of("pe_li", case)
        assert (task.priority.priority_id, task.priority.rank) == ("normal", 0)
        assert [each.title for each in (await office.case(case)).priorities] == ["加急", "普通"]
        asked = cases_pb2.UserTask(workflow_id=case.workflow_id)
        more = {"to": "urgent", "roles": ("supervisor",), "revision": None}
        assert (await office.act(asked, "prioritise", "pe_chen", **more)).applied

        async def look() -> cases_pb2.UserTask | None:
            (shown,) = await office.inbox("pe_li", case)
            return shown if shown.priority.priority_id == "urgent" else None

        urgent = await eventually(look, "the inbox shows it")
    assert urgent.priority.rank == -1
    assert urgent.complete_due_at.seconds == task.complete_due_at.seconds - 4 * 24 * 3600
    (message,) = office.company.messages_to("pe_li", "task_due")
    assert message.variables["reason"] == "时限提前"
