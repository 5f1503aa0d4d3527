"""Payee profiles, tax tables, and what was withheld."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Identity
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.settlement.tables.base import Base


class PayeeProfileRow(Base):
    """One version of a payee's profile, for ever."""

    __tablename__ = "payee_profile"

    party_kind: Mapped[str] = mapped_column(primary_key=True)
    payee_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    valid_from: Mapped[date]
    profile_kind: Mapped[str]
    vat_ratio: Mapped[str]
    identity_reference: Mapped[str]
    reason: Mapped[str]
    put_at: Mapped[datetime]
    put_by_person_id: Mapped[str]


class TaxTableRow(Base):
    """A tax table as it was put."""

    __tablename__ = "tax_table"

    tax_table_id: Mapped[str] = mapped_column(primary_key=True)
    table_number: Mapped[int] = mapped_column(Identity(always=True))
    profile_kind: Mapped[str]
    currency: Mapped[str]
    valid_from: Mapped[date]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    source: Mapped[str]
    put_at: Mapped[datetime]
    put_by_person_id: Mapped[str]


class TaxTableApprovalRow(Base):
    """Who else said that a tax table is right; without that it does not count."""

    __tablename__ = "tax_table_approval"

    tax_table_id: Mapped[str] = mapped_column(primary_key=True)
    approved_at: Mapped[datetime]
    approved_by_person_id: Mapped[str]


class TaxWithholdingRow(Base):
    """What was kept back of one payment, or the opposite when it was taken back."""

    __tablename__ = "tax_withholding"

    withholding_id: Mapped[str] = mapped_column(primary_key=True)
    document_kind: Mapped[str]
    document_id: Mapped[str]
    reverses_withholding_id: Mapped[str | None]
    party_kind: Mapped[str]
    payee_id: Mapped[str]
    profile_payee_id: Mapped[str]
    profile_version: Mapped[int]
    profile_kind: Mapped[str]
    tax_table_id: Mapped[str | None]
    currency: Mapped[str]
    gross_minor: Mapped[int]
    tax_minor: Mapped[int]
    net_minor: Mapped[int]
    paid_on: Mapped[date]
    recorded_at: Mapped[datetime]
    acting_person_id: Mapped[str]
    invoice_reference: Mapped[str]
    reason: Mapped[str]
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
