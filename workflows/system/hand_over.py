"""A leaver's open user tasks go to somebody else (离职交接), one act a task, however many there are.

What the read model shows to be theirs is handed over until nothing is left that has not been tried;
what a case refuses is a failure that the hand-over tells. Every act has a key of its own, so a kill
in between neither loses nor doubles one.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.runtime.audit import SYSTEM
    from workflows.runtime.events import Act
    from workflows.runtime.verbs import Verb
    from workflows.system.calling import act_on, call, record

HAND_OVER: Final = "HandOver"
_PAGE: Final = 200
#: What is not the leaver's any more need not be handed over.
_NOT_THEIRS: Final = ("CASE_TASK_CLOSED", "CASE_OVER", "CASE_TARGET_ILLEGAL")


@dataclass(frozen=True, slots=True)
class Failure:
    """A user task that could not be handed over."""

    case_id: str
    user_task_id: str
    title: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class HandOver:
    """What is to be handed over, and how far it is.

    Attributes:
        tried: the user tasks that have been tried, by workflow and id.
        recorded: how often the read model was told.
    """

    hand_over_id: str
    from_person_id: str
    to_person_id: str
    ordered_by_person_id: str
    started_at: datetime | None = None
    handed_over: int = 0
    failures: tuple[Failure, ...] = ()
    tried: tuple[str, ...] = ()
    recorded: int = 0


@workflow.defn(name=HAND_OVER)
class HandOverWorkflow:
    """One hand-over."""

    @workflow.run
    async def run(self, order: HandOver) -> int:
        """Hand everything over; the result is how many tasks were."""
        self._now = order
        if order.started_at is None:
            self._now = replace(order, started_at=workflow.info().workflow_start_time)
            await self._record(ended=False)
        while waiting := await self._untried():
            for task in waiting:
                await self._give(task)
            await self._record(ended=False)
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(self._now)
        await self._record(ended=True)
        return self._now.handed_over

    async def _untried(self) -> list[dict[str, Any]]:
        """The open tasks that are still the leaver's and have not been tried."""
        tried = set(self._now.tried)
        found: list[dict[str, Any]] = []
        token = ""
        while True:
            page = {"page_size": _PAGE, "page_token": token}
            reply = await call(
                "cases.v1.CaseService/ListUserTasks",
                {"person_id": self._now.from_person_id, "page": page},
            )
            found += [t for t in reply["user_tasks"] if _name(t) not in tried]
            token = reply["page"]["next_page_token"]
            if not token:
                return found

    async def _give(self, task: dict[str, Any]) -> None:
        now = self._now
        act = Act(
            act_key=f"{SYSTEM}/{now.hand_over_id}/{task['user_task_id']}",
            verb=Verb.HAND_OVER,
            person=SYSTEM,
            task_id=task["user_task_id"],
            to=now.to_person_id,
            people=(now.from_person_id,),
            origin=SYSTEM,
        )
        refusal = await act_on(task["workflow_id"], act, f"{task['title']}：离职交接")
        failures = now.failures
        if refusal is not None and refusal.reason not in _NOT_THEIRS:
            of = task["case_id"], task["user_task_id"], task["title"]
            failures = (*failures, Failure(*of, refusal.reason, refusal.message))
        self._now = replace(
            now,
            tried=(*now.tried, _name(task)),
            handed_over=now.handed_over + (refusal is None),
            failures=failures,
        )

    async def _record(self, *, ended: bool) -> None:
        now = self._now = replace(self._now, recorded=self._now.recorded + 1)
        told: dict[str, Any] = {
            "hand_over_id": now.hand_over_id,
            "from_person_id": now.from_person_id,
            "to_person_id": now.to_person_id,
            "ordered_by_person_id": now.ordered_by_person_id,
            "started_at": now.started_at.isoformat() if now.started_at else "",
            "handed_over_count": now.handed_over,
            "failures": [asdict(failure) for failure in now.failures],
        }
        if ended:
            told["ended_at"] = workflow.now().isoformat()
        await record("cases.v1.CaseService/RecordHandOver", now.recorded, hand_over=told)


def _name(task: dict[str, Any]) -> str:
    return f"{task['workflow_id']}/{task['user_task_id']}"
