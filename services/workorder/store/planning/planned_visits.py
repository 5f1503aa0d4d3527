"""Who is planned to go where, and who planned it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from kit.errors import NotFound
from services.workorder.tables.planning import PlannedVisitChangeRow, PlannedVisitRow
from services.workorder.tables.work_orders import WorkOrderRow


@dataclass(frozen=True, slots=True)
class By:
    """Who changed something, and when."""

    person_id: str
    at: datetime


async def concerning(
    session: AsyncSession,
    work_order_ids: Collection[str],
    technician_ids: Collection[str],
    begins: datetime,
    ends: datetime,
) -> Mapping[str, PlannedVisitRow]:
    """What stands of these work orders, and of these technicians between two instants; by work
    order."""
    row = PlannedVisitRow
    query = select(row).where(
        or_(
            row.work_order_id.in_(work_order_ids),
            row.technician_id.in_(technician_ids) & (row.begins_at < ends) & (row.ends_at > begins),
        )
    )
    return {each.work_order_id: each for each in await session.scalars(query)}


async def of(session: AsyncSession, work_order_id: str) -> PlannedVisitRow | None:
    """What stands of a work order."""
    return await session.get(PlannedVisitRow, work_order_id)


async def lock(session: AsyncSession, work_order_id: str) -> PlannedVisitRow:
    """What stands of a work order, nobody else's to change until this transaction ends.

    Raises:
        NotFound: ``PLANNED_VISIT_UNKNOWN``.
    """
    row = await session.get(
        PlannedVisitRow, work_order_id, with_for_update=True, populate_existing=True
    )
    if row is None:
        raise NotFound(
            "PLANNED_VISIT_UNKNOWN",
            f"nobody is planned to go to work order {work_order_id!r}",
            field="work_order_id",
        )
    return row


async def replace(
    session: AsyncSession,
    gone: Collection[str],
    made: Sequence[PlannedVisitRow],
    reason: str,
    by: By,
) -> None:
    """Take back what stood of some work orders, and plan others, all at once.

    The database refuses two visits of one technician at one time, and what is pinned.
    """
    await session.execute(delete(PlannedVisitRow).where(PlannedVisitRow.work_order_id.in_(gone)))
    if made:
        await session.execute(insert(PlannedVisitRow), [_values(row) for row in made])
    kept = {row.work_order_id for row in made}
    session.add_all(
        [
            *(
                _change(each, "unplanned", "", None, reason, by)
                for each in gone
                if each not in kept
            ),
            *(
                _change(row.work_order_id, "planned", row.technician_id, row.begins_at, reason, by)
                for row in made
            ),
        ]
    )
    await session.flush()


async def pinned(session: AsyncSession, row: PlannedVisitRow, reason: str | None, by: By) -> None:
    """Pin what stands, or unpin it.

    Args:
        reason: why it is pinned; None: it is no longer.
    """
    pins = reason is not None
    row.pinned_at = by.at if pins else None
    row.pinned_by_person_id = by.person_id if pins else ""
    row.pin_reason = reason or ""
    verb = "pinned" if pins else "unpinned"
    session.add(
        _change(row.work_order_id, verb, row.technician_id, row.begins_at, reason or "", by)
    )
    await session.flush()


async def of_time(
    session: AsyncSession,
    begins: datetime,
    ends: datetime,
    technician_id: str,
    region_codes: Sequence[str],
    after: tuple[str, str],
    size: int | None,
) -> Sequence[tuple[PlannedVisitRow, WorkOrderRow]]:
    """What is planned between two instants, with its work order: technician by technician, in the
    order of the day, from after a technician and an instant on."""
    visit, work_order = PlannedVisitRow, WorkOrderRow
    query = (
        select(visit, work_order)
        .join(work_order, work_order.work_order_id == visit.work_order_id)
        .where(visit.begins_at >= begins, visit.begins_at < ends)
        .order_by(visit.technician_id, visit.begins_at)
        .limit(size)
    )
    if technician_id:
        query = query.where(visit.technician_id == technician_id)
    if region_codes:
        codes = list(region_codes)
        query = query.where(
            or_(
                work_order.adcode.in_(codes),
                work_order.adcode_path.overlap(codes),
                work_order.zone_codes.overlap(codes),
            )
        )
    if after[0]:
        at = datetime.fromisoformat(after[1])
        query = query.where(tuple_(visit.technician_id, visit.begins_at) > (after[0], at))
    return [(row[0], row[1]) for row in await session.execute(query)]


def _values(row: PlannedVisitRow) -> dict[str, object]:
    names = ("work_order_id", "technician_id", "begins_at", "ends_at", "day_plan_id")
    return {
        **{name: getattr(row, name) for name in names},
        "planned_at": row.planned_at,
        "planned_by_person_id": row.planned_by_person_id,
    }


def _change(
    work_order_id: str,
    change: str,
    technician_id: str,
    begins_at: datetime | None,
    reason: str,
    by: By,
) -> PlannedVisitChangeRow:
    return PlannedVisitChangeRow(
        work_order_id=work_order_id,
        change=change,
        technician_id=technician_id,
        begins_at=begins_at,
        reason=reason,
        changed_at=by.at,
        changed_by_person_id=by.person_id,
    )
