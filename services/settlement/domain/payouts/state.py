"""The life of a payout.

    drawn ─→ approved ─→ submitting ─→ waiting for payee ─→ transferring ─→ paid
      │         │            ⇅                 │                  │
      └ cancelled ┘       doubtful        returned            failed

From submitting on, every state but the final ones can become any later one: answers come late,
twice and out of order. What is final stays, whatever is said afterwards: a later contradiction is a
difference for the reconciliation.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from services.settlement.domain.payouts.channel import Answer, Outcome, Standing


class PayoutState(StrEnum):
    """Where a payout stands."""

    DRAWN = "drawn"
    APPROVED = "approved"
    SUBMITTING = "submitting"
    WAITING_FOR_PAYEE = "waiting_for_payee"
    TRANSFERRING = "transferring"
    DOUBTFUL = "doubtful"
    PAID = "paid"
    RETURNED = "returned"
    FAILED = "failed"
    CANCELLED = "cancelled"


class BatchState(StrEnum):
    """Where a batch stands."""

    DRAWN = "drawn"
    APPROVED = "approved"
    CANCELLED = "cancelled"
    CLOSED = "closed"


#: Nothing happens to these any more.
FINAL: Final = frozenset(
    {PayoutState.PAID, PayoutState.RETURNED, PayoutState.FAILED, PayoutState.CANCELLED}
)
#: The money did not arrive, and the earnings are payable again.
UNPAID: Final = FINAL - {PayoutState.PAID}
#: The channel may have it; the ledger holds it.
HANDED_OVER: Final = frozenset(
    {
        PayoutState.SUBMITTING,
        PayoutState.WAITING_FOR_PAYEE,
        PayoutState.TRANSFERRING,
        PayoutState.DOUBTFUL,
    }
)
#: Nobody has said yet that the channel has it: it may be handed over, under the same number, once
#: the channel says that it does not know the number.
NOT_KNOWN_THERE: Final = frozenset({PayoutState.SUBMITTING, PayoutState.DOUBTFUL})

_STATE_OF: Final = {
    Standing.UNDER_WAY: PayoutState.SUBMITTING,
    Standing.WAITING_FOR_PAYEE: PayoutState.WAITING_FOR_PAYEE,
    Standing.TRANSFERRING: PayoutState.TRANSFERRING,
    Standing.PAID: PayoutState.PAID,
    Standing.RETURNED: PayoutState.RETURNED,
    Standing.FAILED: PayoutState.FAILED,
}
_RANK: Final = {
    PayoutState.DOUBTFUL: 0,
    PayoutState.SUBMITTING: 0,
    PayoutState.WAITING_FOR_PAYEE: 1,
    PayoutState.TRANSFERRING: 2,
}


def after(state: PayoutState, answer: Answer, net_minor: int) -> PayoutState:
    """Where a payout that was handed over stands when the channel has answered.

    Args:
        state: where it stands before.
        answer: what the channel says.
        net_minor: what was handed over. A channel that moves another amount under our number leaves
            the payout doubtful, for people to look at.
    """
    if state not in HANDED_OVER:
        return state
    match answer.outcome:
        case Outcome.TOLD:
            return _after_told(state, answer, net_minor)
        case Outcome.REFUSED:
            # Only what the channel has never said to have can fail by a refusal.
            return PayoutState.FAILED if state in NOT_KNOWN_THERE else state
        case Outcome.UNCLEAR:
            return PayoutState.DOUBTFUL if state is PayoutState.SUBMITTING else state
        case Outcome.LATER | Outcome.UNKNOWN:
            return state


def _after_told(state: PayoutState, answer: Answer, net_minor: int) -> PayoutState:
    if answer.amount_minor is not None and answer.amount_minor != net_minor:
        return PayoutState.DOUBTFUL if state is PayoutState.SUBMITTING else state
    told = _STATE_OF[answer.standing or Standing.UNDER_WAY]
    if told in FINAL or _RANK[told] > _RANK[state]:
        return told
    return PayoutState.SUBMITTING if state is PayoutState.DOUBTFUL else state
