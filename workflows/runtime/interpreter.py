"""The interpreter: ``step(state, event, plan)`` gives the next state and what to do.

Pure and deterministic: no clock, no chance, no IO. Temporal drives it in a workflow; a virtual clock
drives the same code in tests, dry runs and simulations.
"""

from __future__ import annotations

from datetime import UTC
from typing import assert_never

from kit.errors import FailedPrecondition, InvalidArgument
from workflows.compiler.plan import (
    INTERPRETER_VERSION,
    ApprovalNode,
    ConfirmNode,
    FieldWorkNode,
    FormNode,
    Plan,
    ServiceNode,
    WaitNode,
)
from workflows.language.operations import EvaluationError
from workflows.language.types import from_json
from workflows.language.values import ValueMismatch, conform, timestamp_to_json
from workflows.runtime import compensation, moves, sla, tasks
from workflows.runtime.approval import apply_act
from workflows.runtime.commands import Command, Purpose
from workflows.runtime.events import (
    Acted,
    CancelRequested,
    Event,
    EventArrived,
    FieldWorkEnded,
    RpcFailed,
    RpcSucceeded,
    Started,
    SubflowEnded,
    TimerFired,
)
from workflows.runtime.forms import read_form
from workflows.runtime.run import Run
from workflows.runtime.state import Awaited, CaseState, PendingCall


def step(state: CaseState, event: Event, plan: Plan) -> tuple[CaseState, list[Command]]:
    """Apply one event.

    Args:
        state: where the case stands; ``CaseState()`` before ``Started``. It is left as it is.
        event: what happened. What is not awaited any more changes nothing.
        plan: the case's plan.

    Returns:
        The next state, and the commands to carry out in order.

    Raises:
        ServiceError: the event is an act that ``check_act`` refuses, or a start with wrong inputs;
            nothing has changed.
    """
    if state.status.over:
        return state, []
    run = Run(state, event.at.astimezone(UTC), plan)
    _apply(run, event)
    moves.settle(run)
    if not run.changed:
        return state, []
    return run.finish(), run.commands


def _apply(run: Run, event: Event) -> None:
    match event:
        case Started():
            _start(run, event)
        case RpcSucceeded():
            _succeeded(run, event)
        case RpcFailed():
            _failed(run, event)
        case TimerFired():
            _fired(run, event)
        case Acted():
            apply_act(run, event.act)
        case EventArrived():
            _arrived(run, event)
        case FieldWorkEnded() | SubflowEnded():
            _child_ended(run, event)
        case CancelRequested():
            if run.running and run.case_id:
                run.changed = True
                compensation.cancel(run, event.reason)
        case _:
            assert_never(event)


def _start(run: Run, event: Started) -> None:
    plan = run.plan
    if run.case_id:
        raise FailedPrecondition("CASE_STARTED", f"case {run.case_id} has started already")
    if plan.interpreter > INTERPRETER_VERSION:
        raise FailedPrecondition(
            "CASE_INTERPRETER_OLD",
            f"the plan needs interpreter {plan.interpreter}, this is {INTERPRETER_VERSION}",
        )
    if plan.calendar and event.calendar is None:
        raise InvalidArgument(
            "CASE_CALENDAR_MISSING", f"the flow needs calendar {plan.calendar!r}", field="calendar"
        )
    run.case_id, run.workflow_id = event.case_id, event.workflow_id
    run.flow_version, run.plan_hash = event.flow_version, plan.hash
    run.started_at, run.started_by = run.at, event.started_by
    run.calendar = event.calendar
    run.data = {
        "inputs": read_inputs(plan, event.inputs),
        "case": {
            "id": event.case_id,
            "workflow_id": event.workflow_id,
            "flow": plan.flow,
            "started_at": timestamp_to_json(run.at),
            "started_by": event.started_by,
        },
        "data": {},
    }
    try:
        run.set_variables({name: code.run(run.data) for name, code in plan.defaults})
    except EvaluationError as error:
        raise FailedPrecondition(
            error.reason, f"a default has no value: {error.message}"
        ) from error
    run.changed = True
    run.agenda.append(("", plan.start))


def read_inputs(plan: Plan, values: dict[str, object]) -> dict[str, object]:
    """The canonical inputs of a case.

    Raises:
        InvalidArgument: ``CASE_FORM_INVALID``, with every input at fault in its details.
    """
    return read_form(plan.inputs, values, {})


