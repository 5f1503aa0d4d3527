"""Price books and their versions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Date, Integer, Row, Text, cast, func, literal_column, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import FailedPrecondition, NotFound
from services.pricing.store.rates import of_version
from services.pricing.tables import (
    BookRows,
    PriceBookVersionRow,
    PricedItemRow,
    PriceRuleRow,
    RateRow,
)

_NOTHING: Final = literal_column("'{}'::jsonb", JSONB)

#: The day before the first one, so that the difference to it is a day's ordinal.
_BEFORE_ALL_DAYS: Final = literal_column("DATE '0001-01-01' - 1", Date)
#: What a rate table is made of; days are ordinals; conditions and charge are None where nothing is
#: said, for reading JSON would take most of the time.
RATE_COLUMNS: Final = (
    RateRow.rate_id, RateRow.item_code, RateRow.place_code, RateRow.city_tier,
    RateRow.cooperation_mode, RateRow.customer_level,
    *(func.date_mi(day, _BEFORE_ALL_DAYS, type_=Integer) for day in (RateRow.first_day, RateRow.last_day)),
    func.nullif(RateRow.conditions, _NOTHING), func.nullif(RateRow.charge, _NOTHING),
    RateRow.list_price_minor, RateRow.settlement_price_minor,
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


@dataclass(frozen=True, slots=True)
class WantedVersions:
    """Which versions of a book are wanted; None and False: any."""

    effective_from: datetime | None = None
    effective_before: datetime | None = None
    known_at: datetime | None = None
    corrections_only: bool = False


#: All of a book's versions.
ANY_VERSION: Final = WantedVersions()


async def versions(
    session: AsyncSession,
    price_book_code: str,
    before: int | None,
    limit: int,
    wanted: WantedVersions = ANY_VERSION,
) -> Sequence[PriceBookVersionRow]:
    """A book's versions, the newest first, before one of them."""
    row = PriceBookVersionRow
    query = select(row).where(row.price_book_code == price_book_code)
    if before is not None:
        query = query.where(row.version < before)
    if wanted.effective_from is not None:
        query = query.where(row.effective_from >= wanted.effective_from)
    if wanted.effective_before is not None:
        query = query.where(row.effective_from < wanted.effective_before)
    if wanted.known_at is not None:
        query = query.where(row.published_at <= wanted.known_at)
    if wanted.corrections_only:
        query = query.where(row.correction_reason != "")
    return (await session.scalars(query.order_by(row.version.desc()).limit(limit))).all()


async def newest_versions(
    session: AsyncSession, after: str, limit: int
) -> Sequence[PriceBookVersionRow]:
    """The newest version of every book after one, by code."""
    row = PriceBookVersionRow
    query = select(row).where(row.price_book_code > after).distinct(row.price_book_code)
    by_code = query.order_by(row.price_book_code, row.version.desc()).limit(limit)
    return (await session.scalars(by_code)).all()


async def newest_version(session: AsyncSession, price_book_code: str) -> PriceBookVersionRow | None:
    """A book's newest version; None: it has none."""
    found = await versions(session, price_book_code, None, 1)
    return found[0] if found else None


async def newest(session: AsyncSession, price_book_code: str, field: str) -> PriceBookVersionRow:
    """A book's newest version.

    Raises:
        NotFound: ``PRICING_BOOK_UNKNOWN``, naming ``field``.
    """
    row = await newest_version(session, price_book_code)
    if row is None:
        raise _unknown(price_book_code, field)
    return row


async def contents(session: AsyncSession, version: PriceBookVersionRow) -> BookRows:
    """All that belongs to a version."""
    rates_query = of_version(select(RateRow), RateRow, version)
    rates = (await session.scalars(rates_query.order_by(RateRow.rate_number))).all()
    return BookRows(
        version, await priced_items(session, version), rates, await rules(session, version)
    )


async def priced_items(
    session: AsyncSession, version: PriceBookVersionRow
) -> Sequence[PricedItemRow]:
    """The items as a version names them."""
    query = of_version(select(PricedItemRow), PricedItemRow, version)
    return (await session.scalars(query.order_by(PricedItemRow.item_code))).all()


async def item_names(
    session: AsyncSession, version: PriceBookVersionRow, at_once: int = 400
) -> AsyncIterator[Sequence[Row[Any]]]:
    """The same, so many at once, only what they are called."""
    query = of_version(
        select(
            PricedItemRow.item_code,
            PricedItemRow.name,
            PricedItemRow.catalogue,
            PricedItemRow.unit,
        ),
        PricedItemRow,
        version,
    )
    streamed = await session.stream(query.execution_options(yield_per=at_once))
    async for chunk in streamed.partitions():
        yield chunk


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
    session: AsyncSession,
    version: PriceBookVersionRow,
    at_once: int,
    leaves: Collection[tuple[str, str]] | None = None,
) -> AsyncIterator[Sequence[Row[Any]]]:
    """The rates of a version, those of an item at a place one after another, so many at once; each
    with the columns of `RATE_COLUMNS`. Only of some items at some places, where they are named."""
    query = of_version(select(*RATE_COLUMNS), RateRow, version)
    if leaves is not None:
        named = zip(*leaves, strict=True) if leaves else ((), ())
        wanted = select(*(func.unnest(cast(list(codes), ARRAY(Text))) for codes in named))
        query = query.where(tuple_(RateRow.item_code, RateRow.place_code).in_(wanted))
    in_order = query.order_by(RateRow.item_code, RateRow.place_code)
    streamed = await session.stream(in_order.execution_options(yield_per=at_once))
    async for chunk in streamed.partitions():
        yield chunk
