"""Where a channel says something else of a payout than we."""

from __future__ import annotations

from typing import Final

from services.settlement.domain.payouts.channel import Answer, Outcome, Standing
from services.settlement.domain.payouts.state import NOT_KNOWN_THERE, UNPAID, PayoutState

_FITTING: Final = {
    Standing.UNDER_WAY: NOT_KNOWN_THERE | {PayoutState.WAITING_FOR_PAYEE},
    Standing.WAITING_FOR_PAYEE: frozenset({PayoutState.WAITING_FOR_PAYEE}),
    Standing.TRANSFERRING: frozenset({PayoutState.TRANSFERRING}),
    Standing.PAID: frozenset({PayoutState.PAID}),
    Standing.RETURNED: frozenset({PayoutState.RETURNED}),
    Standing.FAILED: frozenset({PayoutState.FAILED}),
}


def compare(state: PayoutState, net_minor: int, answer: Answer) -> list[tuple[str, str, str]]:
    """The differences of one payout that was handed over: of which kind, what we say, what they say.

    What the channel does not know is missing there, unless it failed or was being handed over.
    """
    match answer.outcome:
        case Outcome.UNKNOWN:
            if state in NOT_KNOWN_THERE or state in UNPAID:
                return []
            return [("missing", state, "")]
        case Outcome.TOLD:
            found = []
            if answer.amount_minor is not None and answer.amount_minor != net_minor:
                found.append(("amount", str(net_minor), str(answer.amount_minor)))
            if answer.standing is not None and state not in _FITTING[answer.standing]:
                found.append(("state", state, f"{answer.standing} {answer.reason}".strip()))
            return found
        case _:
            return [("unanswered", state, answer.reason)]
