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
from workflows.runtime.run import CaseRun, Run
from workflows.runtime.state import ActOutcome, Signature, UserTask

#: Outcomes that are kept after their task has closed, so that a client which lost the answer
#: can ask again.
_KEPT_OUTCOMES: Final = 32


def apply_act(case: CaseRun, act: Act) -> None:
    """Apply one act, or raise its refusal. An act applied before changes nothing."""
    if check_act(case.before, act, case.plan) is not None:
        return
    case.changed = True
    found = case.find("tasks", act.task_id)
    if found is None:
        _apply_to_case(case, act)
        return
    run, task_id = found
    task = run.tasks[task_id]
    node = run.graph.by_id[task.node]
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
    revision = after.revision if after else task.revision
    _remember(case, act, f"{run.path}{task.node}", revision, before, facts)


def _apply_to_case(case: CaseRun, act: Act) -> None:
    before = {"state": str(case.status)}
    if act.verb == Verb.CANCEL:
        compensation.cancel(case, act.comment or "cancelled")
    _remember(case, act, "", 0, before, {"state": str(case.status)})


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
    case: CaseRun, act: Act, node: str, revision: int, before: dict[str, Any], after: dict[str, Any]
) -> None:
    """Keep the outcome for a repeat, and hand the act to the audit."""
    is_open = case.find("tasks", act.task_id) is not None
    case.acts[act.act_key] = ActOutcome(
        act.act_key, act.task_id, act.verb, act.person, case.at, revision, is_open
    )
    closed = [key for key, done in case.acts.items() if not case.find("tasks", done.task_id)]
    for key in closed[:-_KEPT_OUTCOMES]:
        del case.acts[key]
    case.emit(
        RecordAct(
            at=case.at,
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
