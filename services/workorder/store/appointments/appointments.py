"""What happened to appointments."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.workorder.tables.appointments import AppointmentChangeRow


async def changes(session: AsyncSession, work_order_id: str) -> Sequence[AppointmentChangeRow]:
    """What happened to a work order's appointment, the first one first."""
    query = (
        select(AppointmentChangeRow)
        .where(AppointmentChangeRow.work_order_id == work_order_id)
        .order_by(AppointmentChangeRow.change_number)
    )
    return (await session.scalars(query)).all()


async def add(session: AsyncSession, row: AppointmentChangeRow) -> None:
    """Add what happened to a locked work order's appointment, as its next change."""
    last = await session.scalar(
        select(func.max(AppointmentChangeRow.change_number)).where(
            AppointmentChangeRow.work_order_id == row.work_order_id
        )
    )
    row.change_number = (last or 0) + 1
    session.add(row)
    await session.flush()
