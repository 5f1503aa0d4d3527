"""Timers and awaited events under the new version: counted from when they were armed, under the new
limits. What has rung does not ring again; what is past by the new limits rings at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal, TypeAlias

from workflows.compiler.plan import (
    ApprovalNode,
    Code,
    ConfirmNode,
    DecisionNode,
    FormNode,
    PlanGraph,
    PlanNode,
    WaitNode,
)
from workflows.compiler.plan import UserTaskNode as PlanUserTask
from workflows.language.failure import EvaluationError
from workflows.language.values import DECODERS
from workflows.runtime.clocks import Clock
from workflows.runtime.deadlines import limits, seconds_until, shown, stops_with_task
from workflows.runtime.run import Run
from workflows.runtime.state import Awaited, Timer, Token

_Calendar: TypeAlias = Literal["business", "natural", ""]
#: What a wait's own timer is called.
_OWN: Final = "wait"
#: What a version says of a task's deadlines, besides its alarms.
_LIMITS: Final = "$limits"
_OF: Final = {"respond": "响应时限", "complete": "完成时限"}


def refit(run: Run, token: Token, old: PlanGraph) -> None:
    """Fit what was armed for a token that stays to the new version of its node. What both versions
    say alike is left alone.

    Raises:
        EvaluationError: what the new version waits for has no value for this case.
    """
    node, before = run.graph.by_id[token.node], old.by_id[token.node]
    had, has = _says(before, old), _says(node, run.graph)
    if had == has:
        return
    _disarm(run, token, set(has))
    for purpose, armed in _wanted(run, node, token).items():
        key = _key(token, purpose)
        known = key in run.timers or key in run.stopped_timers or key in run.awaited
        if purpose not in had or (known and had[purpose] != has[purpose]):
            # Else it goes on as it is, or it has rung or come.
            _arm(run, token, key, armed)
    task = run.tasks.get(f"{token.node}/{token.visit}")
    if task is not None and isinstance(node, FormNode | ApprovalNode | ConfirmNode):
        if node.sla is None:
            bare = replace(task, clock=None, respond_due=None, complete_due=None, provisional=False)
            run.tasks[task.task_id] = bare
        else:
            clock = task.clock or _clock(run, token)
            run.tasks[task.task_id] = shown(run, node, replace(task, clock=clock))


def _key(token: Token, purpose: str) -> str:
    """The id of a timer or an awaited event; a wait's own event has no purpose."""
    return f"{token.node}/{token.visit}/{purpose}" if purpose else f"{token.node}/{token.visit}"


def _says(node: PlanNode, graph: PlanGraph) -> dict[str, object]:
    """What a version arms when a token comes, by purpose: when it rings, what is awaited."""
    says: dict[str, object] = {
        way.id: (way.after_seconds, way.calendar, way.event, way.key)
        for way in node.boundary
        if way.cause in ("timer", "event")
    }
    match node:
        case FormNode() | ApprovalNode() | ConfirmNode() if node.sla:
            soon = (node.sla.respond_seconds, node.sla.complete_seconds, node.sla.by_priority)
            said = (node.sla.calendar, soon)
            says |= {alarm.id: (said, alarm.of, alarm.offset_seconds) for alarm in node.sla.alarms}
            says[_LIMITS] = said
        case WaitNode():
            says["" if node.event else _OWN] = _waits_for(node)
        case DecisionNode(mode="event"):
            for edge in node.next:
                follower = graph.by_id[edge.to]
                assert isinstance(follower, WaitNode)
                says[edge.id] = _waits_for(follower)
        case _:
            pass
    return says


def _waits_for(node: WaitNode) -> object:
    return (node.duration_seconds, node.calendar, node.until, node.event, node.key)


def _wanted(run: Run, node: PlanNode, token: Token) -> dict[str, Timer | Awaited]:
    """What the new version would have armed, from when the old one did."""
    wanted: dict[str, Timer | Awaited] = {}
    for way in node.boundary:
        if way.cause == "timer":
            summary = f"{run.name(node)}：{way.name or '超时'}"
            after = way.after_seconds, way.calendar
            wanted[way.id] = _timer(run, token, way.id, after, summary)
        elif way.cause == "event":
            wanted[way.id] = Awaited(
                token.node, token.visit, way.event, _value(run, way.key), way.id
            )
    match node:
        case FormNode() | ApprovalNode() | ConfirmNode():
            wanted |= _alarms(run, node, token)
        case WaitNode():
            wanted |= _wait(run, token, node, "")
        case DecisionNode(mode="event"):
            for edge in node.next:
                follower = run.graph.by_id[edge.to]
                assert isinstance(follower, WaitNode)
                wanted |= _wait(run, token, follower, edge.id)
        case _:
            pass
    return wanted


