"""Customers and their addresses."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from kit.errors import NotFound
from services.directory.tables.customers import (
    AddressRow,
    CustomerRow,
    CustomerTagRow,
    MessageConsentRow,
)
from services.directory.tables.personal_data import DataKeyRow, PersonalDataRow

#: Anything fixed.
_IMPORTS: Final = 5_206_112


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """The rows of a customer who is registered."""

    customer: CustomerRow
    key: DataKeyRow
    addresses: Sequence[AddressRow]
    personal_data: Sequence[PersonalDataRow]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which customers a list is of; what is empty does not matter.

    Attributes:
        tags: they bear all of them.
        region_codes: they have an address in one of these; several narrowings, each to be met.
        reachable_by: they want messages of this channel.
        reachable_unasked: they do until they say no.
    """

    customer_type: str = ""
    customer_level: str = ""
    tags: Sequence[str] = ()
    region_codes: Sequence[Sequence[str]] = ()
    parent_customer_id: str = ""
    reachable_by: str = ""
    reachable_unasked: bool = False


async def register(session: AsyncSession, new: Sequence[NewCustomer]) -> None:
    """Insert customers with all that was said of them."""
    for rows in (
        [one.customer for one in new],
        [one.key for one in new],
        [address for one in new for address in one.addresses],
        [datum for one in new for datum in one.personal_data],
    ):
        session.add_all(rows)
        await session.flush()


async def survivor(
    session: AsyncSession, customer_id: str, field: str = "customer_id"
) -> CustomerRow:
    """One customer, or whom they were merged into.

    Raises:
        NotFound: ``CUSTOMER_UNKNOWN``, naming ``field``.
    """
    asked = aliased(CustomerRow)
    query = select(CustomerRow).join(asked, asked.survivor_customer_id == CustomerRow.customer_id)
    query = query.where(asked.customer_id == customer_id)
    row = await session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise NotFound("CUSTOMER_UNKNOWN", f"there is no customer {customer_id!r}", field=field)
    return row


async def survivors(session: AsyncSession, customer_ids: Collection[str]) -> dict[str, str]:
    """Of those customers that there are: whom each was merged into, or the customer itself."""
    query = select(CustomerRow.customer_id, CustomerRow.survivor_customer_id)
    found = await session.execute(query.where(CustomerRow.customer_id.in_(customer_ids)))
    return dict(found.tuples().all())


async def hold(session: AsyncSession, customer_ids: Collection[str]) -> None:
    """Let nobody else change these customers until the transaction ends; in one order, so that two
    who hold several do not wait for each other."""
    query = select(CustomerRow.customer_id).where(CustomerRow.customer_id.in_(customer_ids))
    await session.execute(query.order_by(CustomerRow.customer_id).with_for_update())


async def hold_imports(session: AsyncSession) -> None:
    """Let one file of customers be imported at a time, until the transaction ends."""
    await session.execute(select(func.pg_advisory_xact_lock(_IMPORTS)))


async def family(session: AsyncSession, survivor_ids: Collection[str]) -> dict[str, str]:
    """The survivor of each customer who is one of these or was merged into one."""
    query = select(CustomerRow.customer_id, CustomerRow.survivor_customer_id)
    found = await session.execute(query.where(CustomerRow.survivor_customer_id.in_(survivor_ids)))
    return dict(found.tuples().all())


async def raise_revision(session: AsyncSession, customer_id: str) -> int:
    """Count a change of a customer; its number."""
    raised = (
        update(CustomerRow)
        .where(CustomerRow.customer_id == customer_id)
        .values(revision=CustomerRow.revision + 1)
        .returning(CustomerRow.revision)
        .execution_options(synchronize_session=False)
    )
    return (await session.scalars(raised)).one()


async def customer_exists(session: AsyncSession, customer_id: str) -> bool:
    """Whether the id is taken."""
    return await session.get(CustomerRow, customer_id) is not None


