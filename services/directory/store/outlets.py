"""Outlets."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from services.directory.tables.people import OutletRow


async def outlet(session: AsyncSession, outlet_id: str, field: str) -> OutletRow:
    """One outlet.

    Raises:
        NotFound: ``OUTLET_UNKNOWN``, naming ``field``.
    """
    row = await session.get(OutletRow, outlet_id)
    if row is None:
        raise NotFound("OUTLET_UNKNOWN", f"there is no outlet {outlet_id!r}", field=field)
    return row


async def outlets(session: AsyncSession, after: str, limit: int) -> Sequence[OutletRow]:
    """Outlets by id, after one of them."""
    query = select(OutletRow).where(OutletRow.outlet_id > after)
    return (await session.scalars(query.order_by(OutletRow.outlet_id).limit(limit))).all()
