"""What a day consists of: the work orders that ask for a visit, and who is there to go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import noload

from services.workorder.domain.dispatch.need import Relations
from services.workorder.domain.orders.work_order import State
from services.workorder.domain.registry.working_hours import Absence
from services.workorder.tables.planning import PlannedVisitRow
from services.workorder.tables.registry import OutletProfileRow, TechnicianAbsenceRow
from services.workorder.tables.technicians import TechnicianRow
from services.workorder.tables.work_orders import OfferRow, WorkOrderRow

_WAITING: Final = (State.CREATED.value, State.OFFERED.value)
_TAKEN: Final = (State.ACCEPTED.value, State.SCHEDULED.value, State.IN_PROGRESS.value)


async def of_day(
    session: AsyncSession,
    begins: datetime,
    ends: datetime,
    region_codes: Sequence[str],
    *,
    only_agreed: bool,
    most: int,
) -> Sequence[WorkOrderRow]:
    """Work orders that are not done and ask for a visit between two instants: those whose agreed
    window touches it, those planned for it, and those that wait without a window.

    Args:
        region_codes: of which one must be the place's; empty: anywhere.
        most: one more than this is given out at most.
    """
    row = WorkOrderRow
    agreed = and_(row.window_start < ends, row.window_end > begins)
    planned = row.work_order_id.in_(
        select(PlannedVisitRow.work_order_id).where(
            PlannedVisitRow.begins_at < ends, PlannedVisitRow.ends_at > begins
        )
    )
    wanted = [
        and_(row.state.in_((*_WAITING, *_TAKEN)), agreed),
        and_(row.state.in_((*_WAITING, *_TAKEN)), row.window_start.is_(None), planned),
    ]
    if not only_agreed:
        wanted.append(and_(row.state.in_(_WAITING), row.window_start.is_(None)))
    query = (
        select(row)
        .where(or_(*wanted))
        .options(noload(row.lines))
        .order_by(row.priority, row.work_order_id)
        .limit(most + 1)
    )
    if region_codes:
        codes = list(region_codes)
        query = query.where(
            or_(
                row.adcode.in_(codes), row.adcode_path.overlap(codes), row.zone_codes.overlap(codes)
            )
        )
    return (await session.scalars(query)).all()


async def taken_by(
    session: AsyncSession, technician_ids: Collection[str], begins: datetime, ends: datetime
) -> Sequence[WorkOrderRow]:
    """What these have taken that has an agreed window between two instants."""
    query = (
        select(WorkOrderRow)
        .join(OfferRow, OfferRow.work_order_id == WorkOrderRow.work_order_id)
        .where(
            OfferRow.outcome == "accepted",
            OfferRow.technician_id.in_(technician_ids),
            WorkOrderRow.state.in_(_TAKEN),
            WorkOrderRow.window_start < ends,
            WorkOrderRow.window_end > begins,
        )
        .options(noload(WorkOrderRow.lines))
    )
    return (await session.scalars(query)).all()


async def people(
    session: AsyncSession, technician_ids: Collection[str]
) -> Mapping[str, TechnicianRow]:
    """Technicians who take work, by id, without their skills."""
    query = (
        select(TechnicianRow)
        .where(TechnicianRow.technician_id.in_(technician_ids), TechnicianRow.active)
        .options(noload(TechnicianRow.skills))
    )
    return {row.technician_id: row for row in await session.scalars(query)}


async def outlet_places(
    session: AsyncSession, outlet_ids: Collection[str]
) -> Mapping[str, tuple[float, float]]:
    """Where outlets are, as far as that is known."""
    rows = await session.execute(
        select(
            OutletProfileRow.outlet_id, OutletProfileRow.longitude, OutletProfileRow.latitude
        ).where(OutletProfileRow.outlet_id.in_(outlet_ids), OutletProfileRow.longitude.is_not(None))
    )
    return {outlet_id: (longitude, latitude) for outlet_id, longitude, latitude in rows}


async def absences(
    session: AsyncSession, technician_ids: Collection[str], begins: datetime, ends: datetime
) -> Mapping[str, list[Absence]]:
    """The absences of these that touch a time."""
    row = TechnicianAbsenceRow
    found: dict[str, list[Absence]] = defaultdict(list)
    for each in await session.scalars(
        select(row).where(
            row.technician_id.in_(technician_ids),
            row.cancelled.is_(False),
            row.starts_at < ends,
            or_(row.ends_at.is_(None), row.ends_at > begins),
        )
    ):
        found[each.technician_id].append(Absence(each.starts_at, each.ends_at))
    return found


_BARRED: Final = text(
    "SELECT w.work_order_id, e.technician_id, e.outlet_id FROM work_order w JOIN dispatch_exclusion e"
    " ON e.ended_at IS NULL AND e.from_at <= :at AND (e.until_at IS NULL OR e.until_at > :at)"
    "  AND ((e.customer_id <> '' AND e.customer_id = ANY (same_customer(w.customer_id)))"
    "    OR (e.address_id <> '' AND e.address_id = w.address_id)"
    "    OR (e.customer_id = '' AND e.address_id = ''))"
    " WHERE w.work_order_id = ANY (:ids)"
)
_SAID_NO: Final = text(
    "SELECT work_order_id, technician_id FROM offer"
    " WHERE work_order_id = ANY (:ids) AND outcome IN ('declined', 'expired', 'released')"
)


async def barred(
    session: AsyncSession, work_order_ids: Collection[str], at: datetime
) -> Mapping[str, Relations]:
    """Who must not go to which of these."""
    technicians: dict[str, set[str]] = defaultdict(set)
    outlets: dict[str, set[str]] = defaultdict(set)
    asked: dict[str, Any] = {"ids": sorted(work_order_ids), "at": at}
    for work_order_id, technician_id, outlet_id in await session.execute(_BARRED, asked):
        technicians[work_order_id].add(technician_id)
        outlets[work_order_id].add(outlet_id)
    return {
        each: Relations(
            barred_technician_ids=frozenset(technicians[each]) - {""},
            barred_outlet_ids=frozenset(outlets[each]) - {""},
        )
        for each in technicians
    }


async def said_no(
    session: AsyncSession, work_order_ids: Collection[str]
) -> Mapping[str, frozenset[str]]:
    """Who declined each of these, let its offer expire, or gave it up."""
    found: dict[str, set[str]] = defaultdict(set)
    for work_order_id, technician_id in await session.execute(
        _SAID_NO, {"ids": sorted(work_order_ids)}
    ):
        found[work_order_id].add(technician_id)
    return {each: frozenset(ids) for each, ids in found.items()}
