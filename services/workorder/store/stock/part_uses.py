"""Uses of parts on work orders, what they have cost, and the old parts that are owed for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.workorder.domain.stock import core_return, part_use
from services.workorder.domain.stock.core_return import CoreReturn, State
from services.workorder.tables.parts import CoreReturnRow, PartUseLineRow, PartUseRow
from services.workorder.tables.stock import StockMovementRow


@dataclass(frozen=True, slots=True)
class WantedCores:
    """Which old parts a list shows; empty fields limit nothing."""

    state: str = ""
    owed_by_person_id: str = ""
    work_order_id: str = ""
    due_before: datetime | None = None


async def add(session: AsyncSession, use: PartUseRow, cores: Sequence[CoreReturnRow]) -> None:
    """Store a use with its lines and the old parts that are owed for them."""
    session.add(use)
    await session.flush()
    session.add_all(cores)
    await session.flush()


async def read(session: AsyncSession, part_use_id: str) -> PartUseRow:
    """The use with all that belongs to it, as it stands (``PART_USE_UNKNOWN``)."""
    row = await session.get(PartUseRow, part_use_id, populate_existing=True)
    if row is None:
        raise part_use.unknown(part_use_id)
    return row


async def lock(session: AsyncSession, part_use_id: str) -> PartUseRow:
    """The use, locked until the end of the transaction (``PART_USE_UNKNOWN``)."""
    row = await session.get(PartUseRow, part_use_id, with_for_update={"key_share": True})
    if row is None:
        raise part_use.unknown(part_use_id)
    return row


async def page(
    session: AsyncSession, work_order_id: str, technician_id: str, before: str, size: int
) -> Sequence[PartUseRow]:
    """Uses, the newest first; empty fields limit nothing."""
    query = select(PartUseRow).order_by(PartUseRow.part_use_id.desc()).limit(size)
    if before:
        query = query.where(PartUseRow.part_use_id < before)
    if work_order_id:
        query = query.where(PartUseRow.work_order_id == work_order_id)
    if technician_id:
        query = query.where(PartUseRow.technician_id == technician_id)
    return (await session.scalars(query)).all()


async def cost_of(
    session: AsyncSession, work_order_id: str
) -> Sequence[Row[tuple[str, bool, str, int, int]]]:
    """What was used on a work order and not taken back, summed up by item, warranty and currency."""
    move = StockMovementRow
    groups = (move.item_code, PartUseLineRow.in_warranty, move.currency)
    query = (
        select(*groups, func.sum(move.quantity), func.sum(move.cost_minor))
        .join(PartUseLineRow, PartUseLineRow.movement_id == move.movement_id)
        .join(PartUseRow, PartUseRow.part_use_id == PartUseLineRow.part_use_id)
        .where(PartUseRow.work_order_id == work_order_id, PartUseRow.reversed_at.is_(None))
        .group_by(*groups)
        .order_by(*groups)
    )
    return (await session.execute(query)).all()


def core_of(row: CoreReturnRow) -> CoreReturn:
    """What the transitions decide on."""
    return CoreReturn(row.core_return_id, State(row.state), row.quantity, row.received_quantity)


async def lock_core(session: AsyncSession, core_return_id: str) -> CoreReturnRow:
    """What is owed, locked until the end of the transaction (``CORE_RETURN_UNKNOWN``)."""
    row = await session.get(CoreReturnRow, core_return_id, with_for_update={"key_share": True})
    if row is None:
        raise core_return.unknown(core_return_id)
    return row


async def lock_cores_of(session: AsyncSession, part_use_id: str) -> list[CoreReturnRow]:
    """What is owed for a use, locked."""
    query = (
        select(CoreReturnRow)
        .where(CoreReturnRow.part_use_id == part_use_id)
        .order_by(CoreReturnRow.core_return_id)
        .with_for_update(key_share=True)
    )
    return list(await session.scalars(query))


async def save_core(
    session: AsyncSession, row: CoreReturnRow, after: CoreReturn, note: str, at: datetime, by: str
) -> None:
    """Write what a transition made of a locked one."""
    row.state = after.state
    row.received_quantity = after.received
    row.note = note or row.note
    if after.state is not State.OWED and row.closed_at is None:
        row.closed_at, row.closed_by_person_id = at, by
    await session.flush()


async def page_of_cores(
    session: AsyncSession, wanted: WantedCores, before: str, size: int
) -> Sequence[CoreReturnRow]:
    """Old parts that are or were owed, the newest first."""
    row = CoreReturnRow
    query = select(row).order_by(row.core_return_id.desc()).limit(size)
    if before:
        query = query.where(row.core_return_id < before)
    matches = (
        (row.state, wanted.state),
        (row.owed_by_person_id, wanted.owed_by_person_id),
        (row.work_order_id, wanted.work_order_id),
    )
    for column, value in matches:
        if value:
            query = query.where(column == value)
    if wanted.due_before is not None:
        query = query.where(row.state == State.OWED, row.due_at <= wanted.due_before)
    return (await session.scalars(query)).all()
