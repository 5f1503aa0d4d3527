"""Whether an act is allowed as the case stands.

``check_act`` reads only, so the update's validator can call it; ``step`` calls it again before it
applies the act. A refusal is a ``ServiceError`` with one of the reasons below.

    CASE_OVER              the case has ended or is being cancelled
    CASE_TASK_CLOSED       the user task is done or was withdrawn
    CASE_TASK_NOT_YOURS    somebody else holds it, or the person may not
    CASE_REVISION_STALE    somebody acted since; look again (details: revision)
    CASE_VERB_UNKNOWN      there is no such verb
    CASE_VERB_ILLEGAL      the verb is not for this task as it stands
    CASE_TARGET_ILLEGAL    no such node to go back to, nobody of that name to give it to, no such
                           priority
    CASE_REASON_MISSING    the verb needs a reason
    CASE_FORM_INVALID      the form's values are wrong (details: field -> what is wrong)
    CASE_ACT_INCOMPLETE    the act has no person or no key of theirs
    CASE_ACT_KEY_REUSED    the act's key was used for another act
"""

from __future__ import annotations

from typing import Final

from kit.errors import AlreadyExists, FailedPrecondition, InvalidArgument, PermissionDenied
from workflows.compiler.plan import ApprovalNode, ConfirmNode, FormNode, Plan
from workflows.compiler.plan import UserTaskNode as PlanUserTask
from workflows.runtime.audit import SYSTEM
from workflows.runtime.events import Act
from workflows.runtime.forms import read_form
from workflows.runtime.incidents import check_resolution
from workflows.runtime.places import place_of
from workflows.runtime.returning import allowances_of, to_take_back
from workflows.runtime.state import ActOutcome, CaseState, CaseStatus
from workflows.runtime.targets import check_named, check_priority, check_target
from workflows.runtime.user_task import UserTask
from workflows.runtime.verbs import (
    ANY_REVISION,
    MANAGING,
    OPS_ROLES,
    Verb,
    possible_verbs,
    task_allowances,
)

_OF_THE_CASE: Final = (
    Verb.CANCEL, Verb.WITHDRAW, Verb.TAKE_BACK, Verb.COMMENT, Verb.COPY_TO, Verb.PAUSE,
    Verb.RESUME, Verb.PRIORITISE,
)  # fmt: skip


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
    theirs = act.person == SYSTEM or not act.act_key.startswith(f"{SYSTEM}/")
    if not act.act_key or not act.person or not theirs:
        raise InvalidArgument(
            "CASE_ACT_INCOMPLETE",
            f"an act needs a person and a key of theirs, which does not begin with {SYSTEM}/",
            field="act_key",
        )
    if act.verb not in Verb.__members__.values():
        raise InvalidArgument(
            "CASE_VERB_UNKNOWN",
            f"there is no verb {act.verb!r}; known: {', '.join(Verb)}",
            field="verb",
        )
    if act.incident_id:
        check_resolution(state, act, Verb(act.verb), plan)
        return None
    if state.status is not CaseStatus.RUNNING:
        raise FailedPrecondition("CASE_OVER", f"the case is {state.status}")
    if act.task_id:
        _check_task_act(state, act, Verb(act.verb), plan)
    else:
        _check_case_act(state, act, Verb(act.verb), plan)
    return None


def _check_case_act(state: CaseState, act: Act, verb: Verb, plan: Plan) -> None:
    if verb not in _OF_THE_CASE:
        raise FailedPrecondition(
            "CASE_VERB_ILLEGAL", f"{verb} needs a user task", field="user_task_id"
        )
    if verb is Verb.TAKE_BACK:
        if act.to not in to_take_back(state, plan, act.person):
            raise InvalidArgument(
                "CASE_TARGET_ILLEGAL",
                f"{act.to!r} is nothing that {act.person} did and nobody has gone on with",
                field="to",
            )
        return
    if verb in possible_verbs(allowances_of(state, plan), act.person, act.roles):
        if verb is Verb.COPY_TO:
            check_named(act)
        if verb is Verb.PAUSE:
            _check_pause(act, plan)
        if verb is Verb.PRIORITISE:
            check_priority(act, plan, state.priority)
        return
    if verb is Verb.WITHDRAW and act.person == state.started_by:
        raise FailedPrecondition(
            "CASE_VERB_ILLEGAL", "nothing that you did can be called back", field="verb"
        )
    if verb in (Verb.PAUSE, Verb.RESUME) and _may_pause(act, plan):
        stands = "is" if state.halted_at else "is not"
        raise FailedPrecondition("CASE_VERB_ILLEGAL", f"the case {stands} paused", field="verb")
    raise PermissionDenied(
        "CASE_TASK_NOT_YOURS",
        f"{verb} is for whoever started the case, took part in it or manages the flow",
    )


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
    _check_allowed(act, verb, node, task, plan)
    voting = bool(task.signers) and verb in (Verb.APPROVE, Verb.OPPOSE)
    if (
        act.revision is not None
        and act.revision != task.revision
        and verb not in ANY_REVISION
        and not voting
    ):
        raise FailedPrecondition(
            "CASE_REVISION_STALE",
            f"the user task is at revision {task.revision}, you saw {act.revision}",
            field="revision",
            details={"revision": str(task.revision)},
        )
    check_target(act, verb, node, task, managed=_manages(act, plan))
    if verb in (Verb.COMPLETE, Verb.APPROVE, Verb.OPPOSE):
        read_form(node.form, act.form, place.data)


def _check_allowed(act: Act, verb: Verb, node: PlanUserTask, task: UserTask, plan: Plan) -> None:
    if act.person == SYSTEM and verb is Verb.HAND_OVER:
        return
    possible = possible_verbs(task_allowances(node, task, plan), act.person, act.roles)
    if verb in possible:
        return
    # Whose it is comes first: who loses a race learns who won it.
    if act.person in task.waiting_on or (verb in MANAGING and _manages(act, plan)):
        raise FailedPrecondition(
            "CASE_VERB_ILLEGAL",
            f"{verb} is not possible for {task.task_id}; possible: {', '.join(possible)}",
            field="verb",
        )
    if task.assignee:
        raise PermissionDenied(
            "CASE_TASK_NOT_YOURS",
            f"{task.task_id} is held by {task.doer(task.assignee)}",
            details={"assignee": task.doer(task.assignee)},
        )
    if act.person in task.signed:
        raise PermissionDenied("CASE_TASK_NOT_YOURS", f"{act.person} has signed already")
    raise PermissionDenied("CASE_TASK_NOT_YOURS", f"{task.task_id} does not wait for {act.person}")


def _check_pause(act: Act, plan: Plan) -> None:
    """A case is paused for one of the flow's reasons, or for one in words."""
    if act.to and all(reason.id != act.to for reason in plan.pause_reasons):
        raise InvalidArgument(
            "CASE_TARGET_ILLEGAL", f"the flow declares no reason {act.to!r}", field="to"
        )
    if not act.to and not act.comment.strip():
        raise InvalidArgument("CASE_REASON_MISSING", "a pause needs a reason", field="comment")


def _may_pause(act: Act, plan: Plan) -> bool:
    return not set(act.roles).isdisjoint((*OPS_ROLES, *plan.managed_by))


def _manages(act: Act, plan: Plan) -> bool:
    return not set(act.roles).isdisjoint(plan.managed_by)
