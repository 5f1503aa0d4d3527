"""Ledger accounts by party and kind, and the transfers between them.

An account's balance is its credits less its debits. Every transfer moves one amount within one
currency, so the sum over all accounts of a currency is zero at any moment. What the company has or
is owed stands below zero; what it owes, above.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from kit.errors import InvalidArgument
from kit.money import Money


class TransferKind(StrEnum):
    """Why money moves. A subject may use kinds of its own; what undoes is always a reversal."""

    EARNING = "earning"
    PAYOUT = "payout"
    REVERSAL = "reversal"


class TransferState(StrEnum):
    """Whether money has moved, is about to, or will not."""

    PENDING = "pending"
    POSTED = "posted"
    VOIDED = "voided"


#: Kinds of accounts that are below zero by nature: what the company has, is owed or gave, and
#: differences, which go either way.
_BELOW_ZERO: Final = frozenset(
    {"adjustment", "cash", "channel_fee", "debt", "exchange", "receivable", "suspense"}
)


_WORD: Final = re.compile(r"[a-z][a-z_]*")
_CODE: Final = re.compile(r"[a-z][a-z_]*(:[^:\s]+)?:[a-z][a-z_]*")


def check_word(kind: str, field: str) -> None:
    """Refuse what is no kind of document or transfer (``SETTLEMENT_KIND_WRONG``)."""
    if not _WORD.fullmatch(kind):
        raise InvalidArgument(
            "SETTLEMENT_KIND_WRONG",
            f"a kind is one word in small letters, such as opening; {kind!r} is not",
            field=field,
        )


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

    @classmethod
    def of_code(cls, code: str, field: str) -> LedgerAccount:
        """The account that people call by a name.

        Raises:
            InvalidArgument: ``SETTLEMENT_ACCOUNT_NAME`` for what is no name of an account.
        """
        if not _CODE.fullmatch(code):
            raise InvalidArgument(
                "SETTLEMENT_ACCOUNT_NAME",
                "an account is called party:kind or party:id:kind, such as"
                f" technician:pe_zhang:earning; {code!r} is not",
                field=field,
            )
        party_kind, *party_id, account_kind = code.split(":")
        return cls(party_kind, "".join(party_id), account_kind)

    @property
    def may_be_negative(self) -> bool:
        """True for accounts that are below zero by nature; no other is ever overdrawn."""
        return self.account_kind in _BELOW_ZERO or self == CLEARING


#: Where distributed money comes from and received money goes to.
CLEARING: Final = LedgerAccount("platform", "", "clearing")
#: What the company keeps.
REVENUE: Final = LedgerAccount("platform", "", "revenue")
#: Where subsidies come from and deductions go to.
ADJUSTMENT: Final = LedgerAccount("platform", "", "adjustment")
#: What was handed to the payout channel.
PAYOUT_CLEARING: Final = LedgerAccount("payout", "", "clearing")
#: Tax kept back for the authority.
TAX_WITHHELD: Final = LedgerAccount("tax", "", "withheld")
#: Realised gains and losses from exchange rates.
EXCHANGE: Final = LedgerAccount("platform", "", "exchange")
#: What payment channels keep for themselves.
CHANNEL_FEE: Final = LedgerAccount("platform", "", "channel_fee")
#: Differences that a reconciliation has not explained yet.
SUSPENSE: Final = LedgerAccount("platform", "", "suspense")


@dataclass(frozen=True, slots=True)
class Document:
    """What transfers belong to: an earning, an adjustment, a payout, a receipt …

    Args:
        kind: a word such as "earning", "payout".
        id: its id, such as ``ea_…``.
    """

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """A movement to record.

    Args:
        debit: the account that gives.
        credit: the account that takes.
        amount: what moves, above zero.
        transfer_kind: why, one word; never "reversal", which only ``reverse`` writes.
        leg: tells the movements of one document apart.
        effective_at: the business instant it counts for; None: when it is recorded.
        rule_id: the rule or the earning line that made it.
        memo: for people.
    """

    debit: LedgerAccount
    credit: LedgerAccount
    amount: Money
    transfer_kind: str
    leg: str
    effective_at: datetime | None = None
    rule_id: str = ""
    memo: str = ""


@dataclass(frozen=True, slots=True)
class Balance:
    """Where an account stands: credits less debits, in minor units.

    Args:
        posted_minor: what has moved.
        pending_debit_minor: what is promised away, at or above zero.
        pending_credit_minor: what is promised to it, at or above zero.
    """

    posted_minor: int = 0
    pending_debit_minor: int = 0
    pending_credit_minor: int = 0

    @property
    def pending_minor(self) -> int:
        """What pending transfers would add."""
        return self.pending_credit_minor - self.pending_debit_minor

    @property
    def available_minor(self) -> int:
        """What may still be given away by an account that is never overdrawn."""
        return self.posted_minor - self.pending_debit_minor


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """An account in a currency, and where it stands."""

    ledger_account: str
    currency: str
    balance: Balance
