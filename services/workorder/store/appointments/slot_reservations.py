"""Reservations of slots: found, locked, begun, confirmed, ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from kit.authn import SYSTEM_PERSON_ID
from services.workorder.domain.access import Scope
from services.workorder.domain.appointments.slot_reservation import (
    LIVE,
    Reservation,
    State,
    unknown,
)
from services.workorder.domain.appointments.slots import SlotKey
from services.workorder.store.appointments import slots
from services.workorder.store.same_customers import is_customer
from services.workorder.tables.appointments import SlotReservationRow
from services.workorder.tables.work_orders import OfferRow, WorkOrderRow

_FRESH: Final = {"populate_existing": True}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which reservations a list shows; empty fields limit nothing."""

    scope: Scope
    case_id: str
    work_order_id: str
    state: State | None
    now: datetime


def reservation_of(row: SlotReservationRow) -> Reservation:
    """What the transitions decide on."""
    return Reservation(row.reservation_id, State(row.state), row.expires_at)


def key_of(row: SlotReservationRow) -> SlotKey:
    """Its slot."""
    return SlotKey(row.territory_code, row.service_kind, row.window_start)


async def read(session: AsyncSession, reservation_id: str) -> SlotReservationRow:
    """The reservation (``APPOINTMENT_RESERVATION_UNKNOWN``)."""
    row = await session.get(SlotReservationRow, reservation_id)
    if row is None:
        raise unknown(reservation_id)
    return row


async def lock(session: AsyncSession, reservation_id: str) -> SlotReservationRow:
    """The reservation as it is now, locked until the end of the transaction. Whoever ends it locks its
    slot before (``APPOINTMENT_RESERVATION_UNKNOWN``)."""
    row = await session.get(
        SlotReservationRow,
        reservation_id,
        with_for_update={"key_share": True},
        populate_existing=True,
    )
    if row is None:
        raise unknown(reservation_id)
    return row


async def lock_with_slot(session: AsyncSession, row: SlotReservationRow) -> SlotReservationRow:
    """The reservation as it is now, locked with its slot."""
    await slots.lock(session, key_of(row))
    return await lock(session, row.reservation_id)


async def one_at_a_time(session: AsyncSession, holder_id: str) -> None:
    """Whoever reserves for the same case, or for the same work order without one, waits."""
    lock_of_holder = func.pg_advisory_xact_lock(func.hashtextextended(f"slots of {holder_id}", 0))
    await session.execute(select(lock_of_holder))


async def live(
    session: AsyncSession, *, case_id: str = "", work_order_id: str = ""
) -> SlotReservationRow | None:
    """The reservation that a work order has, or a case for what has no work order yet; perhaps one
    whose time is over, and nobody has written that down."""
    query = select(SlotReservationRow).where(SlotReservationRow.state.in_(LIVE))
    if work_order_id:
        query = query.where(SlotReservationRow.work_order_id == work_order_id)
    else:
        query = query.where(
            SlotReservationRow.case_id == case_id, SlotReservationRow.work_order_id.is_(None)
        )
    return (await session.scalars(query.execution_options(**_FRESH))).one_or_none()


async def add(session: AsyncSession, row: SlotReservationRow) -> None:
    """Add a reservation; the database counts it in its locked slot, and refuses one too many."""
    session.add(row)
    await session.flush()


async def end(
    session: AsyncSession,
    row: SlotReservationRow,
    state: State,
    at: datetime,
    person_id: str,
    reason: str = "",
) -> None:
    """Give the slot of a locked reservation back."""
    row.state, row.end_reason = state, reason
    row.ended_at, row.ended_by_person_id = at, person_id
    await session.flush()


async def expire_in(
    session: AsyncSession, key: SlotKey, now: datetime
) -> Sequence[SlotReservationRow]:
    """End the holds of a locked slot whose time is over; those that were ended."""
    expired = (
        update(SlotReservationRow)
        .where(
            SlotReservationRow.territory_code == key.territory_code,
            SlotReservationRow.service_kind == key.service_kind,
            SlotReservationRow.window_start == key.start,
            SlotReservationRow.state == State.HELD,
            SlotReservationRow.expires_at <= now,
        )
        .values(
            state=State.EXPIRED,
            ended_at=SlotReservationRow.expires_at,
            ended_by_person_id=SYSTEM_PERSON_ID,
        )
        .returning(SlotReservationRow)
        .execution_options(synchronize_session=False, **_FRESH)
    )
    return (await session.scalars(expired)).all()


async def slots_with_expired(session: AsyncSession, now: datetime, limit: int) -> list[SlotKey]:
    """Slots in which a hold's time is over and nobody has written that down, in the order of locking."""
    found = (
        select(
            SlotReservationRow.territory_code,
            SlotReservationRow.service_kind,
            SlotReservationRow.window_start,
        )
        .where(SlotReservationRow.state == State.HELD, SlotReservationRow.expires_at <= now)
        .distinct()
        .limit(limit)
    )
    return sorted(SlotKey(*row) for row in await session.execute(found))


async def page(
    session: AsyncSession, wanted: Wanted, before: str, limit: int
) -> Sequence[SlotReservationRow]:
    """Reservations, the one made last first, before one of them."""
    query = (
        select(SlotReservationRow).order_by(SlotReservationRow.reservation_id.desc()).limit(limit)
    )
    if before:
        query = query.where(SlotReservationRow.reservation_id < before)
    if wanted.case_id:
        query = query.where(SlotReservationRow.case_id == wanted.case_id)
    if wanted.work_order_id:
        query = query.where(SlotReservationRow.work_order_id == wanted.work_order_id)
    if wanted.state is not None:
        query = query.where(_stands(wanted.state, wanted.now))
    scope = wanted.scope
    if scope.customer_id:
        query = query.where(is_customer(SlotReservationRow.customer_id, scope.customer_id))
    if scope.region_codes:
        query = query.where(SlotReservationRow.place_codes.overlap(list(scope.region_codes)))
    if scope.technician_id:
        theirs = WorkOrderRow.live_offers.any(OfferRow.technician_id == scope.technician_id)
        query = query.where(
            SlotReservationRow.work_order_id.in_(select(WorkOrderRow.work_order_id).where(theirs))
        )
    return (await session.scalars(query)).all()


def _stands(state: State, now: datetime) -> ColumnElement[bool]:
    """Which reservations stand so at an instant: a hold expires by itself."""
    held = SlotReservationRow.state == State.HELD
    match state:
        case State.HELD:
            return and_(held, SlotReservationRow.expires_at > now)
        case State.EXPIRED:
            over = and_(held, SlotReservationRow.expires_at <= now)
            return or_(SlotReservationRow.state == State.EXPIRED, over)
        case _:
            return SlotReservationRow.state == state
