"""Reservations of slots: one held, confirmed, given back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.rpc.convert import decode_page_token, instant_from_proto, page_info, page_size
from protos.workorder.v1 import appointment_pb2 as pb
from protos.workorder.v1.appointment_pb2_grpc import AppointmentServiceServicer
from services.workorder.convert.appointments import appointments as protos
from services.workorder.convert.appointments.slots import asked_of
from services.workorder.domain import access
from services.workorder.domain.appointments import rescheduling, slot_reservation
from services.workorder.domain.appointments.rescheduling import ChangeKind, Why
from services.workorder.domain.appointments.slot_calendar import require_hold
from services.workorder.domain.appointments.slot_reservation import LIVE, State, Visit
from services.workorder.domain.appointments.slots import Slot, day_of, kinds_of
from services.workorder.domain.orders import intake
from services.workorder.servicer.appointments.agreeing import AgreeingRpcs
from services.workorder.servicer.appointments.slots import asked_for, named_kind
from services.workorder.servicer.base import Context
from services.workorder.store.appointments import slot_reservations, slots
from services.workorder.store.orders import work_orders
from services.workorder.tables.appointments import SlotReservationRow
from services.workorder.tables.work_orders import WorkOrderRow

_EXPIRED_AT_ONCE: Final = 500


class SlotReservationRpcs(AgreeingRpcs, AppointmentServiceServicer):
    """Who holds which slot.

    Locks are taken in one order: the work order, the calendars, the case, the slots by their keys, the
    reservation.
    """

    async def ReserveSlot(
        self, request: pb.ReserveSlotRequest, context: Context
    ) -> pb.SlotReservation:
        visit = await self._visit(request)
        whose = await self._whose(visit.customer_id)
        slot_reservation.require_party(current_actor(), whose, visit.technician_id)
        minutes = require_hold(request.hold_minutes, ordinary=0)
        start = instant_from_proto(request.window_start, "window_start")
        row = await self._take(visit, start, minutes)
        return protos.reservation_to_proto(row, self._clock.now())

    async def ConfirmSlot(
        self, request: pb.ConfirmSlotRequest, context: Context
    ) -> pb.SlotReservation:
        seen, now = await self._seen(request.reservation_id), self._clock.now()
        work_order_id = seen.work_order_id or request.work_order_id
        order = await self._locked(work_order_id) if work_order_id else None
        await self._require_party(seen, order)
        row = await slot_reservations.lock(current_session(), seen.reservation_id)
        held = slot_reservations.reservation_of(row)
        slot_reservation.confirm(held, now)
        if held.state is State.CONFIRMED and (order is None or row.work_order_id):
            return protos.reservation_to_proto(row, now)
        if order is not None and row.work_order_id is None:
            await self._attach(row, order)
        told = await self._confirm(row)
        if order is not None:
            await self._agree(
                order,
                (row.window_start, row.window_end),
                rescheduling.agree(work_orders.progress_of(order)),
                reservation_id=row.reservation_id,
            )
        return told

    async def ReleaseSlot(
        self, request: pb.ReleaseSlotRequest, context: Context
    ) -> pb.SlotReservation:
        reason = intake.require_short(request.reason, "reason")
        seen = await self._seen(request.reservation_id)
        order = await self._locked(seen.work_order_id) if seen.work_order_id else None
        await self._require_party(seen, order)
        row = await slot_reservations.lock_with_slot(current_session(), seen)
        if row.state not in LIVE:
            return protos.reservation_to_proto(row, self._clock.now())
        was_agreed = row.state == State.CONFIRMED
        told = await self._give_back(row, reason)
        if was_agreed and order is not None:
            window = protos.window_of(order)
            change = protos.change_row(ChangeKind.SLOT_RELEASED, window, None, Why(reason))
            change.reservation_id = row.reservation_id
            await self._note(order, change)
        return told

    async def GetSlotReservation(
        self, request: pb.GetSlotReservationRequest, context: Context
    ) -> pb.SlotReservation:
        row = await self._seen(request.reservation_id)
        return protos.reservation_to_proto(row, self._clock.now())

    async def ListSlotReservations(
        self, request: pb.ListSlotReservationsRequest, context: Context
    ) -> pb.ListSlotReservationsResponse:
        size, now = page_size(request.page), self._clock.now()
        (before,) = decode_page_token(request.page, 1) or ("",)
        wanted = slot_reservations.Wanted(
            access.scope_of(current_actor()),
            request.case_id,
            request.work_order_id,
            protos.reservation_state_from_proto(request.state),
            now,
        )
        rows = await slot_reservations.page(current_session(), wanted, before, size + 1)
        return pb.ListSlotReservationsResponse(
            reservations=[protos.reservation_to_proto(row, now) for row in rows[:size]],
            page=page_info([row.reservation_id for row in rows], size),
        )

    async def ExpireSlots(
        self, request: pb.ExpireSlotsRequest, context: Context
    ) -> pb.ExpireSlotsResponse:
        current_actor().require_role("ops")
        limit, session, now = _expired_limit(request.limit), current_session(), self._clock.now()
        keys = await slot_reservations.slots_with_expired(session, now, limit)
        count = 0
        for key in keys:
            await slots.lock(session, key)
            for row in await slot_reservations.expire_in(session, key, now):
                await self._reservation_told(row)
                count += 1
        return pb.ExpireSlotsResponse(expired_count=count, more=len(keys) == limit)

    async def _take(
        self, visit: Visit, start: datetime, hold_minutes: int = 0, *, agreed: bool = False
    ) -> SlotReservationRow:
        """Hold the slot that begins at an instant, or with ``agreed`` confirm it at once, and let go of
        the one that was held before; whoever has it already keeps it.

        Raises:
            NotFound, FailedPrecondition: ``APPOINTMENT_SLOT_…`` or ``APPOINTMENT_CONFIRMED_ALREADY``.
        """
        session, now = current_session(), self._clock.now()
        slot_reservation.require_near(start, now)
        await slots.keep_calendars(session)
        await slot_reservations.one_at_a_time(session, visit.case_id or visit.work_order_id)
        former = await self._former(visit)
        day = day_of(start)
        timetable = await slots.timetable(session, visit.asked, day, day)
        slot = timetable.slot_at(visit.asked, start)
        if former and slot and not agreed and _has(former, slot, now):
            return former
        slot = slot_reservation.require_open(slot, 0, now)
        others = {slot_reservations.key_of(former)} if former else set()
        await slots.open_and_lock(session, slot.key, slot.capacity, others)
        for each in await slot_reservations.expire_in(session, slot.key, now):
            await self._reservation_told(each)
        if former is not None:
            await self._replace(former, agreed=agreed)
        slot_reservation.require_open(slot, await slots.taken(session, slot.key), now)
        return await self._begin(visit, slot, hold_minutes, agreed=agreed)

    async def _replace(self, former: SlotReservationRow, *, agreed: bool) -> None:
        """Another slot is taken instead of the one that was held when it was last looked at."""
        former = await slot_reservations.lock(current_session(), former.reservation_id)
        if former.state not in LIVE:
            return
        if not agreed:
            slot_reservation.require_replaceable(slot_reservations.reservation_of(former))
        await self._give_back(former, "another slot was taken instead")

    async def _begin(
        self, visit: Visit, slot: Slot, hold_minutes: int, *, agreed: bool
    ) -> SlotReservationRow:
        now, person_id = self._clock.now(), current_actor().person_id
        until = now + timedelta(minutes=hold_minutes or slot.calendar.hold_minutes)
        row = protos.reservation_row(slot, visit.asked.place_codes, now, until, person_id)
        row.case_id, row.customer_id = visit.case_id, visit.customer_id
        row.work_order_id = visit.work_order_id or None
        if agreed:
            row.state, row.confirmed_at, row.confirmed_by_person_id = (
                State.CONFIRMED,
                now,
                person_id,
            )
        await slot_reservations.add(current_session(), row)
        await self._reservation_told(row)
        return row

    async def _attach(self, row: SlotReservationRow, order: WorkOrderRow) -> None:
        """A slot that was reserved for a case is its work order's from now on."""
        slot_reservation.require_same_case(row.case_id, order.case_id)
        session, work_order_id = current_session(), order.work_order_id
        other = await slot_reservations.live(session, work_order_id=work_order_id)
        slot_reservation.require_free_work_order(
            slot_reservations.reservation_of(other) if other else None, work_order_id
        )
        row.work_order_id = work_order_id

    async def _former(self, visit: Visit) -> SlotReservationRow | None:
        return await slot_reservations.live(
            current_session(), case_id=visit.case_id, work_order_id=visit.work_order_id
        )

    async def _visit(self, request: pb.ReserveSlotRequest) -> Visit:
        if request.work_order_id:
            row = await self._read(request.work_order_id)
            rescheduling.agree(work_orders.progress_of(row))  # refuses when its life is past that
            return visit_of(row, request.outlet_id, request.service_kind)
        case_id, customer_id = request.case_id.strip(), request.customer_id.strip()
        slot_reservation.require_case(case_id, customer_id)
        kinds = kinds_of(named_kind(request.service_kind), ())
        asked = asked_of(list(request.place_codes), request.outlet_id, kinds)
        slot_reservation.require_region(access.scope_of(current_actor()), customer_id, asked)
        return Visit(case_id, "", customer_id, "", asked)

    async def _seen(self, reservation_id: str) -> SlotReservationRow:
        """The reservation, if the actor may know of it."""
        session, scope = current_session(), access.scope_of(current_actor())
        row = await slot_reservations.read(session, reservation_id)
        technician_id = ""
        if scope.technician_id and row.work_order_id:
            order = await work_orders.read(session, row.work_order_id)
            technician_id = (
                scope.technician_id if scope.technician_id in order.technician_ids() else ""
            )
        if not scope.covers(technician_id, await self._whose(row.customer_id), row.place_codes):
            raise slot_reservation.unknown(reservation_id)
        return row

    async def _require_party(self, row: SlotReservationRow, order: WorkOrderRow | None) -> None:
        technician_id = order.technician_id() if order else ""
        whose = await self._whose(row.customer_id)
        slot_reservation.require_party(current_actor(), whose, technician_id)


def _has(former: SlotReservationRow, slot: Slot, now: datetime) -> bool:
    held = slot_reservations.reservation_of(former)
    return slot_reservations.key_of(former) == slot.key and held.state_at(now) in LIVE


def visit_of(row: WorkOrderRow, outlet_id: str, service_kind: str) -> Visit:
    """The visit of a work order."""
    asked = asked_for(row, outlet_id, service_kind)
    return Visit(row.case_id, row.work_order_id, row.customer_id, row.technician_id(), asked)


def _expired_limit(limit: int) -> int:
    if not 0 <= limit <= _EXPIRED_AT_ONCE:
        raise InvalidArgument(
            "APPOINTMENT_LIMIT_INVALID",
            f"limit is 1 to {_EXPIRED_AT_ONCE}, or 0 for that",
            field="limit",
        )
    return limit or _EXPIRED_AT_ONCE
