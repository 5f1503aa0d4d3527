"""Doing a user task: completing, approving, voting, and what a shared approval makes of it."""

from __future__ import annotations

from dataclasses import replace

from workflows.compiler.plan import UserTaskNode as PlanUserTask
from workflows.language.values import Json
from workflows.runtime import sla, tasks
from workflows.runtime.moves import leave
from workflows.runtime.quorum import verdict
from workflows.runtime.run import Run
from workflows.runtime.user_task import Signature, UserTask, without


def do(
    run: Run,
    node: PlanUserTask,
    task: UserTask,
    person: str,
    form: dict[str, Json],
    *,
    in_favour: bool = True,
) -> None:
    """A person does a task: for whoever lent it to them, as one of its signers, or for good."""
    task = replace(sla.respond(run, node, task), revision=task.revision + 1, draft=form)
    lender = task.lender(person)
    if lender:
        run.tasks[task.task_id] = replace(task, lent=without(task.lent, lender))
    elif task.signers:
        signature = Signature(person, run.at, in_favour)
        go_on(run, node, replace(task, signatures=(*task.signatures, signature)))
    else:
        tasks.finish(run, node, task, person, form)
        leave(run, node)


def go_on(run: Run, node: PlanUserTask, task: UserTask) -> None:
    """Keep a task, or finish it once those who sign it have decided."""
    approved = verdict(node, task) if task.signers else None
    if approved is None:
        run.tasks[task.task_id] = task
        return
    tasks.finish(run, node, task, task.signatures[-1].person, task.draft, approved=approved)
    leave(run, node)
