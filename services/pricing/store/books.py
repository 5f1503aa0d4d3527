"""Price books and their versions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import FailedPrecondition, NotFound
from services.pricing.tables import (
    Base,
    BookRows,
    ModifierRow,
    PriceBookVersionRow,
    PricedItemRow,
    RateRow,
)


async def next_version(session: AsyncSession, price_book_code: str) -> int:
    """The number of a book's next version; whoever publishes the same book meanwhile waits."""
    await session.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(f"book {price_book_code}", 0)))
    )
    newest = await session.scalar(
        select(func.max(PriceBookVersionRow.version)).where(
            PriceBookVersionRow.price_book_code == price_book_code
        )
    )
    return (newest or 0) + 1


async def publish(session: AsyncSession, book: BookRows) -> None:
    """Insert a version and all that belongs to it."""
    rows: Sequence[Sequence[Base]] = ([book.version], book.items, book.rates, book.modifiers)
    for batch in rows:
        session.add_all(batch)
        await session.flush()


async def version_in_force(
    session: AsyncSession, price_book_code: str, at: datetime, field: str
) -> PriceBookVersionRow:
    """The version with the latest beginning up to ``at``; of several, the one published last.

    Raises:
        NotFound: ``PRICING_BOOK_UNKNOWN``, naming ``field``.
        FailedPrecondition: ``PRICING_BOOK_NOT_IN_FORCE`` before its first version begins.
    """
    of_book = select(PriceBookVersionRow).where(
        PriceBookVersionRow.price_book_code == price_book_code
    )
    query = (
        of_book.where(PriceBookVersionRow.effective_from <= at)
        .order_by(PriceBookVersionRow.effective_from.desc(), PriceBookVersionRow.version.desc())
        .limit(1)
    )
    row = (await session.scalars(query)).one_or_none()
    if row is not None:
        return row
    if (await session.scalars(of_book.limit(1))).one_or_none() is None:
        raise _unknown(price_book_code, field)
    raise FailedPrecondition(
        "PRICING_BOOK_NOT_IN_FORCE",
        f"book {price_book_code!r} has no version in force at {at.isoformat()}",
        field=field,
    )


async def version(session: AsyncSession, price_book_code: str, number: int) -> PriceBookVersionRow:
    """One version of a book.

    Raises:
        NotFound: ``PRICING_BOOK_UNKNOWN``.
    """
    row = await session.get(PriceBookVersionRow, (price_book_code, number))
    if row is None:
        raise _unknown(f"{price_book_code} version {number}", "version")
    return row


def _unknown(name: str, field: str) -> NotFound:
    return NotFound(
        "PRICING_BOOK_UNKNOWN",
        f"there is no price book {name!r}; publish it first",
        field=field,
    )


async def versions(
    session: AsyncSession, price_book_code: str, before: int | None, limit: int
) -> Sequence[PriceBookVersionRow]:
    """A book's versions, the newest first, before one of them."""
    query = select(PriceBookVersionRow).where(
        PriceBookVersionRow.price_book_code == price_book_code
    )
    if before is not None:
        query = query.where(PriceBookVersionRow.version < before)
    newest_first = query.order_by(PriceBookVersionRow.version.desc()).limit(limit)
    return (await session.scalars(newest_first)).all()


async def contents(session: AsyncSession, version: PriceBookVersionRow) -> BookRows:
    """All that belongs to a version, as it was listed."""
    book, number = version.price_book_code, version.version
    items_query = select(PricedItemRow).where(
        PricedItemRow.price_book_code == book, PricedItemRow.version == number
    )
    rates_query = select(RateRow).where(RateRow.price_book_code == book, RateRow.version == number)
    modifiers_query = select(ModifierRow).where(
        ModifierRow.price_book_code == book, ModifierRow.version == number
    )
    return BookRows(
        version,
        (await session.scalars(items_query.order_by(PricedItemRow.item_code))).all(),
        (await session.scalars(rates_query.order_by(RateRow.rate_number))).all(),
        (await session.scalars(modifiers_query.order_by(ModifierRow.modifier_number))).all(),
    )
