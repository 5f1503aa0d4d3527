"""Price modes, and the switches between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from services.pricing.tables import (
    PriceBookVersionRow,
    PriceModeRow,
    PriceModeSwitchRow,
    PriceRuleRow,
    RateRow,
)


async def put(session: AsyncSession, row: PriceModeRow) -> None:
    """Insert a mode, or give it another label."""
    await session.merge(row)
    await session.flush()


async def modes(session: AsyncSession) -> Sequence[PriceModeRow]:
    """All of them."""
    return (await session.scalars(select(PriceModeRow).order_by(PriceModeRow.mode_code))).all()


async def mode(session: AsyncSession, mode_code: str) -> PriceModeRow:
    """One mode.

    Raises:
        NotFound: ``PRICING_MODE_UNKNOWN``.
    """
    row = await session.get(PriceModeRow, mode_code)
    if row is None:
        raise NotFound(
            "PRICING_MODE_UNKNOWN", f"there is no price mode {mode_code!r}", field="mode_code"
        )
    return row


async def add_switch(session: AsyncSession, row: PriceModeSwitchRow) -> None:
    """Record a switch."""
    session.add(row)
    await session.flush()


async def locked_switch(session: AsyncSession, switch_id: str) -> PriceModeSwitchRow:
    """One switch, locked.

    Raises:
        NotFound: ``PRICING_SWITCH_UNKNOWN``.
    """
    row = await session.get(PriceModeSwitchRow, switch_id, with_for_update=True)
    if row is None:
        raise NotFound(
            "PRICING_SWITCH_UNKNOWN", f"there is no switch {switch_id!r}", field="switch_id"
        )
    return row


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which switches are asked for; what is empty does not matter."""

    mode_code: str = ""
    place_code: str = ""
    by_person_id: str = ""
    holding_at: datetime | None = None


async def switches(
    session: AsyncSession, wanted: Wanted, before: str, limit: int
) -> Sequence[PriceModeSwitchRow]:
    """Switches, the last one recorded first, before one of them."""
    row = PriceModeSwitchRow
    query = select(row)
    if wanted.mode_code:
        query = query.where(row.mode_code == wanted.mode_code)
    if wanted.place_code:
        query = query.where(row.place_code == wanted.place_code)
    if wanted.by_person_id:
        query = query.where(row.recorded_by_person_id == wanted.by_person_id)
    if wanted.holding_at is not None:
        query = query.where(holds(row, wanted.holding_at))
    if before:
        query = query.where(row.switch_id < before)
    return (await session.scalars(query.order_by(row.switch_id.desc()).limit(limit))).all()


async def switches_of_scope(
    session: AsyncSession, place_code: str, at: datetime
) -> Sequence[PriceModeSwitchRow]:
    """The switches of a place and of everywhere that hold at an instant."""
    row = PriceModeSwitchRow
    of_scope = row.place_code.in_(["", place_code])
    return (await session.scalars(select(row).where(holds(row, at), of_scope))).all()


def holds(row: type[PriceModeSwitchRow], at: datetime) -> ColumnElement[bool]:
    """Whether a switch holds at an instant."""
    return and_(
        row.begins_at <= at,
        or_(row.ends_at.is_(None), row.ends_at > at),
        or_(row.ended_at.is_(None), row.ended_at > at),
    )


class Reach(NamedTuple):
    """What of the newest version of a book has a mode among its conditions."""

    price_book_code: str
    version: int
    item_count: int
    rate_count: int
    rule_count: int


async def reach(session: AsyncSession, mode_code: str) -> Sequence[Reach]:
    """What has a mode among its conditions, book by book; books without any are left out."""
    newest = (
        select(
            PriceBookVersionRow.price_book_code,
            func.max(PriceBookVersionRow.version).label("version"),
        )
        .group_by(PriceBookVersionRow.price_book_code)
        .subquery()
    )
    rates = (
        select(
            RateRow.price_book_code,
            func.count(RateRow.item_code.distinct()).label("items"),
            func.count().label("rates"),
        )
        .where(
            RateRow.last_version.is_(None),
            RateRow.conditions["price_mode"].astext == mode_code,
        )
        .group_by(RateRow.price_book_code)
        .subquery()
    )
    rules = (
        select(PriceRuleRow.price_book_code, PriceRuleRow.version, func.count().label("rules"))
        .where(PriceRuleRow.definition["conditions"]["price_mode"].astext == mode_code)
        .group_by(PriceRuleRow.price_book_code, PriceRuleRow.version)
        .subquery()
    )
    query = (
        select(
            newest.c.price_book_code,
            newest.c.version,
            func.coalesce(rates.c["items"], 0),
            func.coalesce(rates.c.rates, 0),
            func.coalesce(rules.c.rules, 0),
        )
        .outerjoin(rates, rates.c.price_book_code == newest.c.price_book_code)
        .outerjoin(
            rules,
            and_(
                rules.c.price_book_code == newest.c.price_book_code,
                rules.c.version == newest.c.version,
            ),
        )
        .where(or_(rates.c.rates > 0, rules.c.rules > 0))
        .order_by(newest.c.price_book_code)
    )
    return [Reach(*found) for found in await session.execute(query)]
