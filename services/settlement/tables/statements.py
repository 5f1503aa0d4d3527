"""Statements, what became of them, and the cycles they follow. All of it is append-only."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Integer
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.settlement.tables.base import Base


class SettlementCycleRow(Base):
    """One version of an outlet's, a region's or everybody's cycle."""

    __tablename__ = "settlement_cycle"

    region_adcode: Mapped[str] = mapped_column(primary_key=True)
    outlet_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    cycle_kind: Mapped[str]
    delay_days: Mapped[int] = mapped_column(Integer)
    from_day: Mapped[date]
    put_at: Mapped[datetime]
    put_by_person_id: Mapped[str]


class StatementLineRow(Base):
    """What one kind of transfers comes to."""

    __tablename__ = "settlement_statement_line"

    statement_id: Mapped[str] = mapped_column(
        ForeignKey("settlement_statement.statement_id"), primary_key=True
    )
    line_kind: Mapped[str] = mapped_column(primary_key=True)
    item_count: Mapped[int]
    credit_minor: Mapped[int]
    debit_minor: Mapped[int]
    digest: Mapped[bytes]


class StatementStepRow(Base):
    """What somebody made of a statement."""

    __tablename__ = "settlement_statement_step"

    statement_id: Mapped[str] = mapped_column(
        ForeignKey("settlement_statement.statement_id"), primary_key=True
    )
    step_number: Mapped[int] = mapped_column(Integer, primary_key=True)
    previous_state: Mapped[str]
    new_state: Mapped[str]
    stepped_at: Mapped[datetime]
    acting_person_id: Mapped[str]
    comment: Mapped[str]


class DisputeOutcomeRow(Base):
    """How a dispute was decided."""

    __tablename__ = "settlement_dispute_outcome"

    dispute_id: Mapped[str] = mapped_column(
        ForeignKey("settlement_dispute.dispute_id"), primary_key=True
    )
    raised_by_person_id: Mapped[str]
    decision: Mapped[str]
    explanation: Mapped[str]
    adjustment_id: Mapped[str | None]
    decided_at: Mapped[datetime]
    decided_by_person_id: Mapped[str]


class DisputeRow(Base):
    """An item that its party does not accept."""

    __tablename__ = "settlement_dispute"

    dispute_id: Mapped[str] = mapped_column(primary_key=True)
    statement_id: Mapped[str] = mapped_column(ForeignKey("settlement_statement.statement_id"))
    transfer_number: Mapped[int]
    reason: Mapped[str]
    evidence: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    evidence_sha256: Mapped[bytes]
    due_at: Mapped[datetime]
    raised_at: Mapped[datetime]
    raised_by_person_id: Mapped[str]

    outcome: Mapped[DisputeOutcomeRow | None] = relationship(lazy="selectin")


class StatementRow(Base):
    """An account's period, frozen."""

    __tablename__ = "settlement_statement"

    statement_id: Mapped[str] = mapped_column(primary_key=True)
    account_number: Mapped[int]
    party_kind: Mapped[str]
    party_id: Mapped[str]
    currency: Mapped[str]
    outlet_id: Mapped[str]
    region_adcode: Mapped[str]
    period_start: Mapped[datetime]
    period_end: Mapped[datetime]
    watermark_transfer_number: Mapped[int]
    previous_statement_id: Mapped[str | None]
    opening_minor: Mapped[int]
    credit_minor: Mapped[int]
    debit_minor: Mapped[int]
    closing_minor: Mapped[int]
    item_count: Mapped[int]
    digest: Mapped[bytes]
    closed_at: Mapped[datetime]
    closed_by_person_id: Mapped[str]

    lines: Mapped[list[StatementLineRow]] = relationship(
        order_by=StatementLineRow.line_kind, lazy="selectin"
    )
    steps: Mapped[list[StatementStepRow]] = relationship(
        order_by=StatementStepRow.step_number, lazy="selectin"
    )
    disputes: Mapped[list[DisputeRow]] = relationship(
        order_by=DisputeRow.dispute_id, lazy="selectin"
    )

    @property
    def state(self) -> str:
        """Where it stands: frozen until somebody does something with it."""
        return self.steps[-1].new_state if self.steps else "frozen"
