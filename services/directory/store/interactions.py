"""The timeline of customers: what happened is kept once, the newest revision of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select, true, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.directory.tables.customers import CustomerRow
from services.directory.tables.interactions import InteractionRow

_SAME: tuple[str, ...] = ("source", "source_id")
_STAYS: frozenset[str] = frozenset({"interaction_id", *_SAME})
_MOST_TOLD = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of a timeline is read; what is empty does not matter.

    Attributes:
        customer_id: the survivor.
        before: the instant and id of the last one on the page before.
    """

    customer_id: str
    since: datetime
    kinds: Sequence[str] = ()
    text: str = ""
    with_office_only: bool = True
    before: tuple[datetime, str] | None = None


async def keep(session: AsyncSession, rows: Sequence[InteractionRow]) -> int:
    """Keep what happened, unless the same or a newer revision of it is kept; how much was new."""
    newest: dict[tuple[str, str], InteractionRow] = {}
    for row in sorted(rows, key=lambda each: each.source_revision):
        newest[row.source, row.source_id] = row
    if not newest:
        return 0
    names = [column.key for column in InteractionRow.__table__.columns]
    values = [{name: getattr(row, name) for name in names} for row in newest.values()]
    adding = insert(InteractionRow).values(values)
    replaced: dict[str, Any] = {name: adding.excluded[name] for name in names if name not in _STAYS}
    kept = adding.on_conflict_do_update(
        index_elements=_SAME,
        set_=replaced,
        where=InteractionRow.source_revision < adding.excluded.source_revision,
    )
    return len((await session.scalars(kept.returning(InteractionRow.interaction_id))).all())


async def kept(session: AsyncSession, source: str, source_id: str) -> InteractionRow | None:
    """What is kept of one thing of a source."""
    query = select(InteractionRow).where(
        InteractionRow.source == source, InteractionRow.source_id == source_id
    )
    query = query.execution_options(populate_existing=True)
    found: InteractionRow | None = await session.scalar(query)
    return found


async def timeline(session: AsyncSession, wanted: Wanted, limit: int) -> Sequence[InteractionRow]:
    """What happened with a customer and those merged into them, the last first: one query."""
    return (await session.scalars(timeline_query(wanted, limit))).all()


def timeline_query(wanted: Wanted, limit: int) -> Select[tuple[InteractionRow]]:
    """The query behind ``timeline``: of each member of the family only as many as are shown are
    read, from the index, however long their history is."""
    member = (
        select(CustomerRow.customer_id)
        .where(CustomerRow.survivor_customer_id == wanted.customer_id)
        .subquery("member")
    )
    newest = (
        select(InteractionRow)
        .where(
            InteractionRow.customer_id == member.c.customer_id,
            InteractionRow.occurred_at >= wanted.since,
        )
        .order_by(InteractionRow.occurred_at.desc(), InteractionRow.interaction_id.desc())
        .limit(limit)
    )
    if wanted.before is not None:
        key = tuple_(InteractionRow.occurred_at, InteractionRow.interaction_id)
        newest = newest.where(key < wanted.before)
    if wanted.kinds:
        newest = newest.where(InteractionRow.interaction_kind.in_(wanted.kinds))
    if not wanted.with_office_only:
        newest = newest.where(InteractionRow.office_only.is_(False))
    if wanted.text:
        searched = (
            InteractionRow.title, InteractionRow.title_en, InteractionRow.subject,
            InteractionRow.source_id,
        )  # fmt: skip
        newest = newest.where(
            or_(*(column.icontains(wanted.text, autoescape=True) for column in searched))
        )
    found = aliased(InteractionRow, newest.lateral("newest"))
    return (
        select(found)
        .select_from(member)
        .join(found, true())
        .order_by(found.occurred_at.desc(), found.interaction_id.desc())
        .limit(limit)
    )


async def under_way(session: AsyncSession, customer_ids: Collection[str]) -> list[str]:
    """What has not ended with some customers, by what its source calls it."""
    query = select(InteractionRow.source_id).where(
        InteractionRow.customer_id.in_(customer_ids), InteractionRow.is_open
    )
    return list(await session.scalars(query.limit(_MOST_TOLD)))
