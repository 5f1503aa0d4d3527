"""The adjustments of earnings, for those who show earnings."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.settlement.tables.adjustments import AdjustmentRow


async def of(
    session: AsyncSession, earning_ids: Collection[str]
) -> dict[str, Sequence[AdjustmentRow]]:
    """The adjustments of each earning, the oldest first; an empty list of one that has none."""
    query = (
        select(AdjustmentRow)
        .where(AdjustmentRow.earning_id.in_(earning_ids))
        .order_by(AdjustmentRow.adjustment_id)
    )
    found: dict[str, list[AdjustmentRow]] = {earning_id: [] for earning_id in earning_ids}
    for row in await session.scalars(query):
        found[row.earning_id or ""].append(row)
    return dict(found)
