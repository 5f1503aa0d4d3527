"""A work order's life: what may happen in which state, to whom it is open, and what it becomes.

Every transition takes the progress so far and gives the next, with the revision raised by one; a
refusal changes nothing. The order of the states is ``_NEXT``, the only place that tells it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from kit.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from services.workorder.domain.orders import completion_code


class State(StrEnum):
    """Where a work order stands."""

    CREATED = "created"  # 待派单
    OFFERED = "offered"  # 待接单
    ACCEPTED = "accepted"  # 已接单
    SCHEDULED = "scheduled"  # 已预约
    IN_PROGRESS = "in_progress"  # 服务中
    COMPLETED = "completed"  # 待验收
    ACCEPTED_BY_CUSTOMER = "accepted_by_customer"  # 已验收
    CANCELLED = "cancelled"


class Verb(StrEnum):
    """What can be done to a work order."""

    RANK = "rank"
    OFFER = "offer"
    ACCEPT = "accept"
    DECLINE = "decline"
    EXPIRE = "expire"
    PROMISE = "promise"
    SCHEDULE = "schedule"
    CHECK_IN = "check_in"
    COMPLETE = "complete"
    REISSUE_CODE = "reissue_code"
    RECORD_ACCEPTANCE = "record_acceptance"
    CANCEL = "cancel"
    RELEASE = "release"
    TAKE_OVER = "take_over"
    HAND_OVER = "hand_over"
    SET_CREW = "set_crew"
    SET_PRIORITY = "set_priority"
    CHANGE = "change"
    ATTACH = "attach"


class Outcome(StrEnum):
    """How an offer ended."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    RELEASED = "released"


#: How many may be asked at once.
_MOST_OFFERS: Final = 50

#: In which somebody has the work and has not done it yet.
_TAKEN: Final = (State.ACCEPTED, State.SCHEDULED, State.IN_PROGRESS)
#: In which the work is not done yet.
_UNDONE: Final = (State.CREATED, State.OFFERED, *_TAKEN)

