"""Bills of channels beside the books."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.settlement.tables.base import Base


class BillFormatRow(Base):
    """One version of how a channel's bill is read. Append-only."""

    __tablename__ = "bill_format"

    bill_format_code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    channel_code: Mapped[str]
    how: Mapped[dict[str, Any]] = mapped_column(JSONB)
    put_at: Mapped[datetime]
    put_by_person_id: Mapped[str]


class ChannelBillRow(Base):
    """A bill as it was imported, and who closed it."""

    __tablename__ = "channel_bill"

    channel_bill_id: Mapped[str] = mapped_column(primary_key=True)
    channel_code: Mapped[str]
    bill_format_code: Mapped[str]
    bill_format_version: Mapped[int]
    period_from: Mapped[datetime]
    period_until: Mapped[datetime]
    file_sha256: Mapped[str]
    tolerance_minor: Mapped[int]
    tolerance_seconds: Mapped[int]
    edge_seconds: Mapped[int]
    imported_at: Mapped[datetime]
    imported_by_person_id: Mapped[str]
    closed_at: Mapped[datetime | None]
    closed_by_person_id: Mapped[str] = mapped_column(server_default="")


class ChannelBillLineRow(Base):
    """One line of a bill. Append-only."""

    __tablename__ = "channel_bill_line"

    channel_bill_id: Mapped[str] = mapped_column(primary_key=True)
    row_number: Mapped[int] = mapped_column(Integer, primary_key=True)
    channel_number: Mapped[str]
    own_number: Mapped[str]
    order_number: Mapped[str]
    occurred_at: Mapped[datetime]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    fee_minor: Mapped[int]


class BillMatchRow(Base):
    """Lines and entries that are the same."""

    __tablename__ = "bill_match"

    channel_bill_id: Mapped[str] = mapped_column(primary_key=True)
    match_number: Mapped[int] = mapped_column(Integer, primary_key=True)
    matched_by: Mapped[str]
    difference_minor: Mapped[int]
    confirmed_at: Mapped[datetime | None]
    confirmed_by_person_id: Mapped[str] = mapped_column(server_default="")


class BillMatchLineRow(Base):
    """A line of a match; each line is in one."""

    __tablename__ = "bill_match_line"

    channel_bill_id: Mapped[str] = mapped_column(primary_key=True)
    row_number: Mapped[int] = mapped_column(Integer, primary_key=True)
    match_number: Mapped[int] = mapped_column(Integer)


class BillMatchEntryRow(Base):
    """What we booked, of a match; each is in one, over all bills."""

    __tablename__ = "bill_match_entry"

    document_kind: Mapped[str] = mapped_column(primary_key=True)
    document_id: Mapped[str] = mapped_column(primary_key=True)
    channel_bill_id: Mapped[str]
    match_number: Mapped[int] = mapped_column(Integer)


class DiscrepancyRow(Base):
    """What does not agree, why, and what became of it."""

    __tablename__ = "discrepancy"

    discrepancy_id: Mapped[str] = mapped_column(primary_key=True)
    channel_bill_id: Mapped[str]
    kind: Mapped[str]
    currency: Mapped[str]
    difference_minor: Mapped[int]
    row_numbers: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    document_ids: Mapped[list[str]] = mapped_column(ARRAY(Text))
    english: Mapped[str]
    chinese: Mapped[str]
    proposed_correction: Mapped[str]
    state: Mapped[str]
    correction: Mapped[str] = mapped_column(server_default="")
    payer_kind: Mapped[str] = mapped_column(server_default="")
    payer_id: Mapped[str] = mapped_column(server_default="")
    reason: Mapped[str] = mapped_column(server_default="")
    chosen_at: Mapped[datetime | None]
    chosen_by_person_id: Mapped[str] = mapped_column(server_default="")
    resolved_at: Mapped[datetime | None]
    resolved_by_person_id: Mapped[str] = mapped_column(server_default="")
