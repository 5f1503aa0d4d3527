"""Who saw personal data, and how it is destroyed when its time is over."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from kit.errors import NotFound
from services.directory.tables.customers import CustomerRow
from services.directory.tables.interactions import InteractionRow
from services.directory.tables.personal_data import (
    DataKeyRow,
    PersonalDataRow,
    RevealRow,
    ShreddingRow,
)


class Inactive(NamedTuple):
    """A customer with whom nothing has happened for long."""

    customer_id: str
    registered_at: datetime
    last_interaction_at: datetime | None


async def reveals(
    session: AsyncSession, customer_ids: Collection[str], before: int | None, limit: int
) -> list[tuple[RevealRow, str]]:
    """Who saw what of some customers, with what kind it was; the last first, before one of them."""
    query = (
        select(RevealRow, PersonalDataRow.kind)
        .join(PersonalDataRow, PersonalDataRow.reference == RevealRow.reference)
        .where(PersonalDataRow.customer_id.in_(customer_ids))
        .order_by(RevealRow.reveal_number.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(RevealRow.reveal_number < before)
    return [(row, kind) for row, kind in await session.execute(query)]


async def shredding(session: AsyncSession, shredding_id: str) -> ShreddingRow:
    """One request to shred, locked.

    Raises:
        NotFound: ``SHREDDING_UNKNOWN``.
    """
    row = await session.get(ShreddingRow, shredding_id, with_for_update=True)
    if row is None:
        raise NotFound(
            "SHREDDING_UNKNOWN",
            f"nobody asked for a shredding {shredding_id!r}",
            field="shredding_id",
        )
    return row


async def open_shredding(session: AsyncSession, customer_id: str) -> ShreddingRow | None:
    """What was asked for about a customer and not decided."""
    query = select(ShreddingRow).where(
        ShreddingRow.customer_id == customer_id, ShreddingRow.decision.is_(None)
    )
    found: ShreddingRow | None = await session.scalar(query)
    return found


async def shreddings(
    session: AsyncSession, before: str, limit: int, *, open_only: bool
) -> Sequence[ShreddingRow]:
    """What was asked for, the last first, before one of them."""
    query = select(ShreddingRow)
    if open_only:
        query = query.where(ShreddingRow.decision.is_(None))
    if before:
        query = query.where(ShreddingRow.shredding_id < before)
    return (
        await session.scalars(query.order_by(ShreddingRow.shredding_id.desc()).limit(limit))
    ).all()


async def inactive(
    session: AsyncSession, since: datetime, after: str, limit: int
) -> list[Inactive]:
    """Customers registered before an instant with whom nothing has happened since, and whose
    personal data there is; by id, after one of them."""
    member = aliased(CustomerRow)
    together = member.survivor_customer_id == CustomerRow.customer_id
    last = (
        select(func.max(InteractionRow.occurred_at))
        .join(member, member.customer_id == InteractionRow.customer_id)
        .where(together)
        .correlate(CustomerRow)
        .scalar_subquery()
    )
    happened = exists().where(
        InteractionRow.customer_id == member.customer_id,
        together,
        InteractionRow.occurred_at >= since,
    )
    query = (
        select(CustomerRow.customer_id, CustomerRow.registered_at, last)
        .where(
            CustomerRow.customer_id > after,
            CustomerRow.merged_into_customer_id.is_(None),
            CustomerRow.registered_at < since,
            exists().where(DataKeyRow.customer_id == CustomerRow.customer_id),
            ~happened,
        )
        .order_by(CustomerRow.customer_id)
        .limit(limit)
    )
    return [Inactive(*found) for found in await session.execute(query)]
