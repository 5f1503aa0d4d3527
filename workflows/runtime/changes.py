"""What the verbs do that leave a user task open, each on its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, TypeAlias

from workflows.compiler.plan import UserTaskNode as PlanUserTask
from workflows.runtime import sla
from workflows.runtime.events import Act
from workflows.runtime.messages import tell, tell_copied
from workflows.runtime.run import Run
from workflows.runtime.targets import whose_place
from workflows.runtime.user_task import (
    UserTask,
    add_after,
    add_before,
    put_in_place,
    remove,
    without,
)
from workflows.runtime.verbs import Verb

Change: TypeAlias = Callable[[Run, PlanUserTask, UserTask, Act], UserTask]


def _claim(run: Run, node: PlanUserTask, task: UserTask, act: Act) -> UserTask:
    if act.person in task.lent:
        return replace(task, lent=without(task.lent, act.person))
    return replace(sla.respond(run, node, task), assignee=act.person)


def _release(run: Run, node: PlanUserTask, task: UserTask, act: Act) -> UserTask:
    lender = task.lender(act.person)
    if lender:
        return replace(task, lent=without(task.lent, lender))
    return replace(task, assignee="")


def _transfer(run: Run, node: PlanUserTask, task: UserTask, act: Act) -> UserTask:
    """The place of one, or of all who might have taken it."""
    whose = whose_place(act, task)
    if whose:
        return put_in_place(task, whose, act.to)
    return replace(task, candidates=(act.to,), on_behalf_of={})


def _delegate(run: Run, node: PlanUserTask, task: UserTask, act: Act) -> UserTask:
    task = sla.respond(run, node, task)
    held = task.assignee if task.signers or task.assignee else act.person
    return replace(task, assignee=held, lent={**task.lent, act.person: act.to})


def _add_before(run: Run, node: PlanUserTask, task: UserTask, act: Act) -> UserTask:
    return add_before(sla.respond(run, node, task), act.person, act.people)


def _add_after(run: Run, node: PlanUserTask, task: UserTask, act: Act) -> UserTask:
    return add_after(sla.respond(run, node, task), act.person, act.people)


def _remove(run: Run, node: PlanUserTask, task: UserTask, act: Act) -> UserTask:
    for person in act.people:
        task = remove(task, person)
    return task


def _pause(run: Run, node: PlanUserTask, task: UserTask, act: Act) -> UserTask:
    answered = sla.respond(run, node, task) if act.person in task.waiting_on else task
    return sla.pause(run, node, answered, act.person, act.to)


def _resume(run: Run, node: PlanUserTask, task: UserTask, act: Act) -> UserTask:
    return sla.resume(run, node, task)


def _urge(run: Run, node: PlanUserTask, task: UserTask, act: Act) -> UserTask:
    urged = replace(task, urged=task.urged + 1)
    tell(
        run,
        node,
        task.visit,
        f"urge-{urged.urged}",
        people=task.waiting_on,
        template="task_due",
        reason=f"催办：{act.comment}" if act.comment else "催办",
        task=task,
    )
    return urged


def _copy_to(run: Run, node: PlanUserTask, task: UserTask, act: Act) -> UserTask:
    tell_copied(run.case, node.name, act.people, act.comment)
    return task


def _comment(run: Run, node: PlanUserTask, task: UserTask, act: Act) -> UserTask:
    return sla.respond(run, node, task) if act.person in task.waiting_on else task


def _hand_over(run: Run, node: PlanUserTask, task: UserTask, act: Act) -> UserTask:
    (leaver,) = act.people
    given = put_in_place(task, leaver, act.to)
    whom = (*given.on_behalf_of.get(act.to, ()), leaver)
    return replace(given, on_behalf_of={**given.on_behalf_of, act.to: whom})


CHANGES: Final[Mapping[Verb, Change]] = {
    Verb.CLAIM: _claim,
    Verb.RELEASE: _release,
    Verb.TRANSFER: _transfer,
    Verb.DELEGATE: _delegate,
    Verb.ADD_SIGNER_BEFORE: _add_before,
    Verb.ADD_SIGNER_AFTER: _add_after,
    Verb.REMOVE_SIGNER: _remove,
    Verb.PAUSE: _pause,
    Verb.RESUME: _resume,
    Verb.URGE: _urge,
    Verb.COPY_TO: _copy_to,
    Verb.COMMENT: _comment,
    Verb.HAND_OVER: _hand_over,
}
