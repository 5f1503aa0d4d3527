"""Items of both libraries."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.tables import ItemRow


async def put(session: AsyncSession, row: ItemRow) -> ItemRow:
    """Insert an item, or replace the one with its code."""
    return await session.merge(row)


async def page(session: AsyncSession, catalogue: str, after: str, limit: int) -> Sequence[ItemRow]:
    """Items by code, after one of them; only of one catalogue when it is not empty."""
    query = select(ItemRow).where(ItemRow.item_code > after)
    if catalogue:
        query = query.where(ItemRow.catalogue == catalogue)
    return (await session.scalars(query.order_by(ItemRow.item_code).limit(limit))).all()


async def by_code(session: AsyncSession, codes: Collection[str]) -> dict[str, ItemRow]:
    """Those of the items that exist."""
    query = select(ItemRow).where(ItemRow.item_code.in_(codes))
    return {row.item_code: row for row in await session.scalars(query)}
