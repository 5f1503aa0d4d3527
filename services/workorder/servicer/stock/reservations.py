"""Reservations: parts held for a work order, given back, and closed when their time is over."""

from __future__ import annotations

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.rpc.convert import page_info, page_size
from protos.workorder.v1 import stock_pb2 as pb
from protos.workorder.v1.stock_pb2_grpc import StockServiceServicer
from services.workorder.convert.places import instant_if_given
from services.workorder.convert.stock import stock as protos
from services.workorder.domain.stock import part_request, reservation, stockroom
from services.workorder.domain.stock.part_request import Verb
from services.workorder.domain.stock.reservation import Outcome
from services.workorder.servicer.base import Context
from services.workorder.servicer.stock.part_base import PartRequestKeeping
from services.workorder.servicer.stock.stock_base import keys_at, quantities_at, single_key
from services.workorder.store.stock import part_requests, reservations, stock_ledger

_LINES = "stock_lines"
_USUAL_LIMIT = 100
_HIGHEST_LIMIT = 500


class ReservationRpcs(PartRequestKeeping, StockServiceServicer):
    """Hold, release, expire."""

    async def ReserveParts(
        self, request: pb.ReservePartsRequest, context: Context
    ) -> pb.StockReservation:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*stockroom.REQUESTERS)
        order = await self._read(request.work_order_id)
        room = await self._room_or_vehicle(request.stockroom_id, request.technician_id)
        until = instant_if_given(
            request.expires_at, present=request.HasField("expires_at"), field="expires_at"
        )
        until = reservation.end_of_hold(until, now, "expires_at")
        lines = protos.lines_from_proto(request.stock_lines)
        await self._known(lines, _LINES)
        shelves = await stock_ledger.hold(session, keys_at(room.stockroom_id, lines), now)
        shelves.require_free(quantities_at(room.stockroom_id, lines), _LINES)
        row = reservations.held_row(
            lines,
            room.stockroom_id,
            now,
            actor.person_id,
            case_id=request.case_id or order.case_id,
            work_order_id=request.work_order_id,
            expires_at=until,
        )
        await reservations.add(session, row)
        for line in lines:
            shelves.reserve(room.stockroom_id, line.item_code, line.quantity)
        await self._told_levels(shelves)
        return protos.reservation_to_proto(row, now)

    async def ReleaseParts(
        self, request: pb.ReleasePartsRequest, context: Context
    ) -> pb.StockReservation:
        session, now = current_session(), self._clock.now()
        current_actor().require_role(*stockroom.REQUESTERS)
        row = await reservations.read(session, request.reservation_id)
        await self._room(row.stockroom_id, "reservation_id")
        reservation.require_free_standing(row.part_request_id)
        shelves = await self._held_shelves([row.reservation_id], now)
        await self._give_back(shelves, [row.reservation_id], Outcome.RELEASED)
        await self._told_levels(shelves)
        row = await reservations.read(session, request.reservation_id)
        return protos.reservation_to_proto(row, now)

    async def ListReservations(
        self, request: pb.ListReservationsRequest, context: Context
    ) -> pb.ListReservationsResponse:
        size, now = page_size(request.page), self._clock.now()
        rows = await reservations.page(
            current_session(),
            stockroom.scope_of(current_actor()),
            now,
            single_key(request.page),
            size + 1,
            stockroom_id=request.stockroom_id,
            work_order_id=request.work_order_id,
            item_code=request.item_code,
            past=request.past,
        )
        return pb.ListReservationsResponse(
            stock_reservations=[protos.reservation_to_proto(row, now) for row in rows[:size]],
            page=page_info([row.reservation_id for row in rows], size),
        )

    async def ExpireReservations(
        self, request: pb.ExpireReservationsRequest, context: Context
    ) -> pb.ExpireReservationsResponse:
        session, now = current_session(), self._clock.now()
        current_actor().require_role(*stockroom.KEEPERS, "ops")
        if not 0 <= request.limit <= _HIGHEST_LIMIT:
            raise InvalidArgument(
                "STOCK_INVALID", f"limit is 0 (the usual) to {_HIGHEST_LIMIT}", field="limit"
            )
        limit = request.limit or _USUAL_LIMIT
        overdue = await reservations.overdue(session, now, limit)
        ids = [row.reservation_id for row in overdue]
        waiting = await part_requests.lock_of_reservations(session, ids)
        shelves = await self._held_shelves(ids, now)
        await reservations.end(session, ids, Outcome.EXPIRED, now)
        await self._told_levels(shelves)
        for row in waiting:
            after = part_request.expire(part_requests.request_of(row))
            # Told as nobody's case: what a case has done itself would not wake it.
            await self._changed_request(row, after, Verb.EXPIRE, case_id="")
        return pb.ExpireReservationsResponse(expired_count=len(ids), more=len(ids) == limit)
