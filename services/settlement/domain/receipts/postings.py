"""What money in does in the ledger.

billed       platform:clearing gets what the payer now owes (its account falls below zero)
received     the channel's cash pays what the payer owes; more than that is paid ahead
refunded     what was billed is credited again, and the channel pays it back
"""

from __future__ import annotations

from datetime import datetime

from kit.money import Money
from services.settlement.domain.ledger.transfers import Transfer
from services.settlement.domain.receipts.receivable import BILLED_FROM, Payer
from services.settlement.domain.receipts.refund import cash_account


def billed(payer: Payer, amount: Money, at: datetime) -> Transfer:
    """The payer owes an amount."""
    return Transfer(
        debit=payer.receivable_account,
        credit=BILLED_FROM,
        amount=amount,
        transfer_kind="receivable",
        leg="billed",
        effective_at=at,
    )


def written_off(payer: Payer, amount: Money, at: datetime, reason: str) -> Transfer:
    """What the payer will not pay."""
    return Transfer(
        debit=BILLED_FROM,
        credit=payer.receivable_account,
        amount=amount,
        transfer_kind="receivable",
        leg="written_off",
        effective_at=at,
        memo=reason,
    )


def received(payer: Payer, channel_code: str, amount: Money, at: datetime) -> Transfer:
    """Money of the payer is with a channel."""
    return Transfer(
        debit=cash_account(channel_code),
        credit=payer.receivable_account,
        amount=amount,
        transfer_kind="receipt",
        leg="received",
        effective_at=at,
    )


def credited(payer: Payer, amount: Money, at: datetime, reason: str) -> Transfer:
    """The payer no longer owes what goes back."""
    return Transfer(
        debit=BILLED_FROM,
        credit=payer.receivable_account,
        amount=amount,
        transfer_kind="refund",
        leg="credited",
        effective_at=at,
        memo=reason,
    )


def paid_back(payer: Payer, channel_code: str, amount: Money, at: datetime) -> Transfer:
    """The channel paid the payer back."""
    return Transfer(
        debit=payer.receivable_account,
        credit=cash_account(channel_code),
        amount=amount,
        transfer_kind="refund",
        leg="paid_back",
        effective_at=at,
    )
