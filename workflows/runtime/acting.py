"""Applying acts: what each verb does to a user task or a case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from workflows.compiler.plan import ApprovalNode, ConfirmNode, FormNode
from workflows.compiler.plan import UserTaskNode as PlanUserTask
from workflows.language.values import Json
from workflows.runtime import approval, compensation, halting, tasks
from workflows.runtime.acts import check_act
from workflows.runtime.audit import SYSTEM, record
from workflows.runtime.changes import CHANGES
from workflows.runtime.events import Act, Event
from workflows.runtime.forms import read_form
from workflows.runtime.messages import announce, tell_copied
from workflows.runtime.moves import leave
from workflows.runtime.priorities import prioritise
from workflows.runtime.resolving import resolve
from workflows.runtime.returning import withdrawal_of
from workflows.runtime.run import CaseRun, Run
from workflows.runtime.state import ActOutcome, CaseState
from workflows.runtime.user_task import UserTask
from workflows.runtime.verbs import PASSING, Verb
from workflows.runtime.waiting import same_wait

#: Outcomes that are kept after their task has closed, so that a client which lost the answer
#: can ask again.
_KEPT_OUTCOMES: Final = 32


def apply_act(case: CaseRun, act: Act, apply: Callable[[CaseRun, Event], None]) -> None:
    """Apply one act, or raise its refusal. An act applied before changes nothing.

    Args:
        apply: applies an event that was kept since the interpreter failed at it.
    """
    if check_act(case.before, act, case.plan) is not None:
        return
    case.changed = True
    if act.incident_id:
        resolve(case, act, apply)
        revision, is_open = 0, False
    elif act.task_id:
        revision, is_open = _apply_to_task(case, act)
    else:
        _apply_to_case(case, act)
        revision, is_open = 0, False
    case.acts[act.act_key] = ActOutcome(
        act.act_key, act.task_id, act.verb, act.person, case.at, revision, is_open
    )
    closed = [key for key, done in case.acts.items() if not case.find("tasks", done.task_id)]
    for key in closed[:-_KEPT_OUTCOMES]:
        del case.acts[key]


def remembers_all(state: CaseState) -> bool:
    """Whether no act was forgotten yet."""
    return len(state.acts) < _KEPT_OUTCOMES


def _apply_to_case(case: CaseRun, act: Act) -> None:
    facts: dict[str, Any] = {}
    before: dict[str, Any] = {}
    match Verb(act.verb):
        case Verb.CANCEL:
            compensation.cancel(case, act.comment or "cancelled")
        case Verb.WITHDRAW:
            facts["to"] = target = withdrawal_of(case.before, case.plan)
            _go_back(case, target or "", act, "withdrawn")
        case Verb.TAKE_BACK:
            facts["to"] = act.to
            _go_back(case, act.to, act, "taken back")
        case Verb.PAUSE:
            facts["paused_for"] = case.halted_for = act.to or act.comment
            case.halted_by = act.person
            halting.halt(case)
        case Verb.RESUME:
            case.halted_by = case.halted_for = ""
            halting.release(case)
        case Verb.PRIORITISE:
            before["priority"], facts["priority"] = case.priority, act.to
            prioritise(case, act.to, act.act_key)
        case Verb.COPY_TO:
            tell_copied(case, case.plan.name, act.people, act.comment)
        case _:
            pass
    facts = {"state": str(case.status)} | facts
    record(case, act, None, None, None, facts, known_before=before)


def _go_back(case: CaseRun, target: str, act: Act, why: str) -> None:
    """Back to a node of the case, or with none out of it."""
    if not target:
        compensation.cancel(case, act.comment or why)
        return
    found = case.find("standings", target)
    assert found is not None  # a node that somebody has done
    run, node = found
    run.kept_for[node] = act.person
    compensation.go_back(run, node, act.comment or why)


def _apply_to_task(case: CaseRun, act: Act) -> tuple[int, bool]:
    """Apply an act; the task's revision, and whether it is still open."""
    found = case.find("tasks", act.task_id)
    assert found is not None  # it was checked
    run, task_id = found
    act = replace(act, task_id=task_id)
    task = run.tasks[task_id]
    node = run.graph.by_id[task.node]
    assert isinstance(node, FormNode | ApprovalNode | ConfirmNode)
    form = _apply(run, node, task, act)
    after = run.tasks.get(task_id)
    if after is not None and not same_wait(task, after):
        after = run.tasks[task_id] = replace(after, waiting_since=run.at)
        newly = tuple(p for p in after.waiting_on if p not in (*task.waiting_on, act.person))
        announce(run, node, after, newly)
    facts = {name: value for name, value in (("form", form), ("to", act.to)) if value}
    rule = act.verb if act.person == SYSTEM else ""
    record(run, act, node, task, after, facts, rule)
    return (after or task).revision, after is not None


def _apply(run: Run, node: PlanUserTask, task: UserTask, act: Act) -> dict[str, Json]:
    """Do what an act says; the form's values, if it has some."""
    match Verb(act.verb):
        case Verb.COMPLETE | Verb.APPROVE | Verb.OPPOSE as verb:
            form = read_form(node.form, act.form, run.data)
            approval.do(run, node, task, act.person, form, in_favour=verb is not Verb.OPPOSE)
            return form
        case Verb.REJECT:
            tasks.close(run, task)
            run.kept_for[act.to] = run.handlers.get(act.to, "")
            compensation.go_back(run, act.to, act.comment or "sent back")
        case Verb.SKIP:
            tasks.close(run, task)
            tasks.pass_over(run, node)
            leave(run, node)
        case verb:
            changed = CHANGES[verb](run, node, task, act)
            if verb not in PASSING:
                changed = replace(changed, revision=task.revision + 1)
            approval.go_on(run, node, changed)
    return {}
