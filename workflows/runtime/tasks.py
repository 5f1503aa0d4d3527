"""User tasks: found people for, opened, closed."""

from __future__ import annotations

from dataclasses import replace

from workflows.compiler.plan import PlanAssignee
from workflows.compiler.plan import UserTaskNode as PlanUserTask
from workflows.language.values import Json, timestamp_to_json
from workflows.runtime import sla
from workflows.runtime.messages import find_people, tell
from workflows.runtime.people import known_people
from workflows.runtime.run import Run
from workflows.runtime.state import PendingCall, Phase, UserTask

#: What an assignment of the task itself is called, apart from those of its alarms.
OPEN = "open"


def begin(run: Run, node: PlanUserTask, visit: int) -> None:
    """A token came: find out who the task is for."""
    run.place_token(node, Phase.ASSIGNING)
    people = known_people(run, node.assignee)
    if people is None:
        find_people(run, node, visit, node.assignee, OPEN)
    else:
        _found(run, node, visit, people, fallback=False, asked=False)


def assigned(run: Run, node: PlanUserTask, call: PendingCall, people: tuple[str, ...]) -> None:
    """The directory answered, for the task itself or for one of its alarms."""
    if call.detail == OPEN:
        if run.is_at(node.id, call.visit):
            _found(run, node, call.visit, people, fallback=call.fallback, asked=True)
        return
    alarm = sla.alarm_of(node.sla, call.detail)
    if alarm is None or alarm.notify is None:
        return
    if not people and not call.fallback and alarm.notify.nobody:
        find_people(run, node, call.visit, alarm.notify, alarm.id, fallback=True)
    else:
        sla.send(run, node, call.visit, alarm, people, after_read=True)


def _found(
    run: Run,
    node: PlanUserTask,
    visit: int,
    people: tuple[str, ...],
    *,
    fallback: bool,
    asked: bool,
) -> None:
    if people:
        _open(run, node, visit, people, asked=asked)
    elif node.assignee.nobody and not fallback:
        find_people(run, node, visit, node.assignee, OPEN, fallback=True)
    else:
        run.raise_incident(
            node.id, visit, "CASE_NOBODY_FOUND", f"{node.id}: {_whom(node.assignee)} is nobody"
        )


def _whom(rule: PlanAssignee) -> str:
    match rule.rule:
        case "role":
            return f"role {rule.role}"
        case "leader":
            return "the leader"
        case "previous":
            return f"the handler of {rule.previous}"
        case "person" | "customer":
            return f"the {rule.rule} it names"


def _open(
    run: Run, node: PlanUserTask, visit: int, people: tuple[str, ...], *, asked: bool
) -> None:
    run.set_phase(node.id, Phase.PERSON)
    task = UserTask(
        task_id=f"{node.id}/{visit}",
        node=node.id,
        visit=visit,
        opened_at=run.at,
        candidates=tuple(dict.fromkeys(people)),
    )
    task = sla.arm(run, node, task)
    run.tasks[task.task_id] = task
    if node.announce:
        tell(
            run,
            node,
            visit,
            "announce",
            people=task.waiting_on,
            template=node.announce,
            reason="新待办",
            after_read=asked,
        )


def close(run: Run, task: UserTask) -> None:
    """The task is over, and its timers with it."""
    run.tasks.pop(task.task_id, None)
    run.cancel_timers(task.node)


def finish(
    run: Run, node: PlanUserTask, task: UserTask, person: str, form: dict[str, Json]
) -> None:
    """The task is done: keep its result; the token may move on."""
    close(run, task)
    run.handlers[node.id] = person
    run.set_result(node.id, {**form, "handled_by": person, "handled_at": timestamp_to_json(run.at)})


def urge(run: Run, node: PlanUserTask, task: UserTask, comment: str) -> UserTask:
    """Somebody urges those whom the task waits for (催办)."""
    urged = replace(task, urged=task.urged + 1)
    tell(
        run,
        node,
        task.visit,
        f"urge-{urged.urged}",
        people=task.waiting_on,
        template="task_due",
        reason=f"催办：{comment}" if comment else "催办",
    )
    return urged
