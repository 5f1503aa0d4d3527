"""``step(state, event)``: the next state of a field work and what to do.

One call is in flight at a time, but for messages, which nobody waits for:

    read the work order and its quote
    ┌─ rank → for each who is asked at once: promise the earning → offer until an instant
    │    → tell them all; declined or lapsed: close the offer, cancel the earning
    └────┘ until one accepts, whereupon the others' earnings are cancelled
    accepted → scheduled → checked in → completed with the customer's code → report

A dispatcher may name somebody or have it dispatched anew at any time, and is asked when nobody is
left, if the flow says so. What others do to the work order meanwhile is followed. Whatever ends it
closes the open offers and cancels the promised earnings first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, TypeAlias

from kit.errors import ServiceError
from workflows.runtime.events import (
    Acted,
    CallRetried,
    CancelRequested,
    RpcFailed,
    RpcSucceeded,
    TimerFired,
)
from workflows.runtime.field_work import calls, incidents, offers
from workflows.runtime.field_work.acts import check_act
from workflows.runtime.field_work.following import heard
from workflows.runtime.field_work.going_on import (
    Step,
    act_on,
    assigned,
    completed,
    go_on,
    nobody_left,
    recorded,
    settled,
)
from workflows.runtime.field_work.lines import settlement_lines
from workflows.runtime.field_work.state import (
    Answer,
    Begun,
    Command,
    Ending,
    FieldTask,
    FieldWorkState,
    OrderChanged,
    Outcome,
    PendingAct,
    Settled,
    Technician,
    Verb,
)

Event: TypeAlias = (
    Begun
    | RpcSucceeded
    | RpcFailed
    | CallRetried
    | TimerFired
    | Acted
    | CancelRequested
    | OrderChanged
)

_COMPLETED: Final = "WORK_ORDER_STATE_COMPLETED"
#: The technician's, who is passed over then.
_HAS_NO_ROOM: Final = ("TECHNICIAN_CAPACITY_REACHED", "TECHNICIAN_INACTIVE")


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
    if isinstance(event, Acted) and event.act.incident_id:
        return _resolve(state, event)
    before, commands = _taken_in(state, event)
    after, more = go_on(before, event.at)
    return after, [*commands, *more]


def _taken_in(state: FieldWorkState, event: Event) -> Step:
    match event:
        case Begun() | CallRetried():
            return state, []
        case RpcSucceeded() | RpcFailed() if event.call_id != state.calling:
            return state, []
        case RpcSucceeded():
            return _answered(replace(state, calling=""), event)
        case RpcFailed():
            return _refused(replace(state, calling=""), event)
        case TimerFired():
            return offers.lapsed(state, event.at), []
        case OrderChanged():
            return heard(state, event.work_order), []
        case Acted():
            return _act(state, event)
        case CancelRequested():
            cancelled = Ending(Outcome.CANCELLED, "FIELD_WORK_CANCELLED", event.reason)
            return (replace(state, ending=cancelled) if state.ending is None else state), []


def _answered(state: FieldWorkState, event: RpcSucceeded) -> Step:
    verb, _, rest = event.call_id.partition("/")
    if verb in _OF_ONE_OFFER:
        return _OF_ONE_OFFER[verb](state, int(rest), event)
    match verb:
        case "work_order":
            return replace(state, work_order=event.response), []
        case "quote":
            return _quoted(state, event.response), []
        case "rank":
            return _ranked(state, event.response)
        case "dispatchers":
            return _asked_dispatchers(state, event), []
        case "release":
            return _released(state, event)
        case _:
            return _act_answered(state, Verb(verb), event)


def _quoted(state: FieldWorkState, quote: dict[str, Any]) -> FieldWorkState:
    try:
        return replace(state, settlement_lines=settlement_lines(quote))
    except ServiceError as error:
        return replace(state, ending=_failed(error.reason, error.message))


def _ranked(state: FieldWorkState, decision: dict[str, Any]) -> Step:
    source, most = state.input, state.input.offers_at_once
    if source.max_offers:
        most = min(most, source.max_offers - state.offer_count)
    queue = tuple(
        Technician(each["technician_id"], each["outlet_id"], each["cooperation_mode"])
        for each in decision["candidates"][:most]
    )
    return (replace(state, queue=queue), []) if queue else nobody_left(state)


def _asked_dispatchers(state: FieldWorkState, event: RpcSucceeded) -> FieldWorkState:
    people = tuple(event.response.get("person_ids", ()))
    if not people or state.ending is not None:
        return replace(state, ending=state.ending or offers.NOBODY)
    source = state.input
    task = FieldTask(
        task_id=f"{source.node}/{source.visit}/dispatch/{state.round}",
        kind="dispatch",
        opened_at=event.at,
        verbs=(Verb.ASSIGN, Verb.REDISPATCH, Verb.GIVE_UP),
        people=people,
    )
    return replace(state, dispatching=task)


def _named(state: FieldWorkState, number: int, event: RpcSucceeded) -> Step:
    said = event.response
    technician = Technician(
        said["technician_id"], said.get("outlet_id", ""), said["cooperation_mode"]
    )
    return offers.changed(state, number, technician=technician), []


def _promised(state: FieldWorkState, number: int, event: RpcSucceeded) -> Step:
    until = event.at + timedelta(minutes=state.input.offer_minutes)
    return offers.changed(state, number, earning=event.response, expires_at=until), []


def _closed(state: FieldWorkState, number: int, event: RpcSucceeded) -> Step:
    return offers.changed(state, number, is_open=False), []


def _earning_cancelled(state: FieldWorkState, number: int, event: RpcSucceeded) -> Step:
    return offers.changed(state, number, earning=None), []


def _offered(state: FieldWorkState, number: int, event: RpcSucceeded) -> Step:
    state = offers.changed(state, number, is_open=True, offered_at=event.at)
    if state.queue or state.ending is not None:
        return state, []
    asked = (each for each in state.offers if each.is_open and not each.by_hand)
    return state, [calls.announce_offer(state, each) for each in asked]


def _given(state: FieldWorkState, number: int, event: RpcSucceeded) -> Step:
    """Whom the dispatcher named has the work."""
    before = state
    state = offers.taken(replace(state, work_order=event.response), number)
    state = offers.visited(state, event.at)
    told = calls.announce_assignment(state, state.offer(number))
    if before.pending is None:
        return state, [told]
    done = settled(replace(state, pending=None), before.pending.act.act_key, Settled())
    return done, [recorded(before, before.pending), told]


_OF_ONE_OFFER: Final[dict[str, Callable[[FieldWorkState, int, RpcSucceeded], Step]]] = {
    "technician": _named,
    "promise": _promised,
    "offer": _offered,
    "take": _given,
    "close_offer": _closed,
    "cancel_earning": _earning_cancelled,
}


def _released(state: FieldWorkState, event: RpcSucceeded) -> Step:
    """Who held the work does so no more; the dispatcher named somebody, or the next is asked."""
    pending, before = _pending(state), state
    state = offers.released(replace(state, work_order=event.response))
    if pending.act.verb == Verb.ASSIGN and state.ending is None:
        return assigned(state, pending.act), []
    state = settled(replace(state, pending=None), pending.act.act_key, Settled())
    return state, [recorded(before, pending)]


def _refused(state: FieldWorkState, event: RpcFailed) -> Step:
    verb, _, rest = event.call_id.partition("/")
    failed = _failed(event.reason, event.message)
    match verb:
        case "close_offer":
            # It is closed, then: the work order was cancelled, or given to somebody by hand.
            return offers.changed(state, int(rest), is_open=False), []
        case "cancel_earning":
            kept = _failed(event.reason, f"the earning stays promised: {event.message}")
            ending = state.ending if state.winner is not None and state.ending is None else kept
            return offers.changed(replace(state, ending=ending), int(rest), earning=None), []
        case "dispatchers":
            return replace(state, ending=state.ending or offers.NOBODY), []
        case "technician" | "promise" | "offer" | "take" if _is_dispatchers(state, int(rest)):
            return _act_refused(
                offers.changed(state, int(rest), answer=Answer.REFUSED), event.reason, event.message
            )
        case "offer" if event.reason in _HAS_NO_ROOM:
            return offers.changed(state, int(rest), answer=Answer.REFUSED), []
        case "work_order" | "quote" | "rank" | "technician" | "promise" | "offer" | "take":
            return replace(state, ending=state.ending or failed), []
        case _:
            return _act_refused(state, event.reason, event.message)


def _is_dispatchers(state: FieldWorkState, number: int) -> bool:
    """Whether an offer is what a dispatcher's act asks for, who hears why it cannot be."""
    return state.pending is not None and state.offer(number).by_hand


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
    verb = check_act(state, event.act)
    if verb is None:
        return state, []
    pending = PendingAct(event.act, event.at)
    if state.calling:
        return replace(state, waiting=(*state.waiting, pending)), []
    return act_on(state, pending, verb)


def _act_answered(state: FieldWorkState, verb: Verb, event: RpcSucceeded) -> Step:
    """A technician's act went through; a completion whose code was wrong did not."""
    before, pending = state, _pending(state)
    state = replace(state, work_order=event.response)
    if verb is Verb.COMPLETE and event.response["state"] != _COMPLETED:
        return _act_refused(
            state,
            "WORK_ORDER_CODE_WRONG",
            "this is not the customer's completion code; ask the customer for it",
        )
    done: list[Command] = [recorded(before, pending)]
    state = settled(replace(state, pending=None), pending.act.act_key, Settled())
    if verb is Verb.ACCEPT:
        theirs = next(o for o in state.offers if o.technician_id == pending.act.person)
        state = offers.taken(state, theirs.number)
    if verb is Verb.COMPLETE:
        state, more = completed(state)
        return state, [*done, *more]
    return offers.visited(state, event.at), done


def _act_refused(state: FieldWorkState, reason: str, message: str) -> Step:
    act_key = _pending(state).act.act_key
    return settled(replace(state, pending=None), act_key, Settled(reason, message)), []


def _pending(state: FieldWorkState) -> PendingAct:
    if state.pending is None:
        raise ValueError("no act was pending")
    return state.pending
