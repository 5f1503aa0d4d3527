"""Maintenance plans and their visits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.workorder.domain.access import Scope
from services.workorder.domain.maintenance.maintenance import (
    Plan,
    PlanState,
    PlanVerb,
    VisitState,
    unknown_plan,
    unknown_visit,
)
from services.workorder.domain.maintenance.recurrence import Recurrence, Unit, occurrence
from services.workorder.store.same_customers import is_customer
from services.workorder.tables.maintenance import (
    MaintenancePlanChangeRow,
    MaintenancePlanRow,
    MaintenanceVisitRow,
)

#: So many plans at once are looked at for visits that fall due.
_PLANS_AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class Change:
    """Who does what to a plan, when and why."""

    verb: PlanVerb
    at: datetime
    person_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class WantedPlans:
    """Which plans a list shows; empty fields limit nothing."""

    scope: Scope
    customer_id: str = ""
    asset_id: str = ""
    state: PlanState | None = None


@dataclass(frozen=True, slots=True)
class WantedVisits:
    """Which visits a list shows; empty fields limit nothing."""

    scope: Scope
    plan_id: str = ""
    state: VisitState | None = None
    first_day: date | None = None
    last_day: date | None = None


def recurrence_of(row: MaintenancePlanRow) -> Recurrence:
    """On which days its visits fall."""
    return Recurrence(
        every=row.every,
        unit=Unit(row.unit),
        first_visit_on=row.first_visit_on,
        season_months=frozenset(row.season_months),
        window_days=row.window_days,
        ends_on=row.ends_on,
    )


def plan_of(row: MaintenancePlanRow) -> Plan:
    """What the transitions decide on."""
    recurrence, number = recurrence_of(row), row.next_occurrence
    return Plan(
        plan_id=row.plan_id,
        state=PlanState(row.state),
        revision=row.revision,
        recurrence=recurrence,
        visit_count=row.visit_count,
        lead_days=row.lead_days,
        claimed_count=row.claimed_count,
        next=None if number is None else occurrence(recurrence, number),
    )


async def add(session: AsyncSession, row: MaintenancePlanRow, change: Change) -> None:
    """Store a new plan with its lines and the first line of its history."""
    session.add(row)
    await session.flush()
    session.add(_change_row(row, change))
    await session.flush()


async def save(session: AsyncSession, row: MaintenancePlanRow, after: Plan, change: Change) -> None:
    """Write what a transition made of a locked plan, with a line of its history."""
    row.state, row.revision, row.claimed_count = after.state, after.revision, after.claimed_count
    row.next_occurrence = after.next.number if after.next else None
    row.next_visit_on = after.next.due_on if after.next else None
    session.add(_change_row(row, change))
    await session.flush()


async def read(session: AsyncSession, plan_id: str) -> MaintenancePlanRow:
    """The plan (``MAINTENANCE_PLAN_UNKNOWN``)."""
    row = await session.get(MaintenancePlanRow, plan_id)
    if row is None:
        raise unknown_plan(plan_id)
    return row


async def lock(session: AsyncSession, plan_id: str) -> MaintenancePlanRow:
    """The plan, locked until the end of the transaction (``MAINTENANCE_PLAN_UNKNOWN``)."""
    row = await session.get(MaintenancePlanRow, plan_id, with_for_update={"key_share": True})
    if row is None:
        raise unknown_plan(plan_id)
    return row


async def page(
    session: AsyncSession, wanted: WantedPlans, before: str, limit: int
) -> Sequence[MaintenancePlanRow]:
    """Plans, the one created last first, before one of them."""
    query = select(MaintenancePlanRow).order_by(MaintenancePlanRow.plan_id.desc()).limit(limit)
    if before:
        query = query.where(MaintenancePlanRow.plan_id < before)
    for column, value in (
        (MaintenancePlanRow.asset_id, wanted.asset_id),
        (MaintenancePlanRow.state, wanted.state),
    ):
        if value:
            query = query.where(column == value)
    for customer_id in filter(None, (wanted.customer_id, wanted.scope.customer_id)):
        query = query.where(is_customer(MaintenancePlanRow.customer_id, customer_id))
    if wanted.scope.region_codes:
        query = query.where(_within(list(wanted.scope.region_codes)))
    return (await session.scalars(query)).all()


async def changes(session: AsyncSession, plan_id: str) -> Sequence[MaintenancePlanChangeRow]:
    """What happened to a plan, the first thing first."""
    query = (
        select(MaintenancePlanChangeRow)
        .where(MaintenancePlanChangeRow.plan_id == plan_id)
        .order_by(MaintenancePlanChangeRow.revision)
    )
    return (await session.scalars(query)).all()


async def lock_due(session: AsyncSession, today: date) -> Sequence[MaintenancePlanRow]:
    """Some plans of which a visit falls due, locked; those that somebody else has locked are passed
    over: whoever has them claims their visits."""
    query = (
        select(MaintenancePlanRow)
        .where(
            MaintenancePlanRow.state == PlanState.ACTIVE,
            MaintenancePlanRow.next_visit_on - MaintenancePlanRow.lead_days <= today,
        )
        .order_by(MaintenancePlanRow.plan_id)
        .limit(_PLANS_AT_ONCE)
        .with_for_update(key_share=True, skip_locked=True)
    )
    return (await session.scalars(query)).all()


async def add_visits(session: AsyncSession, rows: Sequence[MaintenanceVisitRow]) -> None:
    """Add visits that fell due; each comes once."""
    session.add_all(rows)
    await session.flush()


async def unstarted(
    session: AsyncSession, after: str, limit: int
) -> Sequence[tuple[MaintenanceVisitRow, MaintenancePlanRow]]:
    """Visits without a case, by their days after one of them, each with its plan; those of paused plans
    wait."""
    query = (
        select(MaintenanceVisitRow, MaintenancePlanRow)
        .join(MaintenancePlanRow, MaintenancePlanRow.plan_id == MaintenanceVisitRow.plan_id)
        .where(
            MaintenanceVisitRow.state == VisitState.DUE,
            MaintenancePlanRow.state != PlanState.PAUSED,
        )
        .order_by(MaintenanceVisitRow.due_on, MaintenanceVisitRow.visit_id)
        .limit(limit)
    )
    if after:
        last = aliased(MaintenanceVisitRow)
        place = select(last.due_on).where(last.visit_id == after).scalar_subquery()
        query = query.where(
            or_(
                MaintenanceVisitRow.due_on > place,
                and_(MaintenanceVisitRow.due_on == place, MaintenanceVisitRow.visit_id > after),
            )
        )
    return [(visit, plan) for visit, plan in await session.execute(query)]


async def due_visits_of(session: AsyncSession, plan_id: str) -> Sequence[MaintenanceVisitRow]:
    """A plan's visits without a case, locked."""
    query = (
        select(MaintenanceVisitRow)
        .where(MaintenanceVisitRow.plan_id == plan_id, MaintenanceVisitRow.state == VisitState.DUE)
        .order_by(MaintenanceVisitRow.visit_id)
        .with_for_update(key_share=True)
    )
    return (await session.scalars(query)).all()


