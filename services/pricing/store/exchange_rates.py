"""Exchange rates, every one that was ever recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.tables import ExchangeRateRow


async def add(session: AsyncSession, row: ExchangeRateRow) -> None:
    """Record a rate."""
    session.add(row)
    await session.flush()


async def between(
    session: AsyncSession, one: str, other: str, at: datetime, known_at: datetime
) -> Sequence[ExchangeRateRow]:
    """Of each direction between two currencies the rate that counts at an instant, by what was
    recorded up to another."""
    found: list[ExchangeRateRow] = []
    for from_currency, to_currency in ((one, other), (other, one)):
        query = (
            select(ExchangeRateRow)
            .where(
                ExchangeRateRow.from_currency == from_currency,
                ExchangeRateRow.to_currency == to_currency,
                ExchangeRateRow.valid_from <= at,
                ExchangeRateRow.recorded_at <= known_at,
            )
            .order_by(ExchangeRateRow.valid_from.desc(), ExchangeRateRow.rate_number.desc())
            .limit(1)
        )
        found += (await session.scalars(query)).all()
    return found


async def page(
    session: AsyncSession, from_currency: str, to_currency: str, before: int | None, limit: int
) -> Sequence[ExchangeRateRow]:
    """Rates, the last one recorded first, before one of them; what is empty does not matter."""
    query = select(ExchangeRateRow)
    if from_currency:
        query = query.where(ExchangeRateRow.from_currency == from_currency)
    if to_currency:
        query = query.where(ExchangeRateRow.to_currency == to_currency)
    if before is not None:
        query = query.where(ExchangeRateRow.rate_number < before)
    ordered = query.order_by(ExchangeRateRow.rate_number.desc()).limit(limit)
    return (await session.scalars(ordered)).all()
