"""What becomes of the offers of a field work: changed one by one, ended together."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from workflows.runtime.field_work.state import (
    Answer,
    Ending,
    FieldTask,
    FieldWorkState,
    Offer,
    Outcome,
    Technician,
    Verb,
)

NOBODY: Final = Ending(
    Outcome.FAILED, "FIELD_WORK_NOBODY", "no technician is left who would take this work order"
)
#: What whoever took the work may do next, by the work order's state.
_VISIT_VERBS: Final = {
    "WORK_ORDER_STATE_ACCEPTED": (Verb.SCHEDULE,),
    "WORK_ORDER_STATE_SCHEDULED": (Verb.SCHEDULE, Verb.CHECK_IN),
    "WORK_ORDER_STATE_IN_PROGRESS": (Verb.COMPLETE,),
}
#: In which the work is done.
DONE: Final = ("WORK_ORDER_STATE_COMPLETED", "WORK_ORDER_STATE_ACCEPTED_BY_CUSTOMER")


def changed(state: FieldWorkState, number: int, **values: Any) -> FieldWorkState:
    """The state with one offer changed."""
    offers = tuple(
        replace(each, **values) if each.number == number else each for each in state.offers
    )
    return replace(state, offers=offers)


def begun(
    state: FieldWorkState,
    technician: Technician,
    *,
    by_hand: bool = False,
    answer: Answer = Answer.NONE,
) -> FieldWorkState:
    """The state with one more offer, of which nothing is made yet."""
    number = state.offer_count + 1
    offer = Offer(number, technician, by_hand=by_hand, answer=answer)
    return replace(state, offer_count=number, offers=(*state.offers, offer))


def withdrawn(state: FieldWorkState, *, but: int = 0, closed: bool = False) -> FieldWorkState:
    """The state in which nobody is asked any more.

    Args:
        but: the number of an offer that stays as it is.
        closed: the work order has closed the offers by itself.
    """
    for each in state.offers:
        if each.number != but and each.answer is Answer.NONE:
            is_open = each.is_open and not closed
            state = changed(state, each.number, answer=Answer.WITHDRAWN, is_open=is_open)
    return replace(state, queue=())


def lapsed(state: FieldWorkState, at: datetime) -> FieldWorkState:
    """The state with the offers marked whose time is over."""
    for each in state.offers:
        due = each.is_open and each.expires_at is not None and each.expires_at <= at
        if due and each.answer is Answer.NONE and not each.lapsed:
            state = changed(state, each.number, lapsed=True)
    return state


def taken(state: FieldWorkState, number: int) -> FieldWorkState:
    """The state in which one offer is accepted, and the work order has closed the others."""
    state = withdrawn(state, but=number, closed=True)
    state = changed(state, number, answer=Answer.ACCEPTED, is_open=False, lapsed=False)
    return replace(state, dispatching=None, visit=None, visit_count=state.visit_count + 1)


def released(state: FieldWorkState) -> FieldWorkState:
    """The state in which whoever took the work has it no more."""
    if state.winner is not None:
        state = changed(state, state.winner.number, answer=Answer.RELEASED)
    return replace(state, visit=None)


def visited(state: FieldWorkState, at: datetime) -> FieldWorkState:
    """The state with the task of whoever took the work, as the work order stands."""
    verbs = _VISIT_VERBS.get(state.work_order["state"])
    if state.winner is None or verbs is None:
        return state
    source, task = state.input, state.visit
    own = "" if state.visit_count == 1 else f"/{state.visit_count}"
    visit = FieldTask(
        task_id=f"{source.node}/{source.visit}/visit{own}",
        kind="visit",
        opened_at=task.opened_at if task else at,
        verbs=verbs,
        offer_number=state.winner.number,
        revision=task.revision + 1 if task else 1,
    )
    return replace(state, visit=visit)
