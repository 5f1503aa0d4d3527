"""Starting cases for the workflows that outlast a case: an activity beside the door."""

from __future__ import annotations

from temporalio import activity

from kit.authn import SYSTEM_PERSON_ID
from workflows.client.cases import Cases
from workflows.client.values import CaseStart
from workflows.system.due_visits import START_CASE, CaseToStart


class CaseStarting:
    """Starts cases in the product's own name."""

    def __init__(self, cases: Cases) -> None:
        self._cases = cases

    @activity.defn(name=START_CASE)
    async def start(self, wanted: CaseToStart) -> str:
        """Start a case, once for each start key.

        Returns:
            Its id.

        Raises:
            ServiceError: as for ``Cases.start``.
        """
        started = await self._cases.start(
            CaseStart(
                flow_code=wanted.flow_code,
                inputs=wanted.inputs,
                started_by=SYSTEM_PERSON_ID,
                start_key=wanted.start_key,
                title=wanted.title,
                customer_id=wanted.customer_id,
                region_adcode=wanted.region_adcode,
            )
        )
        return started.case_id
