"""A payout batch through a day of faults: every payee gets their money exactly once, or it comes back.

Temporal, the settlement service on PostgreSQL and the payout channel are real servers.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment

from kit.clock import SystemClock
from protos.settlement.v1 import payout_pb2 as pb
from tests.conftest import PROGRAMS, START_TIMEOUT
from tests.payloads import KEYS
from tests.rpc.settlement.payouts.conftest import Till, payout_channel, till
from tests.workflow.conftest import Office, eventually
from tests.workflow.doomed import doomed_worker
from workflows.client import TASK_QUEUE
from workflows.relay.relay import Relay
from workflows.runtime.shell.converter import converter
from workflows.system.payout_batch import PAYOUT_BATCH, PayoutBatch, PayoutBatchWorkflow
from workflows.worker import make_worker

__all__ = ["payout_channel", "till"]

PAYEES = 20
ABSENT = ("pe_03", "pe_11")  # never look at their phones
FROZEN = "pe_07"


@pytest.fixture
async def skipping() -> AsyncIterator[tuple[WorkflowEnvironment, Client]]:
    """A time-skipping Temporal of its own."""
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(PROGRAMS / "temporal-test-server"),
        test_server_startup_timeout=START_TIMEOUT,
    ) as env:
        own: dict[str, Any] = {**env.client.config()}
        own["data_converter"] = converter(KEYS)
        yield env, Client(**own)


async def approved_batch(till: Till) -> pb.PayoutBatch:
    """Twenty payees with earnings of their own amounts, approved by two."""
    for number in range(PAYEES):
        name = f"pe_{number:02}"
        await till.payee(
            name,
            confirms=name not in ABSENT,
            trouble="ACCOUNT_FROZEN" if name == FROZEN else "",
        )
        await till.earned(name, 70_00 + number * 7_00)
    return await till.approve(await till.draw())


async def begin(temporal: Client, batch: pb.PayoutBatch) -> WorkflowHandle[Any, int]:
    return await temporal.start_workflow(
        PAYOUT_BATCH,
        PayoutBatch(batch.payout_batch_id),
        id=f"payout-batch:{batch.payout_batch_id}",
        task_queue=TASK_QUEUE,
        result_type=int,
    )


async def open_count(till: Till, batch: pb.PayoutBatch) -> int:
    request = pb.ListOpenPayoutsRequest(payout_batch_id=batch.payout_batch_id)
    return len((await till.as_().ListOpenPayouts(request)).open_payouts)


async def check_books(till: Till, batch: pb.PayoutBatch, unpaid: set[str]) -> None:
    """Every payee has what they were due, once; the ledger says the same as the channel."""
    transfers = await till.channel.transfers()
    numbers = [each["out_bill_no"] for each in transfers]
    assert len(numbers) == len(set(numbers)) == PAYEES
    paid = 0
    for payout in batch.payouts:
        gross = payout.gross.amount_minor
        gets = 0 if payout.payee_id in unpaid else gross
        paid += gets
        assert await till.channel.wallet(f"o-{payout.payee_id}") == gets
        account = f"technician:{payout.payee_id}:earning"
        assert await till.balance(account) == (gross - gets, 0)
    assert await till.balance("channel:wechat:cash") == (paid, 0)
    assert await till.balance("payout:clearing") == (0, 0)
    verified = await till.desk.verify()
    assert list(verified.findings) == []
    request = pb.ReconcilePayoutsRequest(from_day="2000-01-01", to_day="2100-01-01")
    compared = await till.finance("qian").ReconcilePayouts(request)
    assert list(compared.differences) == []


async def test_a_day_of_faults_pays_everybody_once_and_returns_the_rest(
    till: Till, skipping: tuple[WorkflowEnvironment, Client]
) -> None:
    env, temporal = skipping
    batch = await approved_batch(till)
    await till.channel.fault("transfer", reply_lost=True, times=4)
    await till.channel.fault("transfer", reset=True, times=3)
    await till.channel.fault("transfer", unclear=True, times=3)
    await till.channel.fault("transfer", unsigned=True, times=2)
    await till.channel.fault("query", reply_lost=True, times=3)
    async with make_worker(temporal, till.served.as_(), "test"):
        running = await begin(temporal, batch)

        async def only_the_absent_are_left() -> bool:
            await env.sleep(timedelta(seconds=10))
            return await open_count(till, batch) == len(ABSENT)

        await eventually(only_the_absent_are_left, "all but the absent are done", 60)
        await till.channel.advance(timedelta(hours=24).total_seconds())
        assert await running.result() == PAYEES - len(ABSENT) - 1
    await check_books(till, batch, {*ABSENT, FROZEN})
    closed = await till.as_().GetPayoutBatch(
        pb.GetPayoutBatchRequest(payout_batch_id=batch.payout_batch_id)
    )
    assert pb.PayoutBatchState.Name(closed.state) == "PAYOUT_BATCH_STATE_CLOSED"


async def test_a_worker_killed_in_the_middle_neither_loses_nor_doubles_a_payout(
    till: Till, real_office: Office, tmp_path: Path
) -> None:
    batch = await approved_batch(till)
    for payee in ABSENT:
        await till.channel.payee(f"o-{payee}", confirms=True)
    await till.channel.fault("transfer", delay_ms=150, times=9)
    await till.channel.fault("transfer", reply_lost=True, times=3)
    office = replace(real_office, served=till.served, caller=till.served.as_())

    async def some_are_on_their_way() -> bool:
        return len(await till.channel.transfers()) >= 4

    async with doomed_worker(office, tmp_path) as doomed:
        running = await begin(office.temporal, batch)
        await eventually(some_are_on_their_way, "the batch has begun", 60)
        doomed.kill()
        await doomed.wait()
    assert 0 < len(await till.channel.transfers()) < PAYEES
    async with make_worker(await office.neighbour(), office.caller, "test"):
        assert await asyncio.wait_for(running.result(), 90) == PAYEES - 1
    await check_books(till, batch, {FROZEN})


async def test_the_second_approval_begins_the_batch_once(till: Till, real_office: Office) -> None:
    await till.payee("pe_zhang", confirms=True)
    await till.earned("pe_zhang")
    batch = await till.draw("pe_zhang")
    caller = till.served.as_()
    relay = Relay(real_office.database, caller, real_office.temporal, SystemClock(), TASK_QUEUE)
    handle = real_office.temporal.get_workflow_handle_for(
        PayoutBatchWorkflow.run, f"payout-batch:{batch.payout_batch_id}"
    )
    await till.approve(batch, "zheng")
    await relay.carry_out_payouts()
    with pytest.raises(RPCError) as unknown:
        await handle.describe()
    assert unknown.value.status is RPCStatusCode.NOT_FOUND
    await till.approve(batch, "zhao")
    await relay.carry_out_payouts()
    await relay.carry_out_payouts()
    async with make_worker(await real_office.neighbour(), caller, "test"):
        assert await asyncio.wait_for(handle.result(), 30) == 1
    assert await till.channel.wallet("o-pe_zhang") == 140_00
