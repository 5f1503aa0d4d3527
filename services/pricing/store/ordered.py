"""What was ordered: the last quote that each case got within a span of time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.tables import QuoteRow


async def count(
    session: AsyncSession, price_book_code: str, since: datetime, before: datetime
) -> int:
    """How many cases got a quote by a book from an instant on, up to before another."""
    cases = _within(select(func.count(QuoteRow.case_id.distinct())), price_book_code, since, before)
    return await session.scalar(cases) or 0


async def last_quotes(
    session: AsyncSession,
    price_book_code: str,
    since: datetime,
    before: datetime,
    most: int,
    at_once: int = 100,
) -> AsyncIterator[Sequence[QuoteRow]]:
    """The last quote of each of these cases, so many at once, up to so many."""
    query = _within(select(QuoteRow), price_book_code, since, before)
    last = query.distinct(QuoteRow.case_id).order_by(QuoteRow.case_id, QuoteRow.quote_id.desc())
    streamed = await session.stream_scalars(last.limit(most).execution_options(yield_per=at_once))
    async for chunk in streamed.partitions():
        yield chunk


def _within(
    query: Select[Any], price_book_code: str, since: datetime, before: datetime
) -> Select[Any]:
    return query.where(
        QuoteRow.price_book_code == price_book_code,
        QuoteRow.quoted_at >= since,
        QuoteRow.quoted_at < before,
        QuoteRow.case_id != "",
    )
