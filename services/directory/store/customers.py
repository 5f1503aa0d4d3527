"""Customers, their addresses and their sealed data."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from services.directory.tables import AddressRow, CustomerRow, DataKeyRow, PersonalDataRow


async def customer(session: AsyncSession, customer_id: str) -> CustomerRow:
    """One customer.

    Raises:
        NotFound: ``CUSTOMER_UNKNOWN``.
    """
    row = await session.get(CustomerRow, customer_id)
    if row is None:
        raise NotFound(
            "CUSTOMER_UNKNOWN", f"there is no customer {customer_id!r}", field="customer_id"
        )
    return row


async def customer_exists(session: AsyncSession, customer_id: str) -> bool:
    """Whether the id is taken."""
    return await session.get(CustomerRow, customer_id) is not None


async def customers(session: AsyncSession, after: str, limit: int) -> Sequence[CustomerRow]:
    """Customers by id, after one of them."""
    query = select(CustomerRow).where(CustomerRow.customer_id > after)
    return (await session.scalars(query.order_by(CustomerRow.customer_id).limit(limit))).all()


async def address(session: AsyncSession, address_id: str) -> AddressRow:
    """One address.

    Raises:
        NotFound: ``ADDRESS_UNKNOWN``.
    """
    row = await session.get(AddressRow, address_id)
    if row is None:
        raise NotFound("ADDRESS_UNKNOWN", f"there is no address {address_id!r}", field="address_id")
    return row


async def addresses(session: AsyncSession, customer_ids: Sequence[str]) -> Sequence[AddressRow]:
    """The addresses of some customers, the first one kept first."""
    query = select(AddressRow).where(AddressRow.customer_id.in_(customer_ids))
    return (await session.scalars(query.order_by(AddressRow.address_number))).all()


async def personal_data(
    session: AsyncSession, customer_ids: Sequence[str]
) -> Sequence[PersonalDataRow]:
    """All sealed data of some customers."""
    query = select(PersonalDataRow).where(PersonalDataRow.customer_id.in_(customer_ids))
    return (await session.scalars(query)).all()


async def personal_datum(session: AsyncSession, reference: str) -> PersonalDataRow:
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


async def wrapped_keys(session: AsyncSession, customer_ids: Sequence[str]) -> dict[str, bytes]:
    """The wrapped data keys of some customers; a shredded one has none."""
    query = select(DataKeyRow).where(DataKeyRow.customer_id.in_(customer_ids))
    return {row.customer_id: row.wrapped_key for row in await session.scalars(query)}
