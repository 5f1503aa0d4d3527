"""What every way to an agreed window shares: the window on the work order, its history, its slot."""

from __future__ import annotations

from datetime import datetime

from kit.authn import current_actor
from kit.db.session import current_session
from kit.rpc import events
from protos.workorder.v1 import appointment_pb2, workorder_pb2
from services.workorder.convert.appointments import appointments as protos
from services.workorder.domain.appointments import rescheduling, slot_reservation
from services.workorder.domain.appointments.appointment import require_window
from services.workorder.domain.appointments.rescheduling import ChangeKind, Told, Why
from services.workorder.domain.appointments.slot_reservation import State
from services.workorder.domain.orders.work_order import Progress, Verb
from services.workorder.servicer.base import Rpcs
from services.workorder.store.appointments import appointments, slot_reservations
from services.workorder.tables.appointments import AppointmentChangeRow, SlotReservationRow
from services.workorder.tables.work_orders import WorkOrderRow

_NO_WHY = Why()


class AgreeingRpcs(Rpcs):
    """Windows that are agreed, and slots that follow them."""

    async def _agree(
        self,
        row: WorkOrderRow,
        window: tuple[datetime, datetime],
        transition: tuple[Progress, Verb],
        why: Why = _NO_WHY,
        reservation_id: str | None = None,
    ) -> workorder_pb2.WorkOrder:
        """Write the window agreed on the locked work order, and how it came to be.

        Raises:
            InvalidArgument: ``WORK_ORDER_APPOINTMENT_INVALID``.
        """
        require_window(*window, self._clock.now())
        before = protos.window_of(row)
        row.window_start, row.window_end = window
        reply = await self._changed(row, *transition, why.reason)
        change = protos.change_row(rescheduling.kind_of(before, window), before, window, why)
        change.reservation_id = reservation_id
        await self._note(row, change)
        return reply

    async def _note(self, row: WorkOrderRow, change: AppointmentChangeRow) -> None:
        """Add to the history of the locked work order's appointment, and tell the world."""
        change.work_order_id = row.work_order_id
        change.changed_at = self._clock.now()
        change.acting_person_id = current_actor().person_id
        await appointments.add(current_session(), change)
        told = await self._told_so_far(row)
        await events.record(
            appointment_pb2.AppointmentChanged(
                work_order_id=row.work_order_id,
                change=protos.change_to_proto(change),
                reschedule_count=told.reschedule_count,
            ),
            aggregate=("appointment", row.work_order_id),
            occurred_at=change.changed_at,
            case_id=row.case_id,
        )

    async def _told_so_far(self, row: WorkOrderRow) -> Told:
        changes = await appointments.changes(current_session(), row.work_order_id)
        return rescheduling.told_by(ChangeKind(each.kind) for each in changes)

    async def _follow(self, row: WorkOrderRow, window: tuple[datetime, datetime]) -> None:
        """A window was agreed without its slot being asked: a slot of that window is confirmed by it,
        another one is given back."""
        held = await self._live_of(row)
        if held is None:
            return
        state = slot_reservations.reservation_of(held).state_at(self._clock.now())
        if (held.window_start, held.window_end) != window or state not in slot_reservation.LIVE:
            await self._give_back(held, "another window was agreed")
        elif state is State.HELD:
            await self._confirm(held)

    async def _let_go(self, row: WorkOrderRow, reason: str) -> None:
        """Give the slot of a locked work order back, if it has one."""
        held = await self._live_of(row)
        if held is not None:
            await self._give_back(held, reason)

    async def _live_of(self, row: WorkOrderRow) -> SlotReservationRow | None:
        session = current_session()
        held = await slot_reservations.live(session, work_order_id=row.work_order_id)
        if held is None:
            return None
        held = await slot_reservations.lock_with_slot(session, held)
        return held if held.state in slot_reservation.LIVE else None

    async def _confirm(self, held: SlotReservationRow) -> appointment_pb2.SlotReservation:
        """A locked hold is agreed; what was confirmed before stays so."""
        if held.state != State.CONFIRMED:
            held.state, held.confirmed_at = State.CONFIRMED, self._clock.now()
            held.confirmed_by_person_id = current_actor().person_id
        await current_session().flush()
        return await self._reservation_told(held)

    async def _give_back(
        self, held: SlotReservationRow, reason: str
    ) -> appointment_pb2.SlotReservation:
        """End a reservation that is locked with its slot: released, or expired when its time is over."""
        now = self._clock.now()
        after = slot_reservation.release(slot_reservations.reservation_of(held), now).state
        at = held.expires_at if after is State.EXPIRED else now
        person_id = current_actor().person_id
        await slot_reservations.end(current_session(), held, after, at, person_id, reason)
        return await self._reservation_told(held)

    async def _reservation_told(self, held: SlotReservationRow) -> appointment_pb2.SlotReservation:
        now = self._clock.now()
        message = protos.reservation_to_proto(held, now)
        await events.record(
            appointment_pb2.SlotReservationChanged(reservation=message),
            aggregate=("slot_reservation", held.reservation_id),
            occurred_at=now,
            case_id=held.case_id,
        )
        return message
