"""Days planned ahead."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, FetchedValue
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.workorder.tables.base import Base


class DayPlanRow(Base):
    """A proposal for a day. Discarded once, never changed otherwise."""

    __tablename__ = "day_plan"

    day_plan_id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date]
    region_code: Mapped[str]
    outlet_id: Mapped[str]
    team_id: Mapped[str]
    only_affected: Mapped[bool]
    seed: Mapped[int] = mapped_column(BigInteger)
    steps: Mapped[int]
    visit_count: Mapped[int]
    technician_count: Mapped[int]
    greedy: Mapped[dict[str, Any]] = mapped_column(JSONB)
    proposed: Mapped[dict[str, Any]] = mapped_column(JSONB)
    proposed_at: Mapped[datetime]
    proposed_by_person_id: Mapped[str]
    discarded_at: Mapped[datetime | None]
    discarded_by_person_id: Mapped[str] = mapped_column(server_default="")


class DayPlanLineRow(Base):
    """One work order of a proposal. Accepted once, never changed otherwise."""

    __tablename__ = "day_plan_row"

    day_plan_id: Mapped[str] = mapped_column(primary_key=True)
    work_order_id: Mapped[str] = mapped_column(primary_key=True)
    change: Mapped[str]
    technician_id: Mapped[str]
    begins_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    place_in_route: Mapped[int | None]
    drive_seconds: Mapped[int]
    reason: Mapped[str]
    before_technician_id: Mapped[str]
    before_begins_at: Mapped[datetime | None]
    before_ends_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    accepted_by_person_id: Mapped[str] = mapped_column(server_default="")


class PlannedVisitRow(Base):
    """Who is planned to go to a work order, and when."""

    __tablename__ = "planned_visit"

    work_order_id: Mapped[str] = mapped_column(primary_key=True)
    technician_id: Mapped[str]
    begins_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    day_plan_id: Mapped[str]
    planned_at: Mapped[datetime]
    planned_by_person_id: Mapped[str]
    pinned_at: Mapped[datetime | None]
    pinned_by_person_id: Mapped[str] = mapped_column(server_default="")
    pin_reason: Mapped[str] = mapped_column(server_default="")


class PlannedVisitChangeRow(Base):
    """Who planned, pinned or unpinned a visit. Append-only."""

    __tablename__ = "planned_visit_change"

    work_order_id: Mapped[str] = mapped_column(primary_key=True)
    change_number: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, server_default=FetchedValue()
    )
    change: Mapped[str]
    technician_id: Mapped[str]
    begins_at: Mapped[datetime | None]
    reason: Mapped[str]
    changed_at: Mapped[datetime]
    changed_by_person_id: Mapped[str]
