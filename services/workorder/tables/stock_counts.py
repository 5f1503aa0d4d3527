"""Counts of what is really there."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.workorder.tables.base import Base
from services.workorder.tables.stock import StockItemRow, StockroomRow


class StockCountRow(Base):
    """A count of a stockroom. Closes once."""

    __tablename__ = "stock_count"

    stock_count_id: Mapped[str] = mapped_column(primary_key=True)
    stockroom_id: Mapped[str] = mapped_column(ForeignKey(StockroomRow.stockroom_id))
    state: Mapped[str]
    note: Mapped[str]
    opened_at: Mapped[datetime]
    opened_by_person_id: Mapped[str]
    needs_four_eyes: Mapped[bool] = mapped_column(default=False)
    closed_at: Mapped[datetime | None]
    closed_by_person_id: Mapped[str | None]
    lines: Mapped[list[StockCountLineRow]] = relationship(
        lazy="selectin", order_by="StockCountLineRow.item_code"
    )


class StockCountLineRow(Base):
    """An item that was counted, and what the ledger said then."""

    __tablename__ = "stock_count_line"

    stock_count_id: Mapped[str] = mapped_column(
        ForeignKey(StockCountRow.stock_count_id), primary_key=True
    )
    item_code: Mapped[str] = mapped_column(ForeignKey(StockItemRow.item_code), primary_key=True)
    book_quantity: Mapped[int] = mapped_column(BigInteger)
    counted_quantity: Mapped[int] = mapped_column(BigInteger)
    unit_cost_minor: Mapped[int] = mapped_column(BigInteger)
    missing_serials: Mapped[list[str]]
    surplus_serials: Mapped[list[str]]
    reason: Mapped[str]
    counted_at: Mapped[datetime]
    counted_by_person_id: Mapped[str]
    item: Mapped[StockItemRow] = relationship(lazy="selectin", viewonly=True)
