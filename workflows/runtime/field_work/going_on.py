"""What a field work does next, whenever nothing is in flight.

First what others did to the work order is followed, then what is over is undone, then people's acts
have their turn, then the next technician is asked. What is left is to wait.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

from kit.errors import ServiceError
from workflows.runtime.commands import CallRpc, RecordAct
from workflows.runtime.events import Act
from workflows.runtime.field_work import calls, offers
from workflows.runtime.field_work.acts import check_act
from workflows.runtime.field_work.following import follow
from workflows.runtime.field_work.state import (
    Answer,
    Command,
    Ending,
    FieldWorkState,
    Offer,
    Outcome,
    PendingAct,
    Report,
    Settled,
    Technician,
    Verb,
    WhenNobody,
)

Step: TypeAlias = tuple[FieldWorkState, list[Command]]

#: Who answered so is not asked again.
_NOT_AGAIN = (Answer.DECLINED, Answer.LAPSED, Answer.RELEASED, Answer.REFUSED)
_CALL_OF_VERB = {
    Verb.ACCEPT: calls.accept_offer,
    Verb.SCHEDULE: calls.schedule_appointment,
    Verb.CHECK_IN: calls.check_in,
    Verb.COMPLETE: calls.complete_work,
}


def go_on(state: FieldWorkState, at: datetime) -> Step:
    """Do what can be done, until a call is in flight or there is nothing to do but wait."""
    commands: list[Command] = []
    while not state.calling and not state.ended:
        moved = _next(state, at)
        if moved is None:
            break
        state, made = moved
        commands += made
    return (_nobody_waits(state) if state.ended else state), commands


def called(state: FieldWorkState, call: CallRpc) -> Step:
    """One call is in flight."""
    return replace(state, calling=call.call_id), [call]


def settled(state: FieldWorkState, act_key: str, what: Settled) -> FieldWorkState:
    """An act is done with."""
    return replace(state, settled={**state.settled, act_key: what})


def recorded(state: FieldWorkState, pending: PendingAct) -> RecordAct:
    """What the audit keeps of an act that was applied, as the field work stood."""
    act = pending.act
    task = next((each for each in state.tasks if each.task_id == act.task_id), None)
    # The code is the customer's secret, not a fact for the record.
    form = {name: value for name, value in act.form.items() if name != "completion_code"}
    before = {"revision": task.revision, "verbs": list(task.verbs)} if task else {}
    return RecordAct(
        at=pending.at,
        act_key=act.act_key,
        task_id=act.task_id,
        node=state.input.node,
        verb=act.verb,
        person=act.person,
        origin=act.origin,
        origin_detail=act.origin_detail,
        comment=act.comment,
        before=before,
        after={"form": form},
        people=(act.to,) if act.to else (),
    )


def completed(state: FieldWorkState) -> Step:
    """The work is done: say who did it and what they earn."""
    winner = state.winner
    if winner is None:
        raise ValueError("nobody has done the work")
    output = {
        "work_order_id": state.input.work_order_id,
        "technician_id": winner.technician_id,
        "earning_id": winner.promised["earning_id"],
        "completed_at": state.work_order["completed_at"],
    }
    ended = replace(state, visit=None, ending=Ending(Outcome.COMPLETED), ended=True)
    return ended, [Report(Outcome.COMPLETED, output)]


def _next(state: FieldWorkState, at: datetime) -> Step | None:
    if state.news is not None:
        return follow(state, at), []
    undoing = next((each for each in state.offers if _is_over(state, each)), None)
    if undoing is not None:
        return _undo(state, undoing)
    if state.ending is not None:
        ending = state.ending
        report = Report(ending.outcome, {}, ending.reason, ending.message)
        return replace(state, ended=True), [report]
    if state.input.when_nobody not in set(WhenNobody):
        return replace(state, ending=_unknown_way_out(state.input.when_nobody)), []
    if state.settlement_lines is None:
        known = bool(state.work_order)
        return called(state, (calls.read_quote if known else calls.read_work_order)(state))
    return _of_people(state, at) or _of_candidates(state)


def _of_people(state: FieldWorkState, at: datetime) -> Step | None:
    """What people have begun goes on: whom a dispatcher named, the work that is done, their acts."""
    pending = state.pending
    if pending is not None and not any(each.by_hand for each in state.offers):
        gone = Settled("CASE_TASK_CLOSED", "somebody else has decided meanwhile; look again")
        return settled(replace(state, pending=None), pending.act.act_key, gone), []
    preparing = next((each for each in state.offers if _is_unready(each)), None)
    if preparing is not None:
        return called(state, _preparation(state, preparing))
    if state.winner is not None and state.work_order["state"] in offers.DONE:
        return completed(state)
    return _take_turn(state, at) if state.waiting else None


def _of_candidates(state: FieldWorkState) -> Step | None:
    """The next one is asked; when nobody is left to wait for, more are looked for."""
    if state.queue:
        return offers.begun(replace(state, queue=state.queue[1:]), state.queue[0]), []
    if state.offers or state.dispatching is not None:
        return None
    state = replace(state, round=state.round + 1)
    most = state.input.max_offers
    if 0 < most <= state.offer_count:
        return nobody_left(state)
    return called(state, calls.rank_candidates(state))


def nobody_left(state: FieldWorkState) -> Step:
    """A dispatcher decides, if the flow says so; else that is the end."""
    if state.input.when_nobody == WhenNobody.DISPATCHER and state.ending is None:
        return called(state, calls.find_dispatchers(state))
    return replace(state, ending=state.ending or offers.NOBODY), []


def _unknown_way_out(said: str) -> Ending:
    known = ", ".join(WhenNobody)
    message = f"when_nobody is {said!r}; known: {known}"
    return Ending(Outcome.FAILED, "FIELD_WORK_INPUT_INVALID", message)


def _nobody_waits(state: FieldWorkState) -> FieldWorkState:
    """It is over, and so is what people still wanted."""
    left = (*((state.pending,) if state.pending else ()), *state.waiting)
    for each in left:
        over = Settled("CASE_OVER", "this field work is over")
        state = settled(state, each.act.act_key, over)
    return replace(state, pending=None, waiting=())


def _is_over(state: FieldWorkState, offer: Offer) -> bool:
    if state.ending is not None:
        return True
    return offer.lapsed or offer.answer not in (Answer.NONE, Answer.ACCEPTED)


def _undo(state: FieldWorkState, offer: Offer) -> Step:
    """Close the open offer, cancel the promised earning, then forget it."""
    if offer.lapsed and offer.answer is Answer.NONE:
        return offers.changed(state, offer.number, answer=Answer.LAPSED), []
    if offer.is_open:
        return called(state, calls.close_offer(state, offer))
    if offer.earning is not None:
        return called(state, calls.cancel_earning(state, offer))
    left = tuple(each for each in state.offers if each.number != offer.number)
    gone: list[Command] = []
    if offer.answer in (Answer.WITHDRAWN, Answer.RELEASED) and offer.offered_at is not None:
        gone.append(calls.announce_end(state, offer))
    not_again = (offer.technician_id,) if offer.answer in _NOT_AGAIN else ()
    excluded = tuple(dict.fromkeys((*state.excluded, *not_again)))
    return replace(state, offers=left, excluded=excluded), gone if state.ending is None else []


def _is_unready(offer: Offer) -> bool:
    """Something of it is still to be made; what a dispatcher names is ready once it is accepted."""
    asked = offer.answer is Answer.NONE and (not offer.is_open or offer.by_hand)
    return offer.earning is None or asked


def _preparation(state: FieldWorkState, offer: Offer) -> CallRpc:
    if offer.earning is None:
        known = offer.technician.cooperation_mode != ""
        make = calls.promise_earning if known else calls.read_technician
        return make(state, offer)
    if not offer.is_open:
        return calls.offer_work_order(state, offer)
    return calls.take_work(state, offer)


def _take_turn(state: FieldWorkState, at: datetime) -> Step:
    """The act that waits longest, if it is still possible."""
    first, state = state.waiting[0], replace(state, waiting=state.waiting[1:])
    try:
        verb = check_act(state, first.act)
    except ServiceError as error:
        return settled(state, first.act.act_key, Settled(error.reason, error.message)), []
    return act_on(state, first, verb) if verb is not None else (state, [])


def act_on(state: FieldWorkState, pending: PendingAct, verb: Verb) -> Step:
    """Begin what an act asks for, which ``check_act`` has let pass."""
    act = pending.act
    match verb:
        case Verb.DECLINE:
            task = next(each for each in state.tasks if each.task_id == act.task_id)
            declined = offers.changed(
                state, task.offer_number, answer=Answer.DECLINED, reason=act.comment
            )
            return _done(state, declined, pending)
        case Verb.GIVE_UP:
            gave_up = replace(offers.NOBODY, message=act.comment)
            return _done(state, replace(state, ending=gave_up, dispatching=None), pending)
        case Verb.ASSIGN | Verb.REDISPATCH if state.winner is not None:
            held = replace(state, pending=pending)
            return called(held, calls.release_work(held, act))
        case Verb.ASSIGN:
            return assigned(replace(state, pending=pending), act), []
        case Verb.REDISPATCH:
            return _done(state, _dispatched_again(state), pending)
        case _:
            task = next(each for each in state.tasks if each.task_id == act.task_id)
            held = replace(state, pending=pending)
            offer = state.offer(task.offer_number)
            return called(held, _CALL_OF_VERB[verb](held, offer, act, pending.at))


def assigned(state: FieldWorkState, act: Act) -> FieldWorkState:
    """Nobody else is asked, and whom the dispatcher named gets the work."""
    named = Technician(act.to)
    return offers.begun(offers.withdrawn(state), named, by_hand=True)


def _dispatched_again(state: FieldWorkState) -> FieldWorkState:
    """Candidates are ranked anew: without those who are asked now, or, when nobody was left, with
    everybody again."""
    asked = () if state.dispatching else tuple(each.technician_id for each in state.offers)
    excluded = () if state.dispatching else tuple(dict.fromkeys((*state.excluded, *asked)))
    return replace(offers.withdrawn(state), excluded=excluded, dispatching=None)


def _done(before: FieldWorkState, after: FieldWorkState, pending: PendingAct) -> Step:
    act_key = pending.act.act_key
    return settled(after, act_key, Settled()), [recorded(before, pending)]
