"""Reorder points, put and taken away."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.workorder.tables.stock import ReorderPointRow


async def put(session: AsyncSession, row: ReorderPointRow) -> None:
    """Create the reorder point, or change it."""
    columns = {column.key: getattr(row, column.key) for column in row.__table__.columns}
    put = insert(ReorderPointRow).values(columns)
    await session.execute(
        put.on_conflict_do_update(index_elements=["stockroom_id", "item_code"], set_=columns)
    )


async def take_away(session: AsyncSession, stockroom_id: str, item_code: str) -> None:
    """Order this item here no more."""
    await session.execute(
        delete(ReorderPointRow).where(
            ReorderPointRow.stockroom_id == stockroom_id, ReorderPointRow.item_code == item_code
        )
    )
