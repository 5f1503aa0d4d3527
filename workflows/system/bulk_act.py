"""One verb on many cases or user tasks, one act at a time, in the name of whoever ordered it.

What it is done to was chosen before it began and travels with it, so that it does what was looked
at and nothing else. Every act has a key of its own: a kill in between neither loses nor doubles one,
and each case decides for itself whether it is still allowed.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from workflows.runtime.events import Act
    from workflows.system.calling import act_on, call, record

BULK_ACT: Final = "BulkAct"
#: So many acts at once, and not sooner than this after one another: people's own acts go before.
_AT_ONCE: Final = 10
_PAUSE: Final = timedelta(milliseconds=500)
#: The read model hears of every so many.
_RECORDED_EVERY: Final = 5
#: What a case says of a user task that is done, of an incident that is resolved, or of itself when it
#: is over: perhaps by this very act, whose answer was lost.
_CLOSED: Final = ("CASE_TASK_CLOSED", "CASE_INCIDENT_CLOSED", "CASE_OVER")


@dataclass(frozen=True, slots=True)
class Target:
    """What one act is done to: a user task, an incident, or else the case itself."""

    case_id: str
    workflow_id: str
    user_task_id: str
    title: str
    incident_id: str = ""

    @property
    def name(self) -> str:
        """What tells it from the order's others."""
        if self.incident_id:
            return f"{self.workflow_id}/{self.incident_id}"
        return self.user_task_id or self.case_id


@dataclass(frozen=True, slots=True)
class Failure:
    """What was refused, or did not answer."""

    target: Target
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class BulkAct:
    """What is to be done, and how far it is.

    Attributes:
        act: what is done to each; its key is this order's, its user task none.
        next: of the targets, the first that has not been tried.
        recorded: how often the read model was told.
    """

    bulk_act_id: str
    act: Act
    targets: tuple[Target, ...]
    started_at: datetime | None = None
    next: int = 0
    done: int = 0
    failures: tuple[Failure, ...] = ()
    recorded: int = 0


@workflow.defn(name=BULK_ACT)
class BulkActWorkflow:
    """One bulk act."""

    @workflow.run
    async def run(self, order: BulkAct) -> int:
        """Do it to everything; the result is to how many it was done."""
        self._now = order
        if order.started_at is None:
            self._now = replace(order, started_at=workflow.info().workflow_start_time)
            await self._record(ended=False)
        rounds = 0
        while self._now.next < len(self._now.targets):
            await self._do_some()
            rounds += 1
            if rounds % _RECORDED_EVERY == 0:
                await self._record(ended=False)
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(self._now)
            await workflow.sleep(_PAUSE)
        await self._record(ended=True)
        return self._now.done

    async def _do_some(self) -> None:
        now = self._now
        some = now.targets[now.next : now.next + _AT_ONCE]
        failures = [each for each in await asyncio.gather(*map(self._do, some)) if each]
        self._now = replace(
            now,
            next=now.next + len(some),
            done=now.done + len(some) - len(failures),
            failures=(*now.failures, *failures),
        )

    async def _do(self, target: Target) -> Failure | None:
        """Apply the act to one target; what went wrong, if something did."""
        key = f"{self._now.act.act_key}/{target.name}"
        act = replace(
            self._now.act,
            act_key=key,
            task_id=target.user_task_id,
            incident_id=target.incident_id,
        )
        refusal = await act_on(target.workflow_id, act, f"{target.title}：{act.verb}")
        if refusal is None or (refusal.reason in _CLOSED and await self._is_known(target, key)):
            return None
        return Failure(target, refusal.reason, refusal.message)

    async def _is_known(self, target: Target, key: str) -> bool:
        """Whether the audit has the act: it was done, and its answer was lost."""
        try:
            await call("cases.v1.CaseService/GetAct", {"case_id": target.case_id, "act_key": key})
        except ActivityError:
            return False
        return True

    async def _record(self, *, ended: bool) -> None:
        now = self._now = replace(self._now, recorded=self._now.recorded + 1)
        told: dict[str, Any] = {
            "bulk_act_id": now.bulk_act_id,
            "verb": now.act.verb,
            "to": now.act.to,
            "comment": now.act.comment,
            "ordered_by_person_id": now.act.person,
            "started_at": now.started_at.isoformat() if now.started_at else "",
            "target_count": len(now.targets),
            "done_count": now.done,
            "failures": [asdict(failure) for failure in now.failures],
        }
        if ended:
            told["ended_at"] = workflow.now().isoformat()
        await record("cases.v1.BulkActService/RecordBulkAct", now.recorded, bulk_act=told)