def _succeeded(run: Run, event: RpcSucceeded) -> None:
    call = run.calls.pop(event.call_id, None)
    if call is None:
        return
    run.changed = True
    match call.purpose:
        case Purpose.NODE:
            _node_succeeded(run, call, event)
        case Purpose.ASSIGN:
            node = run.plan.by_id[call.node]
            assert isinstance(node, FormNode | ApprovalNode | ConfirmNode)
            people = event.response.get("person_ids") or []
            tasks.assigned(run, node, call, tuple(str(person) for person in people))
        case Purpose.COMPENSATE:
            compensation.undone(run, call)
        case _:
            pass  # a message is in the outbox


def _node_succeeded(run: Run, call: PendingCall, event: RpcSucceeded) -> None:
    node = run.plan.by_id[call.node]
    assert isinstance(node, ServiceNode)
    try:
        reply = conform(event.response, node.response_type)
    except ValueMismatch as mismatch:
        if call.withdrawn:
            compensation.withdrawn_succeeded(run, None)
        else:
            run.raise_incident(
                node.id, call.visit, "RPC_REPLY_MALFORMED", f"{node.rpc} replied: {mismatch}"
            )
        return
    effect = compensation.effect_of(run, node, call.visit, call.request, reply)
    if call.withdrawn:
        compensation.withdrawn_succeeded(run, effect)
        return
    run.set_result(node.id, reply)
    if effect is not None:
        run.effects = (*run.effects, effect)
    moves.leave(run, node)


def _failed(run: Run, event: RpcFailed) -> None:
    call = run.calls.pop(event.call_id, None)
    if call is None:
        return
    run.changed = True
    if call.purpose == Purpose.COMPENSATE:
        compensation.not_undone(run, call, event.reason, event.message)
    elif call.withdrawn:
        compensation.go_on(run)
    elif call.purpose == Purpose.NODE:
        moves.fail(run, run.plan.by_id[call.node], call.visit, event.reason, event.message)
    else:
        # Finding people for the task itself blocks it; anything else is told beside it.
        blocking = call.purpose == Purpose.ASSIGN and call.detail == tasks.OPEN
        detail = "" if blocking else call.detail
        run.raise_incident(call.node, call.visit, event.reason, event.message, detail=detail)


def _fired(run: Run, event: TimerFired) -> None:
    timer = run.timers.pop(event.timer_id, None)
    if timer is None:
        return
    run.changed = True
    node = run.plan.by_id[timer.node]
    if isinstance(node, WaitNode):
        moves.leave(run, node)
    elif isinstance(node, FormNode | ApprovalNode | ConfirmNode):
        try:
            sla.ring(run, node, timer.visit, timer.purpose)
        except EvaluationError as error:
            run.raise_incident(
                node.id, timer.visit, error.reason, error.message, detail=timer.purpose
            )


def _arrived(run: Run, event: EventArrived) -> None:
    if event.aggregate and event.sequence <= run.seen.get(event.aggregate, 0):
        return
    for key, awaited in list(run.awaited.items()):
        if (awaited.type, awaited.key) == (event.type, event.key):
            run.changed = True
            if event.aggregate:
                run.seen[event.aggregate] = event.sequence
            del run.awaited[key]
            _received(run, awaited, event)


def _received(run: Run, awaited: Awaited, event: EventArrived) -> None:
    node = run.plan.by_id[awaited.node]
    assert isinstance(node, WaitNode)
    try:
        payload = conform(event.payload, from_json(node.payload or {"record": [], "name": ""}))
    except ValueMismatch as mismatch:
        run.raise_incident(
            node.id, awaited.visit, "EVENT_MALFORMED", f"{event.type} says: {mismatch}"
        )
        return
    run.set_result(node.id, payload)
    moves.leave(run, node)


def _child_ended(run: Run, event: FieldWorkEnded | SubflowEnded) -> None:
    child = run.children.pop(f"{event.node}/{event.visit}", None)
    if child is None:
        return
    run.changed = True
    if child.cancelling:
        compensation.go_on(run)
        return
    node = run.plan.by_id[event.node]
    assert isinstance(node, FieldWorkNode)
    if event.outcome != "completed":
        reason = getattr(event, "reason", "") or f"FIELD_WORK_{event.outcome.upper()}"
        message = getattr(event, "message", "") or f"the field work is {event.outcome}"
        moves.fail(run, node, event.visit, reason, message)
        return
    try:
        run.set_result(node.id, conform(event.output, node.response_type))
    except ValueMismatch as mismatch:
        run.raise_incident(
            node.id, event.visit, "FIELD_WORK_MALFORMED", f"the field work says: {mismatch}"
        )
        return
    moves.leave(run, node)
