"""Whom and what an act names: the node to go back to, the people to give a user task to."""

from __future__ import annotations

from kit.errors import InvalidArgument
from workflows.compiler.plan import Plan
from workflows.compiler.plan import UserTaskNode as PlanUserTask
from workflows.runtime.events import Act
from workflows.runtime.quorum import is_reachable
from workflows.runtime.user_task import UserTask, remove
from workflows.runtime.verbs import Verb


def check_target(
    act: Act, verb: Verb, node: PlanUserTask, task: UserTask, *, managed: bool
) -> None:
    """See whether what an act on a user task names can be meant.

    Args:
        managed: the person manages the flow.

    Raises:
        InvalidArgument: ``CASE_TARGET_ILLEGAL``, or ``CASE_REASON_MISSING``.
    """
    match verb:
        case Verb.REJECT if act.to not in node.send_back:
            legal = ", ".join(node.send_back)
            raise _illegal(f"{task.task_id} can be sent back to {legal}, not to {act.to!r}")
        case Verb.PAUSE if act.to not in node.pause_reasons:
            reasons = ", ".join(node.pause_reasons)
            raise _illegal(f"{task.task_id} can be paused for {reasons}, not for {act.to!r}")
        case Verb.SKIP if not act.comment.strip():
            raise InvalidArgument(
                "CASE_REASON_MISSING", "say why it is passed over", field="comment"
            )
        case Verb.TRANSFER | Verb.DELEGATE:
            _check_receiver(act, verb, task)
        case Verb.ADD_SIGNER_BEFORE | Verb.ADD_SIGNER_AFTER:
            check_named(act)
            _check_new(act, task)
        case Verb.REMOVE_SIGNER:
            check_named(act)
            _check_removable(act, node, task, managed=managed)
        case Verb.COPY_TO:
            check_named(act)
        case Verb.HAND_OVER:
            check_named(act)
            if act.people[0] not in (*task.people, task.assignee, *task.lent.values()):
                raise _illegal(f"{task.task_id} has nothing of {act.people[0]}", "people")
        case _:
            pass


def check_named(act: Act) -> None:
    """See whether an act names people.

    Raises:
        InvalidArgument: ``CASE_TARGET_ILLEGAL``.
    """
    if not act.people or not all(act.people) or len(set(act.people)) < len(act.people):
        raise _illegal("name the people, each once", "people")


def check_priority(act: Act, plan: Plan, priority: str) -> None:
    """See whether an act names another priority than the case has.

    Raises:
        InvalidArgument: ``CASE_TARGET_ILLEGAL``.
    """
    others = [each.id for each in plan.priorities if each.id != priority]
    if act.to not in others:
        raise _illegal(
            f"the case is {priority}; it can become {', '.join(others) or 'nothing else'}"
        )


def whose_place(act: Act, task: UserTask) -> str:
    """Whose place a transfer gives away: one's own, or that of the one whom a manager names or who
    alone has it; empty: nobody has taken it, and it is taken from all who might."""
    if act.person in task.waiting_on:
        return act.person
    if act.people:
        return act.people[0]
    return task.waiting_on[0] if len(task.waiting_on) == 1 else ""


def _check_receiver(act: Act, verb: Verb, task: UserTask) -> None:
    whose = whose_place(act, task)
    if task.signers and whose not in task.waiting_on:
        raise _illegal(f"say whose place it is: one of {', '.join(task.waiting_on)}", "people")
    doers = (*task.lent, *task.lent.values(), *(task.people if task.signers else ()))
    if not act.to or act.to == whose or act.to in doers or task.waiting_on == (act.to,):
        raise _illegal(f"name the person to {verb} it to, who has no part in it yet")


def _check_new(act: Act, task: UserTask) -> None:
    taken = {*task.people, *task.lent.values()} if task.signers else {act.person}
    if again := taken.intersection(act.people):
        raise _illegal(f"{', '.join(sorted(again))} signs already", "people")


def _check_removable(act: Act, node: PlanUserTask, task: UserTask, *, managed: bool) -> None:
    added = {s.person for s in task.signers if s.added_by == act.person}
    for person in act.people:
        if person not in task.people or person in task.signed:
            raise _illegal(f"{person} is none of those who have still to sign", "people")
        if not managed and person not in added:
            raise _illegal(f"{person} was not added by you", "people")
    left = task
    for person in act.people:
        left = remove(left, person)
    if not left.signers:
        raise _illegal("at least one signer must be left", "people")
    if not is_reachable(node, left):
        raise _illegal("without them there are too few votes to decide", "people")


def _illegal(message: str, field: str = "to") -> InvalidArgument:
    return InvalidArgument("CASE_TARGET_ILLEGAL", message, field=field)
