"""What others do to the work order, on the desk or on site, and what follows from it here."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from workflows.runtime.field_work import offers
from workflows.runtime.field_work.state import (
    Answer,
    Ending,
    FieldWorkState,
    Outcome,
    Technician,
)


def heard(state: FieldWorkState, work_order: dict[str, Any]) -> FieldWorkState:
    """The state that knows of a change; an older one than is known already says nothing."""
    state = replace(state, heard=state.heard + 1)
    known = max((_revision(each) for each in (state.work_order, state.news or {})), default=0)
    return replace(state, news=work_order) if _revision(work_order) > known else state


def follow(state: FieldWorkState, at: datetime) -> FieldWorkState:
    """The state after the news, of which there are some, while nothing is in flight."""
    work_order = state.news or {}
    state = replace(state, news=None)
    if _revision(work_order) <= _revision(state.work_order):
        return state
    state = replace(state, work_order=work_order)
    match work_order["state"].removeprefix("WORK_ORDER_STATE_"):
        case "CANCELLED":
            return _called_off(state, work_order.get("cancel_reason", ""))
        case "CREATED":
            return _nobodys(state)
        case "OFFERED":
            return _still_asked(state, work_order.get("offered_technician_ids", ()))
        case _:
            return offers.visited(_held(state, work_order.get("technician_id", "")), at)


def _revision(work_order: dict[str, Any]) -> int:
    return int(work_order.get("revision", 0))


def _nobodys(state: FieldWorkState) -> FieldWorkState:
    """Nobody has it or is asked any more; whom a dispatcher is just naming is offered it anew."""
    named = next((o for o in state.offers if o.by_hand and o.answer is Answer.NONE), None)
    state = offers.withdrawn(offers.released(state), closed=True)
    return state if named is None else offers.begun(state, named.technician, by_hand=True)


def _called_off(state: FieldWorkState, reason: str) -> FieldWorkState:
    ending = Ending(Outcome.CANCELLED, "WORK_ORDER_CANCELLED", reason)
    state = offers.withdrawn(state, closed=True)
    return replace(state, ending=state.ending or ending)


def _still_asked(state: FieldWorkState, technician_ids: tuple[str, ...]) -> FieldWorkState:
    """Somebody who was asked has answered elsewhere."""
    for each in state.offers:
        gone = each.is_open and each.technician_id not in technician_ids
        if gone and each.answer is Answer.NONE:
            state = offers.changed(state, each.number, answer=Answer.DECLINED, is_open=False)
    return state


def _held(state: FieldWorkState, technician_id: str) -> FieldWorkState:
    """Somebody holds the work: who is known to, one who was asked, or one named elsewhere."""
    winner = state.winner
    if not technician_id or (winner and winner.technician_id == technician_id):
        return state
    state = offers.released(state)
    asked = next(
        (
            each.number
            for each in state.offers
            if each.technician_id == technician_id and each.answer is Answer.NONE
        ),
        0,
    )
    if not asked:
        state = offers.begun(state, Technician(technician_id), by_hand=True)
        asked = state.offer_count
    return offers.taken(state, asked)
