"""Vouchers that were handed to the finance system. All of it is append-only."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Integer
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.settlement.tables.base import Base


class VoucherRuleRow(Base):
    """One version of which subject each account is."""

    __tablename__ = "voucher_rule"

    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    subjects: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    put_at: Mapped[datetime]
    put_by_person_id: Mapped[str]


class VoucherRunRow(Base):
    """How far vouchers reach."""

    __tablename__ = "voucher_run"

    run_number: Mapped[int] = mapped_column(Integer, primary_key=True)
    effective_before: Mapped[datetime]
    watermark_transfer_number: Mapped[int]
    rule_version: Mapped[int] = mapped_column(Integer)
    transfer_count: Mapped[int]
    made_at: Mapped[datetime]
    made_by_person_id: Mapped[str]


class VoucherLineRow(Base):
    """One subject's debit or credit."""

    __tablename__ = "voucher_line"

    accounting_month: Mapped[str] = mapped_column(primary_key=True)
    voucher_number: Mapped[int] = mapped_column(Integer, primary_key=True)
    line_number: Mapped[int] = mapped_column(Integer, primary_key=True)
    subject_code: Mapped[str]
    subject_name: Mapped[str]
    debit_minor: Mapped[int]
    credit_minor: Mapped[int]

    __table_args__ = (
        ForeignKeyConstraint(
            ["accounting_month", "voucher_number"],
            ["voucher.accounting_month", "voucher.voucher_number"],
        ),
    )


class VoucherRow(Base):
    """A day's transfers of one kind, summed up by subject."""

    __tablename__ = "voucher"

    accounting_month: Mapped[str] = mapped_column(primary_key=True)
    voucher_number: Mapped[int] = mapped_column(Integer, primary_key=True)
    run_number: Mapped[int] = mapped_column(Integer)
    voucher_day: Mapped[date]
    effective_day: Mapped[date]
    transfer_kind: Mapped[str]
    currency: Mapped[str]
    total_minor: Mapped[int]
    transfer_count: Mapped[int]
    memo: Mapped[str]

    lines: Mapped[list[VoucherLineRow]] = relationship(
        order_by=VoucherLineRow.line_number, lazy="selectin"
    )
