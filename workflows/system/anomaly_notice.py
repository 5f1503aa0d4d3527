"""An anomaly was raised: the supervisors of its district and the manager of the technician's outlet are
told, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from workflows.system.calling import ask, tell

ANOMALY_NOTICE: Final = "AnomalyNotice"
_TEMPLATE: Final = "anomaly_raised"
_TECHNICIAN: Final = "workorder.v1.WorkOrderService/GetTechnician"


@dataclass(frozen=True, slots=True)
class RaisedAnomaly:
    """What was found.

    Attributes:
        what: in words, such as 反复退单.
        about: the subject, in words.
        region_code: of the district; empty: nobody knows.
        technician_id: who took the work order; empty: nobody.
        urgent: whether it is told in quiet hours too.
    """

    anomaly_id: str
    what: str
    about: str
    region_code: str
    technician_id: str
    raised_at: str
    urgent: bool


@workflow.defn(name=ANOMALY_NOTICE)
class AnomalyNoticeWorkflow:
    """One message about one anomaly."""

    @workflow.run
    async def run(self, raised: RaisedAnomaly) -> None:
        """Tell those who decide what it was."""
        message = {
            "idempotency_key": workflow.info().workflow_id,
            "template_code": _TEMPLATE,
            "variables": {
                "what": raised.what,
                "about": raised.about,
                "where": raised.region_code,
                "raised_at": raised.raised_at,
                "anomaly": raised.anomaly_id,
            },
            "urgency": "URGENCY_URGENT" if raised.urgent else "URGENCY_NORMAL",
        }
        whom = [{"role": "supervisor", "region_adcode": raised.region_code}]
        if outlet_id := await _outlet_of(raised.technician_id):
            whom.append({"role": "outlet_manager", "outlet_id": outlet_id})
        await tell(message, *whom)


async def _outlet_of(technician_id: str) -> str:
    """Whose manager is told as well; empty: of nobody."""
    if not technician_id:
        return ""
    try:
        technician = await ask(_TECHNICIAN, {"technician_id": technician_id})
    except ActivityError as error:
        workflow.logger.error("the outlet of %s is not known: %s", technician_id, error.cause)
        return ""
    outlet_id: str = technician["outlet_id"]
    return outlet_id
