"""Due instants of user tasks and timers: computed from their clocks, the limits of the case's priority
and its calendar, and again when one of these has changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from kit.calendar import BusinessCalendar
from workflows.compiler.plan import (
    ApprovalNode,
    ConfirmNode,
    FormNode,
    PlanAlarm,
    PlanLimits,
    PlanNode,
    PlanSla,
)
from workflows.compiler.plan import UserTaskNode as PlanUserTask
from workflows.runtime.audit import record, system_act
from workflows.runtime.calendars import shared
from workflows.runtime.messages import nearest_due, tell
from workflows.runtime.run import CaseRun, Run
from workflows.runtime.state import Timer
from workflows.runtime.user_task import UserTask

#: What the audit calls it when deadlines are computed again.
REPLAN: Final = "replan"
#: The template of the message to those whose deadline has come nearer.
_NEARER: Final = "task_due"


def limits(run: Run, sla: PlanSla) -> PlanLimits:
    """How soon, in a case of this priority."""
    return sla.by_priority.get(run.case.priority, sla)


def seconds_until(run: Run, sla: PlanSla, alarm: PlanAlarm) -> int:
    """How long after a task opens an alarm rings."""
    return (limits(run, sla).seconds(alarm.of) or 0) + alarm.offset_seconds


def shown(run: Run, node: PlanUserTask, task: UserTask) -> UserTask:
    """The task with its deadlines as its clock gives them."""
    if node.sla is None or task.clock is None:
        return task
    calendar, soon = run.calendar_of(node.sla.calendar), limits(run, node.sla)
    respond = soon.respond_seconds and task.clock.due(calendar, soon.respond_seconds)
    complete = soon.complete_seconds and task.clock.due(calendar, soon.complete_seconds)
    return replace(
        task,
        respond_due=respond.at if respond else None,
        complete_due=complete.at if complete else None,
        provisional=any(due.provisional for due in (respond, complete) if due),
    )


def stops_with_task(node: PlanNode, timer: Timer) -> bool:
    """Whether a timer of a user task stands while the task is paused: each of its alarms, and the
    boundaries of which the flow says so."""
    ways = {way.id: way for way in node.boundary if way.cause == "timer"}
    if timer.purpose in ways:
        return ways[timer.purpose].stops
    return isinstance(node, FormNode | ApprovalNode | ConfirmNode)


def take_calendar(case: CaseRun, calendar: BusinessCalendar) -> None:
    """Count working time by a newer edit of the case's calendar from now on, and for what is open
    since it began. Days of years that the edit does not tell of stay as they were known."""
    known = case.calendar
    if known is None or calendar.code != known.code or calendar.version <= known.version:
        return
    case.changed = True
    told = range(calendar.first_year, calendar.last_year + 1)
    earlier = {day: hours for day, hours in known.days.items() if day.year not in told}
    count_by(case, replace(calendar, days={**earlier, **calendar.days}))


def count_by(case: CaseRun, calendar: BusinessCalendar) -> None:
    """Count working time by a calendar from now on, and for what is open since it began."""
    case.calendar = shared(calendar)
    plan_again(case, f"calendar/{calendar.code}/{calendar.version}")


def plan_again(case: CaseRun, rule: str) -> None:
    """Compute everything anew that is not over: calendar or priority has changed.

    An alarm that has rung does not ring again; one whose new instant has passed rings at once. What
    has moved is written down as the system's act; those whose deadline has come nearer are told.

    Args:
        rule: why, for the audit; unique for each change.
    """
    for run in case.all_inside():
        for timer in (*run.timers.values(), *run.stopped_timers.values()):
            _move(run, timer)
        for task in list(run.tasks.values()):
            node = run.graph.by_id[task.node]
            assert isinstance(node, FormNode | ApprovalNode | ConfirmNode)
            moved = shown(run, node, task)
            run.tasks[task.task_id] = moved
            if _deadlines(moved) != _deadlines(task):
                _tell_moved(run, node, task, moved, rule)


def _move(run: Run, timer: Timer) -> None:
    if timer.clock is None:
        return
    sla = getattr(run.graph.by_id[timer.node], "sla", None)
    alarm = alarm_of(sla, timer.purpose)
    seconds = seconds_until(run, sla, alarm) if sla and alarm else timer.seconds
    if not timer.clock.runs:
        run.stopped_timers[timer.timer_id] = replace(timer, seconds=seconds)
        return
    due = timer.clock.due(run.calendar_of(timer.calendar), seconds).at
    moved = replace(timer, seconds=seconds, due=due)
    if due == timer.due:
        run.timers[timer.timer_id] = moved
    else:
        run.run_timer(moved)


def _deadlines(task: UserTask) -> tuple[object, ...]:
    return (task.respond_due, task.complete_due, task.provisional)


def _tell_moved(run: Run, node: PlanUserTask, before: UserTask, after: UserTask, rule: str) -> None:
    record(run, system_act(run, node, after.visit, REPLAN, rule), node, before, after, {}, rule)
    earlier, now = nearest_due(before), nearest_due(after)
    if earlier is not None and now is not None and now < earlier and after.waiting_on:
        tell(
            run,
            node,
            after.visit,
            f"{REPLAN}/{rule}",
            people=after.waiting_on,
            template=_NEARER,
            reason="时限提前",
            task=after,
        )


def alarm_of(sla: PlanSla | None, alarm_id: str) -> PlanAlarm | None:
    """The alarm of that id."""
    return next((alarm for alarm in sla.alarms if alarm.id == alarm_id), None) if sla else None
