"""The projection of pricing's exchange rates."""

from __future__ import annotations

from sqlalchemy import and_, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from kit.money import to_fraction
from services.settlement.domain.currency.rates import Rate
from services.settlement.tables.currency import KnownExchangeRateRow


async def apply(session: AsyncSession, row: KnownExchangeRateRow) -> bool:
    """Keep a rate that pricing recorded; False when it is known already."""
    columns = KnownExchangeRateRow.__table__.columns.keys()
    made = await session.execute(
        insert(KnownExchangeRateRow)
        .values({name: getattr(row, name) for name in columns})
        .on_conflict_do_nothing()
        .returning(KnownExchangeRateRow.exchange_rate_id)
    )
    return made.first() is not None


async def between(session: AsyncSession, one: str, other: str) -> list[Rate]:
    """Every rate that is known of two currencies, in both directions."""
    row = KnownExchangeRateRow
    rows = await session.scalars(
        select(row).where(
            or_(
                and_(row.from_currency == one, row.to_currency == other),
                and_(row.from_currency == other, row.to_currency == one),
            )
        )
    )
    return [
        Rate(
            each.exchange_rate_id,
            each.from_currency,
            each.to_currency,
            to_fraction(each.ratio),
            each.valid_from,
            each.inverse_too,
            each.pair_sequence,
        )
        for each in rows
    ]
