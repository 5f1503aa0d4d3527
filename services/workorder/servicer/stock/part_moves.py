"""Part requests on the way: dispatched, received, returned, closed, called off."""

from __future__ import annotations

from collections.abc import Mapping

from kit.authn import current_actor
from kit.db.session import current_session
from protos.workorder.v1 import part_pb2 as pb
from protos.workorder.v1.part_pb2_grpc import PartServiceServicer
from services.workorder.convert.stock import part_requests as protos
from services.workorder.convert.stock.stock import lines_from_proto
from services.workorder.domain.stock import part_request, reservation, stock_intake, stockroom
from services.workorder.domain.stock.part_request import PartRequest, State, Verb
from services.workorder.domain.stock.reservation import Outcome
from services.workorder.domain.stock.stock_ledger import (
    Line,
    MovementKind,
    Shelves,
    cost_that_arrived,
)
from services.workorder.domain.stock.stockroom import Stockroom
from services.workorder.servicer.base import Context
from services.workorder.servicer.stock.part_base import PartRequestKeeping
from services.workorder.servicer.stock.stock_base import keys_at, quantities_at
from services.workorder.store.stock import part_requests, reservations, stock_ledger
from services.workorder.tables.parts import PartRequestRow

_LINES = "stock_lines"


class PartMoveRpcs(PartRequestKeeping, PartServiceServicer):
    """From one stockroom into another."""

    async def DispatchParts(
        self, request: pb.DispatchPartsRequest, context: Context
    ) -> pb.PartRequest:
        now = self._clock.now()
        row = await self._locked_request(request.part_request_id)
        asked = part_requests.request_of(row)
        after = part_request.dispatch(asked, now)
        source = await self._own_room(asked.from_id, "part_request_id")
        target = await self._stockroom(asked.to_id)
        lines = part_request.consignment(asked, _by_item(request))
        items = await self._known(lines, _LINES)
        stock_intake.require_units_named(lines, items, _LINES)
        held = [row.reservation_id or ""]
        leaving, arriving = (keys_at(one, lines) for one in (asked.from_id, target.transit_id))
        shelves = await self._held_shelves(held, now, leaving, arriving)
        await self._give_back(shelves, held, Outcome.USED)
        await self._units_here(source, lines, _LINES)
        shelves.require_free(quantities_at(source.stockroom_id, lines), "part_request_id")
        moved = {
            line.item_code: shelves.move(
                MovementKind.TRANSFER,
                line,
                from_id=source.stockroom_id,
                to_id=target.transit_id,
            )
            for line in lines
        }
        await self._posted(shelves, self._document(source, row.part_request_id, row.purpose))
        after = part_request.with_dispatched(after, moved)
        return await self._changed_request(row, after, Verb.DISPATCH)

    async def ReceiveParts(
        self, request: pb.ReceivePartsRequest, context: Context
    ) -> pb.PartRequest:
        row = await self._locked_request(request.part_request_id)
        asked = part_requests.request_of(row)
        target = await self._own_room(asked.to_id, "part_request_id")
        part_request.require_possible(asked, Verb.RECEIVE)
        note = stock_intake.require_note(request.discrepancy_note, "discrepancy_note")
        arrived = part_request.arrivals(asked, _by_item(request))
        after = part_request.receive(asked, arrived, note)
        under_way = keys_at(target.transit_id, arrived.values())
        shelves = await stock_ledger.hold(
            current_session(),
            under_way,
            self._clock.now(),
            keys_at(target.stockroom_id, arrived.values()),
        )
        _unload(shelves, asked, arrived, target)
        document = self._document(target, row.part_request_id, note, row.work_order_id)
        await stock_ledger.post(current_session(), shelves.movements, document)
        held = await self._kept_for_the_work_order(row, after, shelves)
        await self._told_levels(shelves)
        row.reservation_id = held
        return await self._changed_request(row, after, Verb.RECEIVE, note)

    async def ReturnParts(self, request: pb.ReturnPartsRequest, context: Context) -> pb.PartRequest:
        now = self._clock.now()
        row = await self._locked_request(request.part_request_id)
        asked = part_requests.request_of(row)
        source = await self._own_room(asked.to_id, "part_request_id")
        part_request.require_possible(asked, Verb.RETURN)
        target = await self._stockroom(asked.from_id)
        if request.to_stockroom_id:
            target = await self._room(request.to_stockroom_id, "to_stockroom_id")
        stockroom.require_issuing(target, "to_stockroom_id")
        stockroom.require_different(source, target, "to_stockroom_id")
        reason = stock_intake.require_note(request.reason, "reason")
        lines = lines_from_proto(request.stock_lines) or tuple(
            Line(line.item_code, line.open_quantity) for line in asked.open_lines
        )
        items = await self._known(lines, _LINES)
        after = part_request.give_back(asked, {line.item_code: line.quantity for line in lines})
        stock_intake.require_units_named(lines, items, _LINES)
        held_by = [row.reservation_id or ""]
        shelves = await self._held_shelves(
            held_by, now, keys_at(asked.to_id, lines), keys_at(target.stockroom_id, lines)
        )
        await self._units_here(source, lines, _LINES)
        held = await reservations.held_by(current_session(), held_by)
        draws = [
            each for line in lines for each in reservation.draw(held, line.item_code, line.quantity)
        ]
        await self._draw(shelves, draws, Outcome.RELEASED)
        for line in lines:
            shelves.move(
                MovementKind.TRANSFER, line, from_id=asked.to_id, to_id=target.stockroom_id
            )
        await self._posted(shelves, self._document(source, row.part_request_id, reason))
        return await self._changed_request(row, after, Verb.RETURN, reason)

    async def ClosePartRequest(
        self, request: pb.ClosePartRequestRequest, context: Context
    ) -> pb.PartRequest:
        row = await self._locked_request(request.part_request_id)
        await self._own_room(row.to_stockroom_id, "part_request_id")
        after = part_request.close(part_requests.request_of(row))
        reason = stock_intake.require_note(request.reason, "reason")
        return await self._ended(row, after, Verb.CLOSE, reason)

    async def CancelPartRequest(
        self, request: pb.CancelPartRequestRequest, context: Context
    ) -> pb.PartRequest:
        actor = current_actor()
        row = await self._locked_request(request.part_request_id)
        if actor.person_id != row.requested_by_person_id:
            stockroom.require_holder(
                actor, await self._stockroom(row.to_stockroom_id), "part_request_id"
            )
        asked = part_requests.request_of(row)
        if part_request.is_over(asked.state):
            return protos.to_proto(row)
        after = part_request.cancel(asked)
        reason = stock_intake.require_note(request.reason, "reason")
        return await self._ended(row, after, Verb.CANCEL, reason)

    async def _ended(
        self, row: PartRequestRow, after: PartRequest, verb: Verb, reason: str
    ) -> pb.PartRequest:
        """What was held for it is free."""
        held = [row.reservation_id or ""]
        shelves = await self._held_shelves(held, self._clock.now())
        await self._give_back(shelves, held, Outcome.RELEASED)
        await self._told_levels(shelves)
        return await self._changed_request(row, after, verb, reason)

    async def _kept_for_the_work_order(
        self, row: PartRequestRow, after: PartRequest, shelves: Shelves
    ) -> str | None:
        """What arrived for a work order is held for it, until it is used, returned or closed; by which
        reservation, if there is something to hold."""
        if after.state is not State.RECEIVED:
            return None
        lines = [Line(line.item_code, line.open_quantity) for line in after.open_lines]
        held = reservations.held_row(
            lines,
            after.to_id,
            self._clock.now(),
            current_actor().person_id,
            case_id=row.case_id,
            work_order_id=row.work_order_id,
            part_request_id=row.part_request_id,
        )
        await reservations.add(current_session(), held)
        for line in lines:
            shelves.reserve(after.to_id, line.item_code, line.quantity)
        return held.reservation_id


def _by_item(request: pb.DispatchPartsRequest | pb.ReceivePartsRequest) -> Mapping[str, Line]:
    return {line.item_code: line for line in lines_from_proto(request.stock_lines)}


def _unload(
    shelves: Shelves, asked: PartRequest, arrived: Mapping[str, Line], target: Stockroom
) -> None:
    """What arrived goes to the target with its cost; what did not is lost with the rest of it."""
    for line in asked.lines:
        if line.item_code not in arrived:
            continue
        there = arrived[line.item_code]
        cost = cost_that_arrived(line.cost_minor, line.dispatched, there.quantity)
        if there.quantity:
            shelves.move(
                MovementKind.TRANSFER,
                there,
                from_id=target.transit_id,
                to_id=target.stockroom_id,
                cost_minor=cost,
            )
        if line.dispatched > there.quantity:
            units = tuple(one for one in line.serial_numbers if one not in there.serial_numbers)
            shelves.move(
                MovementKind.LOSS,
                Line(line.item_code, line.dispatched - there.quantity, units),
                from_id=target.transit_id,
                cost_minor=line.cost_minor - cost,
            )
