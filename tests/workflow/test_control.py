"""Branches that meet, waits that race, deadlines that overtake, on the real worker."""

from datetime import timedelta

import pytest

from tests.workflow.conftest import Office, eventually
from tests.workflow.flows import HURRY, PREPARE, RACE
from workflows.client import StartedCase
from workflows.runtime.payloads import Signal


@pytest.fixture(autouse=True)
def people(office: Office) -> None:
    office.company.people = {"designer": ["pe_li"], "supervisor": ["pe_chen"]}


async def comes_to(office: Office, case: StartedCase, nodes: set[str]) -> None:
    """Wait until these nodes are active."""

    async def look() -> bool:
        standing = (await office.cases.describe(case.workflow_id)).standing
        active = (n for n in standing["nodes"] if n["progress"] == "NODE_PROGRESS_ACTIVE")
        return {node["node"] for node in active} == nodes

    await eventually(look, f"the case comes to {nodes}")
    await office.settled(case)


async def test_a_join_waits_for_the_branches_that_were_taken_and_for_no_other(
    office: Office,
) -> None:
    case = await office.start(PREPARE, drawing=True, permit=True)
    drawing = await office.task_of("pe_li", case)
    permit = await office.task_of("pe_chen", case)
    assert (await office.act(drawing, "complete", "pe_li")).applied
    await comes_to(office, case, {"permit", "ready"})
    assert (await office.act(permit, "complete", "pe_chen")).applied
    assert await office.outcome(case) == "completed"
    alone = await office.start(PREPARE, drawing=True, permit=False)
    assert (await office.act(await office.task_of("pe_li", alone), "complete", "pe_li")).applied
    assert await office.outcome(alone) == "completed"


async def test_of_an_event_and_a_time_the_first_wins(office: Office) -> None:
    by_event = await office.start(RACE, work_order_id="wo_1")
    by_time = await office.start(RACE, work_order_id="wo_2")
    await comes_to(office, by_event, {"first"})
    payload = {"work_order": {"work_order_id": "wo_1", "created_at": "2026-03-02T01:00:00Z"}}
    told = Signal("workorder.v1.WorkOrderChanged", "wo_1", "work_order/wo_1", 1, payload)
    await office.temporal.get_workflow_handle(by_event.workflow_id).signal("event", told)
    assert await office.outcome(by_event) == "completed"
    await office.pass_time(days=3)
    chase = await office.task_of("pe_chen", by_time)
    assert chase.node == "chase"
    assert (await office.act(chase, "complete", "pe_chen")).applied
    assert await office.outcome(by_time) == "completed"


async def test_a_deadline_beside_a_task_asks_somebody_and_a_later_one_takes_it_away(
    office: Office,
) -> None:
    case = await office.start(HURRY)
    await office.task_of("pe_li", case)
    await office.pass_time(hours=2)
    await comes_to(office, case, {"confirm", "remind"})
    await office.pass_time(hours=6)
    await comes_to(office, case, {"remind", "take_over"})
    assert await office.inbox("pe_li", case) == []
    tasks = {task.node: task for task in await office.inbox("pe_chen", case)}
    assert (await office.act(tasks["take_over"], "complete", "pe_chen")).applied
    await comes_to(office, case, {"remind"})


async def test_an_end_that_terminates_withdraws_the_tasks_of_all(office: Office) -> None:
    case = await office.start(HURRY)
    await office.task_of("pe_li", case)
    await office.pass_time(hours=2)
    remind = await office.task_of("pe_chen", case)
    assert (await office.act(remind, "complete", "pe_chen")).applied
    assert await office.outcome(case) == "completed"
    assert await office.inbox("pe_li", case) == []
    started = await office.case(case)
    ended = started.ended_at.ToDatetime() - started.started_at.ToDatetime()
    assert ended < timedelta(hours=3), "nobody waited for the eighth hour"
