"""Who must not, or shall, be sent to whom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from services.workorder.domain.registry.registry import Who
from services.workorder.store.same_customers import is_customer
from services.workorder.tables.registry import DispatchExclusionRow, DispatchPreferenceRow

Rule = TypeVar("Rule", DispatchExclusionRow, DispatchPreferenceRow)


async def add(session: AsyncSession, row: DispatchExclusionRow | DispatchPreferenceRow) -> None:
    """Record a rule."""
    session.add(row)
    await session.flush()


async def locked_exclusion(session: AsyncSession, exclusion_id: str) -> DispatchExclusionRow:
    """One exclusion, to be ended (``DISPATCH_EXCLUSION_UNKNOWN``)."""
    row = await session.get(DispatchExclusionRow, exclusion_id, with_for_update=True)
    if row is None:
        raise NotFound(
            "DISPATCH_EXCLUSION_UNKNOWN",
            f"there is no exclusion {exclusion_id!r}",
            field="exclusion_id",
        )
    return row


async def locked_preference(session: AsyncSession, preference_id: str) -> DispatchPreferenceRow:
    """One preference, to be ended (``DISPATCH_PREFERENCE_UNKNOWN``)."""
    row = await session.get(DispatchPreferenceRow, preference_id, with_for_update=True)
    if row is None:
        raise NotFound(
            "DISPATCH_PREFERENCE_UNKNOWN",
            f"there is no preference {preference_id!r}",
            field="preference_id",
        )
    return row


async def standing_preference(session: AsyncSession, who: Who) -> DispatchPreferenceRow | None:
    """The same wish, if it stands."""
    row = DispatchPreferenceRow
    found: DispatchPreferenceRow | None = await session.scalar(
        select(row).where(
            row.customer_id == who.customer_id,
            row.address_id == who.address_id,
            row.technician_id == who.technician_id,
            row.outlet_id == who.outlet_id,
            row.ended_at.is_(None),
        )
    )
    return found


async def exclusions(
    session: AsyncSession, who: Who, not_over_at: datetime | None, before: str, limit: int
) -> Sequence[DispatchExclusionRow]:
    """Exclusions, the newest first, before one of them; what is empty does not matter.

    Args:
        not_over_at: only those that are not over at this instant, when there is one.
    """
    row = DispatchExclusionRow
    query = _of(select(row), row, who)
    if not_over_at is not None:
        lasts = or_(row.until_at.is_(None), row.until_at > not_over_at)
        query = query.where(and_(row.ended_at.is_(None), lasts))
    if before:
        query = query.where(row.exclusion_id < before)
    return (await session.scalars(query.order_by(row.exclusion_id.desc()).limit(limit))).all()


async def preferences(
    session: AsyncSession, who: Who, *, standing_only: bool, before: str, limit: int
) -> Sequence[DispatchPreferenceRow]:
    """Preferences, as exclusions are listed."""
    row = DispatchPreferenceRow
    query = _of(select(row), row, who)
    if standing_only:
        query = query.where(row.ended_at.is_(None))
    if before:
        query = query.where(row.preference_id < before)
    return (await session.scalars(query.order_by(row.preference_id.desc()).limit(limit))).all()


def _of(query: Select[tuple[Rule]], row: type[Rule], who: Who) -> Select[tuple[Rule]]:
    if who.technician_id:
        query = query.where(row.technician_id == who.technician_id)
    if who.outlet_id:
        query = query.where(row.outlet_id == who.outlet_id)
    if who.customer_id:
        query = query.where(is_customer(row.customer_id, who.customer_id))
    if who.address_id:
        query = query.where(row.address_id == who.address_id)
    return query
