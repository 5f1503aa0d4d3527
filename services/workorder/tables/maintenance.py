"""Maintenance plans with their lines and changes, and their visits."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Date, ForeignKey, Integer
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.workorder.tables.base import Base


class MaintenancePlanRow(Base):
    """A maintenance plan as it stands."""

    __tablename__ = "maintenance_plan"

    plan_id: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str]
    title: Mapped[str]
    contract_number: Mapped[str]
    customer_id: Mapped[str]
    address_id: Mapped[str]
    asset_id: Mapped[str]
    adcode: Mapped[str]
    adcode_path: Mapped[list[str]]
    zone_codes: Mapped[list[str]]
    flow_code: Mapped[str]
    #: What every visit's case is started with.
    flow_inputs: Mapped[dict[str, Any]] = mapped_column(JSONB)
    #: Which inputs are which facts of the visit.
    visit_inputs: Mapped[dict[str, str]] = mapped_column(JSONB)
    every: Mapped[int]
    unit: Mapped[str]
    first_visit_on: Mapped[date] = mapped_column(Date)
    window_days: Mapped[int]
    season_months: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    ends_on: Mapped[date | None] = mapped_column(Date)
    visit_count: Mapped[int | None]
    lead_days: Mapped[int]
    next_occurrence: Mapped[int | None]
    next_visit_on: Mapped[date | None] = mapped_column(Date)
    claimed_count: Mapped[int]
    created_at: Mapped[datetime]
    created_by_person_id: Mapped[str]
    lines: Mapped[list[MaintenancePlanLineRow]] = relationship(
        lazy="selectin", order_by="MaintenancePlanLineRow.line_number"
    )

    def place_codes(self) -> frozenset[str]:
        """Every code of the place: district, what lies above it, zones."""
        return frozenset((self.adcode, *self.adcode_path, *self.zone_codes))


class MaintenancePlanLineRow(Base):
    """One thing to do at every visit. Append-only."""

    __tablename__ = "maintenance_plan_line"

    plan_id: Mapped[str] = mapped_column(ForeignKey(MaintenancePlanRow.plan_id), primary_key=True)
    line_number: Mapped[int] = mapped_column(primary_key=True)
    item_code: Mapped[str]
    name: Mapped[str]
    quantity: Mapped[int] = mapped_column(BigInteger)


class MaintenancePlanChangeRow(Base):
    """Who changed a plan, when, and why. Append-only."""

    __tablename__ = "maintenance_plan_change"

    plan_id: Mapped[str] = mapped_column(ForeignKey(MaintenancePlanRow.plan_id), primary_key=True)
    revision: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    verb: Mapped[str]
    changed_at: Mapped[datetime]
    acting_person_id: Mapped[str]
    reason: Mapped[str]


class MaintenanceVisitRow(Base):
    """A visit that fell due, and what became of it."""

    __tablename__ = "maintenance_visit"

    visit_id: Mapped[str] = mapped_column(primary_key=True)
    plan_id: Mapped[str] = mapped_column(ForeignKey(MaintenancePlanRow.plan_id))
    occurrence: Mapped[int]
    visit_number: Mapped[int]
    due_on: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    state: Mapped[str]
    claimed_at: Mapped[datetime]
    case_id: Mapped[str | None]
    started_at: Mapped[datetime | None]
    fault: Mapped[str] = mapped_column(default="")
    fault_at: Mapped[datetime | None]
    fault_count: Mapped[int] = mapped_column(default=0)
    skipped_at: Mapped[datetime | None]
    skipped_by_person_id: Mapped[str | None]
    skip_reason: Mapped[str] = mapped_column(default="")
