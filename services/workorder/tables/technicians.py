"""Technicians and their skills."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.workorder.tables.base import Base


class TechnicianRow(Base):
    """A technician as dispatch knows them."""

    __tablename__ = "technician"

    technician_id: Mapped[str] = mapped_column(primary_key=True)
    display_name: Mapped[str]
    outlet_id: Mapped[str]
    cooperation_mode: Mapped[str]
    territory_codes: Mapped[list[str]]
    home_longitude: Mapped[float | None]
    home_latitude: Mapped[float | None]
    daily_capacity: Mapped[int]
    rating_hundredths: Mapped[int]
    active: Mapped[bool]
    working_hours: Mapped[list[dict[str, int]]] = mapped_column(JSONB, default=list)
    tags: Mapped[list[str]] = mapped_column(default=list)
    vehicle_location_id: Mapped[str] = mapped_column(default="")
    most_minutes_per_day: Mapped[int | None]
    put_at: Mapped[datetime]
    put_by_person_id: Mapped[str]
    skills: Mapped[list[TechnicianSkillRow]] = relationship(
        lazy="selectin",
        order_by="TechnicianSkillRow.skill_code",
        cascade="all, delete-orphan",
    )


class TechnicianSkillRow(Base):
    """A skill that a technician holds."""

    __tablename__ = "technician_skill"

    technician_id: Mapped[str] = mapped_column(
        ForeignKey(TechnicianRow.technician_id), primary_key=True
    )
    skill_code: Mapped[str] = mapped_column(primary_key=True)
    level: Mapped[int]
    certificate_expires_at: Mapped[datetime | None]
