"""What each step of an earning does in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from services.settlement.domain.earnings.earning import Share
from services.settlement.domain.earnings.state import EarningState, LedgerEffect
from services.settlement.domain.ledger.transfers import (
    CLEARING,
    PAYOUT_CLEARING,
    REVENUE,
    LedgerAccount,
    Transfer,
    TransferKind,
)
from services.settlement.domain.splits.split import PartyKind


def account_of(share: Share) -> LedgerAccount:
    """The account a party's share goes to."""
    if share.party_kind is PartyKind.PLATFORM:
        return REVENUE
    return LedgerAccount(share.party_kind, share.party_id, "earning")


def held_by(effect: LedgerEffect, shares: Sequence[Share]) -> list[Transfer]:
    """What a step holds, or what the step before it held that it now resolves or undoes."""
    match effect:
        case LedgerEffect.NOTHING:
            return []
        case LedgerEffect.HOLD_PAYOUT | LedgerEffect.POST_PAYOUT:
            return _hold_payout(shares)
        case _:
            return _hold_shares(shares)


def _hold_shares(shares: Sequence[Share]) -> list[Transfer]:
    return [
        Transfer(CLEARING, account_of(share), share.amount, TransferKind.EARNING, share.leg)
        for share in shares
        if share.amount.amount_minor > 0
    ]


def _hold_payout(shares: Sequence[Share]) -> list[Transfer]:
    return [
        Transfer(account_of(share), PAYOUT_CLEARING, share.amount, TransferKind.PAYOUT, share.leg)
        for share in shares
        if share.party_kind is PartyKind.TECHNICIAN and share.amount.amount_minor > 0
    ]


_HELD: Final = "earning:pending"
_OWNED: Final = f"{_HELD} earning:posted"

#: What the ledger must hold of a share of an earning in each state, in order: the technician's
#: share, and the others'. A cancelled one was held before, or never was. A payout of several
#: earnings keeps its own document, so that nothing but the share stands under theirs.
TRACES: Final[dict[EarningState, tuple[frozenset[str], frozenset[str]]]] = {
    state: (frozenset(own), frozenset(others))
    for state, own, others in (
        (EarningState.ESTIMATED, {""}, {""}),
        (EarningState.LOCKED, {_HELD}, {_HELD}),
        (EarningState.PAYABLE, {_OWNED}, {_OWNED}),
        (EarningState.PAYING, {_OWNED, f"{_OWNED} payout:pending"}, {_OWNED}),
        (EarningState.PAID, {_OWNED, f"{_OWNED} payout:pending payout:posted"}, {_OWNED}),
        (EarningState.CANCELLED, {"", f"{_HELD} earning:voided"}, {"", f"{_HELD} earning:voided"}),
        (EarningState.REVERSED, {f"{_OWNED} reversal:posted"}, {f"{_OWNED} reversal:posted"}),
    )
}
