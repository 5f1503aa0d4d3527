"""An incident tells operations (异常告警), once for each flow and reason in half an hour.

A service that is down makes hundreds of cases stand still for one reason. Each of them asks for this
workflow under the same id: the first ask starts it, and as long as it lives the others find it running.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from workflows.runtime.messages import SEND
    from workflows.runtime.payloads import ALERT, Alert
    from workflows.runtime.people import RESOLVE_ASSIGNEES

_TEMPLATE: Final = "incident_raised"
_ROLE: Final = "ops"
_QUIET_FOR: Final = timedelta(minutes=30)
_ATTEMPT: Final = timedelta(seconds=10)
#: Whoever cannot be told within the hour sees it in the list of incidents.
_GIVE_UP_AFTER: Final = timedelta(hours=1)
_RETRY: Final = RetryPolicy(maximum_interval=timedelta(seconds=30))


@workflow.defn(name=ALERT)
class AlertWorkflow:
    """One alert, and the quiet after it."""

    @workflow.run
    async def run(self, alert: Alert) -> None:
        """Tell operations, then let the others that come for the same reason be."""
        try:
            found = await self._call(RESOLVE_ASSIGNEES, {"role": _ROLE})
            if people := found["person_ids"]:
                await self._call(SEND, self._message(alert, people))
        except ActivityError as error:
            workflow.logger.error("operations were not told of an incident: %s", error.cause)
        await workflow.sleep(_QUIET_FOR, summary=f"{alert.flow} {alert.reason}：不再重复告警")

    def _message(self, alert: Alert, people: list[str]) -> dict[str, Any]:
        info = workflow.info()
        return {
            "idempotency_key": f"{info.workflow_id}/{info.run_id}",
            "template_code": _TEMPLATE,
            "recipient_person_ids": people,
            "variables": {
                "flow": alert.flow_name,
                "node": alert.node or alert.flow_name,
                "reason": f"{alert.reason} {alert.message}",
            },
            "urgency": "URGENCY_URGENT",
            "case_id": alert.case_id,
        }

    async def _call(self, rpc: str, request: dict[str, Any]) -> dict[str, Any]:
        reply: dict[str, Any] = await workflow.execute_activity(
            rpc,
            request,
            result_type=dict[str, Any],
            start_to_close_timeout=_ATTEMPT,
            schedule_to_close_timeout=_GIVE_UP_AFTER,
            retry_policy=_RETRY,
        )
        return reply
