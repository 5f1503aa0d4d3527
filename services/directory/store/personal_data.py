"""Sealed personal data and its keys, found by reference, by holder and by fingerprint."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from services.directory.tables.customers import AddressRow, ContactLinkRow, CustomerRow
from services.directory.tables.personal_data import DataKeyRow, PersonalDataRow


class Match(NamedTuple):
    """Who is found by a fingerprint: a customer, and the contact whose it is, if it is one's."""

    customer_id: str
    contact_id: str | None


async def of_customers(
    session: AsyncSession, customer_ids: Collection[str]
) -> Sequence[PersonalDataRow]:
    """All that is sealed under the keys of some customers."""
    query = select(PersonalDataRow).where(PersonalDataRow.customer_id.in_(customer_ids))
    return (await session.scalars(query)).all()


async def of_holders(
    session: AsyncSession, holder_ids: Collection[str]
) -> Sequence[PersonalDataRow]:
    """All that is sealed of some customers, addresses or contacts."""
    query = select(PersonalDataRow).where(PersonalDataRow.holder_id.in_(holder_ids))
    return (await session.scalars(query)).all()


async def datum(session: AsyncSession, reference: str) -> PersonalDataRow:
    """The sealed data behind one reference.

    Raises:
        NotFound: ``PERSONAL_DATA_UNKNOWN``.
    """
    row = await session.get(PersonalDataRow, reference)
    if row is None:
        raise NotFound(
            "PERSONAL_DATA_UNKNOWN", f"nothing is kept under {reference!r}", field="reference"
        )
    return row


async def by_references(
    session: AsyncSession, references: Collection[str]
) -> Sequence[PersonalDataRow]:
    """The sealed data behind some references."""
    query = select(PersonalDataRow).where(PersonalDataRow.reference.in_(references))
    return (await session.scalars(query)).all()


async def wrapped_keys(session: AsyncSession, customer_ids: Collection[str]) -> dict[str, bytes]:
    """The wrapped data keys of some customers; a shredded one has none."""
    query = select(DataKeyRow).where(DataKeyRow.customer_id.in_(customer_ids))
    return {row.customer_id: row.wrapped_key for row in await session.scalars(query)}


async def destroy_keys(session: AsyncSession, customer_ids: Collection[str]) -> None:
    """Make all that is sealed under some customers' keys unreadable and not to be found."""
    await session.execute(delete(DataKeyRow).where(DataKeyRow.customer_id.in_(customer_ids)))
    await session.execute(
        update(PersonalDataRow)
        .where(PersonalDataRow.customer_id.in_(customer_ids))
        .values(fingerprint=None)
    )


async def matches(session: AsyncSession, phone_fingerprint: bytes) -> list[Match]:
    """Whose a phone is: customers', merged ones as their survivors, and those whose contact's."""
    found = select(PersonalDataRow.holder_id).where(
        PersonalDataRow.kind == "phone", PersonalDataRow.fingerprint == phone_fingerprint
    )
    own = select(CustomerRow.survivor_customer_id).where(CustomerRow.customer_id.in_(found))
    linked = (
        select(CustomerRow.survivor_customer_id, ContactLinkRow.contact_id)
        .join(ContactLinkRow, ContactLinkRow.customer_id == CustomerRow.customer_id)
        .where(ContactLinkRow.contact_id.in_(found))
    )
    themselves = sorted(set(await session.scalars(own)))
    through = sorted({(customer, contact) for customer, contact in await session.execute(linked)})
    return [Match(each, None) for each in themselves] + [Match(*each) for each in through]


async def known_phones(session: AsyncSession, fingerprints: Collection[bytes]) -> dict[bytes, str]:
    """Of phones that a customer has: whose each is, by its fingerprint."""
    query = (
        select(PersonalDataRow.fingerprint, CustomerRow.survivor_customer_id)
        .join(CustomerRow, CustomerRow.customer_id == PersonalDataRow.holder_id)
        .where(PersonalDataRow.kind == "phone", PersonalDataRow.fingerprint.in_(fingerprints))
        .order_by(CustomerRow.survivor_customer_id.desc())
    )
    found = await session.execute(query)
    return {fingerprint: customer for fingerprint, customer in found if fingerprint is not None}


async def without_fingerprint(
    session: AsyncSession, after: str, limit: int
) -> list[tuple[PersonalDataRow, str]]:
    """Sealed data that cannot be found yet and whose key there is, with an address's adcode."""
    query = (
        select(PersonalDataRow, AddressRow.adcode)
        .join(DataKeyRow, DataKeyRow.customer_id == PersonalDataRow.customer_id)
        .outerjoin(AddressRow, AddressRow.address_id == PersonalDataRow.holder_id)
        .where(PersonalDataRow.fingerprint.is_(None), PersonalDataRow.reference > after)
        .order_by(PersonalDataRow.reference)
        .limit(limit)
        # What is being changed gets its fingerprint by that.
        .with_for_update(of=PersonalDataRow, skip_locked=True)
    )
    return [(row, adcode or "") for row, adcode in await session.execute(query)]
