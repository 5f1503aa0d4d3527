"""What a payout does in the ledger."""

from __future__ import annotations

from typing import Final

from kit.money import Money
from services.settlement.domain.ledger.transfers import (
    PAYOUT_CLEARING,
    TAX_WITHHELD,
    Document,
    LedgerAccount,
    Transfer,
    TransferKind,
)

NET: Final = "net"
TAX: Final = "tax"
CASH: Final = "cash"


def document_of(payout_id: str) -> Document:
    """What a payout's transfers belong to."""
    return Document("payout", payout_id)


def account_of(party_kind: str, payee_id: str) -> LedgerAccount:
    """The account that a payee is paid from."""
    return LedgerAccount(party_kind, payee_id, "earning")


def held(account: LedgerAccount, net: Money, tax: Money, rule_id: str) -> list[Transfer]:
    """What is held while the payout is under way: the net amount on its way to the channel, the tax
    on its way to the authority's account."""
    legs = [Transfer(account, PAYOUT_CLEARING, net, TransferKind.PAYOUT, NET)]
    if tax.amount_minor:
        legs.append(Transfer(account, TAX_WITHHELD, tax, "withholding", TAX, rule_id=rule_id))
    return [leg for leg in legs if leg.amount.amount_minor > 0]


def left(channel_code: str, net: Money, memo: str) -> Transfer:
    """The money has left the company's account with the channel."""
    cash = LedgerAccount("channel", channel_code, "cash")
    return Transfer(PAYOUT_CLEARING, cash, net, TransferKind.PAYOUT, CASH, memo=memo)
