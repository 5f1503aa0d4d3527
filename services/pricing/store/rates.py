"""Rates of versions: by item, by page, and what two versions do not share."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, all_, and_, exists, func, not_, or_, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.pricing.tables import PriceBookVersionRow, PricedItemRow, RateRow

#: Columns of a rate that a copy of it has of its own.
SPAN: Final = ("rate_number", "price_book_code", "first_version", "last_version")


@dataclass(frozen=True, slots=True)
class WantedRates:
    """Which rates are wanted; empty: any.

    Attributes:
        equal: columns with their values.
        conditions: other conditions with their values.
        except_numbers: rates that are not.
    """

    equal: Mapping[str, str] = field(default_factory=dict)
    conditions: Mapping[str, str] = field(default_factory=dict)
    except_numbers: Collection[int] = ()


async def some_rates(
    session: AsyncSession,
    version: PriceBookVersionRow,
    wanted: WantedRates,
    after: int,
    limit: int,
) -> Sequence[RateRow]:
    """Rates of a version, as they were listed, after one of them."""
    query = of_version(select(RateRow), RateRow, version).where(RateRow.rate_number > after)
    for column, value in wanted.equal.items():
        if value:
            query = query.where(getattr(RateRow, column) == value)
    if wanted.conditions:
        query = query.where(RateRow.conditions.contains(dict(wanted.conditions)))
    if wanted.except_numbers:
        query = query.where(RateRow.rate_number != all_(array(sorted(wanted.except_numbers))))
    return (await session.scalars(query.order_by(RateRow.rate_number).limit(limit))).all()


async def rates_of(
    session: AsyncSession,
    version: PriceBookVersionRow,
    item_codes: Collection[str],
    rate_ids: Collection[str] = (),
) -> Sequence[RateRow]:
    """The rates of some items, and those of some ids."""
    wanted = or_(RateRow.item_code.in_(item_codes), RateRow.rate_id.in_(set(rate_ids) - {""}))
    query = of_version(select(RateRow), RateRow, version).where(wanted)
    return (await session.scalars(query.order_by(RateRow.rate_number))).all()


async def rates_only_in(
    session: AsyncSession,
    this: PriceBookVersionRow,
    that: PriceBookVersionRow | None,
    wanted: WantedRates,
    limit: int,
) -> Sequence[RateRow]:
    """The rates of one version that another (None: an empty one) does not have, up to so many."""
    query = _only_in(select(RateRow), this, that)
    for column, value in wanted.equal.items():
        if value:
            query = query.where(getattr(RateRow, column) == value)
    return (await session.scalars(query.order_by(RateRow.rate_number).limit(limit))).all()


async def leaves_only_in(
    session: AsyncSession, this: PriceBookVersionRow, that: PriceBookVersionRow, limit: int
) -> Sequence[Row[tuple[str, str]]]:
    """The item and the place of each of them, up to so many."""
    columns = select(RateRow.item_code, RateRow.place_code)
    return (await session.execute(_only_in(columns, this, that).limit(limit))).all()


def _only_in(
    query: Select[Any], this: PriceBookVersionRow, that: PriceBookVersionRow | None
) -> Select[Any]:
    query = of_version(query, RateRow, this)
    if that is not None and this.price_book_code == that.price_book_code:
        return query.where(not_(_stands_in(RateRow, that.version)))
    if that is not None:
        other = aliased(RateRow)
        same = [
            getattr(other, column.name).is_not_distinct_from(getattr(RateRow, column.name))
            for column in RateRow.__table__.columns
            if column.name not in SPAN
        ]
        stands = _stands_in(other, that.version)
        of_that = other.price_book_code == that.price_book_code
        return query.where(~exists().where(of_that, stands, *same))
    return query


async def dimensions_used(session: AsyncSession, version: PriceBookVersionRow) -> set[str]:
    """The conditions that any rate of a version has, by the names of their columns and fields."""
    columns = ("city_tier", "cooperation_mode", "customer_level", "first_day", "last_day")
    said = [
        func.bool_or(getattr(RateRow, name).is_not(None))
        if name.endswith("_day")
        else func.bool_or(getattr(RateRow, name) != "")
        for name in columns
    ]
    row = (await session.execute(of_version(select(*said), RateRow, version))).one()
    keys = func.jsonb_object_keys(RateRow.conditions)
    others = await session.scalars(of_version(select(keys).distinct(), RateRow, version))
    return {name for name, used in zip(columns, row, strict=True) if used} | set(others)


def of_version(
    query: Select[Any], table: type[RateRow] | type[PricedItemRow], version: PriceBookVersionRow
) -> Select[Any]:
    """Only rows that stand in a version."""
    return query.where(
        table.price_book_code == version.price_book_code, _stands_in(table, version.version)
    )


def _stands_in(table: Any, number: int) -> ColumnElement[bool]:
    return and_(
        table.first_version <= number,
        or_(table.last_version.is_(None), table.last_version >= number),
    )
