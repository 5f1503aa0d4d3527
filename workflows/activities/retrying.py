"""Telling a workflow that one of its calls has no answer yet and is made again.

Temporal retries an activity by itself, and its workflow hears of nothing before the end. The activity
tells it, so that people see what the case waits for. Told is little: nothing of the first seconds, which
a restart takes, then each time that the attempts have doubled. A word that is lost is no harm: the next
one says more, and the end of the call takes it back.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from temporalio import activity
from temporalio.service import RPCError

from kit.errors import ServiceError
from workflows.language.values import timestamp_to_json
from workflows.runtime.payloads import CALL_RETRIED, Signal

_SILENT_FOR: Final = timedelta(seconds=3)
_TOLD_WITHIN: Final = timedelta(seconds=2)


async def tell_of_retry(rpc: str, call_id: str, error: ServiceError) -> None:
    """Tell the workflow that this attempt of a call had no answer, if there will be another one and
    it is time to.

    Args:
        call_id: the call's; empty: nobody wants to hear.
    """
    info = activity.info()
    after = info.started_time - info.scheduled_time
    if not (call_id and error.retryable and is_told(info.attempt, after)):
        return
    # Of this very run: the next one makes the call anew, and hears of that.
    run = activity.client().get_workflow_handle(info.workflow_id or "", run_id=info.workflow_run_id)
    word = Signal(
        type=CALL_RETRIED,
        key=call_id,
        payload={
            "rpc": rpc,
            "attempts": info.attempt,
            "reason": error.reason,
            "message": error.message,
            "since": timestamp_to_json(info.scheduled_time),
        },
    )
    try:
        await run.signal("event", word, rpc_timeout=_TOLD_WITHIN)
    except RPCError as lost:
        activity.logger.info("the workflow does not hear of the retry: %s", lost)


def is_told(attempt: int, after: timedelta) -> bool:
    """Whether an attempt in vain is told, so long after the first one began."""
    return after >= _SILENT_FOR and attempt & (attempt - 1) == 0
