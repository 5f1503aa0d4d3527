"""Earnings: adding, locking, reading by right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import AlreadyExists
from services.settlement.domain.earnings.state import OVER
from services.settlement.domain.earnings.view import Viewer, earning_missing
from services.settlement.tables.earnings import EarningRow


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which earnings a list asks for; empty means any."""

    technician_id: str
    case_id: str
    state: str


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


async def page(
    session: AsyncSession, wanted: Wanted, viewer: Viewer, before: str, size: int
) -> Sequence[EarningRow]:
    """The newest earnings in the viewer's sight, from before an earning id on: one row more than
    asked for when there is another page."""
    query = select(EarningRow).order_by(EarningRow.earning_id.desc()).limit(size + 1)
    for column, value in (
        (EarningRow.technician_id, wanted.technician_id),
        (EarningRow.case_id, wanted.case_id),
        (EarningRow.state, wanted.state),
    ):
        if value:
            query = query.where(column == value)
    if before:
        query = query.where(EarningRow.earning_id < before)
    if not viewer.sees_all:
        query = query.where(_in_sight(viewer))
    return (await session.scalars(query)).all()


def _in_sight(viewer: Viewer) -> ColumnElement[bool]:
    own = [
        column == value
        for column, value in (
            (EarningRow.technician_id, viewer.technician_id),
            (EarningRow.outlet_id, viewer.outlet_id),
        )
        if value
    ]
    return or_(False, *own)
