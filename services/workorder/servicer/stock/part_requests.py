"""Part requests until they are allocated: asked for, decided, reserved, called off."""

from __future__ import annotations

from kit.authn import SYSTEM_PERSON_ID, current_actor
from kit.db.session import current_session
from kit.errors import PermissionDenied
from kit.ids import new_id
from kit.rpc.convert import page_info, page_size
from protos.workorder.v1 import part_pb2 as pb
from protos.workorder.v1.part_pb2_grpc import PartServiceServicer
from services.workorder.convert.places import instant_if_given
from services.workorder.convert.stock import part_requests as protos
from services.workorder.convert.stock.stock import chosen, lines_from_proto
from services.workorder.domain.stock import part_request, reservation, stock_intake, stockroom
from services.workorder.domain.stock.part_request import Verb
from services.workorder.domain.stock.reservation import Outcome
from services.workorder.servicer.base import Context
from services.workorder.servicer.stock.part_base import PartRequestKeeping
from services.workorder.servicer.stock.stock_base import keys_at, quantities_at, single_key
from services.workorder.store.stock import part_requests, reservations
from services.workorder.tables.parts import PartRequestLineRow, PartRequestRow

_LINES = "stock_lines"


class PartRequestRpcs(PartRequestKeeping, PartServiceServicer):
    """From the wish to what is held for it."""

    async def RequestParts(
        self, request: pb.RequestPartsRequest, context: Context
    ) -> pb.PartRequest:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        if request.work_order_id:
            await self._read(request.work_order_id)
        room = await self._room_or_vehicle(
            request.to_stockroom_id, request.technician_id, "to_stockroom_id"
        )
        stockroom.require_may_ask(actor, room)
        lines = lines_from_proto(request.stock_lines)
        items = await self._known(lines, _LINES)
        needs_approval = any(items[line.item_code].needs_approval for line in lines)
        row = PartRequestRow(
            part_request_id=new_id("pq", now),
            revision=1,
            state=part_request.beginning(needs_approval=needs_approval),
            case_id=request.case_id,
            work_order_id=request.work_order_id,
            to_stockroom_id=room.stockroom_id,
            purpose=stock_intake.require_note(request.purpose, "purpose"),
            needed_at=instant_if_given(
                request.needed_at, present=request.HasField("needed_at"), field="needed_at"
            ),
            needs_approval=needs_approval,
            requested_at=now,
            requested_by_person_id=_whose_act(
                request.requested_by_person_id, "requested_by_person_id"
            ),
            lines=[
                PartRequestLineRow(
                    item_code=line.item_code,
                    quantity=line.quantity,
                    approved_quantity=line.quantity,
                )
                for line in lines
            ],
        )
        change = part_requests.Change("request", now, actor.person_id, row.purpose)
        await part_requests.add(session, row, change)
        return await self._told_request(row, pb.PART_REQUEST_STATE_UNSPECIFIED)

    async def GetPartRequest(
        self, request: pb.GetPartRequestRequest, context: Context
    ) -> pb.PartRequest:
        return protos.to_proto(await self._read_request(request.part_request_id))

    async def ListPartRequests(
        self, request: pb.ListPartRequestsRequest, context: Context
    ) -> pb.ListPartRequestsResponse:
        actor, size = current_actor(), page_size(request.page)
        wanted = part_requests.Wanted(
            scope=stockroom.scope_of(actor),
            reader_id=actor.person_id,
            state=chosen(protos.STATES, request.state, "state") or "",
            stockroom_id=request.stockroom_id,
            work_order_id=request.work_order_id,
            case_id=request.case_id,
            requested_by_person_id=request.requested_by_person_id,
        )
        rows = await part_requests.page(
            current_session(), wanted, single_key(request.page), size + 1
        )
        return pb.ListPartRequestsResponse(
            part_requests=[protos.to_proto(row) for row in rows[:size]],
            page=page_info([row.part_request_id for row in rows], size),
        )

    async def ApprovePartRequest(
        self, request: pb.ApprovePartRequestRequest, context: Context
    ) -> pb.PartRequest:
        row = await self._locked_request(request.part_request_id)
        await self._require_approver(row)
        person_id = _whose_act(request.approved_by_person_id, "approved_by_person_id")
        quantities = {each.item_code: each.quantity for each in request.approved_quantities}
        after = part_request.approve(part_requests.request_of(row), person_id, quantities)
        row.decision_note = stock_intake.require_note(request.note, "note")
        return await self._changed_request(row, after, Verb.APPROVE, row.decision_note)

    async def RejectPartRequest(
        self, request: pb.RejectPartRequestRequest, context: Context
    ) -> pb.PartRequest:
        row = await self._locked_request(request.part_request_id)
        await self._require_approver(row)
        person_id = _whose_act(request.rejected_by_person_id, "rejected_by_person_id")
        after = part_request.reject(part_requests.request_of(row), person_id)
        row.decision_note = stock_intake.require_reason(request.reason)
        return await self._changed_request(row, after, Verb.REJECT, row.decision_note)

    async def AllocateParts(
        self, request: pb.AllocatePartsRequest, context: Context
    ) -> pb.PartRequest:
        now = self._clock.now()
        row = await self._locked_request(request.part_request_id)
        source = await self._own_room(request.from_stockroom_id, "from_stockroom_id")
        stockroom.require_issuing(source, "from_stockroom_id")
        target = await self._stockroom(row.to_stockroom_id)
        stockroom.require_same_currency(source, target, "from_stockroom_id")
        until = instant_if_given(
            request.reserved_until,
            present=request.HasField("reserved_until"),
            field="reserved_until",
        )
        until = reservation.end_of_hold(until, now, "reserved_until")
        after = part_request.allocate(part_requests.request_of(row), source.stockroom_id, until)
        lines = part_request.consignment(after, {})
        former = [row.reservation_id] if row.reservation_id else []
        shelves = await self._held_shelves(former, now, keys_at(source.stockroom_id, lines))
        await self._give_back(shelves, former, Outcome.RELEASED)
        shelves.require_free(quantities_at(source.stockroom_id, lines), "part_request_id")
        held = reservations.held_row(
            lines,
            source.stockroom_id,
            now,
            current_actor().person_id,
            case_id=row.case_id,
            work_order_id=row.work_order_id,
            part_request_id=row.part_request_id,
            expires_at=until,
        )
        await reservations.add(current_session(), held)
        for line in lines:
            shelves.reserve(source.stockroom_id, line.item_code, line.quantity)
        await self._told_levels(shelves)
        row.reservation_id = held.reservation_id
        return await self._changed_request(row, after, Verb.ALLOCATE)

    async def _require_approver(self, row: PartRequestRow) -> None:
        target = await self._stockroom(row.to_stockroom_id)
        stockroom.require_approver(current_actor(), target)


def _whose_act(named: str, field: str) -> str:
    """Who acts: the actor, or whom a flow names.

    Raises:
        PermissionDenied: ``PART_REQUEST_NOT_YOURS``.
    """
    actor = current_actor()
    if actor.is_system:
        return named or SYSTEM_PERSON_ID
    if named and named != actor.person_id:
        raise PermissionDenied(
            "PART_REQUEST_NOT_YOURS", "people act for themselves; leave this out", field=field
        )
    return actor.person_id
