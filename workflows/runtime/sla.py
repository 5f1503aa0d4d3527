"""Deadlines of user tasks: armed when a task opens, stopped while it is paused, disarmed when it
closes, armed afresh when it opens again.

Each alarm is one timer at an absolute instant and, when it fires, at most one message whose key names
the visit and the alarm: it goes out once, whatever restarts in between. An escalation may also give
the task to others, or say the way on which the case leaves it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from workflows.compiler.plan import PlanAlarm, PlanAssignee
from workflows.compiler.plan import UserTaskNode as PlanUserTask
from workflows.runtime import halting
from workflows.runtime.audit import record, system_act
from workflows.runtime.clocks import Clock
from workflows.runtime.deadlines import alarm_of, seconds_until, shown
from workflows.runtime.messages import announce, tell
from workflows.runtime.people import answer_of, look_for
from workflows.runtime.run import Run
from workflows.runtime.search import Search, Step
from workflows.runtime.state import PendingCall, Trouble
from workflows.runtime.user_task import Pause, UserTask, give_to
from workflows.runtime.verbs import Verb, is_in_order

#: Of the question who gets the task instead, after the alarm's id.
_REASSIGN: Final = "/reassign"
_ESCALATION: Final = "escalation"


def arm(run: Run, node: PlanUserTask, task: UserTask) -> UserTask:
    """Set a task's deadlines and start its alarms."""
    sla = node.sla
    if sla is None:
        return task
    for alarm in sla.alarms:
        seconds = seconds_until(run, sla, alarm)
        run.arm_after(node, task.visit, alarm.id, seconds, sla.calendar, _summary(node, alarm))
    clock = Clock(run.at, stopped_at=run.at if run.case.halted_at else None)
    return shown(run, node, replace(task, clock=clock))


def respond(run: Run, node: PlanUserTask, task: UserTask) -> UserTask:
    """Somebody answered for the first time: the respond clock stops."""
    if task.responded_at is not None:
        return task
    if node.sla is not None:
        of_respond = frozenset(alarm.id for alarm in node.sla.alarms if alarm.of == "respond")
        run.cancel_timers(node.id, of_respond)
    return replace(task, responded_at=run.at)


# -- the clocks stop and go on


def pause(run: Run, node: PlanUserTask, task: UserTask, person: str, reason: str) -> UserTask:
    """Stop a task's clocks for one of the declared reasons."""
    blames = next(each.blames for each in run.plan.pause_reasons if each.id == reason)
    return halting.stop(run, node, replace(task, paused=Pause(reason, blames, person, run.at)))


def resume(run: Run, node: PlanUserTask, task: UserTask) -> UserTask:
    """Let a task's clocks go on with what they had left."""
    return halting.go_on(run, node, replace(task, paused=None))


# -- alarms


def ring(run: Run, node: PlanUserTask, visit: int, alarm_id: str) -> None:
    """An alarm's instant has come. Whether the task is left now is its boundary's to say."""
    alarm = alarm_of(node.sla, alarm_id)
    task = run.tasks.get(f"{node.id}/{visit}")
    if alarm is None or task is None:
        return
    leaves = any(way.alarm == alarm.id for way in node.boundary)
    if alarm.notify is not None:
        # Whoever is told hears of it even when the task is left meanwhile.
        _look(run, node, visit, alarm, alarm.notify, alarm.id)
    elif alarm.reassign is None and not leaves:
        _send(run, node, visit, alarm, task.waiting_on)
    if alarm.reassign is not None:
        _look(run, node, visit, alarm, alarm.reassign, alarm.id + _REASSIGN)


def look_again(run: Run, node: PlanUserTask, visit: int, detail: str) -> None:
    """Ask once more what an alarm asked in vain."""
    alarm_id, _, wanted = detail.partition("/")
    alarm = alarm_of(node.sla, alarm_id)
    rule = (alarm.reassign if wanted else alarm.notify) if alarm else None
    if alarm is None or rule is None:
        ring(run, node, visit, alarm_id)
    else:
        _look(run, node, visit, alarm, rule, detail)


def answered(run: Run, node: PlanUserTask, call: PendingCall, response: dict[str, Any]) -> None:
    """The directory answered a question of an alarm's."""
    alarm_id, _, wanted = call.detail.partition("/")
    alarm = alarm_of(node.sla, alarm_id)
    rule = (alarm.reassign if wanted else alarm.notify) if alarm else None
    if alarm is None or rule is None:
        return
    found = answer_of(response)
    if not found.people and call.search.step is Step.RULE and rule.nobody:
        again = Search(step=Step.NOBODY)
        look_for(run, node, call.visit, call.detail, rule, again, beside=call.beside)
    else:
        _use(run, node, call.visit, alarm, call.detail, found, asked=True)


def _look(
    run: Run, node: PlanUserTask, visit: int, alarm: PlanAlarm, rule: PlanAssignee, detail: str
) -> None:
    found = look_for(run, node, visit, detail, rule, Search(), beside=detail == alarm.id)
    if found is not None:
        _use(run, node, visit, alarm, detail, found, asked=False)


def _use(
    run: Run,
    node: PlanUserTask,
    visit: int,
    alarm: PlanAlarm,
    detail: str,
    found: Search,
    *,
    asked: bool,
) -> None:
    if detail == alarm.id:
        _send(run, node, visit, alarm, found.people, after_read=asked)
    else:
        _reassign(run, node, visit, alarm, found)


def _reassign(run: Run, node: PlanUserTask, visit: int, alarm: PlanAlarm, found: Search) -> None:
    task = run.tasks.get(f"{node.id}/{visit}")
    if task is None:
        return
    if not set(found.people) - task.signed:
        _nobody(run, node, visit, alarm, "to give the task to", alarm.id + _REASSIGN)
        return
    given = give_to(task, found.people, in_order=is_in_order(node))
    given = replace(
        given, on_behalf_of=found.on_behalf_of, revision=task.revision + 1, waiting_since=run.at
    )
    run.tasks[task.task_id] = given
    act = system_act(run, node, visit, Verb.TRANSFER, alarm.id, found.people)
    record(run, act, node, task, given, {}, rule=_ESCALATION)
    announce(run, node, given, given.waiting_on, after_read=True)


def _send(
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
        _nobody(run, node, visit, alarm, "to tell", alarm.id)
        return
    tell(
        run,
        node,
        visit,
        alarm.id,
        people=people,
        template=alarm.template,
        reason=_reason(alarm),
        task=run.tasks.get(f"{node.id}/{visit}"),
        urgent=alarm.notify is not None,
        after_read=after_read,
    )


def _nobody(
    run: Run, node: PlanUserTask, visit: int, alarm: PlanAlarm, for_what: str, detail: str
) -> None:
    run.raise_incident(
        Trouble.ALARM,
        node.id,
        visit,
        "SLA_NOBODY_TO_TELL",
        f"{alarm.id} of {node.id} found nobody {for_what}",
        detail=detail,
    )


def _summary(node: PlanUserTask, alarm: PlanAlarm) -> str:
    return f"{node.name}：{_reason(alarm)}"


def _reason(alarm: PlanAlarm) -> str:
    what = "响应" if alarm.of == "respond" else "完成"
    if alarm.notify is not None:
        return f"未按时{what}（第{alarm.level}级预警）"
    return f"即将到{what}时限" if alarm.offset_seconds < 0 else f"已过{what}时限"
