"""Work orders that came from files."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.workorder.tables.work_orders import WorkOrderRow

_SOURCE = "import"


async def hold_still(session: AsyncSession) -> None:
    """Let nobody else import work orders until the transaction ends."""
    lock = func.pg_advisory_xact_lock(func.hashtextextended("work order import", 0))
    await session.execute(select(lock))


async def known_numbers(session: AsyncSession, numbers: Collection[str]) -> set[str]:
    """Those of the numbers of another system whose work orders were imported before."""
    query = select(WorkOrderRow.source_ref).where(
        WorkOrderRow.source == _SOURCE, WorkOrderRow.source_ref.in_(numbers)
    )
    return set(await session.scalars(query))