async def children(session: AsyncSession, customer_ids: Collection[str], limit: int) -> list[str]:
    """Who names one of these as their parent company."""
    query = select(CustomerRow.customer_id).where(
        CustomerRow.parent_customer_id.in_(customer_ids),
        CustomerRow.merged_into_customer_id.is_(None),
    )
    return list(await session.scalars(query.order_by(CustomerRow.customer_id).limit(limit)))


async def customers(
    session: AsyncSession, wanted: Wanted, after: str, limit: int
) -> Sequence[CustomerRow]:
    """Customers by id, after one of them, without those who were merged into another."""
    query = select(CustomerRow).where(
        CustomerRow.customer_id > after,
        CustomerRow.merged_into_customer_id.is_(None),
        *_conditions(wanted),
    )
    return (await session.scalars(query.order_by(CustomerRow.customer_id).limit(limit))).all()


async def by_id(session: AsyncSession, customer_ids: Collection[str]) -> dict[str, CustomerRow]:
    """Those of the customers that there are."""
    query = select(CustomerRow).where(CustomerRow.customer_id.in_(customer_ids))
    return {row.customer_id: row for row in await session.scalars(query)}


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.customer_type:
        conditions.append(CustomerRow.customer_type == wanted.customer_type)
    if wanted.customer_level:
        conditions.append(CustomerRow.customer_level == wanted.customer_level)
    if wanted.parent_customer_id:
        conditions.append(CustomerRow.parent_customer_id == wanted.parent_customer_id)
    conditions += [_bears(tag) for tag in wanted.tags]
    conditions += [_is_in(codes) for codes in wanted.region_codes]
    if wanted.reachable_by:
        said = _last_said(wanted.reachable_by)
        conditions.append(or_(said.is_(None), said) if wanted.reachable_unasked else said.is_(True))
    return conditions


def _bears(tag: str) -> ColumnElement[bool]:
    bearer = aliased(CustomerRow)
    of_bearer = and_(CustomerTagRow.customer_id == bearer.customer_id, CustomerTagRow.tag == tag)
    same = bearer.survivor_customer_id == CustomerRow.customer_id
    return exists().where(of_bearer, same)


def _is_in(codes: Sequence[str]) -> ColumnElement[bool]:
    member = aliased(CustomerRow)
    return exists().where(
        AddressRow.customer_id == member.customer_id,
        member.survivor_customer_id == CustomerRow.customer_id,
        AddressRow.ended_at.is_(None),
        or_(AddressRow.adcode_path.overlap(codes), AddressRow.zone_codes.overlap(codes)),
    )


def _last_said(channel: str) -> ColumnElement[bool]:
    """What a customer, or one merged into them, last said about a channel; null: nothing."""
    member = aliased(CustomerRow)
    query = select(MessageConsentRow.allowed).where(
        MessageConsentRow.customer_id == member.customer_id,
        member.survivor_customer_id == CustomerRow.customer_id,
        MessageConsentRow.message_channel == channel,
    )
    return query.order_by(MessageConsentRow.consent_number.desc()).limit(1).scalar_subquery()


async def address(session: AsyncSession, address_id: str) -> AddressRow:
    """One address.

    Raises:
        NotFound: ``ADDRESS_UNKNOWN``.
    """
    row = await session.get(AddressRow, address_id)
    if row is None:
        raise NotFound("ADDRESS_UNKNOWN", f"there is no address {address_id!r}", field="address_id")
    return row


async def addresses(session: AsyncSession, customer_ids: Collection[str]) -> Sequence[AddressRow]:
    """The addresses of some customers, those that ended too, the first one kept first."""
    query = select(AddressRow).where(AddressRow.customer_id.in_(customer_ids))
    return (await session.scalars(query.order_by(AddressRow.address_number))).all()


async def end_address(
    session: AsyncSession, address_id: str, ended_at: datetime, replaced_by: str | None
) -> bool:
    """Let an address end; False: it had ended before."""
    ended = (
        update(AddressRow)
        .where(AddressRow.address_id == address_id, AddressRow.ended_at.is_(None))
        .values(ended_at=ended_at, replaced_by_address_id=replaced_by)
        .returning(AddressRow.address_id)
    )
    return await session.scalar(ended) is not None
