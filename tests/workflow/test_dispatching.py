"""Several are asked at once, somebody is named, nobody is left, the desk takes a hand in it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from kit.clock import SystemClock
from protos.cases.v1 import cases_pb2
from protos.settlement.v1 import settlement_pb2
from protos.workorder.v1 import workorder_pb2
from tests.workflow.conftest import Office, eventually
from tests.workflow.flows import GRAB
from tests.workflow.test_relay import happen
from workflows.client import TASK_QUEUE, Act, ActReply, StartedCase, field_work_id
from workflows.relay.relay import Relay

FIVE = ["pe_1", "pe_2", "pe_3", "pe_4", "pe_5"]


@pytest.fixture
async def told(real_office: Office) -> AsyncIterator[Office]:
    """An office on the real server, whose events the relay delivers."""
    office = real_office
    office.company.people = {"dispatcher": ["pe_chen"]}
    office.company.technicians = list(FIVE)
    relay = Relay(office.database, office.caller, office.temporal, SystemClock(), TASK_QUEUE)
    running = asyncio.create_task(relay.run())
    async with office.worker():
        yield office
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


def earnings(office: Office, case: StartedCase) -> dict[str, int]:
    """What became of what each was promised."""
    start = f"er_wo_{case.case_id}_"
    return {
        earning_id.removeprefix(start): earning.state
        for earning_id, earning in office.company.earnings.items()
        if earning_id.startswith(start)
    }


async def visit_of(office: Office, case: StartedCase, person: str) -> cases_pb2.UserTask:
    """Their visit, once they have the work."""
    return await office.task_of(person, case, "visit")


async def decide(office: Office, case: StartedCase, verb: str, technician: str = "") -> ActReply:
    """What a dispatcher does without being asked."""
    act = Act(
        act_key=f"{verb}-{technician}-{case.case_id}",
        verb=verb,
        person="pe_chen",
        roles=("dispatcher",),
        to=technician,
        comment="急单",
    )
    return await office.send(field_work_id(f"wo_{case.case_id}"), act)


async def test_of_five_who_accept_at_once_one_has_the_work_and_four_hear_so(told: Office) -> None:
    case = await told.start(GRAB)
    tasks = {person: await told.task_of(person, case, "offer") for person in FIVE}
    replies = await asyncio.gather(
        *(told.act(task, "accept", person) for person, task in tasks.items())
    )
    won = [person for person, reply in zip(FIVE, replies, strict=True) if reply.applied]
    assert len(won) == 1
    lost = {reply.refusal.reason for reply in replies if reply.refusal is not None}
    assert lost == {"CASE_TASK_CLOSED"}
    await visit_of(told, case, won[0])
    assert await told.inbox(next(p for p in FIVE if p not in won), case) == []

    async def cancelled() -> bool:
        states = earnings(told, case)
        gone = [p for p, s in states.items() if s == settlement_pb2.EARNING_STATE_CANCELLED]
        return len(gone) == 4 and won[0] not in gone

    await eventually(cancelled, "what the others were promised is taken back")


async def test_work_that_is_released_on_the_desk_is_offered_again(told: Office) -> None:
    case = await told.start(GRAB)
    offer = await told.task_of("pe_1", case, "offer")
    assert (await told.act(offer, "accept", "pe_1")).applied
    await visit_of(told, case, "pe_1")
    order = workorder_pb2.WorkOrder()
    order.CopyFrom(told.company.work_orders[f"wo_{case.case_id}"])
    order.state = workorder_pb2.WORK_ORDER_STATE_CREATED
    order.revision = 99
    order.ClearField("technician_id")
    changed = workorder_pb2.WorkOrderChanged(work_order=order)
    await happen(told, changed, order.work_order_id, person="pe_chen")
    await told.task_of("pe_2", case, "offer")
    assert await told.inbox("pe_1", case) == []
    assert earnings(told, case)["pe_1"] == settlement_pb2.EARNING_STATE_CANCELLED


async def test_whom_a_dispatcher_names_has_the_work_at_once(told: Office) -> None:
    case = await told.start(GRAB)
    await told.task_of("pe_5", case, "offer")
    assert (await decide(told, case, "assign", "pe_3")).applied
    await visit_of(told, case, "pe_3")
    assert (await decide(told, case, "redispatch")).applied

    async def asked_again() -> bool:
        return bool(await told.inbox("pe_1", case)) and not await told.inbox("pe_3", case)

    await eventually(asked_again, "others are asked again")


async def test_when_nobody_is_left_a_dispatcher_decides_in_the_inbox(told: Office) -> None:
    told.company.technicians = ["pe_1"]
    case = await told.start(GRAB)
    offer = await told.task_of("pe_1", case, "offer")
    assert (await told.act(offer, "decline", "pe_1", comment="太远")).applied
    task = await told.task_of("pe_chen", case, "dispatch")
    assert list(task.verbs) == ["assign", "redispatch", "give_up"]
    reply = await told.act(task, "give_up", "pe_chen", roles=("dispatcher",), comment="区域无人")
    assert reply.applied
    handle = told.temporal.get_workflow_handle(task.workflow_id)
    assert await handle.result() == "failed"
    assert await told.inbox("pe_chen", case) == []
