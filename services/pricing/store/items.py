"""Items of both libraries."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from services.pricing.tables import ItemRow


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which items are asked for; what is empty does not matter."""

    catalogue: str = ""
    parent_item_code: str = ""
    variant_of_item_code: str = ""
    #: In code or name.
    text: str = ""
    #: Custom fields with their values.
    fields: Mapping[str, str] | None = None
    #: Only retired ones, only those in use, or both.
    retired: bool | None = None


async def hold_still(session: AsyncSession) -> None:
    """Let nobody else change items until the transaction ends: two changes, each sound, could make
    a loop together. The database takes the same lock when it looks for loops.
    """
    lock = func.pg_advisory_xact_lock(func.hashtextextended("pricing library", 0))
    await session.execute(select(lock))


async def put(session: AsyncSession, row: ItemRow) -> ItemRow:
    """Insert an item, or replace the one with its code."""
    return await session.merge(row)


async def put_all(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert items, or replace those with their codes; many at once."""
    if not rows:
        return
    statement = insert(ItemRow)
    others = {name: statement.excluded[name] for name in rows[0] if name != "item_code"}
    upsert = statement.on_conflict_do_update(index_elements=["item_code"], set_=others)
    await session.execute(upsert, [dict(row) for row in rows])


async def item(session: AsyncSession, item_code: str) -> ItemRow:
    """One item.

    Raises:
        NotFound: ``PRICING_ITEM_MISSING``.
    """
    row = await session.get(ItemRow, item_code)
    if row is None:
        raise NotFound("PRICING_ITEM_MISSING", f"there is no item {item_code!r}", field="item_code")
    return row


async def page(session: AsyncSession, wanted: Wanted, after: str, limit: int) -> Sequence[ItemRow]:
    """Items by code, after one of them."""
    query = select(ItemRow).where(ItemRow.item_code > after, *_conditions(wanted))
    return (await session.scalars(query.order_by(ItemRow.item_code).limit(limit))).all()


async def count(session: AsyncSession, wanted: Wanted) -> int:
    """How many items there are."""
    query = select(func.count()).select_from(ItemRow).where(*_conditions(wanted))
    return await session.scalar(query) or 0


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.catalogue:
        conditions.append(ItemRow.catalogue == wanted.catalogue)
    if wanted.parent_item_code:
        conditions.append(ItemRow.parent_item_code == wanted.parent_item_code)
    if wanted.variant_of_item_code:
        conditions.append(ItemRow.variant_of_item_code == wanted.variant_of_item_code)
    if wanted.text:
        code = ItemRow.item_code.icontains(wanted.text, autoescape=True)
        conditions.append(or_(code, ItemRow.name.icontains(wanted.text, autoescape=True)))
    if wanted.fields:
        conditions.append(ItemRow.fields.contains(dict(wanted.fields)))
    if wanted.retired is not None:
        conditions.append(ItemRow.retired_at.is_not(None) == wanted.retired)
    return conditions


async def by_code(session: AsyncSession, codes: Collection[str]) -> dict[str, ItemRow]:
    """Those of the items that exist."""
    query = select(ItemRow).where(ItemRow.item_code.in_(codes))
    return {row.item_code: row for row in await session.scalars(query)}


async def with_all_above(session: AsyncSession, codes: Collection[str]) -> dict[str, ItemRow]:
    """Those of the items that exist, and every item that one of them stands below."""
    line = select(ItemRow.item_code, ItemRow.parent_item_code)
    above = line.where(ItemRow.item_code.in_(codes)).cte(recursive=True)
    above = above.union(line.where(ItemRow.item_code == above.c.parent_item_code))
    query = select(ItemRow).where(ItemRow.item_code.in_(select(above.c.item_code)))
    return {row.item_code: row for row in await session.scalars(query)}


async def variants_of(session: AsyncSession, codes: Collection[str]) -> dict[str, ItemRow]:
    """Every variant of these items."""
    query = select(ItemRow).where(ItemRow.variant_of_item_code.in_(codes))
    return {row.item_code: row for row in await session.scalars(query)}
