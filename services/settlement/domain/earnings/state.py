"""The life of an earning, and what each step does in the ledger.

    estimated ─lock→ locked ─post→ payable ─start payout→ paying ─confirm→ paid
        └─cancel→ cancelled ←─┘       │ └←──return payout───┘
                                      └─cancel→ reversed

Estimated is in no book; locked is pending there, payable posted; cancelling voids what is pending
and reverses what is posted. Money on its way to the bank, or there, cannot be cancelled.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kit.errors import FailedPrecondition, PermissionDenied


class EarningState(StrEnum):
    """Where an earning stands."""

    ESTIMATED = "estimated"
    LOCKED = "locked"
    PAYABLE = "payable"
    PAYING = "paying"
    PAID = "paid"
    CANCELLED = "cancelled"
    REVERSED = "reversed"


#: States in which an earning pays nobody.
OVER: Final = (EarningState.CANCELLED, EarningState.REVERSED)


class LedgerEffect(StrEnum):
    """What a step does in the ledger."""

    NOTHING = "nothing"
    HOLD_SHARES = "hold_shares"
    POST_SHARES = "post_shares"
    VOID_SHARES = "void_shares"
    REVERSE_SHARES = "reverse_shares"
    HOLD_PAYOUT = "hold_payout"
    POST_PAYOUT = "post_payout"


@dataclass(frozen=True, slots=True)
class Step:
    """One legal change of state."""

    to: EarningState
    effect: LedgerEffect


_ADVICE: Final = {
    EarningState.ESTIMATED: "lock it once the customer has accepted the work",
    EarningState.LOCKED: "post it once it is reviewed",
    EarningState.PAYABLE: "start its payout, or cancel it",
    EarningState.PAYING: "wait until the payout is confirmed",
    EarningState.PAID: "recover money by a deduction on the technician's next earning",
    EarningState.CANCELLED: "promise a new earning",
    EarningState.REVERSED: "promise a new earning",
}


def lock(state: EarningState) -> Step:
    """The customer has accepted the work."""
    _require(state, EarningState.ESTIMATED, "locked")
    return Step(EarningState.LOCKED, LedgerEffect.HOLD_SHARES)


def post(state: EarningState) -> Step:
    """The earning is reviewed and belongs to its parties."""
    _require(state, EarningState.LOCKED, "posted")
    return Step(EarningState.PAYABLE, LedgerEffect.POST_SHARES)


def check_reviewable(state: EarningState) -> None:
    """Raise ``FailedPrecondition`` (``SETTLEMENT_EARNING_STATE``) unless there is something final to
    review: the customer has accepted, and it is not posted yet."""
    _require(state, EarningState.LOCKED, "reviewed")


def check_reviewer(technician_id: str, person_id: str) -> None:
    """Raise ``PermissionDenied`` (``SETTLEMENT_OWN_EARNING``) when people review what they earn."""
    if technician_id == person_id:
        raise PermissionDenied("SETTLEMENT_OWN_EARNING", "somebody else reviews what you earn")


def check_review(*, by_person: bool) -> None:
    """Raise ``FailedPrecondition`` (``SETTLEMENT_REVIEW_MISSING``) when a flow would post what a
    person is to review; a person who posts has reviewed."""
    if not by_person:
        raise FailedPrecondition(
            "SETTLEMENT_REVIEW_MISSING",
            "the split rule wants a person's review first; wait for ReviewEarning",
            field="earning_id",
        )


def start_payout(state: EarningState) -> Step:
    """The technician's share is handed to the payout channel."""
    _require(state, EarningState.PAYABLE, "paid out")
    return Step(EarningState.PAYING, LedgerEffect.HOLD_PAYOUT)


def confirm_payout(state: EarningState) -> Step:
    """The money has arrived."""
    _require(state, EarningState.PAYING, "confirmed as paid")
    return Step(EarningState.PAID, LedgerEffect.POST_PAYOUT)


def return_payout(state: EarningState) -> Step:
    """The money did not arrive, and will not: it may be paid out again.

    What the payout held is undone by the payout's own document.
    """
    _require(state, EarningState.PAYING, "returned from its payout")
    return Step(EarningState.PAYABLE, LedgerEffect.NOTHING)


def cancel(state: EarningState) -> Step | None:
    """The earning is not to be; None when that has already happened, since each forward step of a
    flow that is undone asks for it once more."""
    match state:
        case EarningState.ESTIMATED:
            return Step(EarningState.CANCELLED, LedgerEffect.NOTHING)
        case EarningState.LOCKED:
            return Step(EarningState.CANCELLED, LedgerEffect.VOID_SHARES)
        case EarningState.PAYABLE:
            return Step(EarningState.REVERSED, LedgerEffect.REVERSE_SHARES)
        case EarningState.CANCELLED | EarningState.REVERSED:
            return None
        case EarningState.PAYING | EarningState.PAID:
            raise _refusal(state, "cancelled")


def _require(state: EarningState, needed: EarningState, done: str) -> None:
    if state is not needed:
        raise _refusal(state, done)


def _refusal(state: EarningState, done: str) -> FailedPrecondition:
    return FailedPrecondition(
        "SETTLEMENT_EARNING_STATE",
        f"an earning that is {state} cannot be {done}; {_ADVICE[state]}",
        field="earning_id",
        details={"state": state},
    )
