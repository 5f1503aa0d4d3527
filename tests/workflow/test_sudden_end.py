"""A worker dies between a read and the write that depends on it, and the world has moved on since.

The worker is a process of its own. A service stops it (SIGSTOP) in the middle of a call, carries the
call out, and only then is the worker killed (SIGKILL): it never hears the answer, and does not know
whether the effect happened.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from sqlalchemy import text
from temporalio.api.enums.v1 import EventType

from tests.workflow.conftest import Office, eventually
from tests.workflow.doomed import Doomed, doomed_worker
from workflows.client import Act, StartedCase

HEAD = """
language: "1.0"
code: {code}
name: 突然中断
stages: [{{id: install, name: 安装}}]
start: {start}
nodes:
  - id: who
    kind: service
    stage: install
    name: 找人
    rpc: directory.v1.DirectoryService/ResolveAssignees
    input: {{role: designer}}
  - id: quote
    kind: service
    stage: install
    name: 报价
    rpc: pricing.v1.PricingService/Quote
    input: {{case_id: =case.id, facts: {{lines: [{{item_code: AC, quantity: 1}}]}}}}
  - id: order
    kind: service
    stage: install
    name: 创建工单
    rpc: workorder.v1.WorkOrderService/CreateWorkOrder
    input:
      case_id: =case.id
      stage: install
      title: {title}
      customer_id: cu_1
      address_id: ad_1
      place: {{adcode: "110105"}}
      lines: [{{item_code: AC, name: 安装, quantity: 1}}]
{undoing}  - {{id: done, kind: end, name: 完成}}
edges:
"""

READ_THEN_WRITE = HEAD.format(
    code="read_then_write", start="quote", title="'=who.person_ids[0]'", undoing=""
) + (
    """
  - {from: quote, to: who}
  - {from: who, to: order}
  - {from: order, to: done}
"""
)
ONE_AFTER_ANOTHER = """
  - {from: quote, to: order}
  - {from: order, to: who}
  - {from: who, to: done}
"""
CHAIN_OF_WRITES = (
    HEAD.format(
        code="chain_of_writes",
        start="quote",
        title="=quote.quote_id",
        undoing="    compensation: none\n",
    )
    + ONE_AFTER_ANOTHER
)
WRITE_TO_UNDO = (
    HEAD.format(code="write_to_undo", start="quote", title="=quote.quote_id", undoing="")
    + ONE_AFTER_ANOTHER
)

DiesIn: TypeAlias = Callable[[str], Awaitable[StartedCase]]


@pytest.fixture
async def doomed(real_office: Office, tmp_path: Path) -> AsyncIterator[Doomed]:
    async with doomed_worker(real_office, tmp_path) as worker:
        yield worker


@pytest.fixture
def dies_in(real_office: Office, doomed: Doomed, monkeypatch: pytest.MonkeyPatch) -> DiesIn:
    """Start a case whose worker stops when its work order has been made, before it hears of it."""
    office = real_office
    enter, stopped = office.company.enter, asyncio.Event()

    async def entered(service: str, rpc: str) -> None:
        if rpc == "CreateWorkOrder" and not stopped.is_set():
            os.kill(doomed.pid, signal.SIGSTOP)
            stopped.set()
        await enter(service, rpc)

    async def start(source: str) -> StartedCase:
        monkeypatch.setattr(office.company, "enter", entered)
        case = await office.start(source)
        await asyncio.wait_for(stopped.wait(), 60)
        await eventually(lambda: applied(office, case, "order"), "the effect is there for good")
        return case

    return start


async def applied(office: Office, case: StartedCase, node: str) -> bool:
    """Whether the effect of a node's call is there for good."""
    async with office.database.transaction(read_only=True) as session:
        found = await session.scalar(
            text("SELECT count(*) FROM idempotency_key WHERE idempotency_key LIKE :key"),
            {"key": f"{case.workflow_id}/{node}/%"},
        )
    return bool(found)


async def test_a_write_is_made_with_what_was_read_before_the_kill_and_once(
    real_office: Office, doomed: Doomed, dies_in: DiesIn
) -> None:
    office = real_office
    office.company.people = {"designer": ["pe_li"]}
    case = await dies_in(READ_THEN_WRITE)
    office.company.people = {"designer": ["pe_somebody_else"]}
    doomed.kill()
    async with office.worker():
        assert await office.outcome(case) == "completed"
    assert [order.title for order in office.company.work_orders.values()] == ["pe_li"]
    assert office.company.calls["CreateWorkOrder"] == 1
    assert office.company.calls["ResolveAssignees"] == 1, (
        "what is in the history is not asked again"
    )


async def test_a_chain_that_runs_again_after_the_kill_conflicts_with_nothing(
    real_office: Office, doomed: Doomed, dies_in: DiesIn
) -> None:
    office = real_office
    office.company.people = {"designer": ["pe_li"]}
    case = await dies_in(CHAIN_OF_WRITES)
    office.company.people = {"designer": ["pe_somebody_else"]}
    doomed.kill()
    async with office.worker():
        assert await office.outcome(case) == "completed"
    assert len(office.company.work_orders) == 1
    assert office.company.calls["Quote"] == 1
    assert office.company.calls["CreateWorkOrder"] == 1
    failed = EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED
    assert failed not in {event.event_type for event in await office.history(case.workflow_id)}


async def test_a_case_cancelled_while_its_worker_was_dead_undoes_what_it_never_heard_of(
    real_office: Office, doomed: Doomed, dies_in: DiesIn
) -> None:
    office = real_office
    office.company.people = {"designer": ["pe_li"]}
    case = await dies_in(WRITE_TO_UNDO)
    doomed.kill()
    cancel = Act("cancel", "cancel", "pe_clerk", comment="退单")
    cancelling = asyncio.create_task(office.send(case.workflow_id, cancel))
    async with office.worker():
        assert (await cancelling).applied
        assert await office.outcome(case) == "cancelled"
    assert office.company.undone == ["CancelWorkOrder"]
