"""The field work a case has going: started as children that outlive a run, heard of by signal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from temporalio import workflow
from temporalio.exceptions import ChildWorkflowError, FailureError, WorkflowAlreadyStartedError
from temporalio.workflow import ChildWorkflowCancellationType, ParentClosePolicy

from workflows.runtime.commands import CancelChild
from workflows.runtime.events import FieldWorkEnded
from workflows.runtime.field_work.state import FieldWorkInput
from workflows.runtime.payloads import FIELD_WORK_CANCEL, Signal

_WORKFLOW: Final = "field_work"


class Children:
    """Starts and cancels field work, and tells when one dies without a word."""

    def __init__(self, on_end: Callable[[FieldWorkEnded], None], ids: dict[str, str]) -> None:
        self.ids = ids
        self._on_end = on_end
        self._running: set[asyncio.Task[None]] = set()
        self._unsettled = 0

    @property
    def settled(self) -> bool:
        """Whether all that was asked for is in the history."""
        return self._unsettled == 0

    def start(self, source: FieldWorkInput, summary: str) -> None:
        """Begin the field work of a node."""
        workflow_id = f"field_work:{source.work_order_id}"
        self.ids[source.node] = workflow_id
        self._unsettled += 1
        self._spawn(self._live(workflow_id, source, summary))

    def cancel(self, command: CancelChild) -> None:
        """Ask the field work of a node to end."""
        self._unsettled += 1
        self._spawn(self._ask_to_end(self.ids[command.node], command))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        running = asyncio.create_task(work)
        self._running.add(running)
        running.add_done_callback(self._running.discard)

    async def _live(self, workflow_id: str, source: FieldWorkInput, summary: str) -> None:
        try:
            child = await workflow.start_child_workflow(
                _WORKFLOW,
                source,
                id=workflow_id,
                parent_close_policy=ParentClosePolicy.ABANDON,
                cancellation_type=ChildWorkflowCancellationType.ABANDON,
                static_summary=summary,
            )
        except WorkflowAlreadyStartedError:
            self._unsettled -= 1
            self._fail(source.node, source.visit, "FIELD_WORK_RUNNING", f"{workflow_id} still runs")
            return
        self._unsettled -= 1
        try:
            await child
        except ChildWorkflowError as error:
            self._fail(source.node, source.visit, "FIELD_WORK_LOST", str(error.cause or error))

    async def _ask_to_end(self, workflow_id: str, command: CancelChild) -> None:
        told = Signal(
            type=FIELD_WORK_CANCEL,
            key=f"{command.node}/{command.visit}",
            payload={"reason": command.reason},
        )
        try:
            await workflow.get_external_workflow_handle(workflow_id).signal("event", told)
        except FailureError as error:
            self._fail(command.node, command.visit, "FIELD_WORK_LOST", str(error))
        finally:
            self._unsettled -= 1

    def _fail(self, node: str, visit: int, reason: str, message: str) -> None:
        self._on_end(
            FieldWorkEnded(workflow.now(), node, visit, "failed", reason=reason, message=message)
        )
