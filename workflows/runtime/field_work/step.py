"""``step(state, event)``: the next state of a field work and what to do.

One call is in flight at a time, but for messages, which nobody waits for:

    read the work order and its quote
    ┌─ rank → promise the earning → offer until an instant → tell the technician
    │    declined or lapsed: close the offer, cancel the earning, go on with the next
    └────┘
    accepted → scheduled → checked in → completed with the customer's code → report

Whatever ends it before that closes the open offer and cancels the promised earning first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from kit.errors import ServiceError
from workflows.runtime.commands import CallRpc, RecordAct
from workflows.runtime.events import (
    Acted,
    CallRetried,
    CancelRequested,
    RpcFailed,
    RpcSucceeded,
    TimerFired,
)
from workflows.runtime.field_work import calls, incidents
from workflows.runtime.field_work.acts import check_act
from workflows.runtime.field_work.lines import settlement_lines
from workflows.runtime.field_work.state import (
    Begun,
    Command,
    Ending,
    FieldTask,
    FieldWorkState,
    Outcome,
    PendingAct,
    Report,
    Settled,
    Technician,
    Verb,
)

Event: TypeAlias = (
    Begun | RpcSucceeded | RpcFailed | CallRetried | TimerFired | Acted | CancelRequested
)
Step: TypeAlias = tuple[FieldWorkState, list[Command]]

_NOBODY: Final = Ending(
    Outcome.FAILED, "FIELD_WORK_NOBODY", "no technician is left who would take this work order"
)
_COMPLETED: Final = "WORK_ORDER_STATE_COMPLETED"
_CALL_OF_VERB: Final = {
    Verb.ACCEPT: calls.accept_offer,
    Verb.SCHEDULE: calls.schedule_appointment,
    Verb.CHECK_IN: calls.check_in,
    Verb.COMPLETE: calls.complete_work,
}
#: What the visit's technician may do next, after each verb.
_NEXT_VERBS: Final = {
    Verb.ACCEPT: (Verb.SCHEDULE,),
    Verb.SCHEDULE: (Verb.SCHEDULE, Verb.CHECK_IN),
    Verb.CHECK_IN: (Verb.COMPLETE,),
}


def step(state: FieldWorkState, event: Event) -> Step:
    """Apply one event.

    Raises:
        ServiceError: the event is an act that ``check_act`` refuses; nothing has changed.
    """
    after, commands = _apply(_noted(state, event), event)
    if after is not state:
        after = replace(after, revision=state.revision + 1)
    return after, commands


def _noted(state: FieldWorkState, event: Event) -> FieldWorkState:
    """The state with the call that is made again, or without it once it has ended."""
    match event:
        case CallRetried():
            return replace(state, retried={**state.retried, event.call_id: event.retries})
        case RpcSucceeded() | RpcFailed() if event.call_id in state.retried:
            left = {id: each for id, each in state.retried.items() if id != event.call_id}
            return replace(state, retried=left)
        case _:
            return state


def _apply(state: FieldWorkState, event: Event) -> Step:
    match event:
        case Begun():
            return _call(state, calls.read_work_order(state))
        case CallRetried():
            return state, []
        case RpcSucceeded() | RpcFailed() if event.call_id != state.calling:
            return state, []
        case RpcSucceeded():
            return _answered(replace(state, calling=""), event)
        case RpcFailed():
            return _refused(replace(state, calling=""), event)
        case TimerFired():
            return _lapse(state)
        case Acted() if event.act.incident_id:
            return _resolve(state, event)
        case Acted():
            return _act(state, event)
        case CancelRequested():
            return _cancel(state, event.reason)


def _call(state: FieldWorkState, call: CallRpc) -> Step:
    return replace(state, calling=call.call_id), [call]


def _next(state: FieldWorkState, make: Callable[[FieldWorkState], CallRpc]) -> Step:
    """The next call, unless it has become certain that there is nothing more to do."""
    if state.ending is not None:
        return _close(state)
    return _call(state, make(state))


def _answered(state: FieldWorkState, event: RpcSucceeded) -> Step:
    verb, reply = event.call_id.partition("/")[0], event.response
    match verb:
        case "work_order":
            return _next(replace(state, work_order=reply), calls.read_quote)
        case "quote":
            return _quoted(state, reply)
        case "rank":
            return _ranked(state, reply)
        case "promise":
            answer_by = event.at + timedelta(minutes=state.input.offer_minutes)
            offered = replace(state, earning=reply, expires_at=answer_by)
            return _next(offered, calls.offer_work_order)
        case "offer":
            return _offered(replace(state, offer_open=True), event.at)
        case "close_offer":
            return _close(replace(state, offer_open=False))
        case "cancel_earning":
            return _close(replace(state, earning=None))
        case _:
            return _act_answered(state, Verb(verb), event)


def _quoted(state: FieldWorkState, quote: dict[str, Any]) -> Step:
    try:
        lines = settlement_lines(quote)
    except ServiceError as error:
        return _close(replace(state, ending=_failed(error.reason, error.message)))
    return _next(replace(state, settlement_lines=lines), calls.rank_candidates)


def _ranked(state: FieldWorkState, decision: dict[str, Any]) -> Step:
    candidates = decision["candidates"]
    if not candidates:
        return _close(replace(state, ending=state.ending or _NOBODY))
    best = candidates[0]
    technician = Technician(best["technician_id"], best["outlet_id"], best["cooperation_mode"])
    return _next(replace(state, technician=technician), calls.promise_earning)


def _offered(state: FieldWorkState, at: datetime) -> Step:
    if state.ending is not None:
        return _close(state)
    source = state.input
    task = FieldTask(
        task_id=f"{source.node}/{source.visit}/offer/{state.round}",
        kind="offer",
        opened_at=at,
        verbs=(Verb.ACCEPT, Verb.DECLINE),
        due=state.expires_at,
    )
    return replace(state, task=task), [calls.announce_offer(state)]


def _lapse(state: FieldWorkState) -> Step:
    """The offer's time is over. An acceptance under way is decided by the work order."""
    if not state.offer_open or state.lapsed:
        return state, []
    lapsed = replace(state, lapsed=True)
    return (lapsed, []) if state.calling else _close(lapsed)


