"""Maintenance visits that fall due: the workorder service says which, and each starts one case.

A Temporal schedule asks every hour. Which visits have no case yet is asked afresh each time, and the
case of a visit has an id of its own, so that whatever is cut off in between neither loses a visit nor
starts it twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from workflows.system.calling import call

DUE_VISITS: Final = "DueVisits"
#: Starts a case, once for each start key; the result is its id.
START_CASE: Final = "start_case"
_SERVICE: Final = "workorder.v1.MaintenanceService"
_ATTEMPT: Final = timedelta(seconds=15)
#: A visit that cannot be begun by then leaves its turn to the others, and has it again next time.
_GIVE_UP_AFTER: Final = timedelta(minutes=5)
_LONGEST_FAULT: Final = 1_000
#: Refusals that are the same an hour later; the plan or its flow must change first.
_RETRY: Final = RetryPolicy(
    maximum_interval=timedelta(seconds=30),
    non_retryable_error_types=[
        "InvalidArgument",
        "NotFound",
        "FailedPrecondition",
        "PermissionDenied",
        "Internal",
    ],
)


@dataclass(frozen=True, slots=True)
class DueVisits:
    """One round.

    Attributes:
        after_visit_id: how far the round is; empty: at its beginning.
        started: how many cases it has started.
    """

    after_visit_id: str = ""
    started: int = 0


@dataclass(frozen=True, slots=True)
class CaseToStart:
    """What a visit's case is started with, as the service says."""

    start_key: str
    flow_code: str
    title: str
    customer_id: str
    region_adcode: str
    inputs: dict[str, Any]


@workflow.defn(name=DUE_VISITS)
class DueVisitsWorkflow:
    """One round."""

    @workflow.run
    async def run(self, order: DueVisits) -> int:
        """Start the cases of all visits that are due; the result is how many were."""
        after, started = order.after_visit_id, order.started
        while visits := await self._claim(after):
            for visit in visits:
                started += await self._begin(visit)
            after = visits[-1]["visit_id"]
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(DueVisits(after, started))
        return started

    async def _claim(self, after: str) -> list[dict[str, Any]]:
        key = f"{workflow.info().workflow_id}/claim/{after}"
        request = {"idempotency_key": key, "after_visit_id": after}
        reply = await call(f"{_SERVICE}/ClaimDueVisits", request)
        found: list[dict[str, Any]] = reply["due_visits"]
        return found

    async def _begin(self, visit: dict[str, Any]) -> bool:
        """Start one visit's case, or have it said why that cannot be."""
        try:
            case_id = await self._start(visit)
        except ActivityError as error:
            fault = str(error.cause or error)[:_LONGEST_FAULT]
            await self._record("RecordVisitFault", visit["visit_id"], fault=fault)
            return False
        await self._record("RecordVisitStarted", visit["visit_id"], case_id=case_id)
        return True

    async def _start(self, visit: dict[str, Any]) -> str:
        case_id: str = await workflow.execute_activity(
            START_CASE,
            CaseToStart(
                start_key=visit["visit_id"],
                flow_code=visit["flow_code"],
                title=visit["title"],
                customer_id=visit["customer_id"],
                region_adcode=visit["adcode"],
                inputs=visit.get("inputs", {}),
            ),
            result_type=str,
            start_to_close_timeout=_ATTEMPT,
            schedule_to_close_timeout=_GIVE_UP_AFTER,
            retry_policy=_RETRY,
            summary=f"{visit['title']}：发起",
        )
        return case_id

    async def _record(self, rpc: str, visit_id: str, **told: str) -> None:
        """Write down what became of a visit; a refusal stops no other visit."""
        key = f"{workflow.info().workflow_id}/{visit_id}/{rpc}"
        try:
            await call(f"{_SERVICE}/{rpc}", {"idempotency_key": key, "visit_id": visit_id, **told})
        except ActivityError as error:
            workflow.logger.error("a visit could not be recorded: %s", error.cause)
