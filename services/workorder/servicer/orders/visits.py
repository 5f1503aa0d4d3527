"""The visit: appointment, check-in, completion, acceptance."""

from __future__ import annotations

from kit.authn import current_actor
from protos.workorder.v1 import workorder_pb2 as pb
from protos.workorder.v1.workorder_pb2_grpc import WorkOrderServiceServicer
from services.workorder.convert.on_site.on_site import check_in_fix
from services.workorder.convert.orders import visits
from services.workorder.domain import access
from services.workorder.domain.orders import completion_code, intake, work_order
from services.workorder.domain.orders.work_order import State, Verb
from services.workorder.servicer.appointments.agreeing import AgreeingRpcs
from services.workorder.servicer.base import Context
from services.workorder.servicer.on_site import sites
from services.workorder.store.orders import work_orders


class VisitRpcs(AgreeingRpcs, WorkOrderServiceServicer):
    """From the agreed window to the customer's yes."""

    async def ScheduleAppointment(
        self, request: pb.ScheduleAppointmentRequest, context: Context
    ) -> pb.WorkOrder:
        row = await self._locked(request.work_order_id)
        access.require_technician(current_actor(), row.technician_id(), *access.PLANNING)
        after = work_order.schedule(work_orders.progress_of(row))
        window = visits.window_from_proto(request)
        reply = await self._agree(row, window, (after, Verb.SCHEDULE))
        await self._follow(row, window)
        return reply

    async def CheckIn(self, request: pb.CheckInRequest, context: Context) -> pb.WorkOrder:
        access.require_technician(current_actor(), request.technician_id)
        row = await self._locked(request.work_order_id)
        after = work_order.check_in(work_orders.progress_of(row), request.technician_id)
        now = self._clock.now()
        visits.set_check_in(row, request, now)
        reply = await self._changed(row, after, Verb.CHECK_IN)
        await sites.note_check_in(row, check_in_fix(row), now)
        return reply

    async def CompleteWork(self, request: pb.CompleteWorkRequest, context: Context) -> pb.WorkOrder:
        access.require_technician(current_actor(), request.technician_id)
        row = await self._locked(request.work_order_id)
        after = work_order.complete(
            work_orders.progress_of(row), request.technician_id, request.completion_code
        )
        if after.state is not State.COMPLETED:
            return await self._changed(row, after, Verb.COMPLETE, "wrong completion code")
        now = self._clock.now()
        await sites.require_completable(row, now)
        visits.set_completion(row, request, now)
        reply = await self._changed(row, after, Verb.COMPLETE)
        await sites.decide_fees(await sites.load(row), now)
        return reply

    async def ReissueCompletionCode(
        self, request: pb.ReissueCompletionCodeRequest, context: Context
    ) -> pb.WorkOrder:
        current_actor().require_role(*access.CODE_KEEPERS)
        reason = intake.require_reason(request.reason)
        row = await self._locked(request.work_order_id)
        code = completion_code.new_code()
        after = work_order.reissue_code(work_orders.progress_of(row), code)
        return await self._changed(row, after, Verb.REISSUE_CODE, reason)

    async def RecordAcceptance(
        self, request: pb.RecordAcceptanceRequest, context: Context
    ) -> pb.WorkOrder:
        current_actor().require_role(*access.CUSTOMER_SIDE)
        row = await self._locked(request.work_order_id)
        after = work_order.record_acceptance(work_orders.progress_of(row), request.rating)
        now = self._clock.now()
        visits.set_acceptance(row, request, now)
        reply = await self._changed(row, after, Verb.RECORD_ACCEPTANCE)
        await sites.seal(row, now)
        return reply
