"""Which virtual number leads to whom."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from services.directory.tables.virtual_numbers import VirtualNumberBindingRow


async def binding(session: AsyncSession, binding_id: str) -> VirtualNumberBindingRow:
    """One binding, locked.

    Raises:
        NotFound: ``VIRTUAL_NUMBER_UNKNOWN``.
    """
    row = await session.get(VirtualNumberBindingRow, binding_id, with_for_update=True)
    if row is None:
        raise NotFound(
            "VIRTUAL_NUMBER_UNKNOWN", f"there is no binding {binding_id!r}", field="binding_id"
        )
    return row


async def bindings(
    session: AsyncSession, customer_ids: Collection[str], before: str, limit: int
) -> Sequence[VirtualNumberBindingRow]:
    """The bindings of some customers, the last one first, before one of them."""
    query = select(VirtualNumberBindingRow).where(
        VirtualNumberBindingRow.customer_id.in_(customer_ids)
    )
    if before:
        query = query.where(VirtualNumberBindingRow.binding_id < before)
    query = query.order_by(VirtualNumberBindingRow.binding_id.desc()).limit(limit)
    return (await session.scalars(query)).all()
