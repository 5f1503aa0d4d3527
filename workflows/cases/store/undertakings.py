"""What outlasts a case and acts on many of them: hand-overs and bulk acts."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from workflows.cases.tables import BulkActRow, HandOverRow

R = TypeVar("R", HandOverRow, BulkActRow)


async def put(session: AsyncSession, kind: type[R], values: dict[str, Any]) -> R:
    """Create or replace a row; its first value is its id."""
    key = next(iter(values))
    row = insert(kind).values(values)
    changed = {name: row.excluded[name] for name in values if name != key}
    await session.execute(row.on_conflict_do_update(index_elements=[key], set_=changed))
    return await session.get_one(kind, values[key], populate_existing=True)


async def hand_over_by_id(session: AsyncSession, hand_over_id: str) -> HandOverRow | None:
    """A hand-over, or None."""
    return await session.get(HandOverRow, hand_over_id)


async def bulk_act_by_id(session: AsyncSession, bulk_act_id: str) -> BulkActRow | None:
    """A bulk act, or None."""
    return await session.get(BulkActRow, bulk_act_id)
