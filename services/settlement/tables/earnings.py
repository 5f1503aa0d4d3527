"""Earnings: the frozen promises, and where they stand."""

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
    share_basis_points: Mapped[int]
    explanation: Mapped[str]


class EarningShareRow(Base):
    """What one party was promised."""

    __tablename__ = "earning_share"

    earning_id: Mapped[str] = mapped_column(ForeignKey("earning.earning_id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    party_kind: Mapped[str]
    party_id: Mapped[str]
    amount_minor: Mapped[int]


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
    """An earning: its frozen promise, and where it stands."""

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

    lines: Mapped[list[EarningLineRow]] = relationship(
        order_by=EarningLineRow.line_number, lazy="selectin"
    )
    shares: Mapped[list[EarningShareRow]] = relationship(
        order_by=EarningShareRow.position, lazy="selectin"
    )
    changes: Mapped[list[EarningChangeRow]] = relationship(
        order_by=EarningChangeRow.revision, lazy="selectin"
    )

    @property
    def earning_state(self) -> EarningState:
        """The state as decisions know it."""
        return EarningState(self.state)
