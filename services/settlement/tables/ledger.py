"""The ledger: accounts, balances, transfers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Identity
from sqlalchemy.orm import Mapped, mapped_column

from services.settlement.tables.base import Base


class LedgerAccountRow(Base):
    """An account in one currency."""

    __tablename__ = "ledger_account"

    ledger_account: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    party_kind: Mapped[str]
    party_id: Mapped[str]
    account_kind: Mapped[str]


class LedgerBalanceRow(Base):
    """An account's balance: credits less debits. The database alone writes it."""

    __tablename__ = "ledger_balance"

    ledger_account: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    posted_minor: Mapped[int]
    pending_debit_minor: Mapped[int]
    pending_credit_minor: Mapped[int]


class LedgerTransferRow(Base):
    """One movement between two accounts, never changed."""

    __tablename__ = "ledger_transfer"

    transfer_number: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    debit_ledger_account: Mapped[str]
    credit_ledger_account: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    state: Mapped[str]
    transfer_kind: Mapped[str]
    earning_id: Mapped[str]
    leg: Mapped[str]
    refers_to_transfer_number: Mapped[int | None]
    recorded_at: Mapped[datetime]
    memo: Mapped[str] = mapped_column(server_default="")
