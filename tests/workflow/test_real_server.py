"""What only the real server shows: histories without refused acts, races, kills, the Temporal UI."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType

from kit.errors import NotFound
from protos.workorder.v1 import workorder_pb2
from tests.workflow.account import histories, replay_failures
from tests.workflow.company import COMPLETION_CODE
from tests.workflow.conftest import Office, eventually
from tests.workflow.flood import Flood
from tests.workflow.flows import INSTALL, MEASURE, ORDER, PURCHASE, ROOMS
from tests.workflow.sandbox import sandbox
from workflows.activities import rpc
from workflows.client import Act, StartedCase
from workflows.runtime.shell import calls, field_work, lifetime

_UPDATE_COMPLETED = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED


@pytest.fixture(autouse=True)
def people(real_office: Office) -> None:
    real_office.company.people = {
        "designer": ["pe_li"],
        "sales": ["pe_wang"],
        "supervisor": ["pe_chen"],
    }
    real_office.company.technicians = ["pe_tian"]


@pytest.fixture
async def office(real_office: Office) -> AsyncIterator[Office]:
    async with real_office.worker():
        yield real_office


async def test_a_refused_act_leaves_no_history(office: Office) -> None:
    case = await office.start(MEASURE)
    task = await office.task_of("pe_li", case)
    await office.settled(case)
    before = len(await office.history(case.workflow_id))
    reply = await office.act(task, "complete", "pe_li", form={})
    assert reply.refusal is not None
    assert len(await office.history(case.workflow_id)) == before


async def test_a_form_is_looked_at_without_a_trace_until_its_task_is_closed(office: Office) -> None:
    case = await office.start(MEASURE)
    task = await office.task_of("pe_li", case)
    await office.settled(case)
    before = len(await office.history(case.workflow_id))

    async def look(task_id: str) -> dict[str, Any] | None:
        return await office.cases.look_at_form(case.workflow_id, task_id, {"note": ""})

    seen = await look(task.user_task_id)
    assert seen is not None
    assert "note" in seen["wrong"]
    assert await look("measure/2") is None
    assert len(await office.history(case.workflow_id)) == before
    await office.act(task, "complete", "pe_li", form={"note": "好"})
    await office.outcome(case)
    assert await look(task.user_task_id) is None
    with pytest.raises(NotFound, match="there is no case"):
        await office.cases.look_at_form("case:ca_x", "measure/1", {})


async def test_an_act_whose_call_takes_long_is_asked_after_with_the_same_key(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(field_work, "_ANSWER_WITHIN", timedelta(milliseconds=300))
    case = await office.start(INSTALL)
    task = await office.task_of("pe_wang", case)
    await office.act(task, "complete", "pe_wang", form={"units": 1})
    offer = await office.task_of("pe_tian", case, "offer")
    office.company.down = {"workorder"}
    pending = await office.act(offer, "accept", "pe_tian", act_key="accept-once")
    assert pending.refusal is not None
    assert pending.refusal.reason == "CASE_ACT_PENDING"
    office.company.down = set()

    async def known() -> bool:
        reply = await office.act(offer, "accept", "pe_tian", act_key="accept-once")
        return reply.applied

    await eventually(known, "what became of the act")
    await office.task_of("pe_tian", case, "visit")
    accepted = [act for act in await office.acts(case) if act.verb == "accept"]
    assert [act.act_key for act in accepted] == ["accept-once"]


async def test_of_fifty_people_on_one_task_one_wins_and_nobody_meets_an_rpc_error(
    office: Office,
) -> None:
    designers = [f"pe_{number}" for number in range(50)]
    office.company.people["designer"] = designers
    case = await office.start(MEASURE)
    task = await office.task_of(designers[0], case)
    form = {"note": "我来"}
    replies = await asyncio.gather(
        *(office.act(task, "complete", person, form=form) for person in designers)
    )
    assert sum(reply.applied for reply in replies) == 1
    refusals = {reply.refusal.reason for reply in replies if reply.refusal is not None}
    assert refusals <= {"CASE_OVER", "CASE_TASK_CLOSED"}


async def test_a_flood_of_acts_through_new_runs_loses_none_and_doubles_none(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifetime, "MOST_EVENTS", 100)
    assert await Flood(office, clients=8, acts_each=40).rise() == []


async def test_a_run_that_has_grown_long_gives_way_in_the_task_that_answers_an_act(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifetime, "MOST_EVENTS", 60)
    case = await office.start(MEASURE)
    task = await office.task_of("pe_li", case)
    handle = office.temporal.get_workflow_handle(case.workflow_id)
    while (await handle.describe()).run_id == case.run_id:
        assert (await office.act(task, "comment", "pe_li", comment="在办")).applied
        await office.settled(case)
    first = office.temporal.get_workflow_handle(case.workflow_id, run_id=case.run_id)
    events = (await first.fetch_history()).events
    gave_way = events[-1].workflow_execution_continued_as_new_event_attributes
    assert gave_way.new_execution_run_id
    answered = [e.event_id for e in events if e.event_type == _UPDATE_COMPLETED]
    assert answered[-1] > gave_way.workflow_task_completed_event_id, "in one and the same task"


async def test_a_field_work_reports_to_a_case_that_has_continued_as_new(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifetime, "MOST_EVENTS", 30)
    case = await office.start(INSTALL)
    task = await office.task_of("pe_wang", case)
    await office.act(task, "complete", "pe_wang", form={"units": 1})
    offer = await office.task_of("pe_tian", case)
    for number in range(12):
        note = Act(act_key=f"note-{number}", verb="comment", person="pe_chen", comment="?")
        assert (await office.cases.act(case.workflow_id, note)).applied
    await office.act(offer, "decline", "pe_tian")
    rescue = await office.task_of("pe_chen", case)
    assert rescue.node == "nobody_left"


async def test_a_field_work_lives_on_through_new_runs(
    real_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = real_office
    monkeypatch.setattr(lifetime, "MOST_EVENTS", 25)
    async with office.worker():
        case = await office.start(INSTALL)
        task = await office.task_of("pe_wang", case)
        await office.act(task, "complete", "pe_wang", form={"units": 1})
        offer = await office.task_of("pe_tian", case)
        assert (await office.act(offer, "accept", "pe_tian")).applied
        work = f"field_work:wo_{case.case_id}"

        async def renewed() -> bool:
            started = (await office.history(work))[0].workflow_execution_started_event_attributes
            return bool(started.continued_execution_run_id)

        await eventually(renewed, "the field work has a new run")
    async with office.worker():
        start = datetime.now(UTC) + timedelta(days=1)
        window = {"window_start": start.isoformat(), "window_end": start.isoformat()}
        for verb, form in (
            ("schedule", window),
            ("check_in", {}),
            ("complete", {"completion_code": COMPLETION_CODE}),
        ):
            visit = await office.task_for("pe_tian", case, verb)
            assert (await office.act(visit, verb, "pe_tian", form=form)).applied
        assert await office.outcome(case) == "completed"
    assert office.company.calls["AcceptOffer"] == 1


async def test_a_deadline_survives_continuing_as_new(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifetime, "MOST_EVENTS", 20)
    hurried = MEASURE.replace("code: measure", "code: hurried").replace(
        "respond: 2h", "respond: 3s"
    )
    case = await office.start(hurried)
    task = await office.task_of("pe_li", case)
    for _ in range(8):
        assert (await office.act(task, "urge", "pe_li")).applied
    started = (await office.history(case.workflow_id))[0]
    assert started.workflow_execution_started_event_attributes.continued_execution_run_id

    async def alerted() -> bool:
        return office.company.messages_to("pe_chen", "sla_alert") != []

    await eventually(alerted, "the supervisor is alerted")
    await office.settled(case)
    assert len(office.company.messages_to("pe_chen", "sla_alert")) == 1


async def test_a_case_outlives_its_workers(real_office: Office) -> None:
    office = real_office
    async with office.worker():
        case = await office.start(MEASURE)
        task = await office.task_of("pe_li", case)
    answering = asyncio.create_task(office.act(task, "complete", "pe_li", form={"note": "好"}))
    async with office.worker():
        assert (await answering).applied
        assert await office.outcome(case) == "completed"


async def test_an_act_that_comes_before_the_end_of_a_telling_replays(
    real_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that takes the case up is handed the telling's end, which led to nothing, together
    with the act, and the act first; a replay has them one after the other."""
    office = real_office
    monkeypatch.setattr(calls, "_LOCAL_ATTEMPT", timedelta(milliseconds=1))
    await office.publish(ORDER)
    async with office.worker():
        case = await office.start(PURCHASE, label="空调")
        await office.task_of("pe_chen", await office.child_of(case))
        await office.settled(case)
    async with office.worker():
        cancel = Act(act_key="cancel", verb="cancel", person="pe_clerk")
        assert (await office.cases.act(case.workflow_id, cancel)).applied
        assert await office.outcome(case) == "cancelled"
    found = histories(office.temporal, [case.workflow_id])
    assert await replay_failures(office.temporal, found) == []


