"""Technicians' absences, as the directory tells them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.workorder.tables.registry import TechnicianAbsenceRow


async def apply(session: AsyncSession, row: TechnicianAbsenceRow) -> bool:
    """Keep an absence as an event told it; False when a newer one, or the same, was kept before."""
    values = {
        column.key: getattr(row, column.key) for column in TechnicianAbsenceRow.__table__.columns
    }
    statement = insert(TechnicianAbsenceRow).values(values)
    kept = statement.on_conflict_do_update(
        index_elements=["absence_id"],
        set_=values,
        where=TechnicianAbsenceRow.revision < statement.excluded.revision,
    ).returning(TechnicianAbsenceRow.absence_id)
    return await session.scalar(kept) is not None


async def between(
    session: AsyncSession, technician_id: str, starts_at: datetime, ends_at: datetime
) -> Sequence[TechnicianAbsenceRow]:
    """A technician's absences that touch a time, in the order in which they begin."""
    row = TechnicianAbsenceRow
    query = select(row).where(
        row.technician_id == technician_id,
        row.cancelled.is_(False),
        row.starts_at < ends_at,
        or_(row.ends_at.is_(None), row.ends_at > starts_at),
    )
    return (await session.scalars(query.order_by(row.starts_at, row.absence_id))).all()
