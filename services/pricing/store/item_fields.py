"""The fields that a company's own items have."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.tables import ItemFieldRow, ItemRow


async def fields(session: AsyncSession, catalogue: str) -> Sequence[ItemFieldRow]:
    """The fields of a library by their codes, or of both when none is named."""
    query = select(ItemFieldRow)
    if catalogue:
        query = query.where(ItemFieldRow.catalogue == catalogue)
    ordered = query.order_by(ItemFieldRow.catalogue, ItemFieldRow.field_code)
    return (await session.scalars(ordered)).all()


async def put(session: AsyncSession, row: ItemFieldRow) -> ItemFieldRow:
    """Insert a field, or replace the one with its code."""
    return await session.merge(row)


async def used_values(session: AsyncSession, catalogue: str, field_code: str) -> set[str]:
    """What stands in a field of a library's items."""
    value = ItemRow.fields[field_code].astext
    query = select(value).where(ItemRow.catalogue == catalogue, value.is_not(None)).distinct()
    return set(await session.scalars(query))