async def test_a_call_that_may_yet_succeed_goes_on_as_an_activity_under_the_same_key(
    office: Office,
) -> None:
    office.company.down = {"directory"}
    case = await office.start(MEASURE)

    async def seen_by_ops() -> bool:
        handle = office.temporal.get_workflow_handle(case.workflow_id)
        description = await handle.describe()
        return any(
            activity.activity_type.name == "directory.v1.DirectoryService/ResolveAssignees"
            for activity in description.raw_description.pending_activities
        )

    await eventually(seen_by_ops, "operations see what is retried")
    office.company.down = set()
    assert (await office.task_of("pe_li", case)).node == "measure"


async def test_a_case_whose_local_attempt_ran_out_of_time_is_taken_up_by_another_worker(
    real_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = real_office
    # As on a worker that is too busy to notice a deadline: Temporal itself gives the attempt up.
    monkeypatch.setattr(rpc, "_DEADLINE_SHARE", 4.0)
    office.company.slow["ResolveAssignees"] = 0.8
    async with office.worker():
        case = await office.start(MEASURE)
        task = await office.task_of("pe_li", case)
    async with office.worker():
        assert (await office.act(task, "complete", "pe_li", form={"note": "好"})).applied
        assert await office.outcome(case) == "completed"


async def test_operations_find_a_case_and_read_where_it_stands(office: Office) -> None:
    case = await office.start(MEASURE)
    await office.task_of("pe_li", case)
    handle = office.temporal.get_workflow_handle(case.workflow_id)

    async def found() -> bool:
        query = (
            "WorkflowType = 'measure' AND GongdanStage = 'presale' AND GongdanFlowVersion = '1'"
            f" AND GongdanAssignees = 'pe_li' AND GongdanSlaState = 'running'"
            f" AND WorkflowId = '{case.workflow_id}'"
        )
        return [run async for run in office.temporal.list_workflows(query)] != []

    await eventually(found, "the search attributes find it")
    details = await handle.query("__temporal_workflow_metadata")
    assert "pe_li" in str(details)
    history = await office.history(case.workflow_id)
    timers = [e for e in history if e.event_type is EventType.EVENT_TYPE_TIMER_STARTED]
    assert timers
    assert all(timer.user_metadata.summary.data for timer in timers)


async def test_a_case_runs_in_the_sandbox_as_well(real_office: Office) -> None:
    office = real_office
    async with office.worker(runner=sandbox()):
        case = await office.start(INSTALL)
        task = await office.task_of("pe_wang", case)
        await office.act(task, "complete", "pe_wang", form={"units": 1})
        offer = await office.task_of("pe_tian", case)
        assert (await office.act(offer, "decline", "pe_tian")).applied
        rescue = await office.task_of("pe_chen", case)
        await office.act(rescue, "complete", "pe_chen")
        assert await office.outcome(case) == "completed"


async def test_bodies_and_child_cases_run_in_the_sandbox_as_well(real_office: Office) -> None:
    office = real_office
    office.company.people["supervisor"] = ["pe_chen"]
    await office.publish(ORDER)
    async with office.worker(runner=sandbox()):
        case = await office.start(ROOMS)
        await office.task_of("pe_li", case)
        await office.settled(case)
        for room in await office.inbox("pe_li", case):
            assert (await office.act(room, "complete", "pe_li", form={"area": 9})).applied
        assert (await office.task_of("pe_chen", case)).node == "check"
        bought = await office.start(PURCHASE, label="空调")
        child = await office.child_of(bought)
        check = await office.task_of("pe_chen", child)
        assert (await office.act(check, "approve", "pe_chen", form={"note": "good"})).applied
        assert (await office.task_of("pe_li", bought)).node == "sign"


async def test_a_cancellation_from_the_temporal_ui_undoes_what_was_done(office: Office) -> None:
    case = await office.start(INSTALL)
    task = await office.task_of("pe_wang", case)
    await office.act(task, "complete", "pe_wang", form={"units": 1})
    await office.task_of("pe_tian", case)
    await office.temporal.get_workflow_handle(case.workflow_id).cancel()
    assert await office.outcome(case) == "cancelled"
    assert office.company.undone == ["CancelWorkOrder"]


@pytest.mark.parametrize("milliseconds", [0, 40, 90, 160, 250])
async def test_cases_cancelled_at_any_moment_end_and_leave_no_work_order_behind(
    office: Office, milliseconds: int
) -> None:
    await office.publish(ORDER)
    office.company.work_orders.clear()

    async def installing() -> StartedCase:
        case = await office.start(INSTALL)
        task = await office.task_of("pe_wang", case)
        assert (await office.act(task, "complete", "pe_wang", form={"units": 1})).applied
        return case

    async def purchasing() -> StartedCase:
        case = await office.start(PURCHASE, label="空调")
        check = await office.task_of("pe_chen", await office.child_of(case))
        assert (await office.act(check, "approve", "pe_chen", form={"note": "good"})).applied
        return case

    cases = await asyncio.gather(installing(), purchasing(), office.start(PURCHASE, label="空调"))
    await asyncio.sleep(milliseconds / 1000)
    for case in cases:
        await office.temporal.get_workflow_handle(case.workflow_id).cancel()
    assert [await office.outcome(case) for case in cases] == ["cancelled"] * len(cases)
    left = {order.state for order in office.company.work_orders.values()}
    assert left <= {workorder_pb2.WORK_ORDER_STATE_CANCELLED}
