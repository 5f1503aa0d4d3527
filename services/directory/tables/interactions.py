"""The timeline of customers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from kit.db.tables import INSTANT
from services.directory.tables.base import Base


class InteractionRow(Base):
    """Something that happened with a customer; what people wrote of it is sealed."""

    __tablename__ = "interaction"

    interaction_id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str]
    interaction_kind: Mapped[str]
    occurred_at: Mapped[datetime] = mapped_column(INSTANT)
    source: Mapped[str]
    source_id: Mapped[str]
    source_revision: Mapped[int] = mapped_column(BigInteger)
    title: Mapped[str]
    title_en: Mapped[str]
    subject: Mapped[str]
    progress: Mapped[str]
    is_open: Mapped[bool]
    office_only: Mapped[bool]
    rating: Mapped[int | None]
    currency: Mapped[str | None]
    amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    case_id: Mapped[str]
    work_order_id: Mapped[str]
    sealed_details: Mapped[bytes | None]
    recorded_at: Mapped[datetime] = mapped_column(INSTANT)
    recorded_by_person_id: Mapped[str]
