"""The field work and the child cases a case has going: started as children that outlive a run, heard
of by signal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeAlias

from temporalio import workflow
from temporalio.exceptions import ChildWorkflowError, FailureError, WorkflowAlreadyStartedError
from temporalio.workflow import ChildWorkflowCancellationType, ParentClosePolicy

from workflows.runtime.commands import CancelChild, PrioritiseChild, StartFieldWork, StartSubflow
from workflows.runtime.events import ChildEnded
from workflows.runtime.field_work.state import FieldWorkInput
from workflows.runtime.payloads import CANCEL, NUDGE, PRIORITISED, CaseInput, Signal
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
        self._starting: list[str] = []
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

    def look_after(self) -> None:
        """See whether those that an earlier run has begun are still alive: that run would have been
        told of a child that dies without a word, this one is not."""
        for key in self.ids:
            self._unsettled += 1
            _begin(self._call_on(key))

    def tell(self, command: CancelChild | PrioritiseChild) -> None:
        """Ask a child to end, or tell it that its parent has been given another priority."""
        self._unsettled += 1
        _begin(self._tell_when_started(command))

    def _start(self, command: Start, workflow_id: str, kind: str, args: list[Any]) -> None:
        key = f"{command.node}/{command.visit}"
        self.ids[key] = workflow_id
        self._starting.append(key)
        self._unsettled += 1
        _begin(self._live(command, workflow_id, kind, args))

    async def _live(self, command: Start, workflow_id: str, kind: str, args: list[Any]) -> None:
        key = f"{command.node}/{command.visit}"
        try:
            child = await workflow.start_child_workflow(
                kind,
                args=args,
                id=workflow_id,
                parent_close_policy=ParentClosePolicy.ABANDON,
                cancellation_type=ChildWorkflowCancellationType.ABANDON,
                static_summary=command.summary,
            )
        except FailureError as error:
            # What runs under that id is another's: it is not ours to end.
            del self.ids[key]
            running = isinstance(error, WorkflowAlreadyStartedError)
            reason = "CHILD_RUNNING" if running else "CHILD_LOST"
            self._fail(command.node, command.visit, reason, f"{workflow_id}: {error}")
            return
        finally:
            self._starting.remove(key)
            self._unsettled -= 1
        try:
            await child
        except ChildWorkflowError as error:
            self._fail(command.node, command.visit, "CHILD_LOST", str(error.cause or error))

    async def _tell_when_started(self, command: CancelChild | PrioritiseChild) -> None:
        key = f"{command.node}/{command.visit}"
        try:
            # One that is being started does not hear yet.
            await workflow.wait_condition(lambda: key not in self._starting)
            if key in self.ids:
                await self._tell(key, _word(command, key))
        except FailureError as error:
            self._fail(command.node, command.visit, "CHILD_LOST", str(error))
        finally:
            self._unsettled -= 1

    async def _call_on(self, key: str) -> None:
        node, _, visit = key.rpartition("/")
        try:
            await self._tell(key, Signal(type=NUDGE, key=key))
        except FailureError as error:
            self._fail(node, int(visit), "CHILD_LOST", str(error))
        finally:
            self._unsettled -= 1

    async def _tell(self, key: str, word: Signal) -> None:
        await workflow.get_external_workflow_handle(self.ids[key]).signal("event", word)

    def _fail(self, node: str, visit: int, reason: str, message: str) -> None:
        self._on_end(
            ChildEnded(workflow.now(), node, visit, "failed", reason=reason, message=message)
        )


def _begin(work: Coroutine[Any, Any, None]) -> None:
    asyncio.create_task(work)  # noqa: RUF006 - a workflow's loop keeps its tasks


def _word(command: CancelChild | PrioritiseChild, key: str) -> Signal:
    if isinstance(command, CancelChild):
        return Signal(type=CANCEL, key=key, payload={"reason": command.reason})
    payload = {"priority": command.priority, "act_key": command.act_key}
    return Signal(type=PRIORITISED, key=key, payload=payload)
