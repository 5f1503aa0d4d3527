"""Extras: proposed, read, ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import AlreadyExists
from services.workorder.domain.on_site.extra import ExtraState, standing, unknown
from services.workorder.tables.extras import ExtraRow


async def add(session: AsyncSession, row: ExtraRow) -> None:
    """Keep a new extra with its lines."""
    session.add(row)
    await session.flush()


async def read(session: AsyncSession, extra_id: str) -> ExtraRow:
    """One extra (``EXTRA_UNKNOWN``); its work order's lock guards it."""
    row = await session.get(ExtraRow, extra_id, populate_existing=True)
    if row is None:
        raise unknown(extra_id)
    return row


async def of_work_order(session: AsyncSession, work_order_id: str) -> Sequence[ExtraRow]:
    """The extras of a work order, as they were proposed."""
    rows = await session.scalars(
        select(ExtraRow)
        .where(ExtraRow.work_order_id == work_order_id)
        .order_by(ExtraRow.proposed_at, ExtraRow.extra_id)
    )
    return rows.all()


async def work_order_of(session: AsyncSession, extra_id: str) -> str:
    """The work order of an extra (``EXTRA_UNKNOWN``); to be locked before the extra is read."""
    work_order_id = await session.scalar(
        select(ExtraRow.work_order_id).where(ExtraRow.extra_id == extra_id)
    )
    if work_order_id is None:
        raise unknown(extra_id)
    return work_order_id


async def require_unused(session: AsyncSession, quote_id: str) -> None:
    """Refuse a quote that an extra has already (``EXTRA_QUOTE_USED``)."""
    used = await session.scalar(select(ExtraRow.extra_id).where(ExtraRow.quote_id == quote_id))
    if used is not None:
        raise AlreadyExists(
            "EXTRA_QUOTE_USED", f"quote {quote_id} is that of extra {used}", field="quote_id"
        )


async def open_ids(session: AsyncSession, work_order_id: str, now: datetime) -> list[str]:
    """The extras of a work order that wait for the customer."""
    return [
        row.extra_id
        for row in await of_work_order(session, work_order_id)
        if standing(row.state, row.expires_at, now) is ExtraState.PROPOSED
    ]


async def end(
    session: AsyncSession,
    row: ExtraRow,
    state: ExtraState,
    *,
    now: datetime,
    person_id: str,
    comment: str,
) -> None:
    """Write how an extra ended."""
    row.state, row.ended_at, row.ended_by_person_id, row.comment = state, now, person_id, comment
    await session.flush()
