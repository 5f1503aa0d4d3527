"""Acting on a case or a field work from outside its workflow: one update, and what Temporal makes of
it as what it means to ours. Also an activity, for the workflows that act on many cases.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final
from weakref import WeakValueDictionary

from pydantic import TypeAdapter
from temporalio import activity
from temporalio.api.errordetails.v1 import NamespaceNotFoundFailure
from temporalio.client import (
    Client,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from kit.errors import Internal, Kind, NotFound, Unavailable
from workflows.runtime.events import Act
from workflows.runtime.payloads import ActReply, Refusal

_ANSWER_WITHIN: Final = timedelta(seconds=10)
#: Temporal takes ten updates of one workflow at once and sends others away, to come again ever later.
#: Who waits here instead is next in turn; two processes together stay within the ten.
_AT_ONCE: Final = 5
#: Between the tries of an act whose workflow task must run again, in seconds.
_PAUSES: Final = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
_REPLY: Final = TypeAdapter(ActReply)


class CaseActs:
    """Applies acts to cases and field work."""

    def __init__(self, temporal: Client) -> None:
        self._temporal = temporal
        self._queues: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @activity.defn(name="act")
    async def apply(self, workflow_id: str, act: Act) -> ActReply:
        """Apply an act, once for each act key, as far as the workflow remembers the key.

        Raises:
            NotFound: ``CASE_UNKNOWN``.
            Unavailable: no answer in time.
        """
        queue = self._queues.setdefault(workflow_id, asyncio.Semaphore(_AT_ONCE))
        try:
            async with asyncio.timeout(_ANSWER_WITHIN.total_seconds()):
                await queue.acquire()
        except TimeoutError as error:
            raise unavailable() from error
        try:
            return await self._apply(workflow_id, act)
        finally:
            queue.release()

    async def _apply(self, workflow_id: str, act: Act) -> ActReply:
        handle = self._temporal.get_workflow_handle(workflow_id)
        try:
            with typed_errors(workflow_id):
                reply = await _update(handle, act, act.act_key)
                if _is_pending(reply):
                    # Temporal gives an update's first answer again to whoever comes with its id.
                    reply = await _update(handle, act, f"{act.act_key}/{secrets.token_hex(8)}")
                return reply
        except WorkflowUpdateFailedError as error:
            return _refused(error)
        except NotFound:
            return await _over(handle, act)


async def _over(handle: WorkflowHandle[Any, Any], act: Act) -> ActReply:
    """The answer to an act that came after the end."""
    try:
        with typed_errors(handle.id):
            outcome = await handle.result(rpc_timeout=_ANSWER_WITHIN)
    except WorkflowFailureError:
        outcome = "terminated"
    refusal = Refusal(Kind.FAILED_PRECONDITION, "CASE_OVER", f"the case is over: {outcome}")
    return ActReply(act.act_key, False, str(outcome), 0, None, refusal)


def _is_pending(reply: ActReply) -> bool:
    return reply.refusal is not None and reply.refusal.reason == "CASE_ACT_PENDING"


async def _update(handle: WorkflowHandle[Any, Any], act: Act, update_id: str) -> ActReply:
    """The reply of the update. A workflow task that must run again, as when something comes in while
    the case continues as new, fails its updates; they have not been applied and are sent again."""
    for pause in _PAUSES:
        try:
            return await _update_once(handle, act, update_id)
        except RPCError as error:
            if error.status is not RPCStatusCode.FAILED_PRECONDITION:
                raise
        await asyncio.sleep(pause)
    return await _update_once(handle, act, update_id)


async def _update_once(handle: WorkflowHandle[Any, Any], act: Act, update_id: str) -> ActReply:
    reply: ActReply = await handle.execute_update(
        "act", act, id=update_id, result_type=ActReply, rpc_timeout=_ANSWER_WITHIN
    )
    return reply


def _refused(error: WorkflowUpdateFailedError) -> ActReply:
    cause = error.cause
    if isinstance(cause, ApplicationError) and cause.details:
        return _REPLY.validate_python(cause.details[0])
    raise Internal("CASE_ACT_FAILED", f"the act could not be applied: {cause}") from error


@contextlib.contextmanager
def typed_errors(workflow_id: str) -> Iterator[None]:
    """What Temporal's client raises, as what it means to ours."""
    try:
        yield
    except WorkflowUpdateRPCTimeoutOrCancelledError as error:
        raise unavailable() from error
    except RPCError as error:
        if is_unknown(error):
            raise NotFound(
                "CASE_UNKNOWN", f"there is no case {workflow_id}", field="workflow_id"
            ) from error
        raise unavailable() from error
    except RuntimeError as error:  # the first connection of a lazy client
        raise unavailable() from error


def is_unknown(error: RPCError) -> bool:
    """Whether there is no such workflow, or it has ended. A server that is starting may not even know
    its namespaces yet, and says so with the same status."""
    return error.status is RPCStatusCode.NOT_FOUND and not any(
        detail.Is(NamespaceNotFoundFailure.DESCRIPTOR) for detail in error.grpc_status.details
    )


def unavailable() -> Unavailable:
    """No answer in time."""
    return Unavailable(
        "CASE_UNAVAILABLE", "the case does not answer; try again with the same key shortly"
    )
