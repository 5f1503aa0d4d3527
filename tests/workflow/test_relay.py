"""Domain events on their way to projections and to the cases that wait for them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf.message import Message
from sqlalchemy import text

from kit.clock import SystemClock
from kit.db import events
from kit.ids import new_id
from protos.cases.v1 import cases_pb2
from protos.directory.v1 import directory_pb2
from protos.events.v1 import events_pb2
from protos.workorder.v1 import workorder_pb2
from tests.workflow.conftest import Office, eventually
from tests.workflow.flows import BREAKDOWN, TWO_WAITS
from workflows.client import TASK_QUEUE, StartedCase
from workflows.relay.relay import Relay


@pytest.fixture
async def office(real_office: Office) -> AsyncIterator[Office]:
    """An office whose events the relay delivers; one log serves as every service's."""
    relay = Relay(
        real_office.database, real_office.caller, real_office.temporal, SystemClock(), TASK_QUEUE
    )
    running = asyncio.create_task(relay.run())
    async with real_office.worker():
        yield real_office
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def happen(
    office: Office, payload: Message, aggregate_id: str, person: str = "pe_x", case_id: str = ""
) -> None:
    now = datetime.now(UTC)
    async with office.database.transaction() as session:
        await events.append(
            session,
            events.NewEvent(
                event_id=new_id("ev", now),
                aggregate_type="work_order",
                aggregate_id=aggregate_id,
                occurred_at=now,
                case_id=case_id,
                acting_person_id=person,
                payload_type=payload.DESCRIPTOR.full_name,
                payload=payload.SerializeToString(),
            ),
        )


def changed(work_order_id: str) -> workorder_pb2.WorkOrderChanged:
    order = workorder_pb2.WorkOrder(
        work_order_id=work_order_id, state=workorder_pb2.WORK_ORDER_STATE_CANCELLED
    )
    order.created_at.FromDatetime(datetime.now(UTC))
    return workorder_pb2.WorkOrderChanged(work_order=order)


async def waits(office: Office, case: StartedCase) -> None:
    async def look() -> bool:
        with contextlib.suppress(Exception):
            return bool((await office.case(case)).waiting_for)
        return False

    await eventually(look, "the case waits")


async def rows(office: Office, query: str, **values: Any) -> list[Any]:
    async with office.database.transaction(read_only=True) as session:
        return list((await session.execute(text(query), values)).all())


async def test_an_event_wakes_the_case_that_waits_for_it(office: Office) -> None:
    case = await office.start(BREAKDOWN, work_order_id="wo_waited_for")
    await waits(office, case)
    await happen(office, changed("wo_waited_for"), "wo_waited_for")
    assert await office.outcome(case) == "completed"


async def test_an_event_that_came_before_its_case_waits_is_kept_for_it(office: Office) -> None:
    await happen(office, changed("wo_early"), "wo_early")

    async def kept() -> bool:
        query = "SELECT 1 FROM buffered_event WHERE key = 'wo_early'"
        return bool(await rows(office, query))

    await eventually(kept, "the event is buffered")
    case = await office.start(BREAKDOWN, work_order_id="wo_early")
    assert await office.outcome(case) == "completed"

    async def forgotten() -> bool:
        return not await kept()

    await eventually(forgotten, "the relay drops what has woken somebody")


async def test_an_event_for_which_two_nodes_wait_is_told_once_and_wakes_both(
    office: Office,
) -> None:
    case = await office.start(TWO_WAITS, work_order_id="wo_twice")
    await waits(office, case)
    await happen(office, changed("wo_twice"), "wo_twice")
    assert await office.outcome(case) == "completed"
    history = await office.history(case.workflow_id)
    signals = [e for e in history if e.HasField("workflow_execution_signaled_event_attributes")]
    assert len(signals) == 1


async def test_what_a_case_did_itself_does_not_wake_it(office: Office) -> None:
    case = await office.start(BREAKDOWN, work_order_id="wo_own")
    await waits(office, case)
    await happen(office, changed("wo_own"), "wo_own", person="system", case_id=case.case_id)
    await happen(office, changed("wo_other"), "wo_other")

    async def kept() -> bool:
        query = "SELECT 1 FROM buffered_event WHERE key = 'wo_other'"
        return bool(await rows(office, query))

    await eventually(kept, "the later event has been read")
    assert (await office.case(case)).state == cases_pb2.CASE_STATE_RUNNING
    await happen(office, changed("wo_own"), "wo_own", person="pe_dispatcher", case_id=case.case_id)
    assert await office.outcome(case) == "completed"


async def test_people_reach_the_projection_of_messages_once_and_in_order(office: Office) -> None:
    for name in ("王一", "王二"):
        person = directory_pb2.Person(person_id="pe_wang", display_name=name)
        await happen(office, directory_pb2.PersonPut(person=person), "pe_wang", person="pe_hr")

    async def applied() -> bool:
        return len(office.company.applied) >= 2

    await eventually(applied, "the projection has been told")
    sequences = [event.aggregate_sequence for event in office.company.applied]
    assert sequences == [1, 2]
    assert all(isinstance(event, events_pb2.DomainEvent) for event in office.company.applied)
