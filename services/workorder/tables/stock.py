"""Stockrooms, items, levels, the ledger of movements, reservations and reorder points."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.workorder.tables.base import Base


class StockroomRow(Base):
    """A stockroom; its kind and currency never change."""

    __tablename__ = "stockroom"

    stockroom_id: Mapped[str] = mapped_column(primary_key=True)
    stockroom_kind: Mapped[str]
    name: Mapped[str]
    outlet_id: Mapped[str]
    technician_id: Mapped[str]
    destination_id: Mapped[str | None] = mapped_column(
        ForeignKey("workorder.stockroom.stockroom_id")
    )
    place_codes: Mapped[list[str]]
    currency: Mapped[str]
    four_eyes_above_minor: Mapped[int] = mapped_column(BigInteger)
    active: Mapped[bool]
    put_at: Mapped[datetime]
    put_by_person_id: Mapped[str]


class StockItemRow(Base):
    """What the stock knows of an item."""

    __tablename__ = "stock_item"

    item_code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    serial_tracked: Mapped[bool]
    needs_approval: Mapped[bool]
    core_return_days: Mapped[int]
    put_at: Mapped[datetime]
    put_by_person_id: Mapped[str]


class StockLevelRow(Base):
    """The sum of an item's movements at a stockroom, kept by triggers; never written from here."""

    __tablename__ = "stock_level"

    stockroom_id: Mapped[str] = mapped_column(
        ForeignKey(StockroomRow.stockroom_id), primary_key=True
    )
    item_code: Mapped[str] = mapped_column(ForeignKey(StockItemRow.item_code), primary_key=True)
    on_hand: Mapped[int] = mapped_column(BigInteger)
    reserved: Mapped[int] = mapped_column(BigInteger)
    value_minor: Mapped[int] = mapped_column(BigInteger)


class StockUnitRow(Base):
    """Where a serial-numbered unit is, kept by triggers; nowhere once it has left our stock."""

    __tablename__ = "stock_unit"

    item_code: Mapped[str] = mapped_column(ForeignKey(StockItemRow.item_code), primary_key=True)
    serial_number: Mapped[str] = mapped_column(primary_key=True)
    stockroom_id: Mapped[str | None] = mapped_column(ForeignKey(StockroomRow.stockroom_id))


class StockMovementRow(Base):
    """One line of the ledger. Append-only."""

    __tablename__ = "stock_movement"

    movement_id: Mapped[str] = mapped_column(primary_key=True)
    movement_kind: Mapped[str]
    item_code: Mapped[str] = mapped_column(ForeignKey(StockItemRow.item_code))
    quantity: Mapped[int] = mapped_column(BigInteger)
    from_stockroom_id: Mapped[str | None] = mapped_column(ForeignKey(StockroomRow.stockroom_id))
    to_stockroom_id: Mapped[str | None] = mapped_column(ForeignKey(StockroomRow.stockroom_id))
    cost_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    serial_numbers: Mapped[list[str]]
    document_id: Mapped[str]
    work_order_id: Mapped[str]
    reason: Mapped[str]
    moved_at: Mapped[datetime]
    moved_by_person_id: Mapped[str]


class StockReservationRow(Base):
    """Parts that are held. Gets its outcome once."""

    __tablename__ = "stock_reservation"

    reservation_id: Mapped[str] = mapped_column(primary_key=True)
    stockroom_id: Mapped[str] = mapped_column(ForeignKey(StockroomRow.stockroom_id))
    case_id: Mapped[str]
    work_order_id: Mapped[str]
    part_request_id: Mapped[str]
    reserved_at: Mapped[datetime]
    reserved_by_person_id: Mapped[str]
    expires_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    outcome_at: Mapped[datetime | None]
    lines: Mapped[list[StockReservationLineRow]] = relationship(
        lazy="selectin", order_by="StockReservationLineRow.item_code"
    )


class StockReservationLineRow(Base):
    """So many of an item, and how many of them are still held."""

    __tablename__ = "stock_reservation_line"

    reservation_id: Mapped[str] = mapped_column(
        ForeignKey(StockReservationRow.reservation_id), primary_key=True
    )
    stockroom_id: Mapped[str]
    item_code: Mapped[str] = mapped_column(primary_key=True)
    quantity: Mapped[int] = mapped_column(BigInteger)
    open_quantity: Mapped[int] = mapped_column(BigInteger)


class ReorderPointRow(Base):
    """When a stockroom orders an item, and up to how much."""

    __tablename__ = "reorder_point"

    stockroom_id: Mapped[str] = mapped_column(
        ForeignKey(StockroomRow.stockroom_id), primary_key=True
    )
    item_code: Mapped[str] = mapped_column(ForeignKey(StockItemRow.item_code), primary_key=True)
    reorder_at: Mapped[int] = mapped_column(BigInteger)
    order_up_to: Mapped[int] = mapped_column(BigInteger)
    put_at: Mapped[datetime]
    put_by_person_id: Mapped[str]


class StockFindingRow(Base):
    """A level that is not what its ledger says; a view, with no rows while the stock is sound."""

    __tablename__ = "stock_finding"

    stockroom_id: Mapped[str] = mapped_column(primary_key=True)
    item_code: Mapped[str] = mapped_column(primary_key=True)
    on_hand: Mapped[int]
    moved_quantity: Mapped[int]
    value_minor: Mapped[int]
    moved_cost_minor: Mapped[int]
    reserved: Mapped[int]
    reservation_quantity: Mapped[int]
    unit_count: Mapped[int]
