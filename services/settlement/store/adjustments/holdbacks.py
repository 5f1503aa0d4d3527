"""Hold-backs: kept, found when due, read by right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.settlement.domain.adjustments.adjustment import AdjustmentKind
from services.settlement.domain.adjustments.holdback import HoldbackState, holdback_missing
from services.settlement.domain.earnings.view import Viewer
from services.settlement.tables.adjustments import AdjustmentRow, HoldbackRow


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which hold-backs a list asks for; empty means any."""

    state: str = ""
    party_kind: str = ""
    party_id: str = ""
    earning_id: str = ""


async def add(session: AsyncSession, row: HoldbackRow) -> None:
    """Record what is kept."""
    session.add(row)
    await session.flush()


async def lock(session: AsyncSession, holdback_id: str) -> HoldbackRow:
    """A hold-back, nobody else's to end until this transaction ends.

    Raises:
        NotFound: ``SETTLEMENT_HOLDBACK_NOT_FOUND``.
    """
    row = await session.get(HoldbackRow, holdback_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise holdback_missing(holdback_id)
    return row


async def page(
    session: AsyncSession, wanted: Wanted, viewer: Viewer, before: str, size: int
) -> Sequence[HoldbackRow]:
    """The newest hold-backs in the viewer's sight, from before an id on: one row more than asked
    for when there is another page."""
    query = select(HoldbackRow).order_by(HoldbackRow.holdback_id.desc()).limit(size + 1)
    for column, value in (
        (HoldbackRow.state, wanted.state),
        (HoldbackRow.party_kind, wanted.party_kind),
        (HoldbackRow.party_id, wanted.party_id),
        (HoldbackRow.earning_id, wanted.earning_id),
    ):
        if value:
            query = query.where(column == value)
    if before:
        query = query.where(HoldbackRow.holdback_id < before)
    if not viewer.sees_all:
        query = query.where(_in_sight(viewer))
    return (await session.scalars(query)).all()


async def due(session: AsyncSession, at: datetime, size: int) -> Sequence[HoldbackRow]:
    """Hold-backs to be released by an instant, the earliest first; those that somebody else holds
    are passed over. A proposed forfeiture keeps one until it is decided."""
    query = (
        select(HoldbackRow)
        .where(_to_release(), HoldbackRow.release_at <= at)
        .order_by(HoldbackRow.release_at, HoldbackRow.holdback_id)
        .limit(size)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(query)).all()


async def next_release(session: AsyncSession) -> datetime | None:
    """When the next one is to be released."""
    query = select(func.min(HoldbackRow.release_at)).where(_to_release())
    earliest: datetime | None = await session.scalar(query)
    return earliest


async def held_of(session: AsyncSession, earning_id: str) -> Sequence[HoldbackRow]:
    """What is held of an earning, nobody else's to end until this transaction ends."""
    query = (
        select(HoldbackRow)
        .where(HoldbackRow.earning_id == earning_id, HoldbackRow.state == HoldbackState.HELD.value)
        .order_by(HoldbackRow.holdback_id)
        .with_for_update()
    )
    return (await session.scalars(query)).all()


def _to_release() -> ColumnElement[bool]:
    forfeiture = exists().where(
        AdjustmentRow.adjustment_id == HoldbackRow.adjustment_id,
        AdjustmentRow.kind == AdjustmentKind.FORFEITURE.value,
    )
    return and_(HoldbackRow.state == HoldbackState.HELD.value, ~forfeiture)


def _in_sight(viewer: Viewer) -> ColumnElement[bool]:
    own: list[ColumnElement[bool]] = []
    if viewer.technician_id:
        own.append(
            (HoldbackRow.party_kind == "technician")
            & (HoldbackRow.party_id == viewer.technician_id)
        )
    if viewer.outlet_id:
        own.append(HoldbackRow.outlet_id == viewer.outlet_id)
    return or_(False, *own)
