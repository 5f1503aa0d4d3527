"""How a workflow makes its RPCs: quick ones chained in one workflow task, the rest as activities.

A quick call gets one local attempt. Whatever keeps it from success there but may pass later goes on
as an ordinary activity under the same idempotency key, where operations see its retries. A call is
never local when the workflow task must end first:

* an act was applied in this task: its answer leaves only with the task's end;
* the call is a write that depends on a read of this very task or that would have to be undone
  (``barrier``), or a message, whose words may hold this task's time: after a kill the task runs again,
  perhaps with more that has come in, and only what is in the history stays what it was. An ordinary
  activity's request is in the history before it is made;
* this task has spent its budget.

A call that is withdrawn may have been applied all the same. It is closed: its service says what became
of it, and applies it from then on never (``kit.db.idempotency``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, FailureError

from workflows.compiler.plan import PlanRetry
from workflows.runtime.commands import (
    CALL_CLOSED,
    CALL_ID,
    CLOSE,
    RPC_GAVE_UP,
    CallRpc,
    Purpose,
)
from workflows.runtime.events import RpcFailed, RpcSucceeded

Ended: TypeAlias = RpcSucceeded | RpcFailed

_LOCAL_ATTEMPT: Final = timedelta(milliseconds=500)
_CHAIN_BUDGET: Final = timedelta(seconds=1)
#: Longer than the longest deadline of a call, which is longer than a statement may take.
_ATTEMPT: Final = timedelta(seconds=10)
_ONCE: Final = RetryPolicy(maximum_attempts=1)
#: A service that is down for a night delays a case and nothing else.
_UNTIL_ANSWERED: Final = PlanRetry()


@dataclass(slots=True)
class _UnderWay:
    """A call in flight.

    Attributes:
        began: when it was made, or found that it is to be closed.
        chained: its local attempt is running.
        in_trouble: its local attempt failed: something is down, and people should see it.
        unwanted: nobody wants the answer any more.
    """

    call: CallRpc
    began: datetime
    chained: bool
    in_trouble: bool = False
    unwanted: bool = False
    running: asyncio.Task[None] = field(init=False)


class Calls:
    """The RPCs of one workflow, in flight or still to be made in this workflow task."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._under_way: dict[str, _UnderWay] = {}
        self._task = -1
        self._chain_began: datetime | None = None
        self._answering = False

    @property
    def in_flight(self) -> dict[str, CallRpc]:
        """The calls that have not ended, by their ids."""
        return {id: each.call for id, each in self._under_way.items()}

    @property
    def in_trouble(self) -> bool:
        """Whether the local attempt of a call in flight failed."""
        return any(each.in_trouble for each in self._under_way.values())

    @property
    def chaining(self) -> bool:
        """Whether local attempts of this workflow task are still running."""
        return any(each.chained for each in self._under_way.values())

    def answer_first(self) -> None:
        """An act was applied: end the workflow task before any call, so that it is answered."""
        self._notice_task()
        self._answering = True

    def carried_over(self, wanted: Collection[str]) -> tuple[CallRpc, ...]:
        """Those of these calls that are in flight, for the next run to make again: with the time
        that is left for them."""
        return tuple(_with_time_left(each) for id, each in self._under_way.items() if id in wanted)

    def start(self, call: CallRpc, on_end: Callable[[Ended], None]) -> None:
        """Begin a call; ``on_end`` hears how it ended. One that is to be closed may be in flight."""
        before = self._under_way.get(call.call_id)
        if before is not None and before.chained:
            # A local attempt under way runs out, and sees then that the call is to be closed.
            before.call, before.began = call, workflow.now()
            return
        each = _UnderWay(call, workflow.now(), self._may_chain(call))
        if before is not None:
            each.in_trouble = before.in_trouble
            before.running.cancel()
        self._under_way[call.call_id] = each
        each.running = asyncio.create_task(self._run(call, each, on_end))
        each.running.add_done_callback(lambda _: self._forget(each))

    def cancel(self, call_id: str) -> None:
        """Nobody wants the answer any more.

        A local attempt under way is let run out: cancelled, it would leave no marker in the history,
        and a replay would take another way.
        """
        each = self._under_way.get(call_id)
        if each is not None and each.chained:
            each.unwanted = True
        elif each is not None:
            each.running.cancel()

    async def _run(self, call: CallRpc, each: _UnderWay, on_end: Callable[[Ended], None]) -> None:
        try:
            ended = await self._end(call, each)
        except Exception as defect:  # noqa: BLE001 - else nobody would hear how the call ended
            workflow.logger.exception("a call could not be made")
            ended = RpcFailed(workflow.now(), call.call_id, "RPC_FAILED", repr(defect))
        # A cancelled activity ends as a failed one: whoever took its place says what became of it.
        if ended is not None and self._under_way.get(call.call_id) is each:
            on_end(ended)

    async def _end(self, call: CallRpc, each: _UnderWay) -> Ended | None:
        """How a call ends; None: nobody wants to know."""
        local = each.chained and not each.unwanted
        ended = await self._attempt_locally(call, each) if local else None
        if each.unwanted:
            return None
        if ended is not None:
            return ended
        call = each.call
        if call.closing:
            return await self._close(call)
        return await self._call_until_answered(call, attempts_made=int(local))

    def _forget(self, ended: _UnderWay) -> None:
        """The call has ended, or was cancelled before it began."""
        if self._under_way.get(ended.call.call_id) is not ended:
            return  # it goes on: what became of it is being asked
        del self._under_way[ended.call.call_id]
        self._wake()

    async def _attempt_locally(self, call: CallRpc, each: _UnderWay) -> Ended | None:
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
            each.chained = False
            if _is_final(error):
                return _failure(call, error)
            # The chain was waited for; what it left behind is to be shown meanwhile.
            each.in_trouble = True
            self._wake()
            return None
        each.chained = False
        return RpcSucceeded(workflow.now(), call.call_id, response)

    async def _call_until_answered(self, call: CallRpc, attempts_made: int) -> Ended:
        retry = call.retry or _UNTIL_ANSWERED
        attempts = max(retry.attempts - attempts_made, 0)
        if retry.attempts and not attempts:
            message = f"{retry.attempts} attempt had no answer"
            return RpcFailed(workflow.now(), call.call_id, RPC_GAVE_UP, message)
        try:
            response: dict[str, Any] = await workflow.execute_activity(
                call.rpc,
                _request_in_history(call) | _told_of(call),
                result_type=dict[str, Any],
                start_to_close_timeout=_ATTEMPT,
                schedule_to_close_timeout=_seconds(retry.give_up_after_seconds),
                retry_policy=_policy(retry, attempts),
                summary=call.summary,
            )
        except FailureError as error:
            return _failure(call, error)
        return RpcSucceeded(workflow.now(), call.call_id, response)

    async def _close(self, call: CallRpc) -> Ended:
        """What became of a call that must not be applied from now on."""
        try:
            closed: dict[str, Any] = await workflow.execute_activity(
                CLOSE,
                args=[call.rpc, call.idempotency_key, *_told_of(call).values()],
                result_type=dict[str, Any],
                start_to_close_timeout=_ATTEMPT,
                retry_policy=_policy(_UNTIL_ANSWERED, 0),
                summary=f"{call.summary}：收回",
            )
        except FailureError as error:
            return _failure(call, error)
        if "response" not in closed:
            return RpcFailed(workflow.now(), call.call_id, CALL_CLOSED, "it was not applied")
        return RpcSucceeded(workflow.now(), call.call_id, closed["response"])

    def _may_chain(self, call: CallRpc) -> bool:
        self._notice_task()
        if not call.quick or call.barrier or call.purpose is Purpose.NOTIFY or self._answering:
            return False
        if call.closing:
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


