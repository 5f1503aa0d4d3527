"""Deadlines of user tasks: armed when a task opens, disarmed when it closes, armed afresh when it
opens again.

Each alarm is one timer at an absolute instant and, when it fires, one message whose key names the
visit and the alarm: it goes out once, whatever restarts in between.
"""

from __future__ import annotations

from dataclasses import replace

from workflows.compiler.plan import PlanAlarm, PlanSla
from workflows.compiler.plan import UserTaskNode as PlanUserTask
from workflows.runtime.messages import find_people, tell
from workflows.runtime.people import known_people
from workflows.runtime.run import Run
from workflows.runtime.state import UserTask


def arm(run: Run, node: PlanUserTask, task: UserTask) -> UserTask:
    """Set a task's deadlines and start its alarms."""
    sla = node.sla
    if sla is None:
        return task
    provisional = False
    respond_due = complete_due = None
    if sla.respond_seconds is not None:
        deadline = run.due_after(sla.respond_seconds, sla.calendar)
        respond_due, provisional = deadline.at, deadline.provisional
    if sla.complete_seconds is not None:
        deadline = run.due_after(sla.complete_seconds, sla.calendar)
        complete_due, provisional = deadline.at, provisional or deadline.provisional
    for alarm in sla.alarms:
        base = sla.respond_seconds if alarm.of == "respond" else sla.complete_seconds
        due = run.due_after((base or 0) + alarm.offset_seconds, sla.calendar).at
        run.start_timer(node, task.visit, alarm.id, due, f"{node.name}：{_reason(alarm)}")
    return replace(
        task, respond_due=respond_due, complete_due=complete_due, provisional=provisional
    )


def respond(run: Run, node: PlanUserTask, task: UserTask) -> UserTask:
    """Somebody answered for the first time: the respond clock stops."""
    if task.responded_at is not None:
        return task
    if node.sla is not None:
        of_respond = frozenset(alarm.id for alarm in node.sla.alarms if alarm.of == "respond")
        run.cancel_timers(node.id, of_respond)
    return replace(task, responded_at=run.at)


def ring(run: Run, node: PlanUserTask, visit: int, alarm_id: str) -> None:
    """An alarm's instant has come."""
    alarm = alarm_of(node.sla, alarm_id)
    task = run.tasks.get(f"{node.id}/{visit}")
    if alarm is None or task is None:
        return
    if alarm.notify is None:
        send(run, node, visit, alarm, task.waiting_on)
        return
    people = known_people(run, alarm.notify)
    if people is None:
        find_people(run, node, visit, alarm.notify, alarm.id)
    else:
        send(run, node, visit, alarm, people)


def send(
    run: Run,
    node: PlanUserTask,
    visit: int,
    alarm: PlanAlarm,
    people: tuple[str, ...],
    *,
    after_read: bool = False,
) -> None:
    """Send an alarm's message; an alarm that reaches nobody is an incident."""
    if not people:
        run.raise_incident(
            node.id,
            visit,
            "SLA_NOBODY_TO_TELL",
            f"{alarm.id} of {node.id} found nobody to tell",
            detail=alarm.id,
        )
        return
    tell(
        run,
        node,
        visit,
        alarm.id,
        people=people,
        template=alarm.template,
        reason=_reason(alarm),
        urgent=alarm.notify is not None,
        after_read=after_read,
    )


def alarm_of(sla: PlanSla | None, alarm_id: str) -> PlanAlarm | None:
    """The alarm of that id."""
    return next((alarm for alarm in sla.alarms if alarm.id == alarm_id), None) if sla else None


def _reason(alarm: PlanAlarm) -> str:
    what = "响应" if alarm.of == "respond" else "完成"
    if alarm.notify is not None:
        return f"未按时{what}（第{alarm.level}级预警）"
    return f"即将到{what}时限" if alarm.offset_seconds < 0 else f"已过{what}时限"