_NEXT: Final[dict[Verb, dict[State, State]]] = {
    Verb.RANK: {State.CREATED: State.CREATED},
    Verb.OFFER: {State.CREATED: State.OFFERED, State.OFFERED: State.OFFERED},
    Verb.ACCEPT: {State.OFFERED: State.ACCEPTED},
    Verb.DECLINE: {State.OFFERED: State.CREATED},
    Verb.EXPIRE: {State.OFFERED: State.CREATED},
    Verb.PROMISE: {State.CREATED: State.CREATED, State.OFFERED: State.OFFERED},
    Verb.SCHEDULE: {State.ACCEPTED: State.SCHEDULED, State.SCHEDULED: State.SCHEDULED},
    Verb.CHECK_IN: {State.SCHEDULED: State.IN_PROGRESS},
    Verb.COMPLETE: {State.IN_PROGRESS: State.COMPLETED},
    Verb.REISSUE_CODE: {state: state for state in _UNDONE},
    Verb.RECORD_ACCEPTANCE: {State.COMPLETED: State.ACCEPTED_BY_CUSTOMER},
    Verb.CANCEL: {
        state: State.CANCELLED
        for state in State
        if state not in (State.ACCEPTED_BY_CUSTOMER, State.CANCELLED)
    },
    Verb.RELEASE: dict.fromkeys(_TAKEN, State.CREATED),
    Verb.TAKE_OVER: dict.fromkeys(_UNDONE, State.CREATED),
    Verb.HAND_OVER: {state: state for state in _UNDONE},
    Verb.SET_CREW: {state: state for state in _TAKEN},
    Verb.SET_PRIORITY: {state: state for state in _UNDONE},
    Verb.CHANGE: {state: state for state in _UNDONE},
    Verb.ATTACH: {State.CREATED: State.CREATED},
}


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer to one technician; live while it is open (no outcome yet) or accepted."""

    offer_id: str
    technician_id: str
    expires_at: datetime
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """What the transitions decide on: the state, the live offers and the completion code's tries.

    Attributes:
        offers: those that are open, or the one that was accepted; after a transition also those that
            it ended.
    """

    work_order_id: str
    state: State
    revision: int
    completion_code: str
    wrong_code_count: int = 0
    offers: tuple[Offer, ...] = ()

    @property
    def open_offers(self) -> tuple[Offer, ...]:
        """Those that nobody has answered."""
        return tuple(each for each in self.offers if each.outcome is None)


def unknown(work_order_id: str) -> NotFound:
    """The refusal for a work order that is not there, or that the actor may not know of."""
    return NotFound(
        "WORK_ORDER_UNKNOWN", f"there is no work order {work_order_id!r}", field="work_order_id"
    )


def possible(state: State) -> tuple[Verb, ...]:
    """What can be done in a state."""
    return tuple(verb for verb in Verb if state in _NEXT[verb])


def require_possible(progress: Progress, verb: Verb) -> State:
    """The state that a verb leads to.

    Raises:
        FailedPrecondition: ``WORK_ORDER_STATE_FORBIDS``.
    """
    after = _NEXT[verb].get(progress.state)
    if after is None:
        raise _forbidden(progress, verb)
    return after


def _forbidden(progress: Progress, verb: Verb) -> FailedPrecondition:
    now_possible = ", ".join(possible(progress.state)) or "nothing more"
    return FailedPrecondition(
        "WORK_ORDER_STATE_FORBIDS",
        f"work order {progress.work_order_id} is {progress.state}, which does not allow"
        f" {verb}; possible now: {now_possible}",
        field="work_order_id",
        details={"state": progress.state, "verb": verb},
    )


def offer(progress: Progress, made: Offer, now: datetime, *, beside: bool = False) -> Progress:
    """Offer it to a technician until an instant.

    Args:
        beside: others may be asked at the same time (抢单): whoever accepts first has it.

    Raises:
        FailedPrecondition: ``WORK_ORDER_STATE_FORBIDS``, or ``WORK_ORDER_OFFERED_ALREADY`` when this
            technician is asked already, or too many are.
        InvalidArgument: ``WORK_ORDER_OFFER_EXPIRY_PAST``.
    """
    after = _advance(progress, Verb.OFFER)
    asked = progress.open_offers
    if asked and not beside:
        raise _forbidden(progress, Verb.OFFER)
    if made.technician_id in {each.technician_id for each in asked} or len(asked) >= _MOST_OFFERS:
        raise FailedPrecondition(
            "WORK_ORDER_OFFERED_ALREADY",
            f"work order {progress.work_order_id} is offered to {len(asked)} technicians already,"
            f" each once and at most {_MOST_OFFERS} at a time",
            field="technician_id",
        )
    if made.expires_at <= now:
        raise InvalidArgument(
            "WORK_ORDER_OFFER_EXPIRY_PAST",
            f"an offer must expire in the future, not at {made.expires_at:%Y-%m-%dT%H:%M:%SZ}",
            field="expires_at",
        )
    return replace(after, offers=(*progress.offers, made))


def accept(progress: Progress, technician_id: str, now: datetime) -> Progress:
    """The technician takes the work, before the offer expires; who else was asked is not any more."""
    after = _advance(progress, Verb.ACCEPT)
    theirs = _offer_of(progress, technician_id)
    if now >= theirs.expires_at:
        raise FailedPrecondition(
            "WORK_ORDER_OFFER_EXPIRED",
            f"the offer of work order {progress.work_order_id} expired at"
            f" {theirs.expires_at:%Y-%m-%dT%H:%M:%SZ}; ask the dispatcher for a new one",
            field="work_order_id",
        )
    return _without_open_offers(_with(after, theirs, Outcome.ACCEPTED))


def decline(progress: Progress, technician_id: str) -> Progress:
    """The technician does not take the work; it can be offered to another."""
    return _unanswered(progress, Verb.DECLINE, technician_id, Outcome.DECLINED)


def expire(progress: Progress, technician_id: str) -> Progress:
    """The technician's open offer ends unanswered. Who calls keeps the time."""
    return _unanswered(progress, Verb.EXPIRE, technician_id, Outcome.EXPIRED)


def schedule(progress: Progress) -> Progress:
    """A visit is agreed with the customer, or agreed anew."""
    return _advance(progress, Verb.SCHEDULE)


def check_in(progress: Progress, technician_id: str) -> Progress:
    """The technician is on site."""
    after = _advance(progress, Verb.CHECK_IN)
    _offer_of(progress, technician_id)
    return after


def complete(progress: Progress, technician_id: str, code: str) -> Progress:
    """The technician reports completion. A wrong code leaves the work in progress, one try poorer.

    Raises:
        FailedPrecondition: ``WORK_ORDER_CODE_LOCKED`` when no try is left.
        InvalidArgument: ``WORK_ORDER_CODE_MALFORMED`` for what cannot be a code; not counted.
    """
    after = _advance(progress, Verb.COMPLETE)
    _offer_of(progress, technician_id)
    if completion_code.tries_left(progress.wrong_code_count) == 0:
        raise FailedPrecondition(
            "WORK_ORDER_CODE_LOCKED",
            "the completion code is locked after too many wrong tries; customer service can issue"
            " a new one",
            field="completion_code",
        )
    if completion_code.matches(progress.completion_code, code):
        return after
    return replace(after, state=progress.state, wrong_code_count=progress.wrong_code_count + 1)


