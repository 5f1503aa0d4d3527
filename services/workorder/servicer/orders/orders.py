"""Work orders: created, read, listed, called off."""

from __future__ import annotations

from kit.authn import current_actor
from kit.db.session import current_session
from kit.rpc.convert import decode_page_token, encode_page_token, page_size
from protos.common.v1.page_pb2 import PageInfo
from protos.workorder.v1 import workorder_pb2 as pb
from protos.workorder.v1.workorder_pb2_grpc import WorkOrderServiceServicer
from services.workorder.convert.orders import work_order_lists as list_protos
from services.workorder.convert.orders import work_orders as protos
from services.workorder.domain import access
from services.workorder.domain.orders import intake, reason_code, work_order
from services.workorder.domain.orders.work_order import Verb
from services.workorder.servicer.appointments.agreeing import AgreeingRpcs
from services.workorder.servicer.base import Context
from services.workorder.servicer.orders import taking_in
from services.workorder.store.orders import work_order_lists, work_orders


class OrderRpcs(AgreeingRpcs, WorkOrderServiceServicer):
    """The record of field work."""

    async def CreateWorkOrder(
        self, request: pb.CreateWorkOrderRequest, context: Context
    ) -> pb.WorkOrder:
        actor, now = current_actor(), self._clock.now()
        actor.require_role(*access.INTAKE)
        whole, template = await taking_in.from_template(request, now)
        row = protos.row_from_proto(whole, now, actor.person_id, template)
        await taking_in.take_in(row, now)
        change = work_orders.Change("create", now, actor.person_id)
        await work_orders.add(current_session(), row, change)
        return await self._told(row, pb.WORK_ORDER_STATE_UNSPECIFIED)

    async def GetWorkOrder(self, request: pb.GetWorkOrderRequest, context: Context) -> pb.WorkOrder:
        return protos.to_proto(await self._read(request.work_order_id), current_actor())

    async def ListWorkOrders(
        self, request: pb.ListWorkOrdersRequest, context: Context
    ) -> pb.ListWorkOrdersResponse:
        actor, session = current_actor(), current_session()
        scope = access.scope_of(actor)
        wanted = list_protos.wanted_from_proto(request, scope, self._clock.now())
        sorting = list_protos.sorting_from_proto(request, wanted)
        size = page_size(request.page)
        after = decode_page_token(request.page, work_order_lists.key_length(sorting))
        rows = await work_order_lists.page(session, wanted, sorting, after, size + 1)
        page = PageInfo()
        if len(rows) > size:
            key = work_order_lists.key_of(rows[size - 1], sorting, scope.technician_id)
            page = PageInfo(next_page_token=encode_page_token(*key))
        return pb.ListWorkOrdersResponse(
            work_orders=[protos.to_proto(row, actor) for row in rows[:size]],
            page=page,
            total=await work_order_lists.count(session, wanted) if request.count else 0,
        )

    async def CancelWorkOrder(
        self, request: pb.CancelWorkOrderRequest, context: Context
    ) -> pb.WorkOrder:
        current_actor().require_role(*access.PLANNING)
        reason, code = intake.require_reason(request.reason), request.cancel_code
        if code:
            reason_code.require_code(code, reason_code.CANCEL_CODES, "cancel_code")
        row = await self._locked(request.work_order_id)
        progress = work_orders.progress_of(row)
        work_order.require_revision(progress, request.expected_revision)
        after = work_order.cancel(progress)
        row.cancel_reason, row.cancel_code = reason, code
        reply = await self._changed(row, after, Verb.CANCEL, reason, reason_code=code)
        await self._let_go(row, reason)
        return reply
