"""Printed codes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.workorder.store.same_customers import is_customer
from services.workorder.tables.assets import ScanCodeRow


async def find(session: AsyncSession, code: str, *, lock: bool = False) -> ScanCodeRow | None:
    """One code, if there is such a one."""
    return await session.get(ScanCodeRow, code, with_for_update=lock or None)


async def locked_of(
    session: AsyncSession, asset_id: str, customer_id: str, address_id: str
) -> ScanCodeRow | None:
    """The code that an asset or a place has, locked; nobody else issues one of it meanwhile."""
    name = f"scan code {asset_id} {customer_id} {address_id}"
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
    of_asset = ScanCodeRow.asset_id == asset_id if asset_id else ScanCodeRow.asset_id.is_(None)
    query = select(ScanCodeRow).where(
        of_asset,
        ScanCodeRow.customer_id == customer_id,
        ScanCodeRow.address_id == address_id,
        ScanCodeRow.ended_at.is_(None),
    )
    found: ScanCodeRow | None = await session.scalar(query.with_for_update())
    return found


async def add(session: AsyncSession, row: ScanCodeRow) -> None:
    """Keep a new code."""
    session.add(row)
    await session.flush()


async def end(
    session: AsyncSession, row: ScanCodeRow, at: datetime, person_id: str, reason: str
) -> None:
    """Have a code stand for nothing any more."""
    row.ended_at, row.ended_by_person_id, row.end_reason = at, person_id, reason
    await session.flush()


async def page(
    session: AsyncSession,
    asset_id: str,
    customer_id: str,
    *,
    include_ended: bool,
    before: tuple[datetime, str] | None,
    limit: int,
) -> Sequence[ScanCodeRow]:
    """Codes, the newest first, before one of them; what is empty does not matter."""
    conditions: list[ColumnElement[bool]] = []
    if asset_id:
        conditions.append(ScanCodeRow.asset_id == asset_id)
    if customer_id:
        conditions.append(is_customer(ScanCodeRow.customer_id, customer_id))
    if not include_ended:
        conditions.append(ScanCodeRow.ended_at.is_(None))
    if before is not None:
        at, code = before
        older = ScanCodeRow.issued_at < at
        same = (ScanCodeRow.issued_at == at) & (ScanCodeRow.scan_code < code)
        conditions.append(older | same)
    query = select(ScanCodeRow).where(*conditions)
    newest = (ScanCodeRow.issued_at.desc(), ScanCodeRow.scan_code.desc())
    return (await session.scalars(query.order_by(*newest).limit(limit))).all()
