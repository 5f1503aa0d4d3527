"""``AppointmentService``: slots, who holds them, and how appointments move."""

from __future__ import annotations

from dataclasses import replace

from kit.authn import current_actor
from kit.db.session import current_session
from kit.rpc.convert import instant_from_proto
from protos.workorder.v1 import appointment_pb2 as pb
from services.workorder.convert.appointments import appointments as protos
from services.workorder.domain import access
from services.workorder.domain.appointments import rescheduling, slot_reservation
from services.workorder.domain.appointments.appointment import require_window
from services.workorder.domain.appointments.rescheduling import KIND_OF_ANSWER, ChangeKind, Why
from services.workorder.domain.appointments.slots import Asked
from services.workorder.domain.orders import intake
from services.workorder.servicer.appointments.slot_reservations import SlotReservationRpcs, visit_of
from services.workorder.servicer.appointments.slots import SlotRpcs
from services.workorder.servicer.base import Context
from services.workorder.store.appointments import appointments, slot_reservations
from services.workorder.store.orders import work_orders
from services.workorder.tables.work_orders import WorkOrderRow


class AppointmentServicer(SlotRpcs, SlotReservationRpcs):
    """Keeps what can be promised, what is held, and what was agreed."""

    async def RescheduleAppointment(
        self, request: pb.RescheduleAppointmentRequest, context: Context
    ) -> pb.AppointmentStanding:
        why = rescheduling.require_why(protos.why_from_proto(request))
        row = await self._locked(request.work_order_id)
        whose = await self._whose(row.customer_id)
        slot_reservation.require_party(current_actor(), whose, row.technician_id())
        before = protos.window_of(row)
        rescheduling.require_agreed(row.work_order_id, agreed=before is not None)
        transition = rescheduling.agree(work_orders.progress_of(row))
        start = instant_from_proto(request.window_start, "window_start")
        visit = visit_of(row, "", "")
        former = await self._former(visit)
        if former is not None:  # the places and the kind that it was asked for by
            kinds = tuple(dict.fromkeys((former.service_kind, *visit.asked.service_kinds)))
            visit = replace(visit, asked=Asked(tuple(former.place_codes), kinds))
        slot_reservation.require_moved(moved=before is not None and before[0] != start)
        held = await self._take(visit, start, agreed=True)
        window = (held.window_start, held.window_end)
        await self._agree(row, window, transition, why, held.reservation_id)
        return await self._standing(row)

    async def AnswerAppointment(
        self, request: pb.AnswerAppointmentRequest, context: Context
    ) -> pb.AppointmentStanding:
        current_actor().require_role(*access.CUSTOMER_SIDE)
        answer, wished = protos.answer_from_proto(request), protos.wished_from_proto(request)
        comment = intake.require_short(request.comment.strip(), "comment")
        row = await self._locked(request.work_order_id)
        window = protos.window_of(row)
        rescheduling.require_agreed(row.work_order_id, agreed=window is not None)
        if wished is not None:
            require_window(*wished, self._clock.now())
        confirms = KIND_OF_ANSWER[answer] is ChangeKind.CUSTOMER_CONFIRMED
        to = window if confirms else wished
        await self._note(row, protos.change_row(KIND_OF_ANSWER[answer], window, to, Why(comment)))
        return await self._standing(row)

    async def GetAppointment(
        self, request: pb.GetAppointmentRequest, context: Context
    ) -> pb.AppointmentStanding:
        return await self._standing(await self._read(request.work_order_id))

    async def _standing(self, row: WorkOrderRow) -> pb.AppointmentStanding:
        session, now = current_session(), self._clock.now()
        held = await slot_reservations.live(session, work_order_id=row.work_order_id)
        live = (
            held and slot_reservations.reservation_of(held).state_at(now) in slot_reservation.LIVE
        )
        changes = await appointments.changes(session, row.work_order_id)
        told = rescheduling.told_by(ChangeKind(each.kind) for each in changes)
        shown = protos.reservation_to_proto(held, now) if held and live else None
        return protos.standing_to_proto(row, shown, changes, told)
