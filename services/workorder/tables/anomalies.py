"""Rules of anomalies, anomalies and their evidence."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from services.workorder.tables.base import Base


class AnomalyRuleRow(Base):
    """One version of what is looked for. Append-only."""

    __tablename__ = "anomaly_rule"

    kind: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    window_hours: Mapped[int]
    threshold: Mapped[int]
    least: Mapped[int]
    severity: Mapped[str]
    freeze_hours: Mapped[int]
    freezes_at_once: Mapped[bool]
    enabled: Mapped[bool]
    put_at: Mapped[datetime]
    put_by_person_id: Mapped[str]


class AnomalyRow(Base):
    """What a rule found, once. Decided once, never changed otherwise."""

    __tablename__ = "anomaly"

    anomaly_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    rule_version: Mapped[int]
    subject_kind: Mapped[str]
    subject_id: Mapped[str]
    bucket_at: Mapped[datetime]
    severity: Mapped[str]
    state: Mapped[str]
    technician_id: Mapped[str]
    #: The district that may be frozen, and every code that lies above it.
    place_code: Mapped[str]
    place_codes: Mapped[list[str]]
    raised_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by_person_id: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime | None]
    decided_by_person_id: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    frozen_until: Mapped[datetime | None]


class AnomalyEvidenceRow(Base):
    """A fact that bears an anomaly out, as it was measured first. Append-only."""

    __tablename__ = "anomaly_evidence"

    anomaly_id: Mapped[str] = mapped_column(ForeignKey(AnomalyRow.anomaly_id), primary_key=True)
    fact_id: Mapped[str] = mapped_column(primary_key=True)
    happened_at: Mapped[datetime]
    work_order_id: Mapped[str]
    technician_id: Mapped[str]
    place_code: Mapped[str]
    what: Mapped[str]
    fact_value: Mapped[int] = mapped_column(BigInteger)
    measured: Mapped[int] = mapped_column(BigInteger)
    measured_against: Mapped[int] = mapped_column(BigInteger)
    baseline: Mapped[int] = mapped_column(BigInteger)
    other_fact_id: Mapped[str]
