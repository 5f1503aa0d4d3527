"""A flood of acts on one case, while it goes from run to run; and the account of it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from statistics import quantiles

from kit.errors import Kind, Unavailable
from protos.cases.v1 import cases_pb2
from tests.workflow.account import failed_tasks, histories, replay_failures
from tests.workflow.conftest import Office, eventually
from tests.workflow.flows import MEASURE
from workflows.client import Act, ActReply, StartedCase

#: Every so many acts an impatient client sends one twice at once.
_TWICE = 10


@dataclass
class Flood:
    """Clients who each send one act after the other, the same again until it is answered."""

    office: Office
    clients: int
    acts_each: int
    milliseconds: list[float] = field(default_factory=list)

    async def rise(self) -> list[str]:
        """Send all of it to a case of its own; what is not as it must be."""
        case = await self.office.start(MEASURE)
        task = await self.office.task_of("pe_li", case)
        began = time.perf_counter()
        await asyncio.gather(*(self._send(task, number) for number in range(self.clients)))
        took = time.perf_counter() - began

        async def told() -> bool:
            return (await self.office.case(case)).revision >= self._sent

        await eventually(told, "the read model has heard of every act", 60)
        told_after = time.perf_counter() - began - took
        runs = [history async for history in histories(self.office.temporal, [case.workflow_id])]
        cuts = quantiles(self.milliseconds, n=100)
        print(
            f"{self._sent} acts by {self.clients} clients in {took:.1f} s, {self._sent / took:.0f}"
            f" a second, p50 {cuts[49]:.0f} ms, p99 {cuts[98]:.0f} ms; told {told_after:.1f} s"
            f" later; {len(runs)} runs"
        )
        found = [] if len(runs) > 1 else ["the case stayed in one run"]
        for run in runs:
            found += failed_tasks(run)
        every = histories(self.office.temporal, [case.workflow_id])
        return [
            *found,
            *await self._astray(case),
            *await replay_failures(self.office.temporal, every),
        ]

    @property
    def _sent(self) -> int:
        return self.clients * self.acts_each

    async def _send(self, task: cases_pb2.UserTask, client: int) -> None:
        for number in range(self.acts_each):
            act = Act(
                act_key=f"flood/{client}/{number}",
                verb="comment",
                person=f"pe_{client}",
                task_id=task.user_task_id,
                comment=str(number),
            )
            began = time.perf_counter()
            twice = 2 if number % _TWICE == 0 else 1
            replies = await asyncio.gather(*(self._until_known(task, act) for _ in range(twice)))
            self.milliseconds.append((time.perf_counter() - began) * 1_000)
            assert all(reply.applied for reply in replies), replies

    async def _until_known(self, task: cases_pb2.UserTask, act: Act) -> ActReply:
        while True:
            try:
                reply = await self.office.cases.act(task.workflow_id, act)
            except Unavailable:
                continue
            if reply.refusal is None or reply.refusal.kind is not Kind.UNAVAILABLE:
                return reply
            await asyncio.sleep(0.1)

    async def _astray(self, case: StartedCase) -> list[str]:
        """Which client's acts are not in the audit once each, in the order they were sent."""
        acts = await self.office.acts(case)
        found = []
        for client in range(self.clients):
            had = [int(act.comment) for act in acts if act.acting_person_id == f"pe_{client}"]
            if had != list(range(self.acts_each)):
                found.append(f"client {client}: the audit has {len(had)} of its acts: {had}")
        return found
