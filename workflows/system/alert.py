"""An incident tells operations (异常告警), once for each flow and reason in half an hour.

A service that is down makes hundreds of cases stand still for one reason. Each of them asks for this
workflow under the same id: the first ask starts it, and as long as it lives the others find it running.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.runtime.payloads import ALERT, Alert
    from workflows.system.calling import tell

_TEMPLATE: Final = "incident_raised"
_ROLE: Final = "ops"
_QUIET_FOR: Final = timedelta(minutes=30)


@workflow.defn(name=ALERT)
class AlertWorkflow:
    """One alert, and the quiet after it."""

    @workflow.run
    async def run(self, alert: Alert) -> None:
        """Tell operations, then let the others that come for the same reason be."""
        await tell(_message(alert), {"role": _ROLE})
        await workflow.sleep(_QUIET_FOR, summary=f"{alert.flow} {alert.reason}：不再重复告警")


def _message(alert: Alert) -> dict[str, Any]:
    info = workflow.info()
    return {
        "idempotency_key": f"{info.workflow_id}/{info.run_id}",
        "template_code": _TEMPLATE,
        "variables": {
            "flow": alert.flow_name,
            "node": alert.node or alert.flow_name,
            "reason": f"{alert.reason} {alert.message}",
        },
        "urgency": "URGENCY_URGENT",
        "case_id": alert.case_id,
    }
