"""Answers to acts: how things stand, and refusals as an update's validator gives them."""

from __future__ import annotations

from typing import Any, Final

from temporalio.exceptions import ApplicationError

from workflows.compiler.plan import Plan, UserTaskNode
from workflows.runtime.acting import remembers_all
from workflows.runtime.describe_task import open_task
from workflows.runtime.events import Act
from workflows.runtime.payloads import ActReply, Refusal
from workflows.runtime.places import node_at
from workflows.runtime.state import CaseState

#: The type of what a validator raises to answer a question.
ANSWER: Final = "ANSWER"


def reply_to(act: Act, refusal: Refusal | None, state: CaseState, plan: Plan) -> ActReply:
    """What became of an act on a case, and how things stand."""
    return ActReply(
        act_key=act.act_key,
        applied=refusal is None,
        status=state.status.value,
        revision=state.revision,
        user_task=open_task(state, plan, act.task_id),
        refusal=refusal,
        remembered=remembers_all(state) and (not act.task_id or _is_own(plan, act.task_id)),
    )


def _is_own(plan: Plan, task_id: str) -> bool:
    """Whether acts on a user task are the case's to remember, not those of a field work."""
    try:
        node = node_at(plan, task_id)
    except KeyError:
        return False  # of an earlier version, or of nothing
    return isinstance(node, UserTaskNode)


def refused(reply: ActReply) -> ApplicationError:
    """What a validator raises; ``workflows.client`` turns it back into the reply."""
    if reply.refusal is None:
        raise ValueError("the act was applied")
    return ApplicationError(
        reply.refusal.message, reply, type=reply.refusal.reason, non_retryable=True
    )


def answered(answer: Any) -> ApplicationError:
    """What a validator raises that answers a question; ``workflows.client`` gives the answer."""
    return ApplicationError("this is an answer", answer, type=ANSWER, non_retryable=True)
