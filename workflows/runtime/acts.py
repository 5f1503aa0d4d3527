"""What people do to a case: the verbs, and whether an act is allowed as the case stands.

``check_act`` reads only, so the update's validator can call it; ``step`` calls it again before it
applies the act. A refusal is a ``ServiceError`` with one of the reasons below.

    CASE_OVER              the case has ended or is being cancelled
    CASE_TASK_CLOSED       the user task is done or was withdrawn
    CASE_TASK_NOT_YOURS    somebody else holds it, or the person may not
    CASE_REVISION_STALE    somebody acted since; look again (details: revision)
    CASE_VERB_UNKNOWN      there is no such verb
    CASE_VERB_ILLEGAL      the verb is not for this task as it stands
    CASE_TARGET_ILLEGAL    no such node to send back to, nobody named to transfer to
    CASE_FORM_INVALID      the form's values are wrong (details: field -> what is wrong)
    CASE_ACT_INCOMPLETE    the act has no key or no person
    CASE_ACT_KEY_REUSED    the act's key was used for another act
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from kit.errors import AlreadyExists, FailedPrecondition, InvalidArgument, PermissionDenied
from workflows.compiler.plan import ApprovalNode, ConfirmNode, FormNode, Plan
from workflows.compiler.plan import UserTaskNode as PlanUserTask
from workflows.runtime.events import Act
from workflows.runtime.forms import read_form
from workflows.runtime.places import place_of
from workflows.runtime.state import ActOutcome, CaseState, CaseStatus, UserTask


class Verb(StrEnum):
    """What a person can do."""

    CLAIM = "claim"
    RELEASE = "release"
    COMPLETE = "complete"
    APPROVE = "approve"
    REJECT = "reject"  # send back, 驳回
    TRANSFER = "transfer"  # 转办
    URGE = "urge"  # 催办
    COMMENT = "comment"
    CANCEL = "cancel"


#: Verbs that may be used on what somebody else has just changed.
_ANY_REVISION: Final = (Verb.URGE, Verb.COMMENT)


def check_act(state: CaseState, act: Act, plan: Plan) -> ActOutcome | None:
    """See whether an act is allowed.

    Returns:
        The outcome of the same act when it was applied before, else None.

    Raises:
        ServiceError: the refusal; nothing has changed.
    """
    applied = state.acts.get(act.act_key)
    if applied is not None:
        if (applied.task_id, applied.verb, applied.person) != (act.task_id, act.verb, act.person):
            raise AlreadyExists(
                "CASE_ACT_KEY_REUSED",
                f"key {act.act_key!r} was used for another act",
                field="act_key",
            )
        return applied
    if not act.act_key or not act.person:
        raise InvalidArgument(
            "CASE_ACT_INCOMPLETE", "an act needs a key and a person", field="act_key"
        )
    if act.verb not in Verb.__members__.values():
        raise InvalidArgument(
            "CASE_VERB_UNKNOWN",
            f"there is no verb {act.verb!r}; known: {', '.join(Verb)}",
            field="verb",
        )
    if state.status is not CaseStatus.RUNNING:
        raise FailedPrecondition("CASE_OVER", f"the case is {state.status}")
    if act.task_id:
        _check_task_act(state, act, Verb(act.verb), plan)
    else:
        _check_case_act(state, act, plan)
    return None


def _check_case_act(state: CaseState, act: Act, plan: Plan) -> None:
    if act.verb == Verb.COMMENT:
        return
    if act.verb != Verb.CANCEL:
        raise FailedPrecondition(
            "CASE_VERB_ILLEGAL", f"{act.verb} needs a user task", field="user_task_id"
        )
    if act.person != state.started_by and not manages(act, plan):
        raise PermissionDenied(
            "CASE_TASK_NOT_YOURS", "only who started the case or manages the flow cancels it"
        )


def manages(act: Act, plan: Plan) -> bool:
    """True when the person holds a role that manages this flow."""
    return any(role in plan.managed_by for role in act.roles)


def _check_task_act(state: CaseState, act: Act, verb: Verb, plan: Plan) -> None:
    found = place_of(state, plan, "tasks", act.task_id)
    if found is None:
        raise FailedPrecondition(
            "CASE_TASK_CLOSED", f"user task {act.task_id!r} is not open", field="user_task_id"
        )
    place, task_id = found
    task = place.run.tasks[task_id]
    node = place.node(task.node)
    assert isinstance(node, FormNode | ApprovalNode | ConfirmNode)
    # Whose it is comes first: who loses a race learns who won it.
    _check_person(act, verb, node, task, plan)
    if verb not in possible_verbs(node, task):
        raise FailedPrecondition(
            "CASE_VERB_ILLEGAL",
            f"{verb} is not possible for {task.task_id}; possible: "
            f"{', '.join(possible_verbs(node, task))}",
            field="verb",
        )
    countersigned = isinstance(node, ApprovalNode) and node.mode == "all"
    if (
        act.revision is not None
        and act.revision != task.revision
        and verb not in _ANY_REVISION
        and not (countersigned and verb is Verb.APPROVE)
    ):
        raise FailedPrecondition(
            "CASE_REVISION_STALE",
            f"the user task is at revision {task.revision}, you saw {act.revision}",
            field="revision",
            details={"revision": str(task.revision)},
        )
    _check_target(act, verb, node, task)
    if verb in (Verb.COMPLETE, Verb.APPROVE):
        read_form(node.form, act.form, place.data)


def possible_verbs(node: PlanUserTask, task: UserTask) -> list[Verb]:
    """The verbs that make sense for a task as it stands, whoever asks."""
    shared = isinstance(node, ApprovalNode) and node.mode != "one"
    verbs: list[Verb] = []
    if not shared:
        verbs.append(Verb.RELEASE if task.assignee else Verb.CLAIM)
    verbs.append(Verb.COMPLETE if isinstance(node, FormNode) else Verb.APPROVE)
    if node.send_back:
        verbs.append(Verb.REJECT)
    if not isinstance(node, ConfirmNode):
        verbs.append(Verb.TRANSFER)
    return [*verbs, Verb.URGE, Verb.COMMENT]


def _check_person(act: Act, verb: Verb, node: PlanUserTask, task: UserTask, plan: Plan) -> None:
    if verb in _ANY_REVISION:
        return
    if act.person in task.waiting_on:
        return
    countersigned = isinstance(node, ApprovalNode) and node.mode == "all"
    if verb is Verb.TRANSFER and manages(act, plan) and not countersigned:
        return
    if task.assignee:
        raise PermissionDenied(
            "CASE_TASK_NOT_YOURS",
            f"{task.task_id} is held by {task.assignee}",
            details={"assignee": task.assignee},
        )
    if any(signature.person == act.person for signature in task.signatures):
        raise PermissionDenied("CASE_TASK_NOT_YOURS", f"{act.person} has signed already")
    raise PermissionDenied(
        "CASE_TASK_NOT_YOURS", f"{act.person} is no candidate for {task.task_id}"
    )


def _check_target(act: Act, verb: Verb, node: PlanUserTask, task: UserTask) -> None:
    if verb is Verb.REJECT:
        legal = node.send_back
        if act.to not in legal:
            raise InvalidArgument(
                "CASE_TARGET_ILLEGAL",
                f"{task.task_id} can be sent back to {', '.join(legal)}, not to {act.to!r}",
                field="to",
            )
    if verb is Verb.TRANSFER and (not act.to or act.to in task.waiting_on):
        raise InvalidArgument(
            "CASE_TARGET_ILLEGAL", "name the person who takes it over", field="to"
        )
