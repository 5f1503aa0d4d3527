"""Dispatch policies, the facts that decisions are made on, and decisions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.workorder.tables.base import Base
from services.workorder.tables.work_orders import WorkOrderRow


class DispatchPolicyRow(Base):
    """One version of the weights. Append-only."""

    __tablename__ = "dispatch_policy"

    policy_version: Mapped[str] = mapped_column(primary_key=True)
    effective_from: Mapped[datetime]
    #: Basis points by the factor's name.
    weights: Mapped[dict[str, int]] = mapped_column(JSONB)
    #: The other numbers by their names.
    parameters: Mapped[dict[str, int]] = mapped_column(JSONB)
    note: Mapped[str]
    put_at: Mapped[datetime]
    put_by_person_id: Mapped[str]


class DispatchFactRow(Base):
    """What was known of one technician or outlet from then on. The database itself appends it."""

    __tablename__ = "dispatch_fact"

    fact_id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    #: ``profile`` and ``workload`` of a technician, ``outlet``.
    subject_kind: Mapped[str]
    subject_id: Mapped[str]
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)


class DispatchDecisionRow(Base):
    """One ranking with everything it was decided on. Append-only."""

    __tablename__ = "dispatch_decision"

    decision_id: Mapped[str] = mapped_column(primary_key=True)
    work_order_id: Mapped[str] = mapped_column(ForeignKey(WorkOrderRow.work_order_id))
    policy_version: Mapped[str] = mapped_column(ForeignKey(DispatchPolicyRow.policy_version))
    decided_at: Mapped[datetime]
    decided_by_person_id: Mapped[str]
    evaluator: Mapped[int]
    need: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    facts_through: Mapped[int] = mapped_column(BigInteger)
    facts_missing: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    mean_earned: Mapped[int] = mapped_column(BigInteger)
    technician_count: Mapped[int]
    planned_technician_id: Mapped[str] = mapped_column(default="")
    excluded: Mapped[dict[str, int]] = mapped_column(JSONB)
    technician_ids: Mapped[list[str]]
    outlet_ids: Mapped[list[str]]
    cooperation_modes: Mapped[list[str]]
    #: What each row of the matrix of values is.
    value_columns: Mapped[list[str]]
    #: Compressed; 64-bit numbers, least byte first, one candidate after the other in each row.
    value_matrix: Mapped[bytes]
