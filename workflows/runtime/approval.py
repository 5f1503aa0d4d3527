"""Applying acts: what each verb does to a user task, and when an approval is complete."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any, Final

from workflows.compiler.plan import ApprovalNode, ConfirmNode, FormNode
from workflows.compiler.plan import UserTaskNode as PlanUserTask
from workflows.language.values import Json
from workflows.runtime import compensation, sla, tasks
from workflows.runtime.acts import Verb, check_act
from workflows.runtime.commands import RecordAct
from workflows.runtime.events import Act
from workflows.runtime.forms import read_form
from workflows.runtime.moves import leave
from workflows.runtime.run import Run
from workflows.runtime.state import ActOutcome, Signature, UserTask

#: Outcomes that are kept after their task has closed, so that a client which lost the answer
#: can ask again.
_KEPT_OUTCOMES: Final = 32


def apply_act(run: Run, act: Act) -> None:
    """Apply one act, or raise its refusal. An act applied before changes nothing."""
    if check_act(run.before, act, run.plan) is not None:
        return
    run.changed = True
    if not act.task_id:
        _apply_to_case(run, act)
        return
    task = run.tasks[act.task_id]
    node = run.plan.by_id[task.node]
    assert isinstance(node, FormNode | ApprovalNode | ConfirmNode)
    before = _facts(task)
    form: dict[str, Json] = {}
    match Verb(act.verb):
        case Verb.COMPLETE | Verb.APPROVE:
            form = read_form(node.form, act.form, run.data)
            _approve(run, node, task, act.person, form)
        case Verb.REJECT:
            _reject(run, node, task, act)
        case verb:
            changed = _change(run, node, task, act, verb)
            run.tasks[task.task_id] = replace(changed, revision=task.revision + 1)
    after = run.tasks.get(task.task_id)
    facts = _facts(after) if after else {"closed": True}
    facts |= {name: value for name, value in (("form", form), ("to", act.to)) if value}
    _remember(run, act, task.node, after.revision if after else task.revision, before, facts)


def _apply_to_case(run: Run, act: Act) -> None:
    before = {"state": str(run.status)}
    if act.verb == Verb.CANCEL:
        compensation.cancel(run, act.comment or "cancelled")
    _remember(run, act, "", 0, before, {"state": str(run.status)})


def _change(run: Run, node: PlanUserTask, task: UserTask, act: Act, verb: Verb) -> UserTask:
    match verb:
        case Verb.CLAIM:
            return replace(sla.respond(run, node, task), assignee=act.person)
        case Verb.RELEASE:
            return replace(task, assignee="")
        case Verb.TRANSFER:
            return _transfer(task, act)
        case Verb.URGE:
            return tasks.urge(run, node, task, act.comment)
        case Verb.COMMENT if act.person in task.waiting_on:
            return sla.respond(run, node, task)
        case _:
            return task


def _transfer(task: UserTask, act: Act) -> UserTask:
    """Somebody else takes over: the place of the person who gives it away, or of all when a
    manager does."""
    if task.signatures or (len(task.candidates) > 1 and act.person in task.candidates):
        people = tuple(act.to if p == act.person else p for p in task.candidates)
    else:
        people = (act.to,)
    held = act.to if task.assignee else ""
    return replace(task, candidates=tuple(dict.fromkeys(people)), assignee=held)


def _approve(
    run: Run, node: PlanUserTask, task: UserTask, person: str, form: dict[str, Json]
) -> None:
    task = sla.respond(run, node, task)
    if isinstance(node, ApprovalNode) and node.mode == "all":
        task = replace(
            task,
            signatures=(*task.signatures, Signature(person, run.at)),
            revision=task.revision + 1,
        )
        if task.waiting_on:
            run.tasks[task.task_id] = task
            return
    tasks.finish(run, node, task, person, form)
    leave(run, node)


def _reject(run: Run, node: PlanUserTask, task: UserTask, act: Act) -> None:
    tasks.close(run, task)
    run.handlers[node.id] = act.person
    compensation.go_back(run, act.to, act.comment or "sent back")


def _facts(task: UserTask) -> dict[str, Any]:
    plain = asdict(task)
    return {
        "assignee": plain["assignee"],
        "candidates": list(plain["candidates"]),
        "revision": plain["revision"],
    }


def _remember(
    run: Run, act: Act, node: str, revision: int, before: dict[str, Any], after: dict[str, Any]
) -> None:
    """Keep the outcome for a repeat, and hand the act to the audit."""
    run.acts[act.act_key] = ActOutcome(
        act.act_key, act.task_id, act.verb, act.person, run.at, revision, act.task_id in run.tasks
    )
    closed = [key for key, outcome in run.acts.items() if outcome.task_id not in run.tasks]
    for key in closed[:-_KEPT_OUTCOMES]:
        del run.acts[key]
    run.emit(
        RecordAct(
            at=run.at,
            act_key=act.act_key,
            task_id=act.task_id,
            node=node,
            verb=act.verb,
            person=act.person,
            origin=act.origin,
            comment=act.comment,
            before=before,
            after=after,
        )
    )
