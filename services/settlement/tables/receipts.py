"""Money in: receivables, receipts and refunds."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.settlement.tables.base import Base


class ReceivableLineRow(Base):
    """One line of what is owed."""

    __tablename__ = "receivable_line"

    receivable_id: Mapped[str] = mapped_column(
        ForeignKey("receivable.receivable_id"), primary_key=True
    )
    line_number: Mapped[int] = mapped_column(primary_key=True)
    line_kind: Mapped[str]
    label: Mapped[str]
    amount_minor: Mapped[int]


class ReceivableRow(Base):
    """What somebody owes: frozen, but for how far it is settled. The database counts that."""

    __tablename__ = "receivable"

    receivable_id: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int]
    state: Mapped[str]
    payer_kind: Mapped[str]
    payer_id: Mapped[str]
    purpose: Mapped[str]
    case_id: Mapped[str]
    work_order_id: Mapped[str]
    quote_id: Mapped[str]
    shop_order_number: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    received_minor: Mapped[int] = mapped_column(server_default="0")
    credited_minor: Mapped[int] = mapped_column(server_default="0")
    due_on: Mapped[date]
    billed_at: Mapped[datetime]
    billed_by_person_id: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by_person_id: Mapped[str] = mapped_column(server_default="")
    reason: Mapped[str] = mapped_column(server_default="")

    lines: Mapped[list[ReceivableLineRow]] = relationship(
        order_by=ReceivableLineRow.line_number, lazy="selectin"
    )


class ReceiptAllocationRow(Base):
    """Which part of a receipt pays which receivable. Append-only."""

    __tablename__ = "receipt_allocation"

    receipt_id: Mapped[str] = mapped_column(ForeignKey("receipt.receipt_id"), primary_key=True)
    receivable_id: Mapped[str] = mapped_column(primary_key=True)
    amount_minor: Mapped[int]
    allocated_at: Mapped[datetime]
    allocated_by_person_id: Mapped[str]


class ReceiptRow(Base):
    """Money that came in, once. The database counts what of it is spoken for."""

    __tablename__ = "receipt"

    receipt_id: Mapped[str] = mapped_column(primary_key=True)
    channel_code: Mapped[str]
    channel_number: Mapped[str]
    payer_kind: Mapped[str]
    payer_id: Mapped[str]
    case_id: Mapped[str]
    work_order_id: Mapped[str]
    shop_order_number: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    allocated_minor: Mapped[int] = mapped_column(server_default="0")
    refunded_minor: Mapped[int] = mapped_column(server_default="0")
    refunded_free_minor: Mapped[int] = mapped_column(server_default="0")
    received_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    recorded_by_person_id: Mapped[str]
    note: Mapped[str]
    reversed_at: Mapped[datetime | None]
    reversed_by_person_id: Mapped[str] = mapped_column(server_default="")
    reversal_reason: Mapped[str] = mapped_column(server_default="")

    allocations: Mapped[list[ReceiptAllocationRow]] = relationship(
        order_by=ReceiptAllocationRow.receivable_id, lazy="selectin"
    )


class RefundRow(Base):
    """Money that goes back: asked for, decided by another, paid once."""

    __tablename__ = "refund"

    refund_id: Mapped[str] = mapped_column(primary_key=True)
    receipt_id: Mapped[str]
    receivable_id: Mapped[str | None]
    amount_minor: Mapped[int]
    reason: Mapped[str]
    state: Mapped[str]
    requested_at: Mapped[datetime]
    requested_by_person_id: Mapped[str]
    decided_at: Mapped[datetime | None]
    decided_by_person_id: Mapped[str] = mapped_column(server_default="")
    decision_reason: Mapped[str] = mapped_column(server_default="")
    channel_number: Mapped[str] = mapped_column(server_default="")
    paid_at: Mapped[datetime | None]
