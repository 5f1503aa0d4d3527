"""Counts: opened, recorded line by line, closed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import FailedPrecondition
from services.workorder.domain.stock.stock_count import Counted, State, unknown
from services.workorder.domain.stock.stockroom import StockScope
from services.workorder.store.stock.stockrooms import within
from services.workorder.tables.stock import StockroomRow
from services.workorder.tables.stock_counts import StockCountLineRow, StockCountRow


async def add(session: AsyncSession, row: StockCountRow) -> None:
    """Open a count (``STOCK_COUNT_OPEN`` when one is open there)."""
    other = await session.scalar(
        select(StockCountRow.stock_count_id).where(
            StockCountRow.stockroom_id == row.stockroom_id, StockCountRow.state == State.OPEN
        )
    )
    if other:
        raise FailedPrecondition(
            "STOCK_COUNT_OPEN",
            f"{other} is open in {row.stockroom_id}; post or cancel it first",
            field="stockroom_id",
        )
    session.add(row)
    await session.flush()


async def read(session: AsyncSession, stock_count_id: str) -> StockCountRow:
    """The count as it stands (``STOCK_COUNT_UNKNOWN``)."""
    row = await session.get(StockCountRow, stock_count_id, populate_existing=True)
    if row is None:
        raise unknown(stock_count_id)
    return row


async def lock(session: AsyncSession, stock_count_id: str) -> StockCountRow:
    """The count, locked until the end of the transaction (``STOCK_COUNT_UNKNOWN``)."""
    row = await session.get(StockCountRow, stock_count_id, with_for_update={"key_share": True})
    if row is None:
        raise unknown(stock_count_id)
    return row


async def put_lines(session: AsyncSession, rows: Sequence[StockCountLineRow]) -> None:
    """Note what was counted, in the place of what was said of the same items before."""
    for row in rows:
        columns = {column.key: getattr(row, column.key) for column in row.__table__.columns}
        put = insert(StockCountLineRow).values(columns)
        await session.execute(
            put.on_conflict_do_update(index_elements=["stock_count_id", "item_code"], set_=columns)
        )


def counted_of(row: StockCountLineRow) -> Counted:
    """A line as decisions need it."""
    return Counted(
        item_code=row.item_code,
        book=row.book_quantity,
        counted=row.counted_quantity,
        unit_cost_minor=row.unit_cost_minor,
        counted_by=row.counted_by_person_id,
        missing=tuple(row.missing_serials),
        surplus=tuple(row.surplus_serials),
    )


async def page(
    session: AsyncSession, scope: StockScope, stockroom_id: str, state: str, before: str, size: int
) -> Sequence[StockCountRow]:
    """Counts, the newest first; empty fields limit nothing."""
    query = (
        select(StockCountRow)
        .join(StockroomRow, StockroomRow.stockroom_id == StockCountRow.stockroom_id)
        .where(within(scope))
        .order_by(StockCountRow.stock_count_id.desc())
        .limit(size)
    )
    if before:
        query = query.where(StockCountRow.stock_count_id < before)
    if stockroom_id:
        query = query.where(StockCountRow.stockroom_id == stockroom_id)
    if state:
        query = query.where(StockCountRow.state == state)
    return (await session.scalars(query)).all()
