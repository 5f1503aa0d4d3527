"""Freezes of special policies, the cancellations that lead to some, and when they do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from services.pricing.tables import CancellationRow, FreezeRow, ProtectionPolicyRow


async def add(session: AsyncSession, row: FreezeRow) -> None:
    """Record a freeze."""
    session.add(row)
    await session.flush()


async def locked(session: AsyncSession, freeze_id: str) -> FreezeRow:
    """One freeze, locked.

    Raises:
        NotFound: ``PRICING_FREEZE_UNKNOWN``.
    """
    row = await session.get(FreezeRow, freeze_id, with_for_update=True)
    if row is None:
        raise NotFound(
            "PRICING_FREEZE_UNKNOWN", f"there is no freeze {freeze_id!r}", field="freeze_id"
        )
    return row


async def locked_of_place(
    session: AsyncSession, place_code: str, at: datetime
) -> Sequence[FreezeRow]:
    """The freezes of a place that hold, locked, the first one first."""
    query = select(FreezeRow).where(
        FreezeRow.place_code == place_code, FreezeRow.ended_at.is_(None), FreezeRow.ends_at > at
    )
    return (await session.scalars(query.order_by(FreezeRow.freeze_id).with_for_update())).all()


async def is_for_anomaly(session: AsyncSession, anomaly_id: str, ends_at: datetime) -> bool:
    """Whether an anomaly has frozen until then already, thawed since or not. Others that ask about
    the same anomaly wait."""
    lock = func.pg_advisory_xact_lock(func.hashtextextended(f"anomaly {anomaly_id}", 0))
    await session.execute(select(lock))
    query = select(FreezeRow.freeze_id).where(
        FreezeRow.anomaly_id == anomaly_id, FreezeRow.ends_at == ends_at
    )
    return await session.scalar(query) is not None


async def page(
    session: AsyncSession, place_code: str, holding_at: datetime | None, before: str, limit: int
) -> Sequence[FreezeRow]:
    """Freezes, the last one first, before one of them; what is empty does not matter."""
    query = select(FreezeRow)
    if place_code:
        query = query.where(FreezeRow.place_code == place_code)
    if holding_at is not None:
        holds = and_(
            FreezeRow.begins_at <= holding_at,
            FreezeRow.ends_at > holding_at,
            or_(FreezeRow.ended_at.is_(None), FreezeRow.ended_at > holding_at),
        )
        query = query.where(holds)
    if before:
        query = query.where(FreezeRow.freeze_id < before)
    return (await session.scalars(query.order_by(FreezeRow.freeze_id.desc()).limit(limit))).all()


async def hold_protection_still(session: AsyncSession) -> None:
    """Let nobody else edit the protection until the transaction ends."""
    lock = func.pg_advisory_xact_lock(func.hashtextextended("protection policy", 0))
    await session.execute(select(lock))


async def put_protection(session: AsyncSession, row: ProtectionPolicyRow) -> None:
    """Add a version."""
    session.add(row)
    await session.flush()


async def protections(
    session: AsyncSession, before: int | None, limit: int
) -> Sequence[ProtectionPolicyRow]:
    """Versions of the protection, the newest first, before one of them."""
    query = select(ProtectionPolicyRow).order_by(ProtectionPolicyRow.version.desc()).limit(limit)
    if before is not None:
        query = query.where(ProtectionPolicyRow.version < before)
    return (await session.scalars(query)).all()


async def add_cancellation(session: AsyncSession, row: CancellationRow) -> bool:
    """Keep a cancellation; whether it was not kept already. Others at the same address wait."""
    lock = func.pg_advisory_xact_lock(func.hashtextextended(row.address_fingerprint, 0))
    await session.execute(select(lock))
    statement = insert(CancellationRow).values(
        work_order_id=row.work_order_id,
        event_id=row.event_id,
        address_fingerprint=row.address_fingerprint,
        cancelled_at=row.cancelled_at,
    )
    added = statement.on_conflict_do_nothing().returning(CancellationRow.work_order_id)
    return await session.scalar(added) is not None


async def counting(
    session: AsyncSession, address_fingerprint: str, counts_from: datetime, until: datetime
) -> Sequence[str]:
    """The work orders of an address whose cancellation counts and that no freeze was for yet."""
    query = select(CancellationRow.work_order_id).where(
        CancellationRow.address_fingerprint == address_fingerprint,
        CancellationRow.freeze_id.is_(None),
        CancellationRow.cancelled_at > counts_from,
        CancellationRow.cancelled_at <= until,
    )
    return (await session.scalars(query)).all()


async def were_for(session: AsyncSession, work_order_ids: Sequence[str], freeze_id: str) -> None:
    """Remember which cancellations a freeze was for."""
    await session.execute(
        update(CancellationRow)
        .where(CancellationRow.work_order_id.in_(work_order_ids))
        .values(freeze_id=freeze_id)
    )
