"""Proposals and their rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import or_, select, text
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from services.workorder.domain.planning.proposing import ACCEPTABLE
from services.workorder.tables.planning import DayPlanLineRow, DayPlanRow


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose proposals are shown: one's own, and those of regions that begin so; none: all."""

    person_id: str
    region_prefixes: tuple[str, ...]


async def add(session: AsyncSession, row: DayPlanRow, lines: Sequence[DayPlanLineRow]) -> None:
    """Keep a proposal."""
    session.add(row)
    await session.flush()
    session.add_all(lines)
    await session.flush()


async def read(session: AsyncSession, day_plan_id: str, *, lock: bool = False) -> DayPlanRow:
    """A proposal.

    Raises:
        NotFound: ``DAY_PLAN_UNKNOWN``.
    """
    row = await session.get(
        DayPlanRow, day_plan_id, with_for_update=lock or None, populate_existing=lock
    )
    if row is None:
        raise unknown(day_plan_id)
    return row


def unknown(day_plan_id: str) -> NotFound:
    """The answer for a proposal that is not there, or not for this actor to know of."""
    return NotFound(
        "DAY_PLAN_UNKNOWN", f"there is no day plan {day_plan_id!r}", field="day_plan_id"
    )


async def page(
    session: AsyncSession, day: date | None, whose: Whose, before: str, size: int
) -> Sequence[DayPlanRow]:
    """The newest proposals from before an id on, at most so many."""
    query = select(DayPlanRow).order_by(DayPlanRow.day_plan_id.desc()).limit(size)
    if whose.region_prefixes:
        query = query.where(
            or_(
                DayPlanRow.proposed_by_person_id == whose.person_id,
                *(DayPlanRow.region_code.startswith(each) for each in whose.region_prefixes),
            )
        )
    if day is not None:
        query = query.where(DayPlanRow.day == day)
    if before:
        query = query.where(DayPlanRow.day_plan_id < before)
    return (await session.scalars(query)).all()


async def lines(
    session: AsyncSession,
    day_plan_id: str,
    after: str,
    size: int,
    *,
    changes: bool = False,
    technician_id: str = "",
) -> Sequence[DayPlanLineRow]:
    """The rows of a proposal by work order, from after one on."""
    query = (
        select(DayPlanLineRow)
        .where(DayPlanLineRow.day_plan_id == day_plan_id, DayPlanLineRow.work_order_id > after)
        .order_by(DayPlanLineRow.work_order_id)
        .limit(size)
    )
    if changes:
        query = query.where(DayPlanLineRow.change.in_(ACCEPTABLE))
    if technician_id:
        query = query.where(DayPlanLineRow.technician_id == technician_id)
    return (await session.scalars(query)).all()


async def lines_of(
    session: AsyncSession, day_plan_id: str, work_order_ids: Collection[str]
) -> Sequence[DayPlanLineRow]:
    """Some rows of a proposal; without work orders all that would change something."""
    query = (
        select(DayPlanLineRow)
        .where(DayPlanLineRow.day_plan_id == day_plan_id)
        .order_by(DayPlanLineRow.work_order_id)
    )
    if work_order_ids:
        query = query.where(DayPlanLineRow.work_order_id.in_(work_order_ids))
    else:
        query = query.where(DayPlanLineRow.change.in_(ACCEPTABLE))
    return (await session.scalars(query)).all()


_COUNTS: Final = text(
    "SELECT day_plan_id, count(*) FILTER (WHERE change = ANY (:acceptable)) AS changes,"
    " count(accepted_at) AS accepted FROM day_plan_row WHERE day_plan_id = ANY (:ids)"
    " GROUP BY day_plan_id"
)


async def counts(session: AsyncSession, day_plan_ids: Collection[str]) -> dict[str, Row[Any]]:
    """Of each proposal how many rows would change something, and how many were accepted."""
    rows = await session.execute(
        _COUNTS, {"ids": sorted(day_plan_ids), "acceptable": sorted(ACCEPTABLE)}
    )
    return {row.day_plan_id: row for row in rows}
