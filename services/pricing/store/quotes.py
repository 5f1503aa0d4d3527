"""Stored quotes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from services.pricing.tables import PriceBookVersionRow, QuoteRow


async def add(session: AsyncSession, row: QuoteRow) -> None:
    """Store a quote."""
    session.add(row)
    await session.flush()


async def quote(session: AsyncSession, quote_id: str) -> QuoteRow:
    """One stored quote.

    Raises:
        NotFound: ``PRICING_QUOTE_UNKNOWN``.
    """
    row = await session.get(QuoteRow, quote_id)
    if row is None:
        raise NotFound("PRICING_QUOTE_UNKNOWN", f"there is no quote {quote_id!r}", field="quote_id")
    return row


async def page(session: AsyncSession, case_id: str, before: str, limit: int) -> Sequence[QuoteRow]:
    """Stored quotes, the newest first, before one of them; only a case's when it is not empty."""
    query = select(QuoteRow)
    if case_id:
        query = query.where(QuoteRow.case_id == case_id)
    if before:
        query = query.where(QuoteRow.quote_id < before)
    return (await session.scalars(query.order_by(QuoteRow.quote_id.desc()).limit(limit))).all()


async def exchanged(
    session: AsyncSession,
    *,
    currency: str,
    case_id: str,
    quoted_from: datetime,
    before: str,
    limit: int,
) -> Sequence[QuoteRow]:
    """Stored quotes in another currency than their book's, the newest first, before one of them; an
    empty currency or case does not matter."""
    query = (
        select(QuoteRow)
        .join(
            PriceBookVersionRow,
            and_(
                PriceBookVersionRow.price_book_code == QuoteRow.price_book_code,
                PriceBookVersionRow.version == QuoteRow.price_book_version,
            ),
        )
        .where(QuoteRow.currency != PriceBookVersionRow.currency, QuoteRow.quoted_at >= quoted_from)
    )
    if currency:
        query = query.where(QuoteRow.currency == currency)
    if case_id:
        query = query.where(QuoteRow.case_id == case_id)
    if before:
        query = query.where(QuoteRow.quote_id < before)
    return (await session.scalars(query.order_by(QuoteRow.quote_id.desc()).limit(limit))).all()
