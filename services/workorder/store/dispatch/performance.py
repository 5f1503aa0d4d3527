"""What each technician did day by day, kept in the transactions of the work orders themselves.

``technician_performance(last_day)`` in the database sums the 180 days that end with a day; dispatch
reads it. A rework or second visit counts on the day of the work that it follows from, once.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from kit.clock import SHANGHAI
from services.workorder.domain.orders.link import LinkKind
from services.workorder.domain.orders.work_order import State
from services.workorder.tables.desk import TechnicianDayRow
from services.workorder.tables.work_orders import WorkOrderRow


async def count(session: AsyncSession, row: WorkOrderRow, from_state: str) -> None:
    """Count what a change of state says of the technicians whose work it is."""
    match from_state, row.state:
        case State.IN_PROGRESS, State.COMPLETED:
            came_again = await _has_followers(session, row.work_order_id, LinkKind.SECOND_VISIT)
            await _add(session, row, orders_done=1, second_visits=int(came_again))
        case State.COMPLETED, State.CANCELLED:
            await _add(session, row, orders_done=-1)
        case State.COMPLETED, State.ACCEPTED_BY_CUSTOMER if row.rating:
            await _add(session, row, ratings_sum=row.rating, ratings_count=1)
        case _:
            pass


async def count_follower(session: AsyncSession, parent: WorkOrderRow, kind: LinkKind) -> None:
    """Count that somebody has to come again after finished work; before the follower is stored."""
    if parent.completed_at is None or await _has_followers(session, parent.work_order_id, kind):
        return
    match kind:
        case LinkKind.SECOND_VISIT:
            await _add(session, parent, second_visits=1)
        case LinkKind.REWORK:
            await _add(session, parent, reworks=1)
        case LinkKind.PART_OF:
            pass


async def _has_followers(session: AsyncSession, work_order_id: str, kind: LinkKind) -> bool:
    follows = exists().where(
        WorkOrderRow.parent_work_order_id == work_order_id, WorkOrderRow.link_kind == kind
    )
    return bool(await session.scalar(select(follows)))


async def _add(session: AsyncSession, row: WorkOrderRow, **counts: int) -> None:
    """Add to the day on which the work was done, for everybody who did it."""
    if row.completed_at is None or not (people := sorted(row.technician_ids())):
        return
    statement = insert(TechnicianDayRow).values(list(_rows(people, row, row.completed_at, counts)))
    table = TechnicianDayRow.__table__.c
    raised = {name: table[name] + statement.excluded[name] for name in counts}
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["technician_id", "day", "item_code"], set_=raised
        )
    )


def _rows(
    people: Iterable[str], row: WorkOrderRow, done_at: datetime, counts: dict[str, int]
) -> Iterable[dict[str, object]]:
    item_code = row.lines[0].item_code if row.lines else ""
    day = done_at.astimezone(SHANGHAI).date()
    return (
        {"technician_id": each, "day": day, "item_code": item_code, **counts} for each in people
    )
