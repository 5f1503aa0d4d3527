"""The stories whose histories and states are kept: each goes through what a case may meet."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final

import pytest

from kit.clock import SHANGHAI
from kit.errors import FailedPrecondition
from protos.workorder.v1 import maintenance_pb2
from services.directory.domain.calendar import CalendarDefinition, Day
from tests.replay.dispatch_stories import grabbed, redispatched
from tests.workflow.company import COMPLETION_CODE
from tests.workflow.conftest import Office, eventually
from tests.workflow.flows import (
    BREAKDOWN,
    HURRY,
    INSTALL,
    MEASURE,
    ORDER,
    PREPARE,
    PURCHASE,
    RACE,
    ROOMS,
    SIGN,
)
from tests.workflow.test_replan import ROUND_THE_WEEK, lasting, told
from workflows.activities import rpc
from workflows.client import TASK_QUEUE, Act, StartedCase, Target, WantedMigration
from workflows.runtime.payloads import NUDGE, Signal
from workflows.runtime.shell import lifetime
from workflows.system import nudge
from workflows.system.due_visits import DUE_VISITS, DueVisits
from workflows.system.holdback import HOLDBACK_RELEASE, HoldbackRelease
from workflows.system.policy_term import POLICY_TERM, PolicyTerm
from workflows.system.replan import REPLAN, CalendarEdit, Replanning
from workflows.system.sweep import SWEEP, Sweep

Story = Callable[[Office], Awaitable[StartedCase]]


@contextlib.contextmanager
def runs_of(most_events: int) -> Iterator[None]:
    """Cases and field work take a new run after so many events."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lifetime, "MOST_EVENTS", most_events)
        yield


async def installed(office: Office) -> StartedCase:
    """From the form to the locked earning, a wrong code on the way."""
    case = await office.start(INSTALL)
    await office.act(
        await office.task_of("pe_wang", case), "complete", "pe_wang", form={"units": 2}
    )
    offer = await office.task_of("pe_tian", case, "offer")
    await office.act(offer, "decline", "pe_tian", comment="太远")
    offer = await office.task_of("pe_guo", case, "offer")
    await office.act(offer, "accept", "pe_guo")
    for verb, form in (
        ("schedule", _tomorrow()),
        ("check_in", {}),
        ("complete", {"completion_code": "000000"}),
        ("complete", {"completion_code": COMPLETION_CODE}),
    ):
        await office.act(await office.task_for("pe_guo", case, verb), verb, "pe_guo", form=form)
    await office.outcome(case)
    return case


async def lapsed(office: Office) -> StartedCase:
    """An offer runs out, the next one is accepted, and the case is cancelled before the visit."""
    hasty = INSTALL.replace("code: install", "code: hasty").replace(
        "      quote_id: =quote.quote_id\n  - id: lock_earning",
        "      quote_id: =quote.quote_id\n      offer_minutes: 1\n  - id: lock_earning",
    )
    case = await office.start(hasty)
    await office.act(
        await office.task_of("pe_wang", case), "complete", "pe_wang", form={"units": 1}
    )
    (offer,) = await eventually(lambda: office.inbox("pe_guo", case), "the next offer", 90)
    await office.act(offer, "accept", "pe_guo")
    visit = await office.task_for("pe_guo", case, "schedule")
    await office.act(visit, "schedule", "pe_guo", form=_tomorrow())
    await office.task_for("pe_guo", case, "check_in")
    await _cancel(office, case)
    return case


def _tomorrow() -> dict[str, str]:
    start = datetime.now(UTC) + timedelta(days=1)
    return {"window_start": start.isoformat(), "window_end": start.isoformat()}


async def stuck(office: Office) -> StartedCase:
    """A service refuses; operations look at it and have it tried again."""
    office.company.refuse["Quote"] = FailedPrecondition("PRICING_NO_BOOK", "no price book")
    case = await office.start(INSTALL)
    await office.act(
        await office.task_of("pe_wang", case), "complete", "pe_wang", form={"units": 1}
    )

    async def incident() -> str:
        standing = (await office.cases.describe(case.workflow_id)).standing
        told: str = standing["incident"]
        return told.partition(":")[0]

    found = await eventually(incident, "operations see the incident")
    office.company.refuse.clear()
    retry = Act("retry", "retry", "pe_yun", roles=("ops",), incident_id=found, comment="已补价目")
    assert (await office.cases.act(case.workflow_id, retry)).applied
    await office.task_of("pe_tian", case, "offer")
    await _cancel(office, case)
    return case


