"""Rules and checklists, what was reported on site, its flags, seals and fee events."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Computed, ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.workorder.tables.base import Base
from services.workorder.tables.work_orders import WorkOrderRow


class OnSiteRuleRow(Base):
    """What holds for work orders made since it was put. Append-only."""

    __tablename__ = "on_site_rule"

    rule_id: Mapped[str] = mapped_column(primary_key=True)
    stage: Mapped[str]
    geofence_radius_m: Mapped[int]
    outside_geofence: Mapped[str]
    worst_accuracy_m: Mapped[int]
    clock_tolerance_seconds: Mapped[int]
    near_duplicate_days: Mapped[int]
    near_duplicate_bits: Mapped[int]
    wasted_trip_minutes: Mapped[int]
    free_waiting_minutes: Mapped[int]
    extra_answer_minutes: Mapped[int]
    checklist_blocks_completion: Mapped[bool]
    put_at: Mapped[datetime]
    put_by_person_id: Mapped[str]


class ChecklistRow(Base):
    """One version of a checklist. Append-only."""

    __tablename__ = "checklist"

    checklist_code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    stage: Mapped[str]
    item_code: Mapped[str]
    items: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    active: Mapped[bool]
    put_at: Mapped[datetime]
    put_by_person_id: Mapped[str]


class OnSiteCommandRow(Base):
    """What a device reported. Kept as it came; only the clock's offset is measured better."""

    __tablename__ = "on_site_command"
    # The hashes are computed by the database, and known with the row.
    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012 - SQLAlchemy reads it from the class

    work_order_id: Mapped[str] = mapped_column(
        ForeignKey(WorkOrderRow.work_order_id), primary_key=True
    )
    command_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    technician_id: Mapped[str]
    reported_by_person_id: Mapped[str]
    device_id: Mapped[str]
    occurred_at: Mapped[datetime | None]
    clock_offset_ms: Mapped[int] = mapped_column(BigInteger)
    received_at: Mapped[datetime]
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
    refused_reason: Mapped[str]
    refused_message: Mapped[str]
    after_seal: Mapped[bool]
    #: Of evidence: of the file's bytes, and of what a picture looks like.
    sha256: Mapped[str | None] = mapped_column(Computed("body ->> 'sha256'", persisted=True))
    perceptual_hash: Mapped[str | None] = mapped_column(
        Computed("body ->> 'perceptual_hash'", persisted=True)
    )


class OnSiteFlagRow(Base):
    """Why the office should look at a command. Append-only."""

    __tablename__ = "on_site_flag"

    flag_id: Mapped[str] = mapped_column(primary_key=True)
    work_order_id: Mapped[str]
    command_id: Mapped[str]
    flag_kind: Mapped[str]
    technician_id: Mapped[str]
    measured: Mapped[int] = mapped_column(BigInteger)
    other_work_order_id: Mapped[str]
    other_command_id: Mapped[str]
    raised_at: Mapped[datetime]


class OnSiteFlagReviewRow(Base):
    """What the office says of a flag. Append-only."""

    __tablename__ = "on_site_flag_review"

    flag_id: Mapped[str] = mapped_column(ForeignKey("on_site_flag.flag_id"), primary_key=True)
    verdict: Mapped[str]
    reason: Mapped[str]
    reviewed_at: Mapped[datetime]
    reviewed_by_person_id: Mapped[str]


class OnSiteSealRow(Base):
    """What the customer accepted, as one digest. Append-only."""

    __tablename__ = "on_site_seal"

    work_order_id: Mapped[str] = mapped_column(
        ForeignKey(WorkOrderRow.work_order_id), primary_key=True
    )
    command_count: Mapped[int]
    extra_count: Mapped[int]
    digest: Mapped[bytes]
    sealed_at: Mapped[datetime]


class FeeEventRow(Base):
    """One decision of what a fee is for; of a key the last version counts. Append-only."""

    __tablename__ = "fee_event"

    fee_event_id: Mapped[str] = mapped_column(primary_key=True)
    work_order_id: Mapped[str] = mapped_column(ForeignKey(WorkOrderRow.work_order_id))
    fee_key: Mapped[str]
    version: Mapped[int]
    kind: Mapped[str]
    charged_party: Mapped[str]
    minutes: Mapped[int]
    technician_id: Mapped[str]
    occurred_at: Mapped[datetime]
    void: Mapped[bool]
    rule_id: Mapped[str] = mapped_column(ForeignKey(OnSiteRuleRow.rule_id))
    decided_at: Mapped[datetime]
