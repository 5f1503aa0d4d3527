"""What the system's workflows do outside themselves: they call the services, act on cases in somebody's
name, and tell the read model how far they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from kit.errors import Kind
    from workflows.runtime.events import Act
    from workflows.runtime.messages import SEND
    from workflows.runtime.payloads import ActReply, Refusal
    from workflows.runtime.people import RESOLVE_ASSIGNEES

_ATTEMPT: Final = timedelta(seconds=15)
#: A message is worth an hour of trying.
_TELLING: Final = timedelta(seconds=10)
_TOLD_WITHIN: Final = timedelta(hours=1)
_TOLD_AGAIN: Final = RetryPolicy(maximum_interval=timedelta(seconds=30))
#: Whoever is down or busy is asked again.
UNTIL_ANSWERED: Final = RetryPolicy(
    initial_interval=timedelta(milliseconds=500), maximum_interval=timedelta(seconds=30)
)
#: A case that cannot answer at all is told as a failure.
_IF_IT_CAN_ANSWER: Final = replace(
    UNTIL_ANSWERED, non_retryable_error_types=["NotFound", "Internal"]
)


async def tell(message: dict[str, Any], *whom: dict[str, str]) -> None:
    """Send a message once to whoever has one of some roles. Who cannot be told within the hour sees it
    in the lists.

    Args:
        message: as ``Send`` takes it, but for whom it is to.
        whom: roles, each with what narrows it, as ``ResolveAssignees`` takes them.
    """
    try:
        found = [await ask(RESOLVE_ASSIGNEES, who) for who in whom]
        if people := list(dict.fromkeys(each for one in found for each in one["person_ids"])):
            await ask(SEND, {**message, "recipient_person_ids": people})
    except ActivityError as error:
        workflow.logger.error("nobody was told: %s", error.cause)


async def ask(rpc: str, request: dict[str, Any]) -> dict[str, Any]:
    """Call a service for a message that is worth an hour of trying.

    Raises:
        ActivityError: it refuses, or does not answer within the hour.
    """
    reply: dict[str, Any] = await workflow.execute_activity(
        rpc,
        request,
        result_type=dict[str, Any],
        start_to_close_timeout=_TELLING,
        schedule_to_close_timeout=_TOLD_WITHIN,
        retry_policy=_TOLD_AGAIN,
    )
    return reply


async def call(rpc: str, request: dict[str, Any], summary: str | None = None) -> dict[str, Any]:
    """Call a service until it answers.

    Args:
        rpc: its full name.
        request: what it takes.
        summary: for whoever looks at it in Temporal.

    Raises:
        ActivityError: it refuses.
    """
    reply: dict[str, Any] = await workflow.execute_activity(
        rpc,
        request,
        result_type=dict[str, Any],
        start_to_close_timeout=_ATTEMPT,
        retry_policy=UNTIL_ANSWERED,
        summary=summary,
    )
    return reply


async def act_on(workflow_id: str, act: Act, summary: str) -> Refusal | None:
    """Apply an act to a case; why not, if it was not.

    A case that does not answer has refused as ``CASE_UNAVAILABLE``.
    """
    try:
        reply: ActReply = await workflow.execute_activity(
            "act",
            args=[workflow_id, act],
            result_type=ActReply,
            start_to_close_timeout=_ATTEMPT,
            retry_policy=_IF_IT_CAN_ANSWER,
            summary=summary,
        )
    except ActivityError as error:
        return Refusal(Kind.UNAVAILABLE, "CASE_UNAVAILABLE", str(error.cause))
    return reply.refusal


async def record(rpc: str, number: int, **told: Any) -> None:
    """Tell the read model how far this workflow is.

    Args:
        number: which telling it is; the same one counts once.
    """
    key = f"{workflow.info().workflow_id}/record/{number}"
    await call(rpc, {"idempotency_key": key, **told})