async def handed_over(office: Office) -> StartedCase:
    """A leaver's user task goes to the successor."""
    case = await office.start(MEASURE)
    await office.task_of("pe_li", case)
    ordered = await office.cases.hand_over("pe_li", "pe_new", by="pe_chen", key=case.case_id)
    await office.temporal.get_workflow_handle(f"hand_over:{ordered}").result()
    task = await office.task_of("pe_new", case)
    await office.act(task, "complete", "pe_new", form={"note": "好"}, revision=None)
    await office.outcome(case)
    return case


async def nobody(office: Office) -> StartedCase:
    """No technician at all: the error path."""
    office.company.technicians.clear()
    case = await office.start(INSTALL)
    await office.act(
        await office.task_of("pe_wang", case), "complete", "pe_wang", form={"units": 1}
    )
    await office.act(await office.task_of("pe_chen", case), "complete", "pe_chen")
    await office.outcome(case)
    return case


async def cancelled(office: Office) -> StartedCase:
    """Cancelled while an offer waits: everything is undone."""
    case = await office.start(INSTALL)
    await office.act(
        await office.task_of("pe_wang", case), "complete", "pe_wang", form={"units": 1}
    )
    await office.task_of("pe_tian", case, "offer")
    await _cancel(office, case)
    return case


async def _cancel(office: Office, case: StartedCase) -> None:
    cancel = Act(act_key="cancel", verb="cancel", person="pe_chen", roles=("supervisor",))
    await office.cases.act(case.workflow_id, cancel)
    await office.outcome(case)


async def alerted(office: Office) -> StartedCase:
    """A deadline passes, then the answer comes."""
    hurried = MEASURE.replace("code: measure", "code: hurried").replace(
        "respond: 2h", "respond: 2s"
    )
    case = await office.start(hurried)
    task = await office.task_of("pe_li", case)

    async def told() -> bool:
        return office.company.messages_to("pe_chen", "sla_alert") != []

    await eventually(told, "the alert")
    await office.act(task, "complete", "pe_li", form={"note": "好"}, revision=None)
    await office.outcome(case)
    return case


async def countersigned(office: Office) -> StartedCase:
    """Two signers, and a service that is down at first."""
    office.company.down = {"directory"}
    case = await office.start(SIGN)
    await asyncio.sleep(1)
    office.company.down = set()
    for person in ("pe_zhao", "pe_qian"):
        await office.act(await office.task_of(person, case), "approve", person)
    await office.outcome(case)
    return case


async def delayed(office: Office) -> StartedCase:
    """A local attempt that runs out of time."""
    office.company.slow["ResolveAssignees"] = 0.8
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rpc, "_DEADLINE_SHARE", 4.0)
        case = await office.start(MEASURE)
        task = await office.task_of("pe_li", case)
    await office.act(task, "complete", "pe_li", form={"note": "好"})
    await office.outcome(case)
    return case


async def woken(office: Office) -> StartedCase:
    """A domain event ends a wait."""
    case = await office.start(BREAKDOWN, work_order_id="wo_1")
    await office.settled(case)
    order = {"work_order_id": "wo_1", "created_at": "2026-03-02T01:00:00Z"}
    signal = Signal(
        "workorder.v1.WorkOrderChanged", "wo_1", "work_order:wo_1", 1, {"work_order": order}
    )
    await office.temporal.get_workflow_handle(case.workflow_id).signal("event", signal)
    await office.outcome(case)
    return case


async def continued(office: Office) -> StartedCase:
    """A case that continues as new amid acts."""
    case = await office.start(MEASURE)
    task = await office.task_of("pe_li", case)
    for _ in range(8):
        await office.act(task, "urge", "pe_li", revision=None)
    await office.act(task, "complete", "pe_li", form={"note": "好"}, revision=None)
    await office.outcome(case)
    return case


async def measured(office: Office) -> StartedCase:
    """Three rooms at once, the case continuing as new meanwhile."""
    case = await office.start(ROOMS)
    await office.task_of("pe_li", case)
    await office.settled(case)
    for number, room in enumerate(await office.inbox("pe_li", case)):
        await office.act(room, "urge", "pe_li", revision=None)
        await office.act(room, "complete", "pe_li", form={"area": number}, revision=None)
    await office.act(await office.task_of("pe_chen", case), "approve", "pe_chen")
    await office.outcome(case)
    return case


async def prepared(office: Office) -> StartedCase:
    """Two branches of an inclusive decision meet."""
    case = await office.start(PREPARE, drawing=True, permit=True)
    for person in ("pe_li", "pe_chen"):
        await office.act(await office.task_of(person, case), "complete", person)
    await office.outcome(case)
    return case


