"""Customers who are the same: merges, and who looks like another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from kit.errors import NotFound
from services.directory.tables.customers import (
    CustomerMergeRow,
    CustomerRow,
    DistinctCustomersRow,
)
from services.directory.tables.personal_data import PersonalDataRow


class Pair(NamedTuple):
    """Two customers who may be the same, and whether by their phone or by name and address."""

    first_customer_id: str
    second_customer_id: str
    same_phone: bool
    same_name_and_address: bool


async def merge_of(session: AsyncSession, merge_id: str) -> CustomerMergeRow:
    """One merge, locked.

    Raises:
        NotFound: ``CUSTOMER_MERGE_UNKNOWN``.
    """
    row = await session.get(CustomerMergeRow, merge_id, with_for_update=True)
    if row is None:
        raise NotFound(
            "CUSTOMER_MERGE_UNKNOWN", f"there is no merge {merge_id!r}", field="merge_id"
        )
    return row


async def merges(
    session: AsyncSession, customer_id: str, before: str, limit: int
) -> Sequence[CustomerMergeRow]:
    """Merges, the last one first, before one of them; of a customer unless that is empty."""
    query = select(CustomerMergeRow)
    if customer_id:
        query = query.where(
            or_(
                CustomerMergeRow.survivor_customer_id == customer_id,
                CustomerMergeRow.merged_customer_id == customer_id,
            )
        )
    if before:
        query = query.where(CustomerMergeRow.merge_id < before)
    query = query.order_by(CustomerMergeRow.merge_id.desc()).limit(limit)
    return (await session.scalars(query)).all()


async def move(session: AsyncSession, from_survivor_id: str, to_survivor_id: str) -> None:
    """Let a customer, and all who were merged into them, be one with another from now on."""
    await session.execute(
        update(CustomerRow)
        .where(CustomerRow.survivor_customer_id == from_survivor_id)
        .values(merged_into_customer_id=to_survivor_id, revision=CustomerRow.revision + 1)
        .execution_options(synchronize_session=False)
    )


async def take_out(session: AsyncSession, customer_id: str) -> None:
    """Let a customer be one of their own again, with all who were merged into them."""
    itself = cast(customer_id, Text)
    line = select(itself.label("customer_id")).cte("line", recursive=True)
    line = line.union(
        select(CustomerMergeRow.merged_customer_id).where(
            CustomerMergeRow.survivor_customer_id == line.c.customer_id,
            CustomerMergeRow.undone_at.is_(None),
        )
    )
    await session.execute(
        update(CustomerRow)
        .where(CustomerRow.customer_id.in_(select(line.c.customer_id)))
        .values(
            merged_into_customer_id=func.nullif(itself, CustomerRow.customer_id),
            revision=CustomerRow.revision + 1,
        )
        .execution_options(synchronize_session=False)
    )


async def are_distinct(session: AsyncSession, first_id: str, second_id: str) -> bool:
    """Whether somebody said already that two customers, named in their order, are not the same."""
    return await session.get(DistinctCustomersRow, (first_id, second_id)) is not None


async def duplicates(
    session: AsyncSession, customer_id: str, after: tuple[str, str], limit: int
) -> list[Pair]:
    """Customers two by two who may be the same, by their ids, after one pair of them.

    Args:
        customer_id: only pairs with this survivor, unless it is empty.
    """
    phones = _pairs("phone", customer_id)
    named = _pairs("name", customer_id).where(_share_an_address())
    both = phones.add_columns(literal(1).label("phone"), literal(0).label("named")).union_all(
        named.add_columns(literal(0), literal(1))
    )
    pairs = both.subquery("pairs")
    first, second = pairs.c.first_id, pairs.c.second_id
    dismissed = exists().where(
        DistinctCustomersRow.first_customer_id == first,
        DistinctCustomersRow.second_customer_id == second,
    )
    query = (
        select(first, second, func.max(pairs.c.phone), func.max(pairs.c.named))
        .where(tuple_(first, second) > tuple_(*map(literal, after)), ~dismissed)
        .group_by(first, second)
        .order_by(first, second)
        .limit(limit)
    )
    return [
        Pair(one, other, bool(phone), bool(name))
        for one, other, phone, name in await session.execute(query)
    ]


_one, _other = aliased(CustomerRow), aliased(CustomerRow)


def _pairs(kind: str, customer_id: str) -> Select[tuple[str, str]]:
    """Survivors two by two of whom something of a kind is the same."""
    mine, theirs = aliased(PersonalDataRow), aliased(PersonalDataRow)
    query = (
        select(
            _one.survivor_customer_id.label("first_id"),
            _other.survivor_customer_id.label("second_id"),
        )
        .join(mine, mine.holder_id == _one.customer_id)
        .join(
            theirs,
            and_(theirs.kind == kind, mine.kind == kind, theirs.fingerprint == mine.fingerprint),
        )
        .join(_other, _other.customer_id == theirs.holder_id)
        .where(_one.survivor_customer_id < _other.survivor_customer_id)
    )
    if customer_id:
        query = query.where(
            or_(
                _one.survivor_customer_id == customer_id, _other.survivor_customer_id == customer_id
            )
        )
    return query


def _share_an_address() -> ColumnElement[bool]:
    mine, theirs = aliased(PersonalDataRow), aliased(PersonalDataRow)
    return exists().where(
        mine.customer_id == _one.customer_id,
        theirs.customer_id == _other.customer_id,
        mine.kind == "address",
        theirs.kind == "address",
        mine.fingerprint == theirs.fingerprint,
    )
