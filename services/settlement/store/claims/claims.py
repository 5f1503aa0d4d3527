"""Claims and what may be claimed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.settlement.domain.claims.claim import claim_missing
from services.settlement.domain.receipts.receivable import PayerKind, ReceivableState
from services.settlement.tables.claims import BrandClaimLineRow, BrandClaimRow
from services.settlement.tables.receipts import ReceivableRow

#: What one claim holds; more is claimed by shorter periods.
MOST_LINES = 5_000


async def claimable(
    session: AsyncSession, brand_id: str, currency: str, begins: datetime, ends: datetime
) -> Sequence[ReceivableRow]:
    """What a brand owes of work billed between two instants, that nothing was paid of and no claim
    holds yet; locked, one more than a claim holds at most."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtext('brand_claim'), hashtext(:brand_id))"),
        {"brand_id": brand_id},
    )
    row = ReceivableRow
    claimed = exists().where(
        BrandClaimLineRow.receivable_id == row.receivable_id, BrandClaimLineRow.standing
    )
    found = await session.scalars(
        select(row)
        .where(
            row.payer_kind == PayerKind.BRAND,
            row.payer_id == brand_id,
            row.currency == currency,
            row.state == ReceivableState.OPEN,
            row.received_minor == 0,
            row.billed_at >= begins,
            row.billed_at < ends,
            ~claimed,
        )
        .order_by(row.receivable_id)
        .limit(MOST_LINES + 1)
        .with_for_update()
    )
    return found.all()


async def add(session: AsyncSession, row: BrandClaimRow) -> None:
    """Keep a claim with its lines."""
    session.add(row)
    await session.flush()
    await session.refresh(row)


async def read(session: AsyncSession, brand_claim_id: str, *, lock: bool = False) -> BrandClaimRow:
    """A claim with its lines.

    Raises:
        NotFound: ``SETTLEMENT_CLAIM_NOT_FOUND``.
    """
    row = await session.get(
        BrandClaimRow, brand_claim_id, with_for_update=lock or None, populate_existing=lock
    )
    if row is None:
        raise claim_missing(brand_claim_id)
    return row


async def page(
    session: AsyncSession, brand_id: str, state: str, before: str, size: int
) -> Sequence[BrandClaimRow]:
    """The newest claims from before an id on, at most so many."""
    query = select(BrandClaimRow).order_by(BrandClaimRow.brand_claim_id.desc()).limit(size)
    if brand_id:
        query = query.where(BrandClaimRow.brand_id == brand_id)
    if state:
        query = query.where(BrandClaimRow.state == state)
    if before:
        query = query.where(BrandClaimRow.brand_claim_id < before)
    return (await session.scalars(query)).all()