def reissue_code(progress: Progress, code: str) -> Progress:
    """The customer gets a new completion code, and all tries again."""
    return replace(_advance(progress, Verb.REISSUE_CODE), completion_code=code, wrong_code_count=0)


def record_acceptance(progress: Progress, rating: int) -> Progress:
    """The customer says yes, with 1 to 5 stars or none (0)."""
    after = _advance(progress, Verb.RECORD_ACCEPTANCE)
    if not 0 <= rating <= 5:
        raise InvalidArgument(
            "WORK_ORDER_RATING_INVALID", "rating is 1 to 5 stars, or 0 for none", field="rating"
        )
    return after


def cancel(progress: Progress) -> Progress:
    """It ends without being done; open offers are withdrawn, an accepted one stays accepted."""
    return _without_open_offers(_advance(progress, Verb.CANCEL))


def release(progress: Progress) -> Progress:
    """Who took the work does not do it after all; it can be offered anew."""
    return _without_offers(_advance(progress, Verb.RELEASE))


def take_over(progress: Progress) -> Progress:
    """Another team has it from now on: whoever it was offered to or held by is rid of it."""
    return _without_offers(_advance(progress, Verb.TAKE_OVER))


def edit(progress: Progress, verb: Verb) -> Progress:
    """Something is said of it that leaves its state as it is."""
    return _advance(progress, verb)


def attach(progress: Progress, present_case_id: str, case_id: str) -> Progress:
    """A case takes up a work order that has none.

    Raises:
        InvalidArgument: ``WORK_ORDER_CASE_MISSING``.
        FailedPrecondition: ``WORK_ORDER_CASE_TAKEN`` when it is another case's.
    """
    if not case_id:
        raise InvalidArgument("WORK_ORDER_CASE_MISSING", "name the case", field="case_id")
    if present_case_id not in ("", case_id):
        raise FailedPrecondition(
            "WORK_ORDER_CASE_TAKEN",
            f"work order {progress.work_order_id} is case {present_case_id}'s",
            field="case_id",
        )
    return _advance(progress, Verb.ATTACH)


def require_revision(progress: Progress, expected: int) -> None:
    """Nobody changed it since it was read; 0 asks for nothing.

    Raises:
        FailedPrecondition: ``WORK_ORDER_REVISION_STALE``.
    """
    if expected not in (0, progress.revision):
        raise FailedPrecondition(
            "WORK_ORDER_REVISION_STALE",
            f"work order {progress.work_order_id} is at revision {progress.revision}, not"
            f" {expected}; read it again and decide anew",
            field="expected_revision",
            details={"revision": str(progress.revision)},
        )


def _unanswered(progress: Progress, verb: Verb, technician_id: str, outcome: Outcome) -> Progress:
    """One is not asked any more; the others still are."""
    after = _with(_advance(progress, verb), _offer_of(progress, technician_id), outcome)
    return replace(after, state=State.OFFERED) if after.open_offers else after


def _with(progress: Progress, offer: Offer, outcome: Outcome) -> Progress:
    offers = tuple(
        replace(each, outcome=outcome) if each is offer else each for each in progress.offers
    )
    return replace(progress, offers=offers)


def _without_open_offers(progress: Progress) -> Progress:
    for each in progress.open_offers:
        progress = _with(progress, each, Outcome.WITHDRAWN)
    return progress


def _without_offers(progress: Progress) -> Progress:
    """Open ones withdrawn, an accepted one released."""
    progress = _without_open_offers(progress)
    for each in progress.offers:
        if each.outcome is Outcome.ACCEPTED:
            progress = _with(progress, each, Outcome.RELEASED)
    return progress


def _advance(progress: Progress, verb: Verb) -> Progress:
    state = require_possible(progress, verb)
    return replace(progress, state=state, revision=progress.revision + 1)


def _offer_of(progress: Progress, technician_id: str) -> Offer:
    for each in progress.offers:
        if each.technician_id == technician_id and each.outcome in (None, Outcome.ACCEPTED):
            return each
    raise PermissionDenied(
        "WORK_ORDER_NOT_YOURS",
        f"work order {progress.work_order_id} is neither offered to nor held by technician"
        f" {technician_id!r}",
        field="technician_id",
    )
