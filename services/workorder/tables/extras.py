"""Extras and their lines."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.workorder.tables.base import Base
from services.workorder.tables.work_orders import WorkOrderRow


class ExtraRow(Base):
    """What was proposed at the door. Ends once."""

    __tablename__ = "extra"

    extra_id: Mapped[str] = mapped_column(primary_key=True)
    work_order_id: Mapped[str] = mapped_column(ForeignKey(WorkOrderRow.work_order_id))
    technician_id: Mapped[str]
    quote_id: Mapped[str]
    currency: Mapped[str]
    total_minor: Mapped[int] = mapped_column(BigInteger)
    note: Mapped[str]
    state: Mapped[str]
    proposed_at: Mapped[datetime]
    proposed_by_person_id: Mapped[str]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by_person_id: Mapped[str | None]
    comment: Mapped[str] = mapped_column(default="")
    lines: Mapped[list[ExtraLineRow]] = relationship(
        lazy="selectin", order_by="ExtraLineRow.line_number"
    )


class ExtraLineRow(Base):
    """One thing more, with what the customer pays for it. Append-only."""

    __tablename__ = "extra_line"

    extra_id: Mapped[str] = mapped_column(ForeignKey(ExtraRow.extra_id), primary_key=True)
    line_number: Mapped[int] = mapped_column(primary_key=True)
    item_code: Mapped[str]
    item_name: Mapped[str]
    catalogue: Mapped[str]
    quantity: Mapped[int] = mapped_column(BigInteger)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    serial_numbers: Mapped[list[str]]
    photo_file_ids: Mapped[list[str]]
