"""What a reconciliation does in the ledger: the channel's cash becomes what its bill says."""

from __future__ import annotations

from datetime import datetime

from kit.money import Money
from services.settlement.domain.ledger.transfers import (
    CHANNEL_FEE,
    SUSPENSE,
    LedgerAccount,
    Transfer,
)


def suspended(cash: LedgerAccount, difference: Money, at: datetime, leg: str, why: str) -> Transfer:
    """What the bill has more than the books, until somebody can say what it is.

    Args:
        difference: above zero: the channel has more than we booked. Not zero.
    """
    more = difference.amount_minor > 0
    return Transfer(
        debit=cash if more else SUSPENSE,
        credit=SUSPENSE if more else cash,
        amount=Money(difference.currency, abs(difference.amount_minor)),
        transfer_kind="correction",
        leg=leg,
        effective_at=at,
        memo=why,
    )


def fees(cash: LedgerAccount, kept: Money, at: datetime) -> Transfer:
    """What the channel kept; a fee that it gave back is below zero. Not zero."""
    given_back = kept.amount_minor < 0
    return Transfer(
        debit=cash if given_back else CHANNEL_FEE,
        credit=CHANNEL_FEE if given_back else cash,
        amount=Money(kept.currency, abs(kept.amount_minor)),
        transfer_kind="channel_fee",
        leg=f"fees {kept.currency}",
        effective_at=at,
    )
