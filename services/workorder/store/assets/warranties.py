"""Warranties of assets."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from services.workorder.tables.assets import AssetRow, AssetWarrantyRow


async def add(session: AsyncSession, asset: AssetRow, row: AssetWarrantyRow) -> None:
    """Give an asset a warranty."""
    session.add(row)
    await session.flush()
    await session.refresh(asset, ["warranties"])


async def locked(session: AsyncSession, warranty_id: str) -> AssetWarrantyRow:
    """One warranty, to be voided (``WARRANTY_UNKNOWN``)."""
    row = await session.get(AssetWarrantyRow, warranty_id, with_for_update=True)
    if row is None:
        raise NotFound(
            "WARRANTY_UNKNOWN", f"there is no warranty {warranty_id!r}", field="warranty_id"
        )
    return row


async def void(
    session: AsyncSession, row: AssetWarrantyRow, at: datetime, person_id: str, reason: str
) -> None:
    """Have a warranty cover nothing."""
    row.voided_at, row.voided_by_person_id, row.void_reason = at, person_id, reason
    await session.flush()
