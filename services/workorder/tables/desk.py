"""What work orders are made from, what says how urgent they are, and their way between teams."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.workorder.tables.base import Base
from services.workorder.tables.work_orders import WorkOrderRow


class WorkOrderTemplateRow(Base):
    """One version of a template. Append-only."""

    __tablename__ = "work_order_template"

    template_code: Mapped[str] = mapped_column(primary_key=True)
    template_version: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str]
    label_en: Mapped[str]
    stage: Mapped[str]
    retired: Mapped[bool]
    presets: Mapped[dict[str, Any]] = mapped_column(JSONB)
    put_at: Mapped[datetime]
    put_by_person_id: Mapped[str]


class IntakeRulesRow(Base):
    """All intake rules, in one version of them. Append-only."""

    __tablename__ = "intake_rules"

    rules_version: Mapped[int] = mapped_column(primary_key=True)
    rules: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    reason: Mapped[str]
    put_at: Mapped[datetime]
    put_by_person_id: Mapped[str]


class TeamHandOverRow(Base):
    """A work order that one team asks another to take over. Answered once."""

    __tablename__ = "team_hand_over"

    hand_over_id: Mapped[str] = mapped_column(primary_key=True)
    work_order_id: Mapped[str] = mapped_column(ForeignKey(WorkOrderRow.work_order_id))
    from_team_id: Mapped[str]
    to_team_id: Mapped[str]
    reason: Mapped[str]
    asked_at: Mapped[datetime]
    asked_by_person_id: Mapped[str]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    answered_by_person_id: Mapped[str | None]
    answer_reason: Mapped[str] = mapped_column(default="")


class TechnicianDayRow(Base):
    """What a technician did of one item on a day in Shanghai, and what became of it."""

    __tablename__ = "technician_day"

    technician_id: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    item_code: Mapped[str] = mapped_column(primary_key=True)
    orders_done: Mapped[int] = mapped_column(default=0)
    second_visits: Mapped[int] = mapped_column(default=0)
    reworks: Mapped[int] = mapped_column(default=0)
    ratings_sum: Mapped[int] = mapped_column(default=0)
    ratings_count: Mapped[int] = mapped_column(default=0)
