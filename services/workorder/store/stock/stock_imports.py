"""What a file of stock speaks of: stockrooms and items, looked at without holding them."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.workorder.domain.stock.stock_intake import Item
from services.workorder.domain.stock.stockroom import Stockroom
from services.workorder.store.stock.stockrooms import item_of, room_of
from services.workorder.tables.stock import StockItemRow, StockMovementRow, StockroomRow


async def hold_still(session: AsyncSession, document_id: str) -> None:
    """Let nobody else receive this document until the transaction ends."""
    lock = func.pg_advisory_xact_lock(func.hashtextextended(document_id, 0))
    await session.execute(select(lock))


async def rooms(session: AsyncSession, stockroom_ids: Collection[str]) -> dict[str, Stockroom]:
    """Those of the stockrooms that exist."""
    query = select(StockroomRow).where(StockroomRow.stockroom_id.in_(stockroom_ids))
    return {row.stockroom_id: room_of(row) for row in await session.scalars(query)}


async def items(session: AsyncSession, item_codes: Collection[str]) -> dict[str, Item]:
    """What the stock knows of these items; unknown ones are left out."""
    query = select(StockItemRow).where(StockItemRow.item_code.in_(item_codes))
    return {row.item_code: item_of(row) for row in await session.scalars(query)}


async def was_received(session: AsyncSession, document_id: str) -> bool:
    """Whether a document was received before."""
    query = select(StockMovementRow.movement_id).where(StockMovementRow.document_id == document_id)
    return await session.scalar(query.limit(1)) is not None