async def overtaken(office: Office) -> StartedCase:
    """One deadline beside a task, and one that takes it away."""
    hurry = HURRY.replace("after: 2h", "after: 1s").replace("after: 8h", "after: 3s")
    case = await office.start(hurry.replace("code: hurry", "code: in_seconds"))
    for node in ("take_over", "remind"):
        task = await _task_at(office, case, node)
        await office.act(task, "complete", "pe_chen")
    await office.outcome(case)
    return case


async def raced(office: Office) -> StartedCase:
    """The shorter of two waits wins."""
    soon = RACE.replace("3d", "1s").replace("code: race", "code: soon")
    case = await office.start(soon, work_order_id="wo_1")
    await office.act(await office.task_of("pe_chen", case), "complete", "pe_chen")
    await office.outcome(case)
    return case


async def purchased(office: Office) -> StartedCase:
    """A child case, lived through."""
    await office.publish(ORDER)
    case = await office.start(PURCHASE, label="空调")
    child = await office.child_of(case)
    await office.act(
        await office.task_of("pe_chen", child), "approve", "pe_chen", form={"note": "good"}
    )
    await office.act(await office.task_of("pe_li", case), "complete", "pe_li")
    await office.outcome(case)
    return case


async def called_off(office: Office) -> StartedCase:
    """Cancelled while the child case waits."""
    await office.publish(ORDER)
    case = await office.start(PURCHASE, label="空调")
    await office.task_of("pe_chen", await office.child_of(case))
    cancel = Act(act_key="cancel", verb="cancel", person="pe_clerk", comment="退单")
    await office.cases.act(case.workflow_id, cancel)
    await office.outcome(case)
    return case


async def replanned(office: Office) -> StartedCase:
    """The calendar is edited, and the case counts by the edit."""
    calendar, source = _counting("edited")
    off = (datetime.now(SHANGHAI) + timedelta(days=1)).date()
    office.company.calendars = [calendar]
    case = await office.start(source)
    await told(office, case, 1)
    edit = CalendarEdit(2, ((off.isoformat(), off.isoformat()),))
    office.company.calendars = [replace(calendar, version=2, overrides=(Day(off, (), "盘点"),))]
    await office.temporal.start_workflow(
        REPLAN,
        Replanning(calendar.calendar_code),
        id=f"replan:{calendar.calendar_code}",
        task_queue=TASK_QUEUE,
        start_signal="edited",
        start_signal_args=[edit],
    )
    await told(office, case, 2)
    await _measure(office, case)
    return case


async def migrated(office: Office) -> StartedCase:
    """The case moves to a version that counts by another calendar and is due sooner there."""
    calendar, source = _counting("left")
    late = replace(calendar, calendar_code="late", weekly=(((9 * 60, 21 * 60),),) * 7)
    office.company.calendars = [calendar, late]
    case = await office.start(source)
    await told(office, case, 1)
    flow = await office.publish(
        source.replace(f"calendar: {calendar.calendar_code}", "calendar: late")
    )
    wanted = WantedMigration(flow.flow_code, flow.version, reason="新日历", dry_run=False)
    ordered = await office.cases.migrate(wanted, by="pe_chen", key=case.case_id)
    await office.temporal.get_workflow_handle(f"migration:{ordered}").result()

    async def moved() -> bool:
        return (await office.case(case)).business_clock.calendar_code == "late"

    await eventually(moved, "the case counts by the other calendar")
    await _measure(office, case)
    return case


def _counting(name: str) -> tuple[CalendarDefinition, str]:
    """A calendar of its own, and a flow that counts by it."""
    calendar = replace(ROUND_THE_WEEK, calendar_code=f"{name}_{next(_calendars)}")
    return calendar, lasting(36).replace(
        "calendar: replanned", f"calendar: {calendar.calendar_code}"
    )


async def _measure(office: Office, case: StartedCase) -> None:
    task = await office.task_of("pe_li", case)
    await office.act(task, "complete", "pe_li", form={"note": "好"}, revision=None)
    await office.outcome(case)


async def transferred(office: Office) -> StartedCase:
    """One of those that a bulk act is done to."""
    case = await office.start(MEASURE)
    task = await office.task_of("pe_li", case)
    act = Act(case.case_id, "transfer", "pe_chen", roles=("supervisor",), to="pe_new", origin="cli")
    target = Target(task.case_id, task.workflow_id, task.user_task_id, task.title)
    ordered = await office.cases.bulk_act(act, [target])
    await office.temporal.get_workflow_handle(f"bulk_act:{ordered}").result()
    task = await office.task_of("pe_new", case)
    await office.act(task, "complete", "pe_new", form={"note": "好"}, revision=None)
    await office.outcome(case)
    return case


