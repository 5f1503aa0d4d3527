"""Versions of calendars."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, Integer
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kit.db.tables import INSTANT
from services.directory.tables.base import Base


class CalendarDefinitionRow(Base):
    """One version of what the company wrote down about a calendar."""

    __tablename__ = "calendar_definition"

    definition_number: Mapped[int] = mapped_column(
        BigInteger, Identity(always=True), primary_key=True
    )
    calendar_code: Mapped[str]
    version: Mapped[int]
    time_zone: Mapped[str]
    weekly: Mapped[list[Any]] = mapped_column(JSONB)
    chinese_holidays: Mapped[bool]
    overrides: Mapped[list[Any]] = mapped_column(JSONB)
    announced_years: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    defined_at: Mapped[datetime] = mapped_column(INSTANT)
    defined_by_person_id: Mapped[str]
