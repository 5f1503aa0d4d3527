"""Tags of customers, and what customers said about messages."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.directory.tables.customers import CustomerRow, CustomerTagRow, MessageConsentRow


async def tags_of(session: AsyncSession, customer_ids: Collection[str]) -> Sequence[CustomerTagRow]:
    """The tags of some customers, in the order of their words."""
    query = select(CustomerTagRow).where(CustomerTagRow.customer_id.in_(customer_ids))
    return (await session.scalars(query.order_by(CustomerTagRow.tag))).all()


async def add_tags(
    session: AsyncSession,
    customer_ids: Collection[str],
    tags: Collection[str],
    tag_source: str,
    tagged_at: datetime,
    tagged_by_person_id: str,
) -> set[str]:
    """Put tags on customers; those who did not bear them all."""
    values = [
        {
            "customer_id": customer_id,
            "tag": tag,
            "tag_source": tag_source,
            "tagged_at": tagged_at,
            "tagged_by_person_id": tagged_by_person_id,
        }
        for customer_id in customer_ids
        for tag in tags
    ]
    if not values:
        return set()
    added = insert(CustomerTagRow).values(values).on_conflict_do_nothing()
    return set(await session.scalars(added.returning(CustomerTagRow.customer_id)))


async def remove_tags(
    session: AsyncSession, survivor_ids: Collection[str], tags: Collection[str]
) -> set[str]:
    """Take tags off customers and off those merged into them; the survivors who bore one."""
    members = select(CustomerRow.customer_id).where(
        CustomerRow.survivor_customer_id.in_(survivor_ids)
    )
    removed = (
        delete(CustomerTagRow)
        .where(CustomerTagRow.customer_id.in_(members), CustomerTagRow.tag.in_(tags))
        .returning(CustomerTagRow.customer_id)
    )
    bearers = set(await session.scalars(removed))
    survivors = select(CustomerRow.survivor_customer_id).where(CustomerRow.customer_id.in_(bearers))
    return set(await session.scalars(survivors))


async def tag_counts(session: AsyncSession) -> list[tuple[str, int]]:
    """Every tag with how many customers bear it, the most borne first."""
    count = func.count(CustomerRow.survivor_customer_id.distinct())
    query = (
        select(CustomerTagRow.tag, count)
        .join(CustomerRow, CustomerRow.customer_id == CustomerTagRow.customer_id)
        .group_by(CustomerTagRow.tag)
        .order_by(count.desc(), CustomerTagRow.tag)
    )
    return [(tag, number) for tag, number in await session.execute(query)]


async def last_consents(
    session: AsyncSession, customer_ids: Collection[str]
) -> Sequence[MessageConsentRow]:
    """What some customers, who are one, last said about each channel."""
    query = (
        select(MessageConsentRow)
        .where(MessageConsentRow.customer_id.in_(customer_ids))
        .distinct(MessageConsentRow.message_channel)
        .order_by(MessageConsentRow.message_channel, MessageConsentRow.consent_number.desc())
    )
    return (await session.scalars(query)).all()
