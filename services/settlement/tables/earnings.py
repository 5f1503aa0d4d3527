"""Earnings: the promises, what happened to them, and where they stand."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.settlement.domain.earnings.state import EarningState
from services.settlement.tables.base import Base


class EarningLineRow(Base):
    """One line of a promise: the technician's part, and the whole it is part of."""

    __tablename__ = "earning_line"

    earning_id: Mapped[str] = mapped_column(ForeignKey("earning.earning_id"), primary_key=True)
    line_number: Mapped[int] = mapped_column(primary_key=True)
    line_kind: Mapped[str]
    label: Mapped[str]
    settlement_amount_minor: Mapped[int]
    amount_minor: Mapped[int]
    rule_id: Mapped[str]
    explanation: Mapped[str]
    revision_number: Mapped[int] = mapped_column(default=0)


class EarningShareRow(Base):
    """What one party was promised."""

    __tablename__ = "earning_share"

    earning_id: Mapped[str] = mapped_column(ForeignKey("earning.earning_id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    party_kind: Mapped[str]
    party_id: Mapped[str]
    amount_minor: Mapped[int]
    commission_minor: Mapped[int]
    exact_parts: Mapped[int]
    leg: Mapped[str]


class EarningRevisionRow(Base):
    """A listed change: why, by which evidence, from what to what."""

    __tablename__ = "earning_revision"

    earning_id: Mapped[str] = mapped_column(ForeignKey("earning.earning_id"), primary_key=True)
    revision_number: Mapped[int] = mapped_column(primary_key=True)
    change_kind: Mapped[str]
    evidence_reference: Mapped[str]
    reason: Mapped[str]
    previous_total_minor: Mapped[int]
    new_total_minor: Mapped[int]
    previous_settlement_total_minor: Mapped[int]
    new_settlement_total_minor: Mapped[int]
    changed_at: Mapped[datetime]
    acting_person_id: Mapped[str]


class EarningShareRevisionRow(Base):
    """What a listed change makes of one party's share."""

    __tablename__ = "earning_share_revision"

    earning_id: Mapped[str] = mapped_column(primary_key=True)
    revision_number: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    previous_minor: Mapped[int]
    amount_minor: Mapped[int]
    commission_minor: Mapped[int]
    exact_parts: Mapped[int]
    leg: Mapped[str]


class EarningChangeRow(Base):
    """Who moved an earning on, when and why."""

    __tablename__ = "earning_change"

    earning_id: Mapped[str] = mapped_column(ForeignKey("earning.earning_id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    changed_at: Mapped[datetime]
    previous_state: Mapped[str]
    new_state: Mapped[str]
    reason: Mapped[str]
    acting_person_id: Mapped[str]


class EarningRow(Base):
    """An earning: what it comes to, and where it stands."""

    __tablename__ = "earning"

    earning_id: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int]
    state: Mapped[str]
    payout_reference: Mapped[str]
    case_id: Mapped[str]
    work_order_id: Mapped[str]
    technician_id: Mapped[str]
    outlet_id: Mapped[str]
    cooperation_mode: Mapped[str]
    quote_id: Mapped[str]
    currency: Mapped[str]
    settlement_total_minor: Mapped[int]
    total_minor: Mapped[int]
    split_rule_code: Mapped[str]
    split_rule_version: Mapped[int]
    promised_at: Mapped[datetime]
    region_adcode: Mapped[str] = mapped_column(default="")
    review_required: Mapped[bool] = mapped_column(default=False)
    reviewed_at: Mapped[datetime | None]
    reviewed_by_person_id: Mapped[str] = mapped_column(default="")

    lines: Mapped[list[EarningLineRow]] = relationship(
        order_by=EarningLineRow.line_number, lazy="selectin"
    )
    shares: Mapped[list[EarningShareRow]] = relationship(
        order_by=EarningShareRow.position, lazy="selectin"
    )
    revisions: Mapped[list[EarningRevisionRow]] = relationship(
        order_by=EarningRevisionRow.revision_number, lazy="selectin"
    )
    changes: Mapped[list[EarningChangeRow]] = relationship(
        order_by=EarningChangeRow.revision, lazy="selectin"
    )

    @property
    def earning_state(self) -> EarningState:
        """The state as decisions know it."""
        return EarningState(self.state)
