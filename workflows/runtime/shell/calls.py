"""How a workflow makes its RPCs: quick ones chained in one workflow task, the rest as activities.

A quick call gets one local attempt. Whatever keeps it from success there but may pass later goes on
as an ordinary activity under the same idempotency key, where operations see its retries. A call is
never local when the workflow task must end first:

* an act was applied in this task: its answer leaves only with the task's end;
* the call is a write that depends on a read of this very task (``barrier``), or a message, whose
  words may hold this task's time: after a kill the task runs again, and only what is in the history
  stays what it was. An ordinary activity's request is in the history before it is made;
* this task has spent its budget.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, FailureError

from workflows.runtime.commands import CallRpc, Purpose
from workflows.runtime.events import RpcFailed, RpcSucceeded

Ended: TypeAlias = RpcSucceeded | RpcFailed

_LOCAL_ATTEMPT: Final = timedelta(milliseconds=500)
_CHAIN_BUDGET: Final = timedelta(seconds=1)
#: Longer than the longest deadline of a call, which is longer than a statement may take.
_ATTEMPT: Final = timedelta(seconds=10)
_ONCE: Final = RetryPolicy(maximum_attempts=1)
#: For ever: a service that is down for a night delays a case and nothing else.
_UNTIL_ANSWERED: Final = RetryPolicy(
    initial_interval=timedelta(milliseconds=500),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(seconds=30),
)


class Calls:
    """The RPCs of one workflow, in flight or still to be made in this workflow task."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self.in_flight: dict[str, CallRpc] = {}
        #: Calls in flight whose local attempt failed: something is down, and people should see it.
        self.in_trouble: set[str] = set()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._chained: set[str] = set()
        self._unwanted: set[str] = set()
        self._task = -1
        self._chain_began: datetime | None = None
        self._answering = False

    @property
    def chaining(self) -> bool:
        """Whether local attempts of this workflow task are still running."""
        return bool(self._chained)

    def answer_first(self) -> None:
        """An act was applied: end the workflow task before any call, so that it is answered."""
        self._notice_task()
        self._answering = True

    def start(self, call: CallRpc, on_end: Callable[[Ended], None]) -> None:
        """Begin a call; ``on_end`` hears how it ended."""
        self.in_flight[call.call_id] = call
        local = self._may_chain(call)
        if local:
            self._chained.add(call.call_id)
        running = asyncio.create_task(self._run(call, local, on_end))
        self._running[call.call_id] = running
        running.add_done_callback(lambda _: self._forget(call.call_id))

    def cancel(self, call_id: str) -> None:
        """Nobody wants the answer any more.

        A local attempt under way is let run out: cancelled, it would leave no marker in the history,
        and a replay would take another way.
        """
        if call_id in self._chained:
            self._unwanted.add(call_id)
        elif call_id in self._running:
            self._running[call_id].cancel()

    async def _run(self, call: CallRpc, local: bool, on_end: Callable[[Ended], None]) -> None:
        if call.call_id in self._unwanted:
            return
        ended = await self._attempt_locally(call) if local else None
        if call.call_id in self._unwanted:
            return
        on_end(ended or await self._call_until_answered(call))

    def _forget(self, call_id: str) -> None:
        """The call has ended, or was cancelled before it began."""
        del self.in_flight[call_id], self._running[call_id]
        self._chained.discard(call_id)
        self._unwanted.discard(call_id)
        self.in_trouble.discard(call_id)
        self._wake()

    async def _attempt_locally(self, call: CallRpc) -> Ended | None:
        """How the call ended, or None when it may yet succeed."""
        try:
            response: dict[str, Any] = await workflow.execute_local_activity(
                call.rpc,
                _request(call),
                result_type=dict[str, Any],
                start_to_close_timeout=_LOCAL_ATTEMPT,
                retry_policy=_ONCE,
                summary=call.summary,
            )
        except FailureError as error:
            self._chained.discard(call.call_id)
            if _is_final(error):
                return _failure(call, error)
            # The chain was waited for; what it left behind is to be shown meanwhile.
            self.in_trouble.add(call.call_id)
            self._wake()
            return None
        self._chained.discard(call.call_id)
        return RpcSucceeded(workflow.now(), call.call_id, response)

    async def _call_until_answered(self, call: CallRpc) -> Ended:
        try:
            response: dict[str, Any] = await workflow.execute_activity(
                call.rpc,
                _request(call),
                result_type=dict[str, Any],
                start_to_close_timeout=_ATTEMPT,
                retry_policy=_UNTIL_ANSWERED,
                summary=call.summary,
            )
        except FailureError as error:
            return _failure(call, error)
        return RpcSucceeded(workflow.now(), call.call_id, response)

    def _may_chain(self, call: CallRpc) -> bool:
        self._notice_task()
        if not call.quick or call.barrier or call.purpose is Purpose.NOTIFY or self._answering:
            return False
        now = workflow.now()
        self._chain_began = self._chain_began or now
        return now - self._chain_began < _CHAIN_BUDGET

    def _notice_task(self) -> None:
        """The history grows with each workflow task, so its length names the present one."""
        task = workflow.info().get_current_history_length()
        if task != self._task:
            self._task = task
            self._chain_began = None
            self._answering = False


def _request(call: CallRpc) -> dict[str, Any]:
    if not call.idempotency_key:
        return call.request
    return {"idempotency_key": call.idempotency_key, **call.request}


def _is_final(error: FailureError) -> bool:
    cause = _cause(error)
    return isinstance(cause, ApplicationError) and cause.non_retryable


def _failure(call: CallRpc, error: FailureError) -> RpcFailed:
    cause = _cause(error)
    if isinstance(cause, ApplicationError):
        return RpcFailed(workflow.now(), call.call_id, cause.type or "RPC_FAILED", cause.message)
    return RpcFailed(workflow.now(), call.call_id, "RPC_FAILED", str(cause or error))


def _cause(error: FailureError) -> BaseException | None:
    """What the activity raised, or what became of it. An ordinary activity's error comes wrapped, a
    local one's bare or wrapped: a time-out wrapped at first and bare in a replay."""
    return error.cause if isinstance(error, ActivityError) else error
