"""Claims on brands."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Integer
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.settlement.tables.base import Base
from services.settlement.tables.receipts import ReceivableRow


class BrandClaimLineRow(Base):
    """One receivable of a claim. Answered once."""

    __tablename__ = "brand_claim_line"

    brand_claim_id: Mapped[str] = mapped_column(
        ForeignKey("brand_claim.brand_claim_id"), primary_key=True
    )
    receivable_id: Mapped[str] = mapped_column(
        ForeignKey("receivable.receivable_id"), primary_key=True
    )
    amount_minor: Mapped[int]
    standing: Mapped[bool] = mapped_column(default=True)
    answer: Mapped[str] = mapped_column(default="")
    answer_reason: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[datetime | None]
    answered_by_person_id: Mapped[str] = mapped_column(default="")

    receivable: Mapped[ReceivableRow] = relationship(lazy="selectin", viewonly=True)


class BrandClaimRow(Base):
    """What a brand owes, as it was told of it."""

    __tablename__ = "brand_claim"

    brand_claim_id: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int]
    state: Mapped[str]
    brand_id: Mapped[str]
    currency: Mapped[str]
    first_day: Mapped[date]
    last_day: Mapped[date]
    amount_minor: Mapped[int]
    line_count: Mapped[int] = mapped_column(Integer)
    digest: Mapped[str] = mapped_column(default="")
    drawn_at: Mapped[datetime]
    drawn_by_person_id: Mapped[str]
    sent_at: Mapped[datetime | None]
    sent_by_person_id: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    lines: Mapped[list[BrandClaimLineRow]] = relationship(
        order_by=BrandClaimLineRow.receivable_id, lazy="selectin"
    )
