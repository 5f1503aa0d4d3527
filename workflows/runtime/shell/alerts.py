"""Telling operations of an incident: by a workflow that outlives this one and speaks for all cases."""

from __future__ import annotations

import asyncio

from temporalio import workflow
from temporalio.exceptions import FailureError
from temporalio.workflow import ChildWorkflowCancellationType, ParentClosePolicy

from workflows.runtime.payloads import ALERT, Alert


class Alerts:
    """Asks for alerts; who else has asked for the same one is not asked again."""

    def __init__(self) -> None:
        self._asking = 0
        self._asked: tuple[str, ...] = ()

    @property
    def settled(self) -> bool:
        """Whether all that was asked for is in the history."""
        return not self._asking

    def tell(self, alert: Alert) -> None:
        """See to it that operations hear of an incident, if they have not just heard of its like."""
        if alert.reason in self._asked:
            return
        self._asked += (alert.reason,)
        self._asking += 1
        asyncio.create_task(self._ask(alert))  # noqa: RUF006 - a workflow's loop keeps its tasks

    async def _ask(self, alert: Alert) -> None:
        try:
            await workflow.start_child_workflow(
                ALERT,
                alert,
                id=f"alert:{alert.flow}:{alert.reason}",
                parent_close_policy=ParentClosePolicy.ABANDON,
                cancellation_type=ChildWorkflowCancellationType.ABANDON,
                static_summary=f"异常告警 {alert.flow} {alert.reason}",
            )
        except FailureError as error:
            workflow.logger.info("operations have heard of this already: %s", error)
        finally:
            self._asking -= 1
