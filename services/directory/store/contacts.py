"""Contacts, and for whom they speak."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from services.directory.tables.customers import ContactLinkRow, ContactRow


async def contact(session: AsyncSession, contact_id: str) -> ContactRow:
    """One contact, locked.

    Raises:
        NotFound: ``CONTACT_UNKNOWN``.
    """
    row = await session.get(ContactRow, contact_id, with_for_update=True)
    if row is None:
        raise NotFound("CONTACT_UNKNOWN", f"there is no contact {contact_id!r}", field="contact_id")
    return row


async def links_of(
    session: AsyncSession, customer_ids: Collection[str]
) -> Sequence[ContactLinkRow]:
    """Who speaks for some customers, the preferred ones first, then as they were linked."""
    query = select(ContactLinkRow).where(ContactLinkRow.customer_id.in_(customer_ids))
    order = (
        ContactLinkRow.preferred.desc(), ContactLinkRow.linked_at, ContactLinkRow.contact_id
    )  # fmt: skip
    return (await session.scalars(query.order_by(*order))).all()


async def spoken_for(session: AsyncSession, contact_ids: Collection[str]) -> dict[str, list[str]]:
    """For whom each of some contacts speaks."""
    query = select(ContactLinkRow.contact_id, ContactLinkRow.customer_id)
    found = await session.execute(
        query.where(ContactLinkRow.contact_id.in_(contact_ids)).order_by(ContactLinkRow.customer_id)
    )
    speaking: dict[str, list[str]] = {}
    for contact_id, customer_id in found:
        speaking.setdefault(contact_id, []).append(customer_id)
    return speaking


async def put_link(session: AsyncSession, link: ContactLinkRow) -> None:
    """Let a contact speak for a customer, or as something else; of a customer's contacts one is
    preferred at most."""
    if link.preferred:
        await session.execute(
            update(ContactLinkRow)
            .where(ContactLinkRow.customer_id == link.customer_id)
            .values(preferred=False)
        )
    await session.merge(link)
    await session.flush()


async def remove_link(
    session: AsyncSession, contact_id: str, customer_ids: Collection[str]
) -> bool:
    """A contact speaks for some customers no more; False: for none of them they did."""
    removed = (
        delete(ContactLinkRow)
        .where(
            ContactLinkRow.contact_id == contact_id, ContactLinkRow.customer_id.in_(customer_ids)
        )
        .returning(ContactLinkRow.customer_id)
    )
    return bool((await session.scalars(removed)).all())
