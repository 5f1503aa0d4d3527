"""Domain events on their way to projections and to the cases that wait for them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf.message import Message
from sqlalchemy import text
from temporalio.service import RPCError

from kit.clock import SystemClock
from kit.db import events
from kit.ids import new_id
from protos.cases.v1 import cases_pb2
from protos.directory.v1 import directory_pb2
from protos.events.v1 import events_pb2
from protos.pricing.v1 import policy_pb2
from protos.workorder.v1 import anomaly_pb2, workorder_pb2
from tests.workflow.conftest import Office, eventually
from tests.workflow.flows import BREAKDOWN, ONE_AFTER_THE_OTHER, TWO_WAITS
from workflows.activities.messages import message_to_json
from workflows.client import TASK_QUEUE, StartedCase
from workflows.relay.relay import Relay
from workflows.relay.routes import SOURCES
from workflows.runtime.payloads import Signal


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
    async with office.database.transaction() as session:
        await events.append(session, event_of(payload, aggregate_id, person, case_id))


def event_of(
    payload: Message, aggregate_id: str, person: str = "pe_x", case_id: str = ""
) -> events.NewEvent:
    now = datetime.now(UTC)
    return events.NewEvent(
        event_id=new_id("ev", now),
        aggregate_type="work_order",
        aggregate_id=aggregate_id,
        occurred_at=now,
        case_id=case_id,
        acting_person_id=person,
        payload_type=payload.DESCRIPTOR.full_name,
        payload=payload.SerializeToString(),
    )


async def signals(office: Office, case: StartedCase) -> int:
    history = await office.history(case.workflow_id)
    return sum(e.HasField("workflow_execution_signaled_event_attributes") for e in history)


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


async def test_an_event_reaches_a_case_that_comes_to_wait_after_another_was_woken(
    office: Office,
) -> None:
    first = await office.start(BREAKDOWN, work_order_id="wo_shared")
    await waits(office, first)
    await happen(office, changed("wo_shared"), "wo_shared")
    assert await office.outcome(first) == "completed"
    later = await office.start(BREAKDOWN, work_order_id="wo_shared")
    assert await office.outcome(later) == "completed"


async def test_each_waiting_takes_one_event_and_the_next_stays_for_the_next(
    office: Office,
) -> None:
    case = await office.start(ONE_AFTER_THE_OTHER, work_order_id="wo_queue")
    await waits(office, case)
    await happen(office, changed("wo_queue"), "wo_queue")

    async def at_the_second() -> bool:
        query = (
            "SELECT 1 FROM awaited_event WHERE workflow_id = :workflow_id AND node LIKE 'second/%'"
        )
        return bool(await rows(office, query, workflow_id=case.workflow_id))

    await eventually(at_the_second, "one event is one step")
    assert await signals(office, case) == 1
    await happen(office, changed("wo_queue"), "wo_queue")
    assert await office.outcome(case) == "completed"
    assert await signals(office, case) == 2


async def test_events_that_came_early_are_taken_one_by_one(office: Office) -> None:
    for _ in range(2):
        await happen(office, changed("wo_both_early"), "wo_both_early")

    async def kept() -> bool:
        query = "SELECT 1 FROM buffered_event WHERE key = 'wo_both_early'"
        return len(await rows(office, query)) == 2

    await eventually(kept, "both are buffered")
    case = await office.start(ONE_AFTER_THE_OTHER, work_order_id="wo_both_early")
    assert await office.outcome(case) == "completed"
    assert await signals(office, case) == 2


async def test_an_event_that_is_told_again_is_taken_once(office: Office) -> None:
    case = await office.start(ONE_AFTER_THE_OTHER, work_order_id="wo_again")
    await waits(office, case)
    order = changed("wo_again")
    told = Signal(
        "workorder.v1.WorkOrderChanged",
        "wo_again",
        "work_order:wo_again",
        1,
        message_to_json(order),
    )
    handle = office.temporal.get_workflow_handle(case.workflow_id)
    for _ in range(3):
        await handle.signal("event", told)
    await office.settled(case)
    assert (await office.case(case)).state == cases_pb2.CASE_STATE_RUNNING
    await handle.signal("event", replace(told, sequence=2))
    assert await office.outcome(case) == "completed"


async def test_of_two_events_that_are_committed_in_reverse_order_both_are_delivered(
    office: Office,
) -> None:
    case = await office.start(ONE_AFTER_THE_OTHER, work_order_id="wo_reverse")
    await waits(office, case)
    async with office.database.transaction() as early:
        # Its place in the log is taken now, before the other's; its event comes after it.
        await early.execute(text("SELECT pg_current_xact_id()"))
        await asyncio.create_task(happen(office, changed("wo_reverse"), "wo_reverse"))
        await events.append(early, event_of(changed("wo_reverse"), "wo_reverse"))
    assert await office.outcome(case) == "completed"
    sequences = await rows(
        office,
        "SELECT aggregate_sequence FROM domain_event WHERE aggregate_id = 'wo_reverse'"
        " ORDER BY transaction_id, event_number",
    )
    assert [row.aggregate_sequence for row in sequences] == [2, 1], "the log has them the other way"
    assert await signals(office, case) == 2


async def test_an_event_that_is_committed_late_is_delivered_too(office: Office) -> None:
    late_one = await office.start(BREAKDOWN, work_order_id="wo_late")
    other = await office.start(BREAKDOWN, work_order_id="wo_soon")
    for case in (late_one, other):
        await waits(office, case)
    async with office.database.transaction() as late:
        await events.append(late, event_of(changed("wo_late"), "wo_late"))
        await asyncio.create_task(happen(office, changed("wo_soon"), "wo_soon"))
    for case in (late_one, other):
        assert await office.outcome(case) == "completed"


async def test_an_event_for_which_two_nodes_wait_is_told_once_and_wakes_both(
    office: Office,
) -> None:
    case = await office.start(TWO_WAITS, work_order_id="wo_twice")
    await waits(office, case)
    await happen(office, changed("wo_twice"), "wo_twice")
    assert await office.outcome(case) == "completed"
    assert await signals(office, case) == 1


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

    async def told() -> list[events_pb2.DomainEvent]:
        # The log is every service's, so other projections are told of what other tests did.
        people = [event for event in office.company.applied if event.aggregate_id == "pe_wang"]
        return people if len(people) >= 2 else []

    people = await eventually(told, "the projection has been told")
    assert people is not None
    assert [event.aggregate_sequence for event in people] == [1, 2]
    assert {event.payload.TypeName() for event in people} == {"directory.v1.PersonPut"}


async def test_an_anomaly_reaches_the_prices_that_it_freezes(office: Office) -> None:
    anomaly = anomaly_pb2.Anomaly(anomaly_id="an_1", place_code="110105")
    anomaly.frozen_until.FromDatetime(datetime.now(UTC))
    await happen(office, anomaly_pb2.AnomalyChanged(anomaly=anomaly), "an_1")

    async def told() -> list[events_pb2.DomainEvent]:
        return [event for event in office.company.applied if event.aggregate_id == "an_1"]

    heard = await eventually(told, "pricing has been told")
    assert heard is not None
    (event,) = heard
    assert event.payload.TypeName() == "workorder.v1.AnomalyChanged"


async def test_an_exchange_rate_reaches_the_balances_that_are_converted_at_it(
    office: Office,
) -> None:
    rate = policy_pb2.ExchangeRate(exchange_rate_id="er_1", from_currency="THB")
    await happen(office, policy_pb2.ExchangeRatePut(exchange_rate=rate), "THB/CNY")

    async def told() -> list[events_pb2.DomainEvent]:
        return [event for event in office.company.applied if event.aggregate_id == "THB/CNY"]

    heard = await eventually(told, "settlement has been told")
    assert heard is not None
    (event,) = heard
    assert event.payload.TypeName() == "pricing.v1.ExchangeRatePut"


async def test_the_relay_forgets_nobody_when_temporal_does_not_know_its_namespaces_yet(
    real_office: Office,
) -> None:
    office = real_office
    starting = office.in_namespace("not_known_yet")
    before, after = (
        Relay(office.database, office.caller, temporal, SystemClock(), TASK_QUEUE)
        for temporal in (starting, office.temporal)
    )
    async with office.worker():
        case = await office.start(BREAKDOWN, work_order_id="wo_starting")
        await waits(office, case)
        await happen(office, changed("wo_starting"), "wo_starting")
        while await before.buffer(SOURCES[0]):
            pass
        with pytest.raises(RPCError, match="not_known_yet"):
            await before.wake_cases()
        await after.wake_cases()
        assert await office.outcome(case) == "completed"
