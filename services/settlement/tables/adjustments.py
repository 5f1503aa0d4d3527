"""Adjustments, their rules and facts, and hold-backs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Identity
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.settlement.tables.base import Base


class AdjustmentRuleVersionRow(Base):
    """One version of a rule, decided once."""

    __tablename__ = "adjustment_rule_version"

    rule_code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    rule_kind: Mapped[str]
    label: Mapped[str]
    currency: Mapped[str]
    effective_from: Mapped[date]
    automatic_limit_minor: Mapped[int]
    terms: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str]
    put_at: Mapped[datetime]
    put_by_person_id: Mapped[str]
    decided_at: Mapped[datetime | None]
    decided_by_person_id: Mapped[str] = mapped_column(default="")
    decision_reason: Mapped[str] = mapped_column(default="")


class AdjustmentFactRow(Base):
    """What a rule was asked about."""

    __tablename__ = "adjustment_fact"

    adjustment_fact_number: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    rule_kind: Mapped[str]
    earning_id: Mapped[str]
    work_order_id: Mapped[str]
    noted_at: Mapped[datetime]
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)


class AdjustmentShareRow(Base):
    """What one party gets of an adjustment, or gives."""

    __tablename__ = "adjustment_share"

    adjustment_id: Mapped[str] = mapped_column(
        ForeignKey("adjustment.adjustment_id"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    party_kind: Mapped[str]
    party_id: Mapped[str]
    amount_minor: Mapped[int]
    debt_minor: Mapped[int] = mapped_column(default=0)


class AdjustmentChangeRow(Base):
    """Who moved an adjustment on, when and why."""

    __tablename__ = "adjustment_change"

    adjustment_id: Mapped[str] = mapped_column(
        ForeignKey("adjustment.adjustment_id"), primary_key=True
    )
    revision: Mapped[int] = mapped_column(primary_key=True)
    changed_at: Mapped[datetime]
    previous_state: Mapped[str]
    new_state: Mapped[str]
    reason: Mapped[str]
    acting_person_id: Mapped[str]


class AdjustmentRow(Base):
    """An adjustment: what it says for ever, and where it stands."""

    __tablename__ = "adjustment"

    adjustment_id: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int]
    kind: Mapped[str]
    state: Mapped[str]
    earning_id: Mapped[str | None]
    case_id: Mapped[str]
    work_order_id: Mapped[str]
    outlet_id: Mapped[str]
    month: Mapped[str]
    holdback_id: Mapped[str | None]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    rule_code: Mapped[str | None]
    rule_version: Mapped[int | None]
    cause_reference: Mapped[str]
    refunded_minor: Mapped[int] = mapped_column(default=0)
    evidence: Mapped[list[dict[str, str]]] = mapped_column(JSONB)
    reason: Mapped[str]
    explanation: Mapped[str]
    automatic: Mapped[bool]
    proposed_at: Mapped[datetime]
    proposed_by_person_id: Mapped[str]
    approved_by_person_id: Mapped[str] = mapped_column(default="")
    posted_at: Mapped[datetime | None]
    reversed_by_person_id: Mapped[str] = mapped_column(default="")

    shares: Mapped[list[AdjustmentShareRow]] = relationship(
        order_by=AdjustmentShareRow.position, lazy="selectin"
    )
    changes: Mapped[list[AdjustmentChangeRow]] = relationship(
        order_by=AdjustmentChangeRow.revision, lazy="selectin"
    )


class HoldbackRow(Base):
    """What is kept of an earning until its release date."""

    __tablename__ = "holdback"

    holdback_id: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    earning_id: Mapped[str]
    work_order_id: Mapped[str]
    case_id: Mapped[str]
    outlet_id: Mapped[str]
    party_kind: Mapped[str]
    party_id: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    rule_code: Mapped[str]
    rule_version: Mapped[int]
    held_at: Mapped[datetime]
    release_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str] = mapped_column(default="")
    adjustment_id: Mapped[str] = mapped_column(default="")
