"""Price books and their versions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import FailedPrecondition, NotFound
from services.pricing.tables import (
    BookRows,
    PriceBookVersionRow,
    PricedItemRow,
    PriceRuleRow,
    RateRow,
)

#: Stands for a span of versions.
Spanned = TypeVar("Spanned", RateRow, PricedItemRow)

#: What a rate table is made of.
RATE_COLUMNS: Final = (
    RateRow.rate_id, RateRow.item_code, RateRow.place_code, RateRow.city_tier,
    RateRow.cooperation_mode, RateRow.customer_level, RateRow.first_day, RateRow.last_day,
    RateRow.conditions, RateRow.charge, RateRow.list_price_minor, RateRow.settlement_price_minor,
)  # fmt: skip


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
    """Insert a version: rates and named items that stand already go on standing, those that are not
    in it any more end with the version before it."""
    version, code = book.version.version, book.version.price_book_code
    session.add(book.version)
    await session.flush()
    await _replace(session, RateRow, _rate_identity, book.rates, code, version)
    await _replace(session, PricedItemRow, _item_identity, book.items, code, version)
    session.add_all(book.rules)
    await session.flush()


async def _replace(
    session: AsyncSession,
    table: type[Spanned],
    identity: Callable[[Spanned], Hashable],
    wanted: Sequence[Spanned],
    price_book_code: str,
    version: int,
) -> None:
    standing_query = select(table).where(
        table.price_book_code == price_book_code, table.last_version.is_(None)
    )
    standing = {identity(row): row for row in await session.scalars(standing_query)}
    added = [row for row in wanted if standing.pop(identity(row), None) is None]
    for ended in standing.values():
        ended.last_version = version - 1
    await session.flush()
    session.add_all(added)
    await session.flush()


def _rate_identity(row: RateRow) -> Hashable:
    return (
        row.rate_id, row.item_code, row.place_code, row.city_tier, row.cooperation_mode,
        row.customer_level, row.first_day, row.last_day, repr(sorted(row.conditions.items())),
        repr(sorted(row.charge.items())), row.list_price_minor, row.settlement_price_minor,
    )  # fmt: skip


def _item_identity(row: PricedItemRow) -> Hashable:
    return (row.item_code, row.name, row.catalogue, row.unit)


async def version_in_force(
    session: AsyncSession, price_book_code: str, at: datetime, known_at: datetime, field: str
) -> PriceBookVersionRow:
    """Of the versions published up to ``known_at``, the one with the latest beginning up to ``at``;
    of several, the one published last.

    Raises:
        NotFound: ``PRICING_BOOK_UNKNOWN``, naming ``field``.
        FailedPrecondition: ``PRICING_BOOK_NOT_IN_FORCE`` before its first version begins.
    """
    of_book = select(PriceBookVersionRow).where(
        PriceBookVersionRow.price_book_code == price_book_code
    )
    query = (
        of_book.where(
            PriceBookVersionRow.effective_from <= at, PriceBookVersionRow.published_at <= known_at
        )
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
    """All that belongs to a version."""
    rates_query = _of_version(select(RateRow), RateRow, version)
    rates = (await session.scalars(rates_query.order_by(RateRow.rate_number))).all()
    return BookRows(
        version, await priced_items(session, version), rates, await rules(session, version)
    )


async def priced_items(
    session: AsyncSession, version: PriceBookVersionRow
) -> Sequence[PricedItemRow]:
    """The items as a version names them."""
    query = _of_version(select(PricedItemRow), PricedItemRow, version)
    return (await session.scalars(query.order_by(PricedItemRow.item_code))).all()


async def rules(session: AsyncSession, version: PriceBookVersionRow) -> Sequence[PriceRuleRow]:
    """The modifiers, promotions, taxes, groups and openings of a version, as they were listed."""
    query = select(PriceRuleRow).where(
        PriceRuleRow.price_book_code == version.price_book_code,
        PriceRuleRow.version == version.version,
    )
    return (
        await session.scalars(query.order_by(PriceRuleRow.rule_kind, PriceRuleRow.rule_number))
    ).all()


async def rates(
    session: AsyncSession, version: PriceBookVersionRow, at_once: int = 1_000
) -> AsyncIterator[Sequence[Row[Any]]]:
    """The rates of a version, those of an item at a place one after another, so many at once; each
    with the columns of `RATE_COLUMNS`."""
    query = _of_version(select(*RATE_COLUMNS), RateRow, version)
    in_order = query.order_by(RateRow.item_code, RateRow.place_code)
    streamed = await session.stream(in_order.execution_options(yield_per=at_once))
    async for chunk in streamed.partitions():
        yield chunk


def _of_version(
    query: Select[Any], table: type[RateRow] | type[PricedItemRow], version: PriceBookVersionRow
) -> Select[Any]:
    number = version.version
    return query.where(
        table.price_book_code == version.price_book_code,
        table.first_version <= number,
        or_(table.last_version.is_(None), table.last_version >= number),
    )
