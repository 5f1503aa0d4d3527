"""The field work and the child cases a case has going: started as children that outlive a run, heard
of by signal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeAlias

from temporalio import workflow
from temporalio.exceptions import ChildWorkflowError, FailureError, WorkflowAlreadyStartedError
from temporalio.workflow import ChildWorkflowCancellationType, ParentClosePolicy

from workflows.runtime.commands import CancelChild, StartFieldWork, StartSubflow
from workflows.runtime.events import ChildEnded
from workflows.runtime.field_work.state import FieldWorkInput
from workflows.runtime.payloads import CANCEL, CaseInput, Signal
from workflows.runtime.shell.plan_ref import PlanRef

_WORKFLOW: Final = "field_work"

Start: TypeAlias = StartFieldWork | StartSubflow


class Children:
    """Starts and cancels them, and tells when one dies without a word.

    Attributes:
        ids: the workflow id of each, by ``node/visit``.
    """

    def __init__(self, on_end: Callable[[ChildEnded], None], ids: dict[str, str]) -> None:
        self.ids = ids
        self._on_end = on_end
        self._running: set[asyncio.Task[None]] = set()
        self._unsettled = 0

    @property
    def settled(self) -> bool:
        """Whether all that was asked for is in the history."""
        return self._unsettled == 0

    def start_field_work(self, command: StartFieldWork, source: FieldWorkInput) -> None:
        """Begin the field work of a node."""
        self._start(command, f"field_work:{source.work_order_id}", _WORKFLOW, [source])

    def start_case(self, command: StartSubflow, source: CaseInput) -> None:
        """Begin the child case of a node."""
        plan = PlanRef(command.plan_hash)
        self._start(command, f"case:{source.case_id}", command.flow, [plan, source])

    def cancel(self, command: CancelChild) -> None:
        """Ask a child to end."""
        self._unsettled += 1
        self._spawn(self._ask_to_end(command))

    def _start(self, command: Start, workflow_id: str, kind: str, args: list[Any]) -> None:
        self.ids[f"{command.node}/{command.visit}"] = workflow_id
        self._unsettled += 1
        self._spawn(self._live(command, workflow_id, kind, args))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        running = asyncio.create_task(work)
        self._running.add(running)
        running.add_done_callback(self._running.discard)

    async def _live(self, command: Start, workflow_id: str, kind: str, args: list[Any]) -> None:
        try:
            child = await workflow.start_child_workflow(
                kind,
                args=args,
                id=workflow_id,
                parent_close_policy=ParentClosePolicy.ABANDON,
                cancellation_type=ChildWorkflowCancellationType.ABANDON,
                static_summary=command.summary,
            )
        except WorkflowAlreadyStartedError:
            self._unsettled -= 1
            self._fail(command.node, command.visit, "CHILD_RUNNING", f"{workflow_id} still runs")
            return
        self._unsettled -= 1
        try:
            await child
        except ChildWorkflowError as error:
            self._fail(command.node, command.visit, "CHILD_LOST", str(error.cause or error))

    async def _ask_to_end(self, command: CancelChild) -> None:
        key = f"{command.node}/{command.visit}"
        told = Signal(type=CANCEL, key=key, payload={"reason": command.reason})
        try:
            await workflow.get_external_workflow_handle(self.ids[key]).signal("event", told)
        except FailureError as error:
            self._fail(command.node, command.visit, "CHILD_LOST", str(error))
        finally:
            self._unsettled -= 1

    def _fail(self, node: str, visit: int, reason: str, message: str) -> None:
        self._on_end(
            ChildEnded(workflow.now(), node, visit, "failed", reason=reason, message=message)
        )
