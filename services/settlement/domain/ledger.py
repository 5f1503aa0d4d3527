"""Ledger accounts by party and kind, and the transfers an earning makes between them.

An account's balance is its credits less its debits. Money enters from ``platform:clearing``, whose
balance is what the business has distributed so far, below zero; every other account stays at or
above zero, so the sum over all accounts is zero at any moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kit.money import Money
from services.settlement.domain.earning import Share
from services.settlement.domain.split import PartyKind
from services.settlement.domain.state import EarningState, LedgerEffect


class TransferKind(StrEnum):
    """Why money moves."""

    EARNING = "earning"
    PAYOUT = "payout"
    REVERSAL = "reversal"


class TransferState(StrEnum):
    """Whether money has moved, is about to, or will not."""

    PENDING = "pending"
    POSTED = "posted"
    VOIDED = "voided"


@dataclass(frozen=True, slots=True)
class LedgerAccount:
    """One party's account of one kind; with a currency it is one row of the ledger's accounts."""

    party_kind: str
    party_id: str
    account_kind: str

    @property
    def code(self) -> str:
        """The name people and transfers call it by: ``technician:pe_zhang:earning``."""
        parts = (self.party_kind, self.party_id, self.account_kind)
        return ":".join(part for part in parts if part)


#: Where earnings come from.
CLEARING: Final = LedgerAccount("platform", "", "clearing")
#: What the company keeps.
REVENUE: Final = LedgerAccount("platform", "", "revenue")
#: What was handed to the payout channel.
PAYOUT_CLEARING: Final = LedgerAccount("payout", "", "clearing")


@dataclass(frozen=True, slots=True)
class PendingTransfer:
    """A movement to record as pending; the leg tells the movements of one earning apart."""

    debit: LedgerAccount
    credit: LedgerAccount
    amount: Money
    transfer_kind: TransferKind
    leg: str


def account_of(share: Share) -> LedgerAccount:
    """The account a party's share goes to."""
    if share.party_kind is PartyKind.PLATFORM:
        return REVENUE
    return LedgerAccount(share.party_kind, share.party_id, "earning")


def held_by(effect: LedgerEffect, shares: Sequence[Share]) -> list[PendingTransfer]:
    """What a step holds, or what the step before it held that it now resolves or undoes."""
    match effect:
        case LedgerEffect.NOTHING:
            return []
        case LedgerEffect.HOLD_PAYOUT | LedgerEffect.POST_PAYOUT:
            return _hold_payout(shares)
        case _:
            return _hold_shares(shares)


def _hold_shares(shares: Sequence[Share]) -> list[PendingTransfer]:
    return [
        PendingTransfer(
            CLEARING, account_of(share), share.amount, TransferKind.EARNING, share.party_kind
        )
        for share in shares
        if share.amount.amount_minor > 0
    ]


def _hold_payout(shares: Sequence[Share]) -> list[PendingTransfer]:
    return [
        PendingTransfer(
            account_of(share), PAYOUT_CLEARING, share.amount, TransferKind.PAYOUT, share.party_kind
        )
        for share in shares
        if share.party_kind is PartyKind.TECHNICIAN and share.amount.amount_minor > 0
    ]


@dataclass(frozen=True, slots=True)
class Following:
    """Transfers that follow recorded ones, amount by amount, instead of stating any: each one of
    a kind and state again, in another state, or the other way round when it is undone."""

    of_kind: TransferKind
    of_state: TransferState
    kind: TransferKind
    state: TransferState


#: What the steps that hold nothing new do: the record is followed, nothing is computed again.
FOLLOWING: Final = {
    LedgerEffect.POST_SHARES: Following(
        TransferKind.EARNING, TransferState.PENDING, TransferKind.EARNING, TransferState.POSTED
    ),
    LedgerEffect.VOID_SHARES: Following(
        TransferKind.EARNING, TransferState.PENDING, TransferKind.EARNING, TransferState.VOIDED
    ),
    LedgerEffect.REVERSE_SHARES: Following(
        TransferKind.EARNING, TransferState.POSTED, TransferKind.REVERSAL, TransferState.POSTED
    ),
    LedgerEffect.POST_PAYOUT: Following(
        TransferKind.PAYOUT, TransferState.PENDING, TransferKind.PAYOUT, TransferState.POSTED
    ),
}

_HELD: Final = "earning:pending"
_OWNED: Final = f"{_HELD} earning:posted"

#: What the ledger must hold of a share of an earning in each state, in order: the technician's
#: share, and the others'. A cancelled one was held before, or never was.
TRACES: Final[dict[EarningState, tuple[frozenset[str], frozenset[str]]]] = {
    state: (frozenset(own), frozenset(others))
    for state, own, others in (
        (EarningState.ESTIMATED, {""}, {""}),
        (EarningState.LOCKED, {_HELD}, {_HELD}),
        (EarningState.PAYABLE, {_OWNED}, {_OWNED}),
        (EarningState.PAYING, {f"{_OWNED} payout:pending"}, {_OWNED}),
        (EarningState.PAID, {f"{_OWNED} payout:pending payout:posted"}, {_OWNED}),
        (EarningState.CANCELLED, {"", f"{_HELD} earning:voided"}, {"", f"{_HELD} earning:voided"}),
        (EarningState.REVERSED, {f"{_OWNED} reversal:posted"}, {f"{_OWNED} reversal:posted"}),
    )
}
