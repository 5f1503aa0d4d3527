"""Work orders kept in order: changed, prioritised, followed by others, shared, released."""

from __future__ import annotations

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import NotFound
from protos.workorder.v1 import orders_pb2 as pb
from protos.workorder.v1 import workorder_pb2
from protos.workorder.v1.orders_pb2_grpc import WorkOrderDeskServiceServicer
from services.workorder.convert.orders import desk as protos
from services.workorder.convert.orders import work_orders as order_protos
from services.workorder.domain import access
from services.workorder.domain.orders import crew, intake, link, reason_code, work_order
from services.workorder.domain.orders.work_order import Progress, Verb
from services.workorder.servicer.base import Context, Rpcs
from services.workorder.servicer.orders import taking_in
from services.workorder.store.dispatch import performance
from services.workorder.store.orders import work_orders
from services.workorder.store.registry import technicians
from services.workorder.tables.work_orders import WorkOrderRow


class DeskRpcs(Rpcs, WorkOrderDeskServiceServicer):
    """What people at the desk do to a work order."""

    async def ChangeWorkOrder(
        self, request: pb.ChangeWorkOrderRequest, context: Context
    ) -> workorder_pb2.WorkOrder:
        current_actor().require_role(*access.PLANNING)
        reason = intake.require_reason(request.reason)
        row, progress = await self._locked_at(request.work_order_id, request.expected_revision)
        after = work_order.edit(progress, Verb.CHANGE)
        details = protos.set_details(row, request)
        if not details:
            return order_protos.to_proto(row, current_actor())
        return await self._changed(row, after, Verb.CHANGE, reason, details=details)

    async def SetPriority(
        self, request: pb.SetPriorityRequest, context: Context
    ) -> workorder_pb2.WorkOrder:
        actor = current_actor()
        actor.require_role(*access.PLANNING)
        reason = intake.require_reason(request.reason)
        priority = intake.require_given_priority(request.priority)
        row, progress = await self._locked_at(request.work_order_id, request.expected_revision)
        after = work_order.edit(progress, Verb.SET_PRIORITY)
        row.priority, row.priority_rule, row.priority_reason = priority, "", reason
        row.priority_by_person_id = actor.person_id
        details = {"priority": str(priority)}
        return await self._changed(row, after, Verb.SET_PRIORITY, reason, details=details)

    async def ReevaluatePriority(
        self, request: pb.ReevaluatePriorityRequest, context: Context
    ) -> workorder_pb2.WorkOrder:
        current_actor().require_role(*access.PLANNING)
        row, progress = await self._locked_at(request.work_order_id, 0)
        after = work_order.edit(progress, Verb.SET_PRIORITY)
        before = (row.priority, row.priority_rule)
        await taking_in.prioritise(row, self._clock.now())
        if (row.priority, row.priority_rule) == before:
            return order_protos.to_proto(row, current_actor())
        details = {"priority": str(row.priority), "rule": row.priority_rule}
        return await self._changed(
            row, after, Verb.SET_PRIORITY, row.priority_reason, details=details
        )

    async def AttachWorkOrder(
        self, request: pb.AttachWorkOrderRequest, context: Context
    ) -> workorder_pb2.WorkOrder:
        current_actor().require_role(*access.PLANNING)
        row, progress = await self._locked_at(request.work_order_id, 0)
        after = work_order.attach(progress, row.case_id, request.case_id)
        row.case_id = request.case_id
        row.quote_id = request.quote_id or row.quote_id
        if request.HasField("place"):
            for name, value in order_protos.place_columns(request.place).items():
                setattr(row, name, value)
        return await self._changed(row, after, Verb.ATTACH, details={"case_id": row.case_id})

    async def CreateLinkedWorkOrder(
        self, request: pb.CreateLinkedWorkOrderRequest, context: Context
    ) -> workorder_pb2.WorkOrder:
        actor, now = current_actor(), self._clock.now()
        actor.require_role(*access.INTAKE)
        parent = await self._locked(request.parent_work_order_id)
        wanted, blamed = protos.link_of(request)
        kind = link.require_link(wanted, work_orders.progress_of(parent), blamed)
        row = protos.linked_row(parent, request, (kind, blamed), now, actor.person_id)
        await taking_in.prioritise(row, now)
        await performance.count_follower(current_session(), parent, kind)
        change = work_orders.Change("create", now, actor.person_id, row.link_reason, kind)
        await work_orders.add(current_session(), row, change)
        return await self._told(row, workorder_pb2.WORK_ORDER_STATE_UNSPECIFIED)

    async def SetCrew(
        self, request: pb.SetCrewRequest, context: Context
    ) -> workorder_pb2.WorkOrder:
        current_actor().require_role(*access.DISPATCH)
        row, progress = await self._locked_at(request.work_order_id, request.expected_revision)
        after = work_order.edit(progress, Verb.SET_CREW)
        members = protos.members_from_proto(request)
        crew.require_crew(members, row.technician_id())
        known = await technicians.names(
            current_session(), [member.technician_id for member in members]
        )
        for position, member in enumerate(members):
            if member.technician_id not in known:
                raise NotFound(
                    "TECHNICIAN_UNKNOWN",
                    f"there is no technician {member.technician_id!r}",
                    field=f"crew[{position}].technician_id",
                )
        row.crew = [
            {"technician_id": each.technician_id, "share_basis_points": each.share_basis_points}
            for each in members
        ]
        shares = {each.technician_id: str(each.share_basis_points) for each in members}
        return await self._changed(row, after, Verb.SET_CREW, request.reason, details=shares)

    async def ReleaseWorkOrder(
        self, request: pb.ReleaseWorkOrderRequest, context: Context
    ) -> workorder_pb2.WorkOrder:
        reason = intake.require_reason(request.reason)
        code = reason_code.require_code(
            request.release_code, reason_code.RELEASE_CODES, "release_code"
        )
        row, progress = await self._locked_at(request.work_order_id, request.expected_revision)
        access.require_technician(current_actor(), row.technician_id(), *access.DISPATCH)
        after = work_order.release(progress)
        details = {"technician_id": row.technician_id()}
        row.leave_visit()
        return await self._changed(
            row, after, Verb.RELEASE, reason, reason_code=code, details=details
        )

    async def _locked_at(
        self, work_order_id: str, expected_revision: int
    ) -> tuple[WorkOrderRow, Progress]:
        """A work order, locked, that nobody changed since it was read."""
        row = await self._locked(work_order_id)
        progress = work_orders.progress_of(row)
        work_order.require_revision(progress, expected_revision)
        return row, progress
