"""Ledger accounts by party and kind, and the transfers between them.

An account's balance is its credits less its debits. Money enters from ``platform:clearing``, whose
balance is what the business has distributed so far, below zero; every other account stays at or
above zero, so the sum over all accounts is zero at any moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kit.money import Money


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


@dataclass(frozen=True, slots=True)
class Following:
    """Transfers that follow recorded ones, amount by amount, instead of stating any: each one of
    a kind and state again, in another state, or the other way round when it is undone."""

    of_kind: TransferKind
    of_state: TransferState
    kind: TransferKind
    state: TransferState
