"""Words of ledger tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

from kit.money import Money
from services.settlement.domain.ledger.transfers import CLEARING, Document, LedgerAccount, Transfer

ZHANG = LedgerAccount("technician", "pe_zhang", "earning")
LI = LedgerAccount("technician", "pe_li", "earning")
CASH = LedgerAccount("channel", "wechat", "cash")
DEBT = LedgerAccount("technician", "pe_zhang", "debt")

FIRST = datetime(2026, 3, 1, 9, tzinfo=UTC)


def day(number: float) -> datetime:
    """An instant so many days after the first one."""
    return FIRST + timedelta(days=number)


def document(number: int = 1) -> Document:
    return Document("adjustment", f"aj_{number}")


def moves(
    amount: int = 100_00,
    debit: LedgerAccount = CLEARING,
    credit: LedgerAccount = ZHANG,
    leg: str = "technician",
    currency: str = "CNY",
    **more: Any,
) -> Transfer:
    """A transfer of 100 yuan from clearing to Zhang, but for what is said."""
    return Transfer(debit, credit, Money(currency, amount), "adjustment", leg, **more)
