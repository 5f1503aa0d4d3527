"""What people do to cases: answered at once, applied once, refused with the state as it is."""

import asyncio
import time
from datetime import timedelta

import pytest
from temporalio.api.enums.v1 import EventType

from tests.workflow.conftest import Office, eventually
from tests.workflow.flows import INSTALL, MEASURE, SIGN
from workflows.client import Act
from workflows.runtime.shell import lifetime


@pytest.fixture(autouse=True)
def people(office: Office) -> None:
    office.company.people = {
        "designer": ["pe_li", "pe_ma"],
        "sales": ["pe_wang"],
        "technical_director": ["pe_zhao", "pe_qian"],
        "supervisor": ["pe_chen"],
    }


async def test_a_countersign_waits_for_everybody(office: Office) -> None:
    case = await office.start(SIGN)
    first = await office.task_of("pe_zhao", case)
    assert (await office.act(first, "approve", "pe_zhao")).status == "running"
    second = await office.task_of("pe_qian", case)
    assert (await office.act(second, "approve", "pe_qian")).applied
    assert await office.outcome(case) == "completed"


async def test_of_twenty_people_on_one_task_one_wins_and_the_others_learn_how_it_stands(
    office: Office,
) -> None:
    designers = [f"pe_{number}" for number in range(20)]
    office.company.people["designer"] = designers
    case = await office.start(MEASURE)
    task = await office.task_of(designers[0], case)
    replies = await asyncio.gather(*(office.act(task, "claim", designer) for designer in designers))
    winners = [reply for reply in replies if reply.applied]
    assert len(winners) == 1
    for reply in replies:
        assert reply.user_task is not None
        assert reply.user_task["assignee_person_id"] in designers
        if not reply.applied:
            assert reply.refusal is not None
            assert reply.refusal.reason in ("CASE_TASK_NOT_YOURS", "CASE_REVISION_STALE")


async def test_the_same_act_key_is_applied_once(office: Office) -> None:
    case = await office.start(MEASURE)
    task = await office.task_of("pe_li", case)
    replies = [
        await office.act(task, "comment", "pe_li", comment="在路上", act_key="same") for _ in "123"
    ]
    assert [reply.applied for reply in replies] == [True, True, True]
    handle = office.temporal.get_workflow_handle(case.workflow_id)
    again = Act(act_key="same", verb="comment", person="pe_li", task_id=task.user_task_id)
    late = await handle.execute_update("act", again, id="another-update-id")
    assert late["applied"]
    assert len({reply.revision for reply in replies} | {late["revision"]}) == 1


async def test_an_act_after_the_end_is_told_that_the_case_is_over(office: Office) -> None:
    case = await office.start(MEASURE)
    task = await office.task_of("pe_li", case)
    await office.act(task, "complete", "pe_li", form={"note": "好"}, act_key="done")
    await office.outcome(case)
    late = await office.act(task, "complete", "pe_ma", form={"note": "也好"})
    assert not late.applied
    assert late.refusal is not None
    assert (late.refusal.reason, late.status) == ("CASE_OVER", "completed")
    repeated = await office.act(task, "complete", "pe_li", form={"note": "好"}, act_key="done")
    assert repeated.applied


async def test_a_wrong_form_is_refused_field_by_field_and_is_not_applied(
    office: Office,
) -> None:
    case = await office.start(MEASURE)
    task = await office.task_of("pe_li", case)
    reply = await office.act(task, "complete", "pe_li", form={"nota": "?"})
    assert reply.refusal is not None
    assert reply.refusal.reason == "CASE_FORM_INVALID"
    assert set(reply.refusal.details) == {"note", "nota"}
    history = await office.history(case.workflow_id)
    assert not any("UPDATE" in EventType.Name(event.event_type) for event in history)


async def test_an_act_is_answered_at_once_while_every_service_is_down(office: Office) -> None:
    case = await office.start(INSTALL)
    task = await office.task_of("pe_wang", case)
    office.company.down = {"pricing", "workorder", "settlement", "notify", "directory"}
    try:
        began = time.monotonic()
        reply = await office.act(task, "complete", "pe_wang", form={"units": 1})
        assert reply.applied
        assert time.monotonic() - began < 0.4

        async def gone() -> bool:
            return not await office.inbox("pe_wang", case)

        await eventually(gone, "the inbox no longer shows what is done")
        assert office.company.calls["Quote"] == 0
    finally:
        office.company.down = set()


async def test_a_case_that_continues_as_new_keeps_all_it_knew(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifetime, "MOST_EVENTS", 30)
    case = await office.start(MEASURE)
    task = await office.task_of("pe_li", case)
    for number in range(30):
        reply = await office.act(task, "comment", "pe_li", comment=f"{number}", revision=None)
        assert reply.applied
    events = await office.history(case.workflow_id)
    started = events[0].workflow_execution_started_event_attributes
    assert started.continued_execution_run_id
    handle = office.temporal.get_workflow_handle(case.workflow_id)
    standing = await handle.query("standing", rpc_timeout=timedelta(seconds=60))
    assert [task["user_task_id"] for task in standing["user_tasks"]] == [task.user_task_id]
    assert standing["title"] == "量房"
    await office.act(task, "complete", "pe_li", form={"note": "好"}, revision=None)
    assert await office.outcome(case) == "completed"
