"""What was done to work orders, and finished work that may tell what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import lazyload

from services.workorder.domain.orders.work_order import State
from services.workorder.store.same_customers import is_work_for
from services.workorder.tables.work_orders import WorkOrderChangeRow, WorkOrderRow

#: As much finished work is looked at for each thing in common.
_LOOKED_AT: Final = 30
_DONE: Final = (State.COMPLETED, State.ACCEPTED_BY_CUSTOMER)


async def changes(
    session: AsyncSession, work_order_id: str, after_revision: int, size: int
) -> Sequence[WorkOrderChangeRow]:
    """What was done to a work order, the oldest first, after a revision."""
    query = (
        select(WorkOrderChangeRow)
        .where(
            WorkOrderChangeRow.work_order_id == work_order_id,
            WorkOrderChangeRow.revision > after_revision,
        )
        .order_by(WorkOrderChangeRow.revision)
        .limit(size)
    )
    return (await session.scalars(query)).all()


async def finished_like(session: AsyncSession, row: WorkOrderRow) -> Sequence[WorkOrderRow]:
    """The newest finished work on the same asset, for the same customer and of the same items, of
    which it was told what was done."""
    terms = [f"item:{line.item_code}" for line in row.lines[:5]]
    if row.asset_id:
        terms.append(f"asset:{row.asset_id}")
    alike = [is_work_for(row.customer_id), *(WorkOrderRow.terms.contains([term]) for term in terms)]
    found: dict[str, WorkOrderRow] = {}
    for like in alike:
        query = (
            select(WorkOrderRow)
            .where(
                like,
                WorkOrderRow.state.in_(_DONE),
                WorkOrderRow.completion_summary != "",
            )
            .order_by(WorkOrderRow.work_order_id.desc())
            .limit(_LOOKED_AT)
            .options(lazyload(WorkOrderRow.live_offers))  # nobody looks at it
        )
        found |= {each.work_order_id: each for each in await session.scalars(query)}
    return list(found.values())
