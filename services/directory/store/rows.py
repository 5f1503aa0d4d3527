"""How any row is written."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from services.directory.tables.base import Base

Row = TypeVar("Row", bound=Base)


async def put(session: AsyncSession, row: Row) -> Row:
    """Insert a row, or replace the one with its key."""
    merged = await session.merge(row)
    await session.flush()
    return merged


async def add(session: AsyncSession, *rows: Base) -> None:
    """Insert rows, in this order."""
    for row in rows:
        session.add(row)
        await session.flush()