def _alarms(run: Run, node: PlanUserTask, token: Token) -> dict[str, Timer | Awaited]:
    task = run.tasks.get(f"{token.node}/{token.visit}")
    if node.sla is None or task is None:
        return {}
    return {
        alarm.id: _timer(
            run,
            token,
            alarm.id,
            (seconds_until(run, node.sla, alarm), node.sla.calendar),
            f"{node.name}：{_OF[alarm.of]}",
        )
        for alarm in node.sla.alarms
        if not (alarm.of == "respond" and task.responded_at)
        and limits(run, node.sla).seconds(alarm.of) is not None
    }


def _wait(run: Run, token: Token, wait: WaitNode, way: str) -> dict[str, Timer | Awaited]:
    if wait.event:
        awaited = Awaited(token.node, token.visit, wait.event, _value(run, wait.key), way)
        return {way: awaited}
    purpose, summary = way or _OWN, run.name(wait)
    if wait.duration_seconds is not None:
        after = wait.duration_seconds, wait.calendar
        timer = _timer(run, token, purpose, after, summary)
    else:
        due = DECODERS["timestamp"](_value(run, wait.until))
        key = _key(token, purpose)
        timer = Timer(key, token.node, token.visit, due, purpose, summary=summary)
    return {purpose: timer}


def _timer(
    run: Run, token: Token, purpose: str, after: tuple[int, _Calendar], summary: str
) -> Timer:
    """A timer that rings so long after the token came, as a calendar counts."""
    seconds, calendar = after
    key = _key(token, purpose)
    armed = run.timers.get(key) or run.stopped_timers.get(key)
    clock = (armed.clock if armed else None) or _clock(run, token)
    due = clock.due(run.calendar_of(calendar), seconds).at if clock.runs else run.at
    return Timer(key, token.node, token.visit, due, purpose, clock, seconds, calendar, summary)


def _clock(run: Run, token: Token) -> Clock:
    """The clock of something that was not armed before: it has run since the token came, as far as
    the task's own has."""
    task = run.tasks.get(f"{token.node}/{token.visit}")
    if task is not None and task.clock is not None:
        return task.clock
    since = task.opened_at if task is not None else token.entered_at
    stands = run.case.halted_at is not None or (task is not None and task.paused is not None)
    return Clock(since, stopped_at=run.at if stands else None)


def _arm(run: Run, token: Token, key: str, armed: Timer | Awaited) -> None:
    if isinstance(armed, Awaited):
        run.awaited[key] = armed
    elif armed.clock is not None and not armed.clock.runs and _stands(run, token, armed):
        run.stopped_timers[key] = armed
    elif run.timers.get(key) != armed:
        run.run_timer(armed)


def _stands(run: Run, token: Token, timer: Timer) -> bool:
    stops = stops_with_task(run.graph.by_id[token.node], timer)
    return run.case.halted_at is not None or stops


def _disarm(run: Run, token: Token, wanted: set[str]) -> None:
    """What the new version does not know rings no more."""
    own = (token.node, token.visit)
    timers = [t for t in run.timers.values() if (t.node, t.visit) == own]
    gone = frozenset(timer.purpose for timer in timers if timer.purpose not in wanted)
    if gone:
        run.cancel_timers(token.node, gone)
    for key, timer in list(run.stopped_timers.items()):
        if (timer.node, timer.visit) == own and timer.purpose not in wanted:
            del run.stopped_timers[key]
    for key, awaited in list(run.awaited.items()):
        if (awaited.node, awaited.visit) == own and awaited.way not in wanted:
            del run.awaited[key]


def _value(run: Run, code: Code | None) -> str:
    if code is None:
        raise EvaluationError("EXPRESSION_TEXT_UNREADABLE", "there is nothing to wait for")
    return str(code.run(run.data))
