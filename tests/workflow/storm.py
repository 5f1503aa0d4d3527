"""A storm over an office: people who do anything at any moment, services that come and go, workers
that are stopped and started with hardly any memory. Then the calm, and the account of it.

Everything that chance decides is decided by the seed; how the decisions meet is not.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from temporalio.service import RPCError
from temporalio.worker import WorkflowRunner

from kit.errors import FailedPrecondition, Kind, Unavailable
from protos.cases.v1 import cases_pb2
from protos.settlement.v1 import settlement_pb2
from protos.workorder.v1 import workorder_pb2
from tests.workflow import flows
from tests.workflow.account import (
    acts_astray,
    failed_tasks,
    family,
    forgotten,
    histories,
    replay_failures,
    restless,
    told_otherwise,
)
from tests.workflow.company import COMPLETION_CODE
from tests.workflow.conftest import Office
from tests.workflow.whims import random_act
from workflows.client import Act, CaseStart, StartedCase
from workflows.runtime.payloads import Signal
from workflows.worker import make_worker

_SECONDS: Final = {"respond: 2h": "respond: 1s", "after: 2h": "after: 1s", "after: 8h": "after: 3s"}
REST_SECONDS: Final = 120
_SERVICES: Final = ("directory", "pricing", "workorder", "settlement", "notify")
_PEOPLE: Final = {
    "designer": ["pe_li", "pe_he"],
    "sales": ["pe_wang"],
    "supervisor": ["pe_chen"],
    "technical_director": ["pe_zhao", "pe_sun", "pe_zhou"],
}
#: Which reply to an act says that it is not known yet what becomes of it.
_OPEN: Final = (Kind.UNAVAILABLE, Kind.ABORTED)


def _quick(source: str) -> str:
    """The flow with seconds for hours."""
    for hours, seconds in _SECONDS.items():
        source = source.replace(hours, seconds)
    return source.replace("duration: 3d", "duration: 2s")


_STORIES: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    (flows.INSTALL, {}),
    (flows.INSTALL, {}),
    (flows.MEASURE, {}),
    (flows.SIGN, {}),
    (flows.REVIEW, {}),
    (flows.ROOMS, {}),
    (flows.PREPARE, {"drawing": True, "permit": True}),
    (flows.HURRY, {}),
    (flows.PURCHASE, {"label": "空调"}),
    (flows.RACE, {"work_order_id": "wo_elsewhere"}),
    (flows.TWO_WAITS, {"work_order_id": "wo_elsewhere"}),
)


@dataclass(frozen=True)
class Sent:
    """An act that was answered, as whoever sent it wrote it down."""

    case_id: str
    turn: int
    act_key: str
    applied: bool
    refused_for: str = ""


@dataclass
class Storm:
    """Cases of all kinds, all at once."""

    office: Office
    seed: int
    count: int
    runner: WorkflowRunner | None = None
    sent: list[Sent] = field(default_factory=list)
    cases: list[StartedCase] = field(default_factory=list)

    async def blow(self) -> None:
        """Live through the cases while everything comes and goes, then wait until all is at rest."""
        company = self.office.company
        company.people, company.technicians = dict(_PEOPLE), ["pe_tian", "pe_guo", "pe_ma"]
        await self.office.publish(_quick(flows.ORDER))
        sources = [_quick(source) for source, _ in _STORIES]
        for source in sources:
            await self.office.publish(source)
        async with self._workers(), self._weather():
            await asyncio.gather(*(self._live(number) for number in range(self.count)))
        async with self.office.worker(runner=self.runner):
            await self._come_to_rest()

    @contextlib.asynccontextmanager
    async def _workers(self) -> AsyncIterator[None]:
        """One worker after the other, at times two at once, none of which remembers much."""
        over = asyncio.Event()
        shifts = [asyncio.create_task(self._shifts(name, over)) for name in ("early", "late")]
        try:
            yield
        finally:
            over.set()
            await asyncio.gather(*shifts)

    async def _shifts(self, name: str, over: asyncio.Event) -> None:
        chance = Random(f"{self.seed} {name}")
        while not over.is_set():
            # Two workers of one process may not be of one build.
            worker = make_worker(
                await self.office.neighbour(),
                self.office.caller,
                name,
                self.runner,
                case_memory_megabytes=chance.choice((1, 2, 5)),
            )
            async with worker:
                await _pause(over, chance.uniform(1, 4))
            await _pause(over, chance.uniform(0, 2))

    @contextlib.asynccontextmanager
    async def _weather(self) -> AsyncIterator[None]:
        over = asyncio.Event()
        changing = asyncio.create_task(self._change(Random(f"{self.seed} weather"), over))
        try:
            yield
        finally:
            over.set()
            await changing

    async def _change(self, chance: Random, over: asyncio.Event) -> None:
        company = self.office.company
        rpcs = ("Quote", "CreateWorkOrder", "OfferWorkOrder", "AcceptOffer", "CancelWorkOrder")
        while not over.is_set():
            company.down = {service for service in _SERVICES if chance.random() < 0.15}
            company.slow = {
                rpc: chance.choice((0.2, 0.45, 0.7)) for rpc in rpcs if chance.random() < 0.3
            }
            company.refuse = (
                {"AcceptOffer": FailedPrecondition("WORK_ORDER_STATE", "not now")}
                if chance.random() < 0.2
                else {}
            )
            await _pause(over, chance.uniform(0.1, 1))
        company.down, company.slow, company.refuse = set(), {}, {}

    async def _live(self, number: int) -> None:
        chance = Random(f"{self.seed} case {number}")
        await asyncio.sleep(chance.uniform(0, self.count / 3))
        source, inputs = _STORIES[number % len(_STORIES)]
        flow = await self.office.publish(_quick(source))
        case = await self._started(flow.flow_code, inputs, f"storm-{self.seed}-{number}")
        self.cases.append(case)
        for step in range(chance.randint(2, 14)):
            await asyncio.sleep(chance.choice((0, 0.05, 0.2, 0.6)))
            await self._something(case, chance, step, f"{self.seed}-{number}-{step}")

    async def _started(self, flow: str, inputs: dict[str, Any], key: str) -> StartedCase:
        while True:
            try:
                return await self.office.cases.start(
                    CaseStart(flow, inputs, started_by="pe_clerk", start_key=key)
                )
            except Unavailable:
                await asyncio.sleep(0.2)

    async def _something(self, case: StartedCase, chance: Random, turn: int, key: str) -> None:
        """What somebody may think of: mostly to do a task, sometimes to stop it all."""
        handle = self.office.temporal.get_workflow_handle(case.workflow_id)
        match chance.choices(("act", "race", "cancel", "event", "look"), (70, 10, 4, 8, 8))[0]:
            case "act":
                await self._act(case, chance, turn, key)
            case "race":
                await asyncio.gather(
                    *(self._act(case, Random(f"{key} {n}"), turn, f"{key}-{n}") for n in range(3)),
                    self._cancel(handle) if chance.random() < 0.3 else asyncio.sleep(0),
                )
            case "cancel":
                await self._cancel(handle)
            case "event":
                told = Signal(
                    "workorder.v1.WorkOrderChanged",
                    "wo_elsewhere",
                    "work_order/wo_elsewhere",
                    chance.randint(1, 3),
                    {"work_order": {"work_order_id": "wo_elsewhere"}},
                )
                with contextlib.suppress(RPCError):
                    await handle.signal("event", told)
            case "look":
                with contextlib.suppress(Unavailable):
                    for task in await self._open_tasks(case):
                        await self.office.cases.look_at_form(
                            task.workflow_id, task.user_task_id, {}
                        )

    async def _cancel(self, handle: Any) -> None:
        with contextlib.suppress(RPCError):
            await handle.cancel()

    async def _act(self, case: StartedCase, chance: Random, turn: int, key: str) -> None:
        tasks = await self._open_tasks(case)
        if tasks:
            task = chance.choice(tasks)
            act = random_act(task, chance, key, COMPLETION_CODE)
            await self._send(task.workflow_id, task.case_id, turn, act)

    async def _open_tasks(self, case: StartedCase) -> list[cases_pb2.UserTask]:
        """What is open in a case and its child cases."""
        children = await self.office.caller.call(
            "cases.v1.CaseService/ListCases",
            cases_pb2.ListCasesRequest(parent_case_id=case.case_id),
        )
        assert isinstance(children, cases_pb2.ListCasesResponse)
        found: list[cases_pb2.UserTask] = []
        for case_id in (case.case_id, *(child.case_id for child in children.cases)):
            page = await self.office.caller.call(
                "cases.v1.CaseService/ListUserTasks",
                cases_pb2.ListUserTasksRequest(case_id=case_id),
            )
            assert isinstance(page, cases_pb2.ListUserTasksResponse)
            found += page.user_tasks
        return found

    async def _send(self, workflow_id: str, case_id: str, turn: int, act: Act) -> None:
        """As a client does: the same act with the same key until it is known what became of it."""
        for _ in range(60):
            try:
                reply = await self.office.cases.act(workflow_id, act)
            except Unavailable:
                continue
            refusal = reply.refusal
            if refusal is None or refusal.kind not in _OPEN:
                reason = refusal.reason if refusal else ""
                self.sent.append(Sent(case_id, turn, act.act_key, reply.applied, reason))
                return
            await asyncio.sleep(0.1)

    async def _come_to_rest(self) -> None:
        """Wait until every case has ended or waits for something that may come."""
        deadline = time.monotonic() + REST_SECONDS
        for workflow_id in await self._workflow_ids():
            while doing := await restless(self.office.temporal, workflow_id):
                assert time.monotonic() < deadline, f"{workflow_id} does not rest: {doing}"
                await asyncio.sleep(0.1)

    async def _workflow_ids(self) -> list[str]:
        return await family(self.office.temporal, [case.workflow_id for case in self.cases])

    async def account(self) -> list[str]:
        """What is not as it must be, with a worker at hand that can be asked."""
        found: list[str] = []
        async with self.office.worker(runner=self.runner):
            ids = await self._workflow_ids()
            for workflow_id in ids:
                found += await self._account_of(workflow_id)
        for case_id in dict.fromkeys(sent.case_id for sent in self.sent):
            found += await self._acts_astray(case_id)
        async for history in histories(self.office.temporal, ids):
            found += failed_tasks(history)
        every = histories(self.office.temporal, ids)
        found += await replay_failures(self.office.temporal, every, self.runner)
        return found

    async def _account_of(self, workflow_id: str) -> list[str]:
        described = await self.office.cases.describe(workflow_id)
        if described.status not in ("RUNNING", "COMPLETED"):
            return [f"{workflow_id} is {described.status}"]
        if not workflow_id.startswith("case:"):
            return []
        told = await self.office.caller.call(
            "cases.v1.CaseService/GetCase",
            cases_pb2.GetCaseRequest(case_id=workflow_id.removeprefix("case:")),
        )
        assert isinstance(told, cases_pb2.Case)
        found = [*told_otherwise(described.standing, told), *forgotten(described.standing)]
        if told.state == cases_pb2.CASE_STATE_CANCELLED:
            found += self._left_behind(told.case_id)
        return found

    def _left_behind(self, case_id: str) -> list[str]:
        """What a cancelled case did and did not undo."""
        company = self.office.company
        order = company.work_orders.get(f"wo_{case_id}")
        if order is None:
            return []
        found = []
        if order.state != workorder_pb2.WORK_ORDER_STATE_CANCELLED:
            state = workorder_pb2.WorkOrderState.Name(order.state)
            found.append(f"{order.work_order_id} of a cancelled case is {state}")
        found += [
            f"{earning.earning_id} of a cancelled case is still promised"
            for earning in company.earnings.values()
            if earning.work_order_id == order.work_order_id
            and earning.state == settlement_pb2.EARNING_STATE_ESTIMATED
        ]
        return found

    async def _acts_astray(self, case_id: str) -> list[str]:
        sent = [(s.turn, s.act_key, s.applied) for s in self.sent if s.case_id == case_id]
        acts = await self.office.acts(StartedCase(case_id, f"case:{case_id}", "", "", 0))
        audit = [act.act_key for act in sorted(acts, key=lambda act: act.acted_at.ToNanoseconds())]
        return acts_astray(case_id, sent, audit)


async def _pause(over: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(over.wait(), seconds)