def _cancel(state: FieldWorkState, reason: str) -> Step:
    if state.ending is not None:
        return state, []
    ending = replace(state, ending=Ending(Outcome.CANCELLED, "FIELD_WORK_CANCELLED", reason))
    return (ending, []) if state.calling else _close(ending)


def _close(state: FieldWorkState) -> Step:
    """Undo what is held, then report the end, or go on with the next candidate."""
    state = replace(state, task=None)
    if state.offer_open:
        return _call(state, calls.close_offer(state))
    if state.earning is not None:
        return _call(state, calls.cancel_earning(state))
    if state.ending is None:
        return _next_round(state)
    report = Report(state.ending.outcome, {}, state.ending.reason, state.ending.message)
    return replace(state, ended=True), [report]


def _next_round(state: FieldWorkState) -> Step:
    if state.round == state.input.max_offers:
        return _close(replace(state, ending=_NOBODY))
    fresh = replace(
        state,
        round=state.round + 1,
        excluded=(*state.excluded, state.candidate.technician_id),
        technician=None,
        declined=False,
        decline_reason="",
        expires_at=None,
        lapsed=False,
    )
    return _call(fresh, calls.rank_candidates(fresh))


def _refused(state: FieldWorkState, event: RpcFailed) -> Step:
    verb = event.call_id.partition("/")[0]
    match verb:
        case "close_offer":
            # It is closed, then: the work order was cancelled, or given to somebody by hand.
            return _close(replace(state, offer_open=False))
        case "cancel_earning":
            kept = _failed(event.reason, f"the earning stays promised: {event.message}")
            return _close(replace(state, earning=None, ending=kept))
        case "work_order" | "quote" | "rank" | "promise" | "offer":
            return _close(
                replace(state, ending=state.ending or _failed(event.reason, event.message))
            )
        case _:
            return _act_refused(state, event.reason, event.message)


