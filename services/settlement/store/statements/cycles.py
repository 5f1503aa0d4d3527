"""Settlement cycles: versions, scope by scope."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.settlement.domain.statements.cycle import Cycle, CycleKind, Scope
from services.settlement.tables.statements import SettlementCycleRow


async def rows(session: AsyncSession) -> Sequence[SettlementCycleRow]:
    """All versions, scope by scope."""
    key = (SettlementCycleRow.outlet_id, SettlementCycleRow.region_adcode)
    query = select(SettlementCycleRow).order_by(*key, SettlementCycleRow.version)
    return (await session.scalars(query)).all()


async def every(session: AsyncSession) -> list[Cycle]:
    """All versions as decisions know them."""
    return [
        Cycle(
            Scope(row.region_adcode, row.outlet_id),
            CycleKind(row.cycle_kind),
            row.delay_days,
            row.from_day,
            row.version,
        )
        for row in await rows(session)
    ]


async def add(session: AsyncSession, row: SettlementCycleRow) -> None:
    """Store the next version of its scope; its number is set."""
    await session.execute(text("LOCK TABLE settlement_cycle IN SHARE ROW EXCLUSIVE MODE"))
    highest = await session.scalar(
        select(func.coalesce(func.max(SettlementCycleRow.version), 0)).where(
            SettlementCycleRow.region_adcode == row.region_adcode,
            SettlementCycleRow.outlet_id == row.outlet_id,
        )
    )
    row.version = (highest or 0) + 1
    session.add(row)
    await session.flush()
