"""Clocks that stop and go on: of one user task while it is paused, of everything while the case is.

While a clock stands its timers do not run and its deadlines are not shown; when it goes on, each
deadline that had not passed has as much time left as it had, and one that had passed stays where it
was. A pause of the case and pauses of its tasks may overlap: a clock stands as long as one of them
lasts.
"""

from __future__ import annotations

from dataclasses import replace

from workflows.compiler.plan import ApprovalNode, ConfirmNode, FormNode
from workflows.compiler.plan import UserTaskNode as PlanUserTask
from workflows.runtime.deadlines import shown, stops_with_task
from workflows.runtime.run import CaseRun, Run
from workflows.runtime.state import Timer
from workflows.runtime.user_task import UserTask


def stop(run: Run, node: PlanUserTask, task: UserTask) -> UserTask:
    """A task is paused: its clock stands, its alarms and those boundary timers that stop with it."""
    for timer in list(run.timers.values()):
        if _is_of(timer, node, task):
            run.stop_timer(timer)
    return _stopped(run, task)


def go_on(run: Run, node: PlanUserTask, task: UserTask) -> UserTask:
    """A task is not paused any more: its clocks go on, unless those of the whole case stand."""
    if run.case.halted_at is not None:
        return task
    for timer in list(run.stopped_timers.values()):
        if _is_of(timer, node, task):
            _let_go_on(run, timer)
    return _went_on(run, node, task)


def halt(case: CaseRun) -> None:
    """Let all clocks of a case stand: deadlines, alarms, boundaries and waits, in bodies too; also of
    what opens meanwhile. A field work and a child case have clocks of their own."""
    if case.halted_at is not None:
        return
    case.halted_at = case.at
    for run in case.all_inside():
        for timer in list(run.timers.values()):
            run.stop_timer(timer)
        for task in list(run.tasks.values()):
            run.tasks[task.task_id] = _stopped(run, task)


def release(case: CaseRun) -> None:
    """Let the clocks of a case go on, but for those of tasks that are paused themselves."""
    if case.halted_at is None:
        return
    case.halted_at = None
    for run in case.all_inside():
        for timer in list(run.stopped_timers.values()):
            task = run.tasks.get(f"{timer.node}/{timer.visit}")
            node = run.graph.by_id[timer.node]
            stays = task is not None and task.paused is not None and stops_with_task(node, timer)
            if not stays:
                _let_go_on(run, timer)
        for task in list(run.tasks.values()):
            if task.paused is None:
                node = run.graph.by_id[task.node]
                assert isinstance(node, FormNode | ApprovalNode | ConfirmNode)
                run.tasks[task.task_id] = _went_on(run, node, task)


def _is_of(timer: Timer, node: PlanUserTask, task: UserTask) -> bool:
    return (timer.node, timer.visit) == (node.id, task.visit) and stops_with_task(node, timer)


def _let_go_on(run: Run, timer: Timer) -> None:
    clock = timer.clock
    if clock is None:
        run.run_timer(timer)
        return
    clock = clock.go_on(run.at)
    due = clock.due(run.calendar_of(timer.calendar), timer.seconds).at
    run.run_timer(replace(timer, clock=clock, due=due))


def _stopped(run: Run, task: UserTask) -> UserTask:
    return replace(task, clock=task.clock.stop(run.at)) if task.clock else task


def _went_on(run: Run, node: PlanUserTask, task: UserTask) -> UserTask:
    if task.clock is None:
        return task
    return shown(run, node, replace(task, clock=task.clock.go_on(run.at)))
