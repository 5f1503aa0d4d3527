"""The baseline: the same work as somebody would write it for Temporal by hand.

Same activity, same time-outs, summaries, search attributes, details and the same record of where the
case stands.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, Final

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from workflows.runtime.shell import attributes

STEPS: Final = 10
RPC: Final = "directory.v1.DirectoryService/ResolveAssignees"
RECORD: Final = "cases.v1.CaseService/RecordCase"
RETRY: Final = RetryPolicy(
    initial_interval=timedelta(milliseconds=500), maximum_interval=timedelta(seconds=30)
)
_WITHIN: Final = timedelta(seconds=10)


@workflow.defn(name="hand_written")
class HandWritten:
    """Calls in a row, each waiting for the one before."""

    @workflow.run
    async def run(self, case_id: str, steps: int) -> str:
        begun = asyncio.create_task(_tell(case_id, 1, 0))
        for number in range(steps):
            await workflow.execute_activity(
                RPC,
                {"role": f"designer_{number}"},
                result_type=dict[str, Any],
                start_to_close_timeout=_WITHIN,
                retry_policy=RETRY,
                summary=f"step {number}",
            )
        await begun
        workflow.set_current_details(f"{case_id} is done")
        _show()
        await _tell(case_id, 2, steps)
        return "completed"


@workflow.defn(name="hand_written_task")
class HandWrittenTask:
    """A task on which people act; once it is completed, calls in a row, as local activities in the
    workflow task of the act that completed it."""

    def __init__(self) -> None:
        self._revision = 1
        self._told = 0
        self._done = False

    @workflow.run
    async def run(self, case_id: str, steps: int) -> str:
        _show()
        while not self._done:
            await workflow.wait_condition(lambda: self._done or self._told < self._revision)
            workflow.set_current_details(f"{case_id} at revision {self._revision}")
            if not self._done:
                await self._tell(case_id, 0)
        for number in range(steps):
            await workflow.execute_local_activity(
                RPC,
                {"role": f"designer_{number}"},
                result_type=dict[str, Any],
                start_to_close_timeout=_WITHIN,
                summary=f"step {number}",
            )
        self._revision += 1
        await self._tell(case_id, steps)
        return "completed"

    @workflow.update
    def act(self, act: dict[str, Any]) -> dict[str, Any]:
        """Apply what a person does."""
        self._revision += 1
        self._done = act["verb"] == "complete"
        return {"act_key": act["act_key"], "applied": True, "revision": self._revision}

    @act.validator
    def _check(self, act: dict[str, Any]) -> None:
        if self._done or act["person"] != "pe_bench":
            raise ValueError("the task is closed, or somebody else's")

    async def _tell(self, case_id: str, steps: int) -> None:
        told = self._revision
        await workflow.execute_activity(
            RECORD,
            _record(case_id, told, steps),
            result_type=dict[str, Any],
            start_to_close_timeout=_WITHIN,
            retry_policy=RETRY,
            summary=f"record {told}",
        )
        self._told = told


async def _tell(case_id: str, revision: int, steps: int) -> None:
    """Tell the read model that the case has begun, or that it is over."""
    await workflow.execute_local_activity(
        RECORD,
        _record(case_id, revision, steps),
        result_type=dict[str, Any],
        start_to_close_timeout=_WITHIN,
        summary=f"record {revision}",
    )


def _show() -> None:
    workflow.upsert_search_attributes(
        [
            attributes.FLOW.value_set("hand_written"),
            attributes.FLOW_VERSION.value_set("1"),
            attributes.STAGE.value_set("presale"),
            attributes.SLA_STATE.value_set("none"),
        ]
    )


def _record(case_id: str, revision: int, steps: int) -> dict[str, Any]:
    """What the read model is told: as much as the interpreter tells."""
    now = workflow.now().isoformat()
    return {
        "idempotency_key": f"{case_id}/record/{revision}",
        "case": {
            "case_id": case_id,
            "workflow_id": workflow.info().workflow_id,
            "run_id": workflow.info().run_id,
            "revision": revision,
            "flow_code": "hand_written",
            "flow_version": 1,
            "title": "bench",
            "stage": "presale",
            "state": "CASE_STATE_RUNNING",
            "started_at": now,
            "changed_at": now,
            "started_by_person_id": "pe_bench",
            "nodes": [
                {
                    "node": f"step_{number}",
                    "title": f"步骤 {number}",
                    "progress": "NODE_PROGRESS_DONE",
                    "visit": 1,
                    "entered_at": now,
                    "left_at": now,
                }
                for number in range(steps)
            ],
        },
    }
