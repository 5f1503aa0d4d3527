"""What regions go by."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.tables import RegionPolicyRow


async def add(session: AsyncSession, row: RegionPolicyRow) -> None:
    """Put a policy."""
    session.add(row)
    await session.flush()


async def of_places(
    session: AsyncSession, places: Collection[str], at: datetime
) -> Sequence[RegionPolicyRow]:
    """The policies of these places that have begun by an instant."""
    query = select(RegionPolicyRow).where(
        RegionPolicyRow.place_code.in_(places), RegionPolicyRow.effective_from <= at
    )
    return (await session.scalars(query)).all()


async def page(
    session: AsyncSession, place_code: str, before: int | None, limit: int
) -> Sequence[RegionPolicyRow]:
    """Policies, the last one put first, before one of them; an empty place does not matter."""
    query = select(RegionPolicyRow)
    if place_code:
        query = query.where(RegionPolicyRow.place_code == place_code)
    if before is not None:
        query = query.where(RegionPolicyRow.policy_number < before)
    ordered = query.order_by(RegionPolicyRow.policy_number.desc()).limit(limit)
    return (await session.scalars(ordered)).all()
