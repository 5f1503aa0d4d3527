"""The ledger: accounts, balances, transfers, closed periods. An account's number stands for its
name and currency; the database makes it of them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Computed, FetchedValue, Identity
from sqlalchemy.orm import Mapped, mapped_column

from services.settlement.tables.base import Base


class LedgerAccountRow(Base):
    """An account in one currency."""

    __tablename__ = "ledger_account"

    account_number: Mapped[int] = mapped_column(Computed("", persisted=True), primary_key=True)
    ledger_account: Mapped[str] = mapped_column(Computed("", persisted=True))
    currency: Mapped[str]
    party_kind: Mapped[str]
    party_id: Mapped[str]
    account_kind: Mapped[str]
    may_be_negative: Mapped[bool]
    opened_at: Mapped[datetime] = mapped_column(server_default=FetchedValue())


class LedgerBalanceRow(Base):
    """An account's balance: credits less debits. The database alone writes it."""

    __tablename__ = "ledger_balance"

    account_number: Mapped[int] = mapped_column(primary_key=True)
    posted_minor: Mapped[int]
    pending_debit_minor: Mapped[int]
    pending_credit_minor: Mapped[int]
    transfer_count: Mapped[int]
    closed_before: Mapped[datetime | None]


class LedgerTransferRow(Base):
    """One movement between two accounts, never changed."""

    __tablename__ = "ledger_transfer"

    transfer_number: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    debit_account_number: Mapped[int]
    credit_account_number: Mapped[int]
    amount_minor: Mapped[int]
    refers_to_transfer_number: Mapped[int | None]
    recorded_at: Mapped[datetime]
    effective_at: Mapped[datetime]
    state: Mapped[str]
    transfer_kind: Mapped[str]
    document_kind: Mapped[str]
    document_id: Mapped[str]
    leg: Mapped[str]
    rule_id: Mapped[str]
    memo: Mapped[str]


class LedgerBlockRow(Base):
    """One posting: transfers recorded at one instant, sealed with the posting before it."""

    __tablename__ = "ledger_block"

    block_number: Mapped[int] = mapped_column(primary_key=True)
    first_transfer_number: Mapped[int]
    last_transfer_number: Mapped[int]
    recorded_at: Mapped[datetime]
    previous_hash: Mapped[bytes]
    block_hash: Mapped[bytes]


class LedgerClosedPeriodRow(Base):
    """Before its end nothing is effective any more on its account."""

    __tablename__ = "ledger_closed_period"

    account_number: Mapped[int] = mapped_column(primary_key=True)
    period_end: Mapped[datetime] = mapped_column(primary_key=True)
    watermark_transfer_number: Mapped[int]
    closed_at: Mapped[datetime]


class NamedTransfer(NamedTuple):
    """A transfer, and what its accounts are called."""

    transfer: LedgerTransferRow
    debit_ledger_account: str
    credit_ledger_account: str
    currency: str


class OpenAccount(NamedTuple):
    """An account, and where it stands."""

    account: LedgerAccountRow
    balance: LedgerBalanceRow