async def nudged(office: Office) -> StartedCase:
    """Asked to look up, as an idle case is when another build is present."""
    case = await office.start(MEASURE)
    await office.task_of("pe_li", case)
    await office.temporal.execute_workflow(
        nudge.NUDGE, nudge.Nudges(), id=f"nudge:{case.case_id}", task_queue=TASK_QUEUE
    )
    handle = office.temporal.get_workflow_handle(case.workflow_id)
    await handle.signal("event", Signal(type=NUDGE, key=""))
    await _measure(office, case)
    return case


async def frozen(office: Office) -> StartedCase:
    """A region is frozen meanwhile: told, recorded and told again."""
    office.company.people["pricing_manager"] = ["pe_qian"]
    case = await office.start(MEASURE)
    now = datetime.now(UTC)
    freeze = PolicyTerm(
        policy_id=case.case_id,
        what="区域特惠冻结 110105",
        where="110105",
        reason="频繁退单",
        begins_at=now.isoformat(),
        ends_at=(now + timedelta(seconds=2)).isoformat(),
        record_end="pricing.v1.PolicyService/RecordThaw",
        name_of_id="freeze_id",
    )
    await office.temporal.execute_workflow(
        POLICY_TERM, freeze, id=f"policy_term:{case.case_id}", task_queue=TASK_QUEUE
    )
    await _measure(office, case)
    return case


async def maintained(office: Office) -> StartedCase:
    """Two visits of a contract fall due meanwhile: one becomes a case, of the other the flow is gone; and
    holds that are over are swept."""
    case = await office.start(MEASURE)
    for visit_id, flow_code in (("mv_1", case.flow_code), ("mv_2", "gone")):
        office.company.due_visits[f"{visit_id}_{case.case_id}"] = maintenance_pb2.DueVisit(
            visit_id=f"{visit_id}_{case.case_id}", flow_code=flow_code, title="空调保养"
        )
    await office.temporal.execute_workflow(
        DUE_VISITS, DueVisits(), id=f"due_visits:{case.case_id}", task_queue=TASK_QUEUE
    )
    office.company.expiring = [500, 7]
    await office.temporal.execute_workflow(
        SWEEP,
        Sweep("workorder.v1.AppointmentService/ExpireSlots"),
        id=f"sweep:{case.case_id}",
        task_queue=TASK_QUEUE,
    )
    await _measure(office, case)
    return case


async def kept(office: Office) -> StartedCase:
    """A hold-back falls due meanwhile, and goes back."""
    case, now = await office.start(MEASURE), datetime.now(UTC)
    office.company.held = {f"hb_{case.case_id}": now + timedelta(seconds=2)}
    await office.temporal.execute_workflow(
        HOLDBACK_RELEASE,
        HoldbackRelease(until=(now + timedelta(minutes=1)).isoformat()),
        id=f"holdback_release:{case.case_id}",
        task_queue=TASK_QUEUE,
    )
    await _measure(office, case)
    return case


async def _task_at(office: Office, case: StartedCase, node: str) -> Any:
    async def look() -> Any:
        tasks = await office.inbox("pe_chen", case)
        return next((task for task in tasks if task.node == node), None)

    return await eventually(look, node)


STORIES: Final[tuple[Story, ...]] = (
    installed,
    lapsed,
    stuck,
    handed_over,
    nobody,
    cancelled,
    alerted,
    countersigned,
    delayed,
    woken,
    continued,
    measured,
    prepared,
    overtaken,
    raced,
    purchased,
    called_off,
    replanned,
    migrated,
    transferred,
    nudged,
    frozen,
    maintained,
    kept,
    grabbed,
    redispatched,
)
#: How many events a run has in some stories; in the others as many as ever.
MOST_EVENTS: Final[dict[Story, int]] = {continued: 30, measured: 30}
_calendars = count(1)


def set_the_scene(office: Office) -> None:
    """The people of all stories."""
    office.company.reset()
    office.company.people = {
        "sales": ["pe_wang"],
        "designer": ["pe_li"],
        "supervisor": ["pe_chen"],
        "dispatcher": ["pe_chen"],
        "technical_director": ["pe_zhao", "pe_qian"],
    }
    office.company.technicians = ["pe_tian", "pe_guo"]
