"""What is where, what moved, what is to be ordered, and the proof that ledger and levels agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import Row, ScalarSelect, Select, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.workorder.domain.stock.part_request import State
from services.workorder.domain.stock.stockroom import ISSUING, StockScope
from services.workorder.store.stock.stockrooms import matching, within
from services.workorder.tables.parts import PartRequestLineRow, PartRequestRow
from services.workorder.tables.stock import (
    ReorderPointRow,
    StockFindingRow,
    StockItemRow,
    StockLevelRow,
    StockMovementRow,
    StockReservationLineRow,
    StockReservationRow,
    StockroomRow,
    StockUnitRow,
)

T = TypeVar("T", bound=tuple[Any, ...])

_MOST_FINDINGS: Final = 100
_ON_THE_WAY: Final = (State.REQUESTED, State.APPROVED, State.ALLOCATED, State.DISPATCHED)


@dataclass(frozen=True, slots=True)
class WantedLevels:
    """Which levels a list shows; empty fields limit nothing."""

    scope: StockScope
    now: datetime
    stockroom_id: str = ""
    item_code: str = ""
    outlet_id: str = ""
    search: str = ""
    least_free: int = 0
    all_kinds: bool = False


@dataclass(frozen=True, slots=True)
class WantedMovements:
    """Which lines of the ledger a list shows; empty fields limit nothing."""

    scope: StockScope
    stockroom_id: str = ""
    item_code: str = ""
    work_order_id: str = ""
    document_id: str = ""
    kind: str = ""
    moved_from: datetime | None = None
    moved_before: datetime | None = None


async def levels(
    session: AsyncSession, wanted: WantedLevels, after: tuple[str, ...], size: int
) -> Sequence[Row[tuple[StockLevelRow, StockroomRow, StockItemRow, int, int]]]:
    """Levels with something in them, by stockroom and item; with each, what expired reservations
    still hold of it, and what is on the way to it."""
    expired = _expired_at(wanted.now)
    query = (
        select(StockLevelRow, StockroomRow, StockItemRow, expired, _in_transit())
        .join(StockroomRow, StockroomRow.stockroom_id == StockLevelRow.stockroom_id)
        .join(StockItemRow, StockItemRow.item_code == StockLevelRow.item_code)
        .where(within(wanted.scope), matching(wanted.search), StockLevelRow.on_hand > 0)
        .where(
            tuple_(StockLevelRow.stockroom_id, StockLevelRow.item_code)
            > tuple_(*map(literal, after))
        )
        .order_by(StockLevelRow.stockroom_id, StockLevelRow.item_code)
        .limit(size)
    )
    if not wanted.all_kinds:
        query = query.where(StockroomRow.stockroom_kind.in_(ISSUING))
    if wanted.stockroom_id:
        query = query.where(StockLevelRow.stockroom_id == wanted.stockroom_id)
    if wanted.item_code:
        query = query.where(StockLevelRow.item_code == wanted.item_code)
    if wanted.outlet_id:
        query = query.where(StockroomRow.outlet_id == wanted.outlet_id)
    if wanted.least_free:
        free = StockLevelRow.on_hand - StockLevelRow.reserved + expired
        query = query.where(free >= wanted.least_free)
    return (await session.execute(query)).all()


def _expired_at(now: datetime) -> ScalarSelect[int]:
    """What reservations that are over by then still hold of a level."""
    line = StockReservationLineRow
    return (
        select(func.coalesce(func.sum(line.open_quantity), 0))
        .join(StockReservationRow, StockReservationRow.reservation_id == line.reservation_id)
        .where(
            line.stockroom_id == StockLevelRow.stockroom_id,
            line.item_code == StockLevelRow.item_code,
            line.open_quantity > 0,
            StockReservationRow.expires_at <= now,
        )
        .scalar_subquery()
    )


def _in_transit() -> ScalarSelect[int]:
    """What is on the way to a stockroom."""
    transit, under_way = aliased(StockroomRow), aliased(StockLevelRow)
    return (
        select(func.coalesce(func.sum(under_way.on_hand), 0))
        .join(transit, transit.stockroom_id == under_way.stockroom_id)
        .where(
            transit.destination_id == StockLevelRow.stockroom_id,
            under_way.item_code == StockLevelRow.item_code,
        )
        .scalar_subquery()
    )


async def units(
    session: AsyncSession,
    scope: StockScope,
    after: tuple[str, ...],
    size: int,
    *,
    item_code: str = "",
    stockroom_id: str = "",
    serial_number: str = "",
) -> Sequence[StockUnitRow]:
    """Units by item and serial number; those outside our stock for whoever is limited to nothing."""
    query = (
        select(StockUnitRow)
        .outerjoin(StockroomRow, StockroomRow.stockroom_id == StockUnitRow.stockroom_id)
        .where(within(scope))
        .where(
            tuple_(StockUnitRow.item_code, StockUnitRow.serial_number)
            > tuple_(*map(literal, after))
        )
        .order_by(StockUnitRow.item_code, StockUnitRow.serial_number)
        .limit(size)
    )
    if item_code:
        query = query.where(StockUnitRow.item_code == item_code)
    if stockroom_id:
        query = query.where(StockUnitRow.stockroom_id == stockroom_id)
    if serial_number:
        query = query.where(StockUnitRow.serial_number == serial_number)
    return (await session.scalars(query)).all()


async def movements(
    session: AsyncSession, wanted: WantedMovements, before: str, size: int
) -> Sequence[StockMovementRow]:
    """Lines of the ledger, the newest first, from the one before ``before`` on.

    Those of a stockroom are found from either end of the movement by its own index.
    """
    query = _limited(select(StockMovementRow), wanted, before)
    newest = StockMovementRow.movement_id.desc()
    if wanted.stockroom_id:
        ends = (StockMovementRow.from_stockroom_id, StockMovementRow.to_stockroom_id)
        from_it, to_it = (
            _limited(select(StockMovementRow.movement_id), wanted, before)
            .where(end == wanted.stockroom_id)
            .order_by(newest)
            .limit(size)
            .subquery()
            for end in ends
        )
        found = select(from_it.c.movement_id).union_all(select(to_it.c.movement_id))
        query = query.where(StockMovementRow.movement_id.in_(found))
    return (await session.scalars(query.order_by(newest).limit(size))).all()


def _limited(query: Select[T], wanted: WantedMovements, before: str) -> Select[T]:
    """A query of movements that match, and that their reader may know of."""
    row = StockMovementRow
    if before:
        query = query.where(row.movement_id < before)
    matches = (
        (row.item_code, wanted.item_code),
        (row.work_order_id, wanted.work_order_id),
        (row.document_id, wanted.document_id),
        (row.movement_kind, wanted.kind),
    )
    for column, value in matches:
        if value:
            query = query.where(column == value)
    if wanted.moved_from:
        query = query.where(row.moved_at >= wanted.moved_from)
    if wanted.moved_before:
        query = query.where(row.moved_at < wanted.moved_before)
    if wanted.scope != StockScope():
        rooms = select(StockroomRow.stockroom_id).where(within(wanted.scope))
        query = query.where(or_(row.from_stockroom_id.in_(rooms), row.to_stockroom_id.in_(rooms)))
    return query


@dataclass(frozen=True, slots=True)
class Proof:
    """How much was compared, and what does not agree."""

    movement_count: int
    level_count: int
    findings: Sequence[StockFindingRow]


async def verify(session: AsyncSession) -> Proof:
    """Add the whole ledger up again, and compare."""
    moved = await session.scalar(select(func.count()).select_from(StockMovementRow))
    levelled = await session.scalar(select(func.count()).select_from(StockLevelRow))
    findings = await session.scalars(
        select(StockFindingRow)
        .order_by(StockFindingRow.stockroom_id, StockFindingRow.item_code)
        .limit(_MOST_FINDINGS)
    )
    return Proof(moved or 0, levelled or 0, findings.all())


async def reorder_points(
    session: AsyncSession,
    scope: StockScope,
    now: datetime,
    after: tuple[str, ...],
    size: int,
    *,
    stockroom_id: str = "",
    everything: bool = False,
) -> Sequence[Row[tuple[ReorderPointRow, StockroomRow, StockItemRow, int, int]]]:
    """Reorder points that are reached, by stockroom and item; with each, what is free, and what is
    on the way to fill it up."""
    level = StockLevelRow
    free = func.coalesce(level.on_hand - level.reserved + _expired_at(now), 0)
    on_the_way = _on_the_way()
    query = (
        select(ReorderPointRow, StockroomRow, StockItemRow, free, on_the_way)
        .join(StockroomRow, StockroomRow.stockroom_id == ReorderPointRow.stockroom_id)
        .join(StockItemRow, StockItemRow.item_code == ReorderPointRow.item_code)
        .outerjoin(
            level,
            (level.stockroom_id == ReorderPointRow.stockroom_id)
            & (level.item_code == ReorderPointRow.item_code),
        )
        .where(within(scope), StockroomRow.active)
        .where(
            tuple_(ReorderPointRow.stockroom_id, ReorderPointRow.item_code)
            > tuple_(*map(literal, after))
        )
        .order_by(ReorderPointRow.stockroom_id, ReorderPointRow.item_code)
        .limit(size)
    )
    if stockroom_id:
        query = query.where(ReorderPointRow.stockroom_id == stockroom_id)
    if not everything:
        query = query.where(free + on_the_way <= ReorderPointRow.reorder_at)
    return (await session.execute(query)).all()


def _on_the_way() -> ScalarSelect[int]:
    """What a stockroom has asked for to fill itself up, and has not arrived yet."""
    line = PartRequestLineRow
    return (
        select(func.coalesce(func.sum(line.approved_quantity), 0))
        .join(PartRequestRow, PartRequestRow.part_request_id == line.part_request_id)
        .where(
            PartRequestRow.to_stockroom_id == ReorderPointRow.stockroom_id,
            line.item_code == ReorderPointRow.item_code,
            PartRequestRow.work_order_id == "",
            PartRequestRow.state.in_(_ON_THE_WAY),
        )
        .scalar_subquery()
    )