def _with_time_left(each: _UnderWay) -> CallRpc:
    call = each.call
    if call.retry is None or not call.retry.give_up_after_seconds:
        return call
    spent = int((workflow.now() - each.began).total_seconds())
    left = max(call.retry.give_up_after_seconds - spent, 1)
    return replace(call, retry=call.retry.model_copy(update={"give_up_after_seconds": left}))


def _request(call: CallRpc) -> dict[str, Any]:
    if not call.idempotency_key:
        return call.request
    return {"idempotency_key": call.idempotency_key, **call.request}


def _request_in_history(call: CallRpc) -> dict[str, Any]:
    """An ordinary activity is made only by the task that stands in the history: what it tells the read
    model holds against any local telling of a task that was done twice. It goes under a key of its
    own, since the local attempt may have been applied and said less."""
    request = _request(call)
    if call.purpose is not Purpose.RECORD:
        return request
    key = f"{call.idempotency_key}/in_history"
    return {**request, "idempotency_key": key, "told_in_history": True}


def _told_of(call: CallRpc) -> dict[str, Any]:
    """By its id, the activity tells that a node's call is made again and again. What is no node's is
    not shown. It stands in the request: one payload more would cost each call 2% of its time."""
    return {CALL_ID: call.call_id} if call.node else {}


def _policy(retry: PlanRetry, attempts: int) -> RetryPolicy:
    """Args:
    attempts: that are left; 0: any number.
    """
    return RetryPolicy(
        initial_interval=timedelta(milliseconds=retry.first_ms),
        backoff_coefficient=2.0,
        maximum_interval=timedelta(milliseconds=retry.at_most_ms),
        maximum_attempts=attempts,
    )


def _seconds(seconds: int) -> timedelta | None:
    return timedelta(seconds=seconds) if seconds else None


def _is_final(error: FailureError) -> bool:
    cause = _cause(error)
    return isinstance(cause, ApplicationError) and cause.non_retryable


def _failure(call: CallRpc, error: FailureError) -> RpcFailed:
    """A refusal by its reason. Whatever else ends a call, nobody knows if it was applied."""
    cause = _cause(error)
    if _is_final(error) and isinstance(cause, ApplicationError):
        return RpcFailed(workflow.now(), call.call_id, cause.type or "RPC_FAILED", cause.message)
    said = cause.message if isinstance(cause, ApplicationError) else str(cause or error)
    return RpcFailed(workflow.now(), call.call_id, RPC_GAVE_UP, f"tried in vain, at last: {said}")


def _cause(error: FailureError) -> BaseException | None:
    """What the activity raised, or what became of it. An ordinary activity's error comes wrapped, a
    local one's bare or wrapped: a time-out wrapped at first and bare in a replay."""
    return error.cause if isinstance(error, ActivityError) else error
