"""Reservations: made, drawn from, given back, found. What they hold changes only while its level is
held still (``stock_ledger.hold``)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Select, case, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from kit.ids import new_id
from services.workorder.domain.stock.reservation import Draw, HeldLine, Outcome, unknown
from services.workorder.domain.stock.stock_ledger import Key, Line
from services.workorder.domain.stock.stockroom import StockScope
from services.workorder.store.stock.stockrooms import within
from services.workorder.tables.stock import (
    StockReservationLineRow,
    StockReservationRow,
    StockroomRow,
)


def held_row(
    lines: Iterable[Line],
    stockroom_id: str,
    now: datetime,
    person_id: str,
    *,
    case_id: str,
    work_order_id: str,
    part_request_id: str = "",
    expires_at: datetime | None = None,
) -> StockReservationRow:
    """A new reservation of parts in one stockroom; without an end it holds until it is used."""
    return StockReservationRow(
        reservation_id=new_id("rv", now),
        stockroom_id=stockroom_id,
        case_id=case_id,
        work_order_id=work_order_id,
        part_request_id=part_request_id,
        reserved_at=now,
        reserved_by_person_id=person_id,
        expires_at=expires_at,
        lines=[
            StockReservationLineRow(
                stockroom_id=stockroom_id,
                item_code=line.item_code,
                quantity=line.quantity,
                open_quantity=line.quantity,
            )
            for line in lines
        ],
    )


async def add(session: AsyncSession, row: StockReservationRow) -> None:
    """Hold what it says; the database adds it to the levels."""
    session.add(row)
    await session.flush()


async def read(session: AsyncSession, reservation_id: str) -> StockReservationRow:
    """The reservation as it stands (``STOCK_RESERVATION_UNKNOWN``)."""
    row = await session.get(StockReservationRow, reservation_id, populate_existing=True)
    if row is None:
        raise unknown(reservation_id)
    return row


async def held_by(session: AsyncSession, reservation_ids: Collection[str]) -> list[HeldLine]:
    """What some reservations still hold."""
    lines = _held().where(StockReservationLineRow.reservation_id.in_(reservation_ids))
    return [HeldLine(*row) for row in await session.execute(lines)]


async def held_for(session: AsyncSession, work_order_id: str, stockroom_id: str) -> list[HeldLine]:
    """What is still held for a work order in a stockroom."""
    lines = _held().where(
        StockReservationRow.work_order_id == work_order_id,
        StockReservationLineRow.stockroom_id == stockroom_id,
    )
    return [HeldLine(*row) for row in await session.execute(lines)]


def _held() -> Select[tuple[str, str, str, str, int]]:
    line, head = StockReservationLineRow, StockReservationRow
    return (
        select(
            line.reservation_id,
            head.part_request_id,
            line.stockroom_id,
            line.item_code,
            line.open_quantity,
        )
        .join(head, head.reservation_id == line.reservation_id)
        .where(line.open_quantity > 0, head.outcome.is_(None))
        .order_by(line.reservation_id, line.item_code)
    )


async def keys_of(session: AsyncSession, reservation_ids: Collection[str]) -> list[Key]:
    """The levels of which some reservations hold a part."""
    query = select(StockReservationLineRow.stockroom_id, StockReservationLineRow.item_code).where(
        StockReservationLineRow.reservation_id.in_(reservation_ids)
    )
    return [(row.stockroom_id, row.item_code) for row in await session.execute(query)]


async def take(
    session: AsyncSession, draws: Iterable[Draw], outcome: Outcome, at: datetime
) -> None:
    """Take out of what reservations hold; one that holds nothing any more is over."""
    drawn = list(draws)
    for each in drawn:
        await session.execute(
            update(StockReservationLineRow)
            .where(
                StockReservationLineRow.reservation_id == each.line.reservation_id,
                StockReservationLineRow.item_code == each.line.item_code,
            )
            .values(open_quantity=StockReservationLineRow.open_quantity - each.quantity)
            .execution_options(synchronize_session=False)
        )
    await end(session, {each.line.reservation_id for each in drawn}, outcome, at)


async def end(
    session: AsyncSession, reservation_ids: Collection[str], outcome: Outcome, at: datetime
) -> None:
    """Note how those ended that hold nothing any more; one whose time was over has expired."""
    line = StockReservationLineRow
    still_held = exists().where(
        line.reservation_id == StockReservationRow.reservation_id, line.open_quantity > 0
    )
    await session.execute(
        update(StockReservationRow)
        .where(
            StockReservationRow.reservation_id.in_(reservation_ids),
            StockReservationRow.outcome.is_(None),
            ~still_held,
        )
        .values(
            outcome=case((StockReservationRow.expires_at <= at, Outcome.EXPIRED), else_=outcome),
            outcome_at=at,
        )
        .execution_options(synchronize_session=False)
    )


async def overdue(
    session: AsyncSession, now: datetime, limit: int
) -> Sequence[StockReservationRow]:
    """Reservations whose time is over and that nobody has closed, the one due longest first."""
    query = (
        select(StockReservationRow)
        .where(StockReservationRow.outcome.is_(None), StockReservationRow.expires_at <= now)
        .order_by(StockReservationRow.expires_at, StockReservationRow.reservation_id)
        .limit(limit)
    )
    return (await session.scalars(query)).all()


async def page(
    session: AsyncSession,
    scope: StockScope,
    now: datetime,
    before: str,
    size: int,
    *,
    stockroom_id: str = "",
    work_order_id: str = "",
    item_code: str = "",
    past: bool = False,
) -> Sequence[StockReservationRow]:
    """Reservations, the newest first; unless asked for, none that is over."""
    row, line = StockReservationRow, StockReservationLineRow
    query = (
        select(row)
        .join(StockroomRow, StockroomRow.stockroom_id == row.stockroom_id)
        .where(within(scope))
        .order_by(row.reservation_id.desc())
        .limit(size)
    )
    if before:
        query = query.where(row.reservation_id < before)
    if stockroom_id:
        query = query.where(row.stockroom_id == stockroom_id)
    if work_order_id:
        query = query.where(row.work_order_id == work_order_id)
    if item_code:
        query = query.where(
            exists().where(line.reservation_id == row.reservation_id, line.item_code == item_code)
        )
    if not past:
        query = query.where(
            row.outcome.is_(None), or_(row.expires_at.is_(None), row.expires_at > now)
        )
    return (await session.scalars(query)).all()
