"""The ledger: levels held still, movements posted, and where serial-numbered units are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from kit.ids import new_id
from services.workorder.domain.stock.stock_ledger import Key, Level, Line, Movement, Shelves
from services.workorder.tables.stock import (
    StockLevelRow,
    StockMovementRow,
    StockReservationLineRow,
    StockReservationRow,
    StockUnitRow,
)


@dataclass(frozen=True, slots=True)
class Document:
    """What movements are part of: who moves them, when and why."""

    document_id: str
    moved_at: datetime
    person_id: str
    currency: str
    work_order_id: str = ""
    reason: str = ""


async def hold(
    session: AsyncSession, keys: Collection[Key], now: datetime, incoming: Collection[Key] = ()
) -> Shelves:
    """Hold levels still until the transaction ends, those of expired reservations free again.

    Everybody takes them in the order of item and stockroom, so that nobody waits in a circle.

    Args:
        incoming: the keys that something comes to; levels are made for them where there are none.
    """
    if incoming:
        empty = {"on_hand": 0, "reserved": 0, "value_minor": 0}
        await session.execute(
            insert(StockLevelRow).on_conflict_do_nothing(),
            [
                {"stockroom_id": stockroom_id, "item_code": item_code, **empty}
                for stockroom_id, item_code in sorted(incoming, key=_locking_order)
            ],
        )
    wanted = sorted({*keys, *incoming})
    if not wanted:
        return Shelves({}, {})
    locked = (
        select(*StockLevelRow.__table__.columns)
        .where(tuple_(StockLevelRow.stockroom_id, StockLevelRow.item_code).in_(wanted))
        .order_by(StockLevelRow.item_code, StockLevelRow.stockroom_id)
        .with_for_update(key_share=True)
    )
    before = {
        (row.stockroom_id, row.item_code): Level(row.on_hand, row.reserved, row.value_minor)
        for row in await session.execute(locked)
    }
    shelves = dict(before)
    for key, quantity in (await _expire(session, list(before), now)).items():
        level = shelves[key]
        shelves[key] = Level(level.on_hand, level.reserved - quantity, level.value_minor)
    return Shelves(shelves, before)


def _locking_order(key: Key) -> tuple[str, str]:
    stockroom_id, item_code = key
    return item_code, stockroom_id


async def _expire(session: AsyncSession, keys: Sequence[Key], now: datetime) -> dict[Key, int]:
    """Free what expired reservations hold of levels that are locked; how much, by level."""
    if not keys:
        return {}
    line = StockReservationLineRow
    overdue = (
        select(line.reservation_id, line.item_code, line.stockroom_id, line.open_quantity)
        .join(StockReservationRow, StockReservationRow.reservation_id == line.reservation_id)
        .where(
            tuple_(line.stockroom_id, line.item_code).in_(keys),
            line.open_quantity > 0,
            StockReservationRow.expires_at <= now,
        )
    )
    freed: dict[Key, int] = {}
    rows = (await session.execute(overdue)).all()
    for row in rows:
        key = (row.stockroom_id, row.item_code)
        freed[key] = freed.get(key, 0) + row.open_quantity
    if rows:
        await session.execute(
            update(line)
            .where(
                tuple_(line.reservation_id, line.item_code).in_(
                    [(row.reservation_id, row.item_code) for row in rows]
                )
            )
            .values(open_quantity=0)
            .execution_options(synchronize_session=False)
        )
    return freed


async def post(
    session: AsyncSession, movements: Sequence[Movement], document: Document
) -> list[StockMovementRow]:
    """Append movements to the ledger; the database brings the levels and units after them."""
    rows = [_row(movement, document) for movement in movements]
    session.add_all(rows)
    await session.flush()
    return rows


def _row(movement: Movement, document: Document) -> StockMovementRow:
    return StockMovementRow(
        movement_id=new_id("sm", document.moved_at),
        movement_kind=movement.kind,
        item_code=movement.line.item_code,
        quantity=movement.line.quantity,
        from_stockroom_id=movement.from_id or None,
        to_stockroom_id=movement.to_id or None,
        cost_minor=movement.cost_minor,
        currency=document.currency,
        serial_numbers=list(movement.line.serial_numbers),
        document_id=document.document_id,
        work_order_id=document.work_order_id,
        reason=document.reason,
        moved_at=document.moved_at,
        moved_by_person_id=document.person_id,
    )


async def unit_places(session: AsyncSession, lines: Sequence[Line]) -> dict[tuple[str, str], str]:
    """By item and serial number the stockroom of the named units that are in our stock."""
    named = [(line.item_code, serial) for line in lines for serial in line.serial_numbers]
    if not named:
        return {}
    query = select(StockUnitRow).where(
        tuple_(StockUnitRow.item_code, StockUnitRow.serial_number).in_(named),
        StockUnitRow.stockroom_id.is_not(None),
    )
    rows = await session.scalars(query.execution_options(populate_existing=True))
    return {(row.item_code, row.serial_number): row.stockroom_id or "" for row in rows}


async def units_at(session: AsyncSession, stockroom_id: str, item_code: str) -> Sequence[str]:
    """The serial numbers of an item's units at a stockroom."""
    query = select(StockUnitRow.serial_number).where(
        StockUnitRow.stockroom_id == stockroom_id, StockUnitRow.item_code == item_code
    )
    return (await session.scalars(query)).all()
