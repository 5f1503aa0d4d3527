"""Asking cases whether they can move to another version, and moving them: from outside their workflows.
Also an activity, for the workflow that moves many."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from pydantic import TypeAdapter
from temporalio import activity
from temporalio.client import (
    Client,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
    WorkflowUpdateFailedError,
)
from temporalio.common import QueryRejectCondition
from temporalio.exceptions import ApplicationError

from kit.errors import FailedPrecondition, Internal, NotFound, Unavailable
from workflows.activities.acts import typed_errors
from workflows.runtime.migration import (
    Finding,
    MigrationOrder,
    MigrationReply,
    Outcome,
    Verdict,
)
from workflows.runtime.shell.plan_ref import PlanRef

_ANSWER_WITHIN: Final = timedelta(seconds=10)
#: What is over in a moment is waited for so often, so long between, in seconds.
_PAUSES: Final = (0.2, 0.5, 1.0)
#: A cold case is replayed to answer: so many at a time.
_SIDE_BY_SIDE: Final = 4
_REPLY: Final = TypeAdapter(MigrationReply)


@dataclass(frozen=True, slots=True)
class CaseToMove:
    """One case in its turn."""

    case_id: str
    workflow_id: str
    title: str
    flow_version: int


@dataclass(frozen=True, slots=True)
class Turn:
    """What became of a case in its turn.

    Attributes:
        answered: it said something; otherwise it is over, or out of reach.
        moved: it is on its way to the other version.
    """

    case: CaseToMove
    verdict: Verdict
    answered: bool = True
    moved: bool = False


class CaseMoves:
    """Asks and moves cases."""

    def __init__(self, temporal: Client) -> None:
        self._temporal = temporal

    @activity.defn(name="migrate_cases")
    async def migrate_cases(
        self,
        cases: list[CaseToMove],
        order: MigrationOrder,
        plan_hash: str,
        dry_run: bool,
        per_second: float,
    ) -> list[Turn]:
        """Let each case say whether it can move and, unless it is a dry run, move if it can.

        Args:
            order: its key is the migration's; each case gets one of its own.
            per_second: how many cases are asked.
        """
        begun = asyncio.get_running_loop().time()
        waiting = asyncio.Semaphore(_SIDE_BY_SIDE)

        async def take_turn(number: int, case: CaseToMove) -> Turn:
            rest = begun + number / per_second - asyncio.get_running_loop().time()
            await asyncio.sleep(max(rest, 0))
            async with waiting:
                turn = await self._take_turn(case, order, plan_hash, dry_run=dry_run)
            activity.heartbeat(number)
            return turn

        return list(await asyncio.gather(*(take_turn(*each) for each in enumerate(cases))))

    async def _take_turn(
        self, case: CaseToMove, order: MigrationOrder, plan_hash: str, *, dry_run: bool
    ) -> Turn:
        own = replace(order, order_key=f"{order.order_key}/{case.case_id}")
        act = self.look if dry_run else self.move
        try:
            reply = await act(case.workflow_id, own, plan_hash)
            for pause in _PAUSES:
                if reply.applied or not reply.verdict.is_passing:
                    break
                activity.heartbeat()
                await asyncio.sleep(pause)
                reply = await act(case.workflow_id, own, plan_hash)
        except (FailedPrecondition, Internal, NotFound, Unavailable) as error:
            finding = Finding(error.reason, "", "个案没有回答，或已结束", error.message)
            return Turn(case, Verdict(Outcome.UNSAFE, (finding,)), answered=False)
        return Turn(case, reply.verdict, moved=reply.applied)

    async def look(self, workflow_id: str, order: MigrationOrder, plan_hash: str) -> MigrationReply:
        """Whether a case could move as it stands.

        Raises:
            NotFound: ``CASE_UNKNOWN``.
            FailedPrecondition: ``CASE_OVER``.
            Unavailable: no answer in time.
        """
        handle = self._temporal.get_workflow_handle(workflow_id)
        try:
            with typed_errors(workflow_id):
                verdict: Verdict = await handle.query(
                    "may_migrate",
                    args=[order, PlanRef(plan_hash)],
                    result_type=Verdict,
                    reject_condition=QueryRejectCondition.NOT_OPEN,
                    rpc_timeout=_ANSWER_WITHIN,
                )
        except WorkflowQueryRejectedError as error:
            raise FailedPrecondition("CASE_OVER", f"{workflow_id} is over") from error
        except WorkflowQueryFailedError as error:
            raise Internal("CASE_MIGRATION_FAILED", str(error)) from error
        return MigrationReply(order.order_key, False, 0, verdict)

    async def move(self, workflow_id: str, order: MigrationOrder, plan_hash: str) -> MigrationReply:
        """Move a case, once for each order key.

        Raises:
            NotFound: ``CASE_UNKNOWN``, or it is over.
            Unavailable: no answer in time; the same order with the same key finds out.
        """
        handle = self._temporal.get_workflow_handle(workflow_id)
        try:
            with typed_errors(workflow_id):
                reply: MigrationReply = await handle.execute_update(
                    "migrate",
                    args=[order, PlanRef(plan_hash)],
                    id=order.order_key,
                    result_type=MigrationReply,
                    rpc_timeout=_ANSWER_WITHIN,
                )
        except WorkflowUpdateFailedError as error:
            cause = error.cause
            if isinstance(cause, ApplicationError) and cause.details:
                return _REPLY.validate_python(cause.details[0])
            raise Internal("CASE_MIGRATION_FAILED", f"{workflow_id}: {cause}") from error
        return reply
