"""The interpreter: ``step(state, event, plan)`` gives the next state and what to do.

Pure and deterministic: no clock, no chance, no IO. Temporal drives it in a workflow; a virtual clock
drives the same code in tests, dry runs and simulations.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import Final, assert_never

from workflows.compiler.plan import (
    ApprovalNode,
    ConfirmNode,
    DecisionNode,
    FieldWorkNode,
    FormNode,
    Plan,
    PlanNode,
    ServiceNode,
    SubflowNode,
    WaitNode,
)
from workflows.language.failure import EvaluationError
from workflows.language.values import ValueMismatch, conform
from workflows.runtime import (
    boundaries,
    compensation,
    deadlines,
    effects,
    moves,
    opening,
    priorities,
    sla,
    starting,
    undoing,
    waits,
)
from workflows.runtime.acting import apply_act
from workflows.runtime.commands import CALL_CLOSED, Command, Move, Purpose
from workflows.runtime.events import (
    Acted,
    CalendarChanged,
    CallRetried,
    CancelRequested,
    ChildEnded,
    Event,
    EventArrived,
    Prioritised,
    Resumed,
    RpcFailed,
    RpcSucceeded,
    Started,
    TimerFired,
)
from workflows.runtime.run import CaseRun, Run
from workflows.runtime.state import Awaited, CaseState, PendingCall, Trouble

#: So many events of an aggregate are told apart from their duplicates, which come within moments.
_REMEMBERED: Final = 20


def step(
    state: CaseState, event: Event, plan: Plan, log: list[Command | Move] | None = None
) -> tuple[CaseState, list[Command]]:
    """Apply one event.

    Args:
        state: where the case stands; ``CaseState()`` before ``Started``. It is left as it is.
        event: what happened. What is not awaited any more changes nothing.
        plan: the case's plan.
        log: gets the commands with the moves of tokens among them, for whoever tells the story.

    Returns:
        The next state, and the commands to carry out in order.

    Raises:
        ServiceError: the event is an act that ``check_act`` refuses, or a start with wrong inputs;
            nothing has changed.
    """
    if state.status.over:
        return state, []
    case = CaseRun(state, event.at.astimezone(UTC), plan)
    _apply(case, event)
    moves.settle(case)
    if not case.changed:
        return state, []
    if log is not None:
        log.extend(case.log)
    return case.finish(), case.commands


def _apply(case: CaseRun, event: Event) -> None:
    match event:
        case Started():
            starting.start(case, event)
        case RpcSucceeded() | RpcFailed() | CallRetried():
            _called(case, event)
        case TimerFired():
            _fired(case, event)
        case Acted():
            apply_act(case, event.act, _apply)
        case EventArrived():
            _arrived_once(case, event)
        case CalendarChanged():
            deadlines.take_calendar(case, event.calendar)
        case Resumed():
            _resumed(case)
        case ChildEnded():
            _child_ended(case, event)
        case CancelRequested() | Prioritised():
            _told(case, event)
        case _:
            assert_never(event)


def _resumed(case: CaseRun) -> None:
    for run in case.all_inside():
        case.changed |= bool(run.unwinding)
        undoing.go_on(run)


def _told(case: CaseRun, event: CancelRequested | Prioritised) -> None:
    """What somebody outside the case wants of it, unless it is over."""
    if not (case.running and case.case_id):
        return
    if isinstance(event, Prioritised):
        priorities.follow(case, event)
    else:
        case.changed = True
        compensation.cancel(case, event.reason)


def _called(case: CaseRun, event: RpcSucceeded | RpcFailed | CallRetried) -> None:
    found = case.find("calls", event.call_id)
    if found is None:
        return
    case.changed = True
    run, call_id = found
    call = run.calls.pop(call_id)
    if isinstance(event, CallRetried):
        run.calls[call_id] = replace(call, retries=event.retries)
    elif isinstance(event, RpcSucceeded):
        _succeeded(run, call, event)
    elif call.instead is not None and event.reason == CALL_CLOSED:
        # The old request was not applied and never will be: the new one takes its place.
        run.make(replace(call, request=call.instead, instead=None, epoch=call.epoch + 1))
    else:
        _failed(run, call, event)


def _succeeded(run: Run, call: PendingCall, event: RpcSucceeded) -> None:
    match call.purpose:
        case Purpose.NODE:
            _node_succeeded(run, call, event)
        case Purpose.ASSIGN:
            node = run.graph.by_id[call.node]
            assert isinstance(node, FormNode | ApprovalNode | ConfirmNode)
            if call.detail != opening.OPEN:
                sla.answered(run, node, call, event.response)
            elif opening.answered(run, node, call, event.response):
                moves.leave(run, node)
        case Purpose.COMPENSATE:
            undoing.undone(run, call)
        case _:
            pass  # a message is in the outbox


def _node_succeeded(run: Run, call: PendingCall, event: RpcSucceeded) -> None:
    node = run.graph.by_id[call.node]
    assert isinstance(node, ServiceNode)
    try:
        reply = conform(event.response, node.response_type)
    except ValueMismatch as mismatch:
        reason, message = "RPC_REPLY_MALFORMED", f"{node.rpc} replied: {mismatch}"
        if call.withdrawn:
            order = run.case.next_order()
            effects.raise_unknown(run, node.id, call, reason, message, event.response, order)
        else:
            run.raise_incident(
                Trouble.REPLY,
                node.id,
                call.visit,
                reason,
                message,
                call=call,
                reply=event.response,
            )
        return
    if call.withdrawn:
        undoing.withdrawn_succeeded(run, node, call, reply)
    else:
        effects.keep_effect(run, node, call, reply)
        run.set_result(node.id, reply)
        moves.leave(run, node)


def _failed(run: Run, call: PendingCall, event: RpcFailed) -> None:
    if call.purpose == Purpose.COMPENSATE:
        undoing.not_undone(run, call, event.reason, event.message)
    elif call.withdrawn:
        undoing.go_on(run)
    elif call.purpose == Purpose.NODE:
        node = run.graph.by_id[call.node]
        moves.fail(run, node, call.visit, event.reason, event.message, call)
    else:
        # Finding people for the task itself blocks it; anything else is told beside it.
        blocking = call.purpose == Purpose.ASSIGN and call.detail == opening.OPEN
        beside = Trouble.MESSAGE if call.purpose == Purpose.NOTIFY else Trouble.ALARM
        run.raise_incident(
            Trouble.PEOPLE if blocking else beside,
            call.node,
            call.visit,
            event.reason,
            event.message,
            detail="" if blocking else call.detail,
            call=call,
        )


def _fired(case: CaseRun, event: TimerFired) -> None:
    found = case.find("timers", event.timer_id)
    if found is None:
        return
    case.changed = True
    run, timer_id = found
    timer = run.timers.pop(timer_id)
    node = run.graph.by_id[timer.node]
    if isinstance(node, FormNode | ApprovalNode | ConfirmNode):
        try:
            sla.ring(run, node, timer.visit, timer.purpose)
        except EvaluationError as error:
            run.raise_incident(
                Trouble.ALARM,
                node.id,
                timer.visit,
                error.reason,
                error.message,
                detail=timer.purpose,
            )
    way = boundaries.way_out(node, timer.purpose)
    if way is not None:
        moves.take(run, node, way)
    elif isinstance(node, DecisionNode):
        moves.leave(run, waits.win(run, node, timer.purpose))
    elif isinstance(node, WaitNode):
        moves.leave(run, node)


def _arrived_once(case: CaseRun, event: EventArrived) -> None:
    """Pass over what was taken before. Which of two events comes first does not matter: a node may
    come to wait for the earlier one later."""
    if not event.aggregate or event.sequence not in case.taken.get(event.aggregate, ()):
        _arrived(case, event)


def _arrived(run: Run, event: EventArrived) -> None:
    """Every node that waits for the event gets it, here and in the inner runs."""
    for key in list(run.awaited):
        awaited = run.awaited.get(key)  # an earlier one may have taken the token away
        if awaited is not None and (awaited.type, awaited.key) == (event.type, event.key):
            run.case.changed = True
            if event.aggregate:
                taken = [*run.case.taken.get(event.aggregate, ()), event.sequence]
                run.case.taken[event.aggregate] = tuple(taken[-_REMEMBERED:])
            del run.awaited[key]
            _received(run, run.graph.by_id[awaited.node], awaited, event)
    for key in list(run.inner):
        _arrived(run.open(key), event)


def _received(run: Run, node: PlanNode, awaited: Awaited, event: EventArrived) -> None:
    way = boundaries.way_out(node, awaited.way)
    if way is not None:
        moves.take(run, node, way)
        return
    wait = waits.win(run, node, awaited.way) if isinstance(node, DecisionNode) else node
    assert isinstance(wait, WaitNode)
    try:
        run.set_result(wait.id, waits.read_payload(wait, event.payload))
    except ValueMismatch as mismatch:
        visit = run.standings[wait.id].visit
        message = f"{event.type} says: {mismatch}"
        run.raise_incident(Trouble.EVENT, wait.id, visit, "EVENT_MALFORMED", message)
        return
    moves.leave(run, wait)


def _child_ended(case: CaseRun, event: ChildEnded) -> None:
    found = case.find("children", f"{event.node}/{event.visit}")
    if found is None:
        return
    case.changed = True
    run, key = found
    child = run.children.pop(key)
    effects = [replace(effect, order=case.next_order()) for effect in event.effects]
    undoing.take_over(run, key, effects, withdrawn=child.cancelling)
    if child.cancelling:
        return
    node = run.graph.by_id[child.node]
    assert isinstance(node, FieldWorkNode | SubflowNode)
    if event.outcome != "completed":
        reason = event.reason or f"{node.kind}_{event.outcome}".upper()
        message = event.message or f"{node.id} is {event.outcome}"
        moves.fail(run, node, child.visit, reason, message)
        return
    try:
        run.set_result(node.id, conform(event.output, node.response_type))
    except ValueMismatch as mismatch:
        reason = f"{node.kind}_malformed".upper()
        message = f"{node.id} reports: {mismatch}"
        run.raise_incident(Trouble.CHILD, node.id, child.visit, reason, message)
        return
    moves.leave(run, node)