def _failed(reason: str, message: str) -> Ending:
    return Ending(Outcome.FAILED, reason, message)


def _resolve(state: FieldWorkState, event: Acted) -> Step:
    """Operations do something about what could not be taken."""
    act = event.act
    if act.act_key in state.settled:
        return state, []
    incident = incidents.check_resolution(state, act)
    state, again = incidents.to_apply(state, incident, act, event.at)
    after, commands = _apply(state, again) if again is not None else (state, [])
    return after, [incidents.resolved(incident, act, event.at), *commands]


def _act(state: FieldWorkState, event: Acted) -> Step:
    act = event.act
    verb = check_act(state, act)
    if verb is None:
        return state, []
    if verb is Verb.DECLINE:
        declined = _settle(
            replace(state, declined=True, decline_reason=act.comment), act.act_key, Settled()
        )
        after, commands = _close(declined)
        return after, [_record(state, event, verb), *commands]
    pending = replace(state, pending=PendingAct(act, event.at))
    return _call(pending, _CALL_OF_VERB[verb](state, act, event.at))


def _act_answered(state: FieldWorkState, verb: Verb, event: RpcSucceeded) -> Step:
    """A technician's act went through; a completion whose code was wrong did not."""
    work_order = event.response
    if verb is Verb.COMPLETE and work_order["state"] != _COMPLETED:
        return _act_refused(
            replace(state, work_order=work_order),
            "WORK_ORDER_CODE_WRONG",
            "this is not the customer's completion code; ask the customer for it",
        )
    if state.pending is None:
        raise ValueError("no act was pending")
    pending = state.pending
    record = _record(state, Acted(pending.at, pending.act), verb)
    after = _settle(
        replace(state, work_order=work_order, offer_open=False, lapsed=False, pending=None),
        pending.act.act_key,
        Settled(),
    )
    if verb is Verb.COMPLETE:
        after, commands = _complete(after)
    elif after.ending is not None:
        after, commands = _close(after)
    else:
        after, commands = replace(after, task=_visit(after, verb, event.at)), []
    return after, [record, *commands]


def _act_refused(state: FieldWorkState, reason: str, message: str) -> Step:
    if state.pending is None:
        raise ValueError("no act was pending")
    refused = _settle(
        replace(state, pending=None), state.pending.act.act_key, Settled(reason, message)
    )
    return _close(refused) if refused.lapsed or refused.ending is not None else (refused, [])


def _settle(state: FieldWorkState, act_key: str, settled: Settled) -> FieldWorkState:
    return replace(state, settled={**state.settled, act_key: settled})


def _visit(state: FieldWorkState, verb: Verb, at: datetime) -> FieldTask:
    source, task = state.input, state.task
    same = task is not None and task.kind == "visit"
    return FieldTask(
        task_id=f"{source.node}/{source.visit}/visit",
        kind="visit",
        opened_at=task.opened_at if task is not None and same else at,
        verbs=_NEXT_VERBS[verb],
        revision=task.revision + 1 if task is not None and same else 1,
    )


def _complete(state: FieldWorkState) -> Step:
    output = {
        "work_order_id": state.input.work_order_id,
        "technician_id": state.candidate.technician_id,
        "earning_id": state.promised["earning_id"],
        "completed_at": state.work_order["completed_at"],
    }
    ended = replace(state, task=None, ending=Ending(Outcome.COMPLETED), ended=True)
    return ended, [Report(Outcome.COMPLETED, output)]


def _record(state: FieldWorkState, event: Acted, verb: Verb) -> RecordAct:
    act, task = event.act, state.task
    if task is None:
        raise ValueError("an act is on a task")
    # The code is the customer's secret, not a fact for the record.
    form = {name: value for name, value in act.form.items() if name != "completion_code"}
    return RecordAct(
        at=event.at,
        act_key=act.act_key,
        task_id=task.task_id,
        node=state.input.node,
        verb=verb.value,
        person=act.person,
        origin=act.origin,
        origin_detail=act.origin_detail,
        comment=act.comment,
        before={"revision": task.revision, "verbs": list(task.verbs)},
        after={"form": form},
    )
