"""Queries and writes of schema ``directory``; nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from services.directory.tables import (
    AddressRow,
    Base,
    CalendarDefinitionRow,
    CityTierRow,
    CustomerRow,
    DataKeyRow,
    OutletRow,
    PersonalDataRow,
    PersonRow,
    ZoneRow,
)

Row = TypeVar("Row", bound=Base)


async def put(session: AsyncSession, row: Row) -> Row:
    """Insert a row, or replace the one with its key."""
    merged = await session.merge(row)
    await session.flush()
    return merged


async def add(session: AsyncSession, *rows: Base) -> None:
    """Insert rows, in this order."""
    for row in rows:
        session.add(row)
        await session.flush()


async def person(session: AsyncSession, person_id: str) -> PersonRow:
    """One person.

    Raises:
        NotFound: ``PERSON_UNKNOWN``.
    """
    row = await session.get(PersonRow, person_id)
    if row is None:
        raise NotFound("PERSON_UNKNOWN", f"there is no person {person_id!r}", field="person_id")
    return row


async def person_with_wecom_userid(session: AsyncSession, userid: str) -> PersonRow | None:
    """Whoever is that member in WeCom."""
    query = select(PersonRow).where(PersonRow.wecom_userid == userid)
    return (await session.scalars(query)).one_or_none()


async def people(session: AsyncSession, role: str, after: str, limit: int) -> Sequence[PersonRow]:
    """People by id, after one of them; only holders of ``role`` when it is not empty."""
    query = select(PersonRow).where(PersonRow.person_id > after)
    if role:
        query = query.where(PersonRow.roles.contains([role]))
    return (await session.scalars(query.order_by(PersonRow.person_id).limit(limit))).all()


async def active_holders(session: AsyncSession, role: str, outlet_id: str) -> Sequence[PersonRow]:
    """Who holds a role now; only in ``outlet_id`` when it is not empty."""
    query = select(PersonRow).where(PersonRow.roles.contains([role]), PersonRow.state == "active")
    if outlet_id:
        query = query.where(PersonRow.outlet_id == outlet_id)
    return (await session.scalars(query)).all()


async def outlet(session: AsyncSession, outlet_id: str, field: str) -> OutletRow:
    """One outlet.

    Raises:
        NotFound: ``OUTLET_UNKNOWN``, naming ``field``.
    """
    row = await session.get(OutletRow, outlet_id)
    if row is None:
        raise NotFound("OUTLET_UNKNOWN", f"there is no outlet {outlet_id!r}", field=field)
    return row


async def outlets(session: AsyncSession, after: str, limit: int) -> Sequence[OutletRow]:
    """Outlets by id, after one of them."""
    query = select(OutletRow).where(OutletRow.outlet_id > after)
    return (await session.scalars(query.order_by(OutletRow.outlet_id).limit(limit))).all()


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


async def zones(session: AsyncSession) -> Sequence[ZoneRow]:
    """Every zone, by code."""
    return (await session.scalars(select(ZoneRow).order_by(ZoneRow.zone_code))).all()


async def city_tiers(session: AsyncSession, adcodes: Sequence[str]) -> dict[str, str]:
    """The tiers of those of the places that have one."""
    query = select(CityTierRow).where(CityTierRow.adcode.in_(adcodes))
    return {row.adcode: row.city_tier for row in await session.scalars(query)}


async def calendar(session: AsyncSession, calendar_code: str) -> CalendarDefinitionRow:
    """What a calendar is defined as now.

    Raises:
        NotFound: ``CALENDAR_UNKNOWN``.
    """
    query = (
        select(CalendarDefinitionRow)
        .where(CalendarDefinitionRow.calendar_code == calendar_code)
        .order_by(CalendarDefinitionRow.definition_number.desc())
        .limit(1)
    )
    row = (await session.scalars(query)).one_or_none()
    if row is None:
        raise NotFound(
            "CALENDAR_UNKNOWN", f"there is no calendar {calendar_code!r}", field="calendar_code"
        )
    return row
