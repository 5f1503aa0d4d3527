"""Work orders on their way from one team to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from services.workorder.domain.access import Scope
from services.workorder.tables.desk import TeamHandOverRow
from services.workorder.tables.work_orders import WorkOrderRow


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which hand-overs are asked for; what is empty does not matter."""

    scope: Scope
    work_order_id: str = ""
    to_team_id: str = ""
    open_only: bool = False


async def add(session: AsyncSession, row: TeamHandOverRow) -> None:
    """Ask a team to take a work order over."""
    session.add(row)
    await session.flush()


async def read(session: AsyncSession, hand_over_id: str) -> TeamHandOverRow:
    """A hand-over (``HAND_OVER_UNKNOWN``)."""
    row = await session.get(TeamHandOverRow, hand_over_id)
    if row is None:
        raise NotFound(
            "HAND_OVER_UNKNOWN", f"there is no hand-over {hand_over_id!r}", field="hand_over_id"
        )
    return row


async def open_of(session: AsyncSession, work_order_id: str) -> TeamHandOverRow | None:
    """The hand-over of a work order that is not answered yet; locked together with it."""
    found: TeamHandOverRow | None = await session.scalar(
        select(TeamHandOverRow)
        .where(TeamHandOverRow.work_order_id == work_order_id, TeamHandOverRow.answer.is_(None))
        .execution_options(populate_existing=True)
    )
    return found


async def page(
    session: AsyncSession, wanted: Wanted, before: str, size: int
) -> Sequence[TeamHandOverRow]:
    """Hand-overs, the newest first, from the one asked for before ``before`` on."""
    query = select(TeamHandOverRow).order_by(TeamHandOverRow.hand_over_id.desc()).limit(size)
    if before:
        query = query.where(TeamHandOverRow.hand_over_id < before)
    if wanted.work_order_id:
        query = query.where(TeamHandOverRow.work_order_id == wanted.work_order_id)
    if wanted.to_team_id:
        query = query.where(TeamHandOverRow.to_team_id == wanted.to_team_id)
    if wanted.open_only:
        query = query.where(TeamHandOverRow.answer.is_(None))
    if wanted.scope.region_codes:
        terms = [f"at:{code}" for code in wanted.scope.region_codes]
        query = query.join(WorkOrderRow).where(WorkOrderRow.terms.overlap(terms))
    return (await session.scalars(query)).all()
