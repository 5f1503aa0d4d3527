"""Refusals as an update's validator gives them: typed, with the state as it is."""

from __future__ import annotations

from temporalio.exceptions import ApplicationError

from workflows.runtime.payloads import ActReply


def refused(reply: ActReply) -> ApplicationError:
    """What a validator raises; ``workflows.client`` turns it back into the reply."""
    if reply.refusal is None:
        raise ValueError("the act was applied")
    return ApplicationError(
        reply.refusal.message, reply, type=reply.refusal.reason, non_retryable=True
    )
