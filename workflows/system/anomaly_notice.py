"""An anomaly was raised: the supervisors of its district are told, once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.system.calling import tell

ANOMALY_NOTICE: Final = "AnomalyNotice"
_TEMPLATE: Final = "anomaly_raised"
_ROLE: Final = "supervisor"


@dataclass(frozen=True, slots=True)
class RaisedAnomaly:
    """What was found.

    Attributes:
        what: in words, such as 反复退单.
        about: the subject, in words.
        region_code: of the district; empty: nobody knows.
        urgent: whether it is told in quiet hours too.
    """

    anomaly_id: str
    what: str
    about: str
    region_code: str
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
        await tell({"role": _ROLE, "region_adcode": raised.region_code}, message)
