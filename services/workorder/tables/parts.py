"""Part requests with their lines and changes, uses of parts, and old parts that are owed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.workorder.tables.base import Base
from services.workorder.tables.stock import (
    StockItemRow,
    StockMovementRow,
    StockReservationRow,
    StockroomRow,
)
from services.workorder.tables.work_orders import WorkOrderRow


class PartRequestRow(Base):
    """A part request as it stands."""

    __tablename__ = "part_request"

    part_request_id: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str]
    case_id: Mapped[str]
    work_order_id: Mapped[str]
    to_stockroom_id: Mapped[str] = mapped_column(ForeignKey(StockroomRow.stockroom_id))
    from_stockroom_id: Mapped[str | None] = mapped_column(ForeignKey(StockroomRow.stockroom_id))
    reservation_id: Mapped[str | None] = mapped_column(
        ForeignKey(StockReservationRow.reservation_id)
    )
    reserved_until: Mapped[datetime | None]
    purpose: Mapped[str]
    needed_at: Mapped[datetime | None]
    needs_approval: Mapped[bool]
    requested_at: Mapped[datetime]
    requested_by_person_id: Mapped[str]
    decided_by_person_id: Mapped[str | None]
    decision_note: Mapped[str] = mapped_column(default="")
    discrepancy_note: Mapped[str] = mapped_column(default="")
    lines: Mapped[list[PartRequestLineRow]] = relationship(
        lazy="selectin", order_by="PartRequestLineRow.item_code"
    )


class PartRequestLineRow(Base):
    """An item that was asked for, and what became of it."""

    __tablename__ = "part_request_line"

    part_request_id: Mapped[str] = mapped_column(
        ForeignKey(PartRequestRow.part_request_id), primary_key=True
    )
    item_code: Mapped[str] = mapped_column(ForeignKey(StockItemRow.item_code), primary_key=True)
    quantity: Mapped[int] = mapped_column(BigInteger)
    approved_quantity: Mapped[int] = mapped_column(BigInteger)
    dispatched_quantity: Mapped[int] = mapped_column(BigInteger, default=0)
    dispatched_cost_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    dispatched_serials: Mapped[list[str]] = mapped_column(default=list)
    received_quantity: Mapped[int] = mapped_column(BigInteger, default=0)
    used_quantity: Mapped[int] = mapped_column(BigInteger, default=0)
    returned_quantity: Mapped[int] = mapped_column(BigInteger, default=0)
    item: Mapped[StockItemRow] = relationship(lazy="selectin", viewonly=True)


class PartRequestChangeRow(Base):
    """Who changed a part request, when, from what to what, and why. Append-only."""

    __tablename__ = "part_request_change"

    part_request_id: Mapped[str] = mapped_column(
        ForeignKey(PartRequestRow.part_request_id), primary_key=True
    )
    revision: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    changed_at: Mapped[datetime]
    acting_person_id: Mapped[str]
    verb: Mapped[str]
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    reason: Mapped[str]


class PartUseRow(Base):
    """Parts that were used on a work order, at once."""

    __tablename__ = "part_use"

    part_use_id: Mapped[str] = mapped_column(primary_key=True)
    work_order_id: Mapped[str] = mapped_column(ForeignKey(WorkOrderRow.work_order_id))
    technician_id: Mapped[str]
    stockroom_id: Mapped[str] = mapped_column(ForeignKey(StockroomRow.stockroom_id))
    used_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    recorded_by_person_id: Mapped[str]
    reversed_at: Mapped[datetime | None]
    reversed_by_person_id: Mapped[str | None]
    reverse_reason: Mapped[str] = mapped_column(default="")
    lines: Mapped[list[PartUseLineRow]] = relationship(
        lazy="selectin", order_by="PartUseLineRow.line_number"
    )


class PartUseLineRow(Base):
    """So many of an item: the movement that took them out. Append-only."""

    __tablename__ = "part_use_line"

    part_use_id: Mapped[str] = mapped_column(ForeignKey(PartUseRow.part_use_id), primary_key=True)
    line_number: Mapped[int] = mapped_column(primary_key=True)
    movement_id: Mapped[str] = mapped_column(ForeignKey(StockMovementRow.movement_id))
    in_warranty: Mapped[bool]
    movement: Mapped[StockMovementRow] = relationship(lazy="selectin", viewonly=True)
    core_return: Mapped[CoreReturnRow | None] = relationship(lazy="selectin", viewonly=True)


class CoreReturnRow(Base):
    """Old parts that somebody owes us."""

    __tablename__ = "core_return"
    __table_args__ = (
        ForeignKeyConstraint(
            ["part_use_id", "line_number"],
            [PartUseLineRow.part_use_id, PartUseLineRow.line_number],
        ),
    )

    core_return_id: Mapped[str] = mapped_column(primary_key=True)
    part_use_id: Mapped[str]
    line_number: Mapped[int]
    work_order_id: Mapped[str] = mapped_column(ForeignKey(WorkOrderRow.work_order_id))
    item_code: Mapped[str] = mapped_column(ForeignKey(StockItemRow.item_code))
    owed_by_person_id: Mapped[str]
    quantity: Mapped[int] = mapped_column(BigInteger)
    received_quantity: Mapped[int] = mapped_column(BigInteger, default=0)
    serial_numbers: Mapped[list[str]]
    due_at: Mapped[datetime]
    state: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    closed_at: Mapped[datetime | None]
    closed_by_person_id: Mapped[str | None]
