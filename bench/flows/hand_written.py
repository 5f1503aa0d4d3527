"""The baseline: the same ten calls as somebody would write them for Temporal by hand.

Same activity, same time-outs, same summaries, search attributes, details and one record at the end.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from workflows.runtime.shell import attributes

STEPS = 10
RPC = "directory.v1.DirectoryService/ResolveAssignees"
RECORD = "cases.v1.CaseService/RecordCase"
RETRY = RetryPolicy(
    initial_interval=timedelta(milliseconds=500), maximum_interval=timedelta(seconds=30)
)


@workflow.defn(name="hand_written")
class HandWritten:
    """Ten calls in a row, each waiting for the one before."""

    @workflow.run
    async def run(self, case_id: str) -> str:
        for number in range(STEPS):
            await workflow.execute_activity(
                RPC,
                {"role": f"designer_{number}"},
                result_type=dict[str, Any],
                start_to_close_timeout=timedelta(seconds=10),
                retry_policy=RETRY,
                summary=f"step {number}",
            )
            workflow.set_current_details(f"step {number} of {case_id} is done")
        workflow.upsert_search_attributes(
            [
                attributes.FLOW.value_set("hand_written"),
                attributes.FLOW_VERSION.value_set("1"),
                attributes.STAGE.value_set("presale"),
                attributes.SLA_STATE.value_set("none"),
            ]
        )
        await workflow.execute_local_activity(
            RECORD,
            {
                "idempotency_key": f"{case_id}/record",
                "case": {"case_id": case_id, "revision": 1, "flow_code": "hand_written"},
            },
            result_type=dict[str, Any],
            start_to_close_timeout=timedelta(seconds=10),
            summary="record",
        )
        return "completed"
