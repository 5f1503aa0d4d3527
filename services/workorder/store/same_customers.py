"""Customers who are the same: the directory's merges, and conditions that follow them."""

from __future__ import annotations

from sqlalchemy import Text, any_, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.elements import ColumnElement

from services.workorder.tables.customers import CustomerMergeRow
from services.workorder.tables.work_orders import WorkOrderRow


def is_customer(
    column: InstrumentedAttribute[str] | ColumnElement[str], customer_id: str | ColumnElement[str]
) -> ColumnElement[bool]:
    """Whether a column names a customer, or one who is the same."""
    return column == any_(func.same_customer(customer_id, type_=ARRAY(Text)))


def is_work_for(customer_id: str) -> ColumnElement[bool]:
    """Whether a work order is for a customer, or one who is the same; found by its terms."""
    terms = func.customer_terms(customer_id, type_=ARRAY(Text))
    theirs: ColumnElement[bool] = WorkOrderRow.terms.overlap(terms)
    return theirs


async def are_same(session: AsyncSession, one_id: str, other_id: str) -> bool:
    """Whether two ids are of the same customer."""
    if one_id == other_id:
        return True
    return bool(await session.scalar(select(is_customer(literal(one_id), other_id))))


async def ids_of(session: AsyncSession, customer_id: str) -> frozenset[str]:
    """All ids of a customer, this one included."""
    same = select(func.same_customer(customer_id, type_=ARRAY(Text)))
    return frozenset(await session.scalar(same) or ())


async def apply(session: AsyncSession, row: CustomerMergeRow) -> bool:
    """Keep a merge as an event told it; False when nothing is other than before."""
    statement = insert(CustomerMergeRow).values(
        merge_id=row.merge_id,
        survivor_customer_id=row.survivor_customer_id,
        merged_customer_id=row.merged_customer_id,
        undone=row.undone,
    )
    kept = statement.on_conflict_do_update(
        index_elements=["merge_id"],
        set_={"undone": True},
        where=statement.excluded.undone & ~CustomerMergeRow.undone,
    ).returning(CustomerMergeRow.merge_id)
    return await session.scalar(kept) is not None