async def read_visit(session: AsyncSession, visit_id: str) -> MaintenanceVisitRow:
    """The visit (``MAINTENANCE_VISIT_UNKNOWN``)."""
    row = await session.get(MaintenanceVisitRow, visit_id)
    if row is None:
        raise unknown_visit(visit_id)
    return row


async def lock_visit(session: AsyncSession, visit_id: str) -> MaintenanceVisitRow:
    """The visit as it is now, locked (``MAINTENANCE_VISIT_UNKNOWN``)."""
    row = await session.get(
        MaintenanceVisitRow, visit_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if row is None:
        raise unknown_visit(visit_id)
    return row


async def visits(
    session: AsyncSession, wanted: WantedVisits, after: tuple[date, str] | None, limit: int
) -> Sequence[MaintenanceVisitRow]:
    """Visits by their days, after one of them."""
    query = (
        select(MaintenanceVisitRow)
        .join(MaintenancePlanRow, MaintenancePlanRow.plan_id == MaintenanceVisitRow.plan_id)
        .order_by(MaintenanceVisitRow.due_on, MaintenanceVisitRow.visit_id)
        .limit(limit)
    )
    if after is not None:
        day, visit_id = after
        query = query.where(
            or_(
                MaintenanceVisitRow.due_on > day,
                and_(MaintenanceVisitRow.due_on == day, MaintenanceVisitRow.visit_id > visit_id),
            )
        )
    if wanted.plan_id:
        query = query.where(MaintenanceVisitRow.plan_id == wanted.plan_id)
    if wanted.state is not None:
        query = query.where(MaintenanceVisitRow.state == wanted.state)
    if wanted.first_day is not None:
        query = query.where(MaintenanceVisitRow.due_on >= wanted.first_day)
    if wanted.last_day is not None:
        query = query.where(MaintenanceVisitRow.due_on <= wanted.last_day)
    if wanted.scope.customer_id:
        query = query.where(is_customer(MaintenancePlanRow.customer_id, wanted.scope.customer_id))
    if wanted.scope.region_codes:
        query = query.where(_within(list(wanted.scope.region_codes)))
    return (await session.scalars(query)).all()


def _within(regions: list[str]) -> ColumnElement[bool]:
    return or_(
        MaintenancePlanRow.adcode.in_(regions),
        MaintenancePlanRow.adcode_path.overlap(regions),
        MaintenancePlanRow.zone_codes.overlap(regions),
    )


def _change_row(row: MaintenancePlanRow, change: Change) -> MaintenancePlanChangeRow:
    return MaintenancePlanChangeRow(
        plan_id=row.plan_id,
        revision=row.revision,
        verb=change.verb,
        changed_at=change.at,
        acting_person_id=change.person_id,
        reason=change.reason,
    )
