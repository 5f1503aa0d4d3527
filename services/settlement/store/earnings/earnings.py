"""Earnings: adding, locking, reading one by right."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import AlreadyExists
from services.settlement.domain.earnings.state import OVER
from services.settlement.domain.earnings.view import Viewer, earning_missing
from services.settlement.tables.earnings import EarningRow


async def add(session: AsyncSession, row: EarningRow) -> None:
    """Record a promise with its lines, shares and first change.

    Raises:
        AlreadyExists: ``SETTLEMENT_EARNING_EXISTS`` when the work order pays this technician
            already.
    """
    living = await session.scalar(
        select(EarningRow.earning_id).where(
            EarningRow.work_order_id == row.work_order_id,
            EarningRow.technician_id == row.technician_id,
            EarningRow.state.not_in(OVER),
        )
    )
    if living is not None:
        raise AlreadyExists(
            "SETTLEMENT_EARNING_EXISTS",
            f"work order {row.work_order_id} has earning {living} of this technician already;"
            " go on with that, or cancel it first",
            field="facts.work_order_id",
            details={"earning_id": living},
        )
    session.add(row)
    await session.flush()


async def lock(session: AsyncSession, earning_id: str) -> EarningRow:
    """An earning, nobody else's to change until this transaction ends.

    Raises:
        NotFound: ``SETTLEMENT_EARNING_NOT_FOUND``.
    """
    row = await session.get(EarningRow, earning_id, with_for_update=True)
    if row is None:
        raise earning_missing(earning_id)
    return row


async def find(session: AsyncSession, earning_id: str, viewer: Viewer) -> EarningRow:
    """An earning in the viewer's sight.

    Raises:
        NotFound: ``SETTLEMENT_EARNING_NOT_FOUND``.
    """
    row = await session.get(EarningRow, earning_id)
    if row is None or not viewer.may_see(row.technician_id, row.outlet_id):
        raise earning_missing(earning_id)
    return row
