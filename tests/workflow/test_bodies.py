"""Bodies on the real worker: user tasks, deadlines and a new run in the middle of a list."""

import asyncio

import pytest
from google.protobuf.json_format import MessageToDict

from protos.cases.v1 import cases_pb2
from tests.workflow.conftest import Office, eventually
from tests.workflow.flows import ROOMS
from workflows.client import Act, StartedCase
from workflows.runtime.shell import lifetime

ROOMS_OF_IT = ["each/1.1:measure/1", "each/1.2:measure/1", "each/1.3:measure/1"]


@pytest.fixture(autouse=True)
def people(office: Office) -> None:
    office.company.people = {"designer": ["pe_li"], "supervisor": ["pe_chen"]}


async def rooms(office: Office, case: StartedCase, count: int = 3) -> list[cases_pb2.UserTask]:
    """The open tasks of the rooms, once there are so many."""

    async def look() -> list[cases_pb2.UserTask] | None:
        tasks = await office.inbox("pe_li", case)
        return tasks if len(tasks) == count else None

    return await eventually(look, f"{count} rooms are to be measured")


async def test_people_work_on_all_elements_of_a_list_at_once(office: Office) -> None:
    case = await office.start(ROOMS)
    tasks = await rooms(office, case)
    assert sorted(task.user_task_id for task in tasks) == ROOMS_OF_IT
    replies = await asyncio.gather(
        *(
            office.act(task, "complete", "pe_li", form={"area": number})
            for number, task in enumerate(sorted(tasks, key=lambda t: t.user_task_id), start=1)
        )
    )
    assert all(reply.applied for reply in replies)
    check = await office.task_of("pe_chen", case)
    data = MessageToDict((await office.case(case)).data)
    assert data["each"] == {"results": ["厨房:1", "卫生间:2", "客厅:3"]}
    assert (await office.act(check, "approve", "pe_chen")).applied
    assert await office.outcome(case) == "completed"
    done = {act.user_task_id for act in await office.acts(case)}
    assert done >= set(ROOMS_OF_IT)


async def test_each_run_has_its_deadlines_and_leaving_the_node_disarms_them(
    office: Office,
) -> None:
    case = await office.start(ROOMS)
    tasks = await rooms(office, case)
    assert (await office.act(tasks[0], "complete", "pe_li", form={"area": 9})).applied
    await office.pass_time(hours=3)

    async def alerted() -> bool:
        return len(office.company.messages_to("pe_chen", "sla_alert")) == 2

    await eventually(alerted, "one alert for each room that nobody answers for")
    await office.pass_time(hours=5)
    check = await office.task_of("pe_chen", case)
    assert await office.inbox("pe_li", case) == []
    assert (await office.act(check, "approve", "pe_chen")).applied
    assert await office.outcome(case) == "completed"


async def test_the_runs_of_a_body_go_on_in_a_new_run_of_the_case(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifetime, "MOST_EVENTS", 20)
    case = await office.start(ROOMS)
    tasks = await rooms(office, case)
    for number in range(10):
        note = Act(act_key=f"note-{number}", verb="comment", person="pe_chen", comment="?")
        assert (await office.cases.act(case.workflow_id, note)).applied
    for task in tasks:
        assert (await office.act(task, "complete", "pe_li", form={"area": 1})).applied
    check = await office.task_of("pe_chen", case)
    assert (await office.act(check, "approve", "pe_chen")).applied
    assert await office.outcome(case) == "completed"
    started = (await office.history(case.workflow_id))[0]
    assert started.workflow_execution_started_event_attributes.continued_execution_run_id
