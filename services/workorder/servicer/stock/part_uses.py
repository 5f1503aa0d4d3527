"""Parts used on work orders, taken back, and what they have cost."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from kit.authn import current_actor
from kit.db.session import current_session
from kit.ids import new_id
from kit.rpc import events
from kit.rpc.convert import page_info, page_size
from protos.workorder.v1 import part_pb2 as pb
from services.workorder.convert.places import instant_if_given
from services.workorder.convert.stock import part_uses as protos
from services.workorder.domain import access
from services.workorder.domain.orders.work_order import State
from services.workorder.domain.stock import (
    core_return,
    part_request,
    part_use,
    reservation,
    stock_intake,
    stockroom,
)
from services.workorder.domain.stock.part_request import Verb
from services.workorder.domain.stock.reservation import Draw, Outcome
from services.workorder.domain.stock.stock_intake import Item
from services.workorder.domain.stock.stock_ledger import Key, Line, MovementKind
from services.workorder.domain.stock.stockroom import Stockroom
from services.workorder.servicer.base import Context
from services.workorder.servicer.stock.core_returns import CoreReturnRpcs
from services.workorder.servicer.stock.stock_base import keys_at, quantities_at, single_key
from services.workorder.store.orders import work_orders
from services.workorder.store.stock import part_requests, part_uses, reservations, stock_ledger
from services.workorder.tables.parts import (
    CoreReturnRow,
    PartRequestRow,
    PartUseLineRow,
    PartUseRow,
)
from services.workorder.tables.stock import StockMovementRow

_PARTS: Final = "used_parts"


class PartUseRpcs(CoreReturnRpcs):
    """From the stock into the customer's appliance."""

    async def UseParts(self, request: pb.UsePartsRequest, context: Context) -> pb.PartUse:
        session, now = current_session(), self._clock.now()
        room = await self._room_to_use_from(request)
        lines = protos.lines_from_proto(request.used_parts)
        items = await self._known(lines, _PARTS, once=False)
        stock_intake.require_units_named(lines, items, _PARTS)
        waiting = await part_requests.lock_received(
            session, request.work_order_id, room.stockroom_id
        )
        shelves = await stock_ledger.hold(session, keys_at(room.stockroom_id, lines), now)
        wanted = quantities_at(room.stockroom_id, lines)
        draws = await self._held_for_it(request.work_order_id, waiting, wanted)
        await self._draw(shelves, draws, Outcome.USED)
        await self._units_here(room, lines, _PARTS)
        shelves.require_free(wanted, _PARTS)
        for line in lines:
            shelves.move(MovementKind.USE, line, from_id=room.stockroom_id)
        use_id = new_id("pu", now)
        document = self._document(room, use_id, work_order_id=request.work_order_id)
        moved = await self._posted(shelves, document)
        for row in waiting:
            spent = _of_request(draws, row.part_request_id)
            if spent:
                after = part_request.use(part_requests.request_of(row), spent)
                await self._changed_request(row, after, Verb.USE)
        return await self._recorded(request, use_id, room, moved, items)

    async def ReversePartUse(
        self, request: pb.ReversePartUseRequest, context: Context
    ) -> pb.PartUse:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        use = await part_uses.lock(session, request.part_use_id)
        room = await self._own_room(use.stockroom_id, "part_use_id")
        if use.reversed_at is not None:
            return protos.to_proto(use, costs=stockroom.sees_costs(actor))
        use.reversed_at, use.reversed_by_person_id = now, actor.person_id
        use.reverse_reason = request.reason.strip() or "撤销"
        stock_intake.require_note(use.reverse_reason, "reason")
        for core in await part_uses.lock_cores_of(session, use.part_use_id):
            after = core_return.undo(part_uses.core_of(core))
            await self._changed_core(core, after, use.reverse_reason)
        moved = [line.movement for line in use.lines]
        lines = [Line(one.item_code, one.quantity, tuple(one.serial_numbers)) for one in moved]
        shelves = await stock_ledger.hold(session, (), now, keys_at(room.stockroom_id, lines))
        stock_intake.require_units_outside(
            lines, await stock_ledger.unit_places(session, lines), "part_use_id"
        )
        for line, one in zip(lines, moved, strict=True):
            shelves.move(
                MovementKind.USE_REVERSAL,
                line,
                to_id=room.stockroom_id,
                cost_minor=one.cost_minor,
            )
        document = self._document(room, use.part_use_id, use.reverse_reason, use.work_order_id)
        await self._posted(shelves, document)
        return await self._told_use(use.part_use_id)

    async def ListPartUses(
        self, request: pb.ListPartUsesRequest, context: Context
    ) -> pb.ListPartUsesResponse:
        actor, size = current_actor(), page_size(request.page)
        technician_id = request.technician_id
        if request.work_order_id:
            await self._read(request.work_order_id)
        elif stockroom.scope_of(actor).technician_id:
            technician_id = actor.person_id
        rows = await part_uses.page(
            current_session(),
            request.work_order_id,
            technician_id,
            single_key(request.page),
            size + 1,
        )
        costs = stockroom.sees_costs(actor)
        return pb.ListPartUsesResponse(
            part_uses=[protos.to_proto(row, costs=costs) for row in rows[:size]],
            page=page_info([row.part_use_id for row in rows], size),
        )

    async def GetWorkOrderPartsCost(
        self, request: pb.GetWorkOrderPartsCostRequest, context: Context
    ) -> pb.WorkOrderPartsCost:
        current_actor().require_role(*stockroom.COSTS)
        await self._read(request.work_order_id)
        rows = await part_uses.cost_of(current_session(), request.work_order_id)
        return pb.WorkOrderPartsCost(
            work_order_id=request.work_order_id,
            parts_cost_lines=[protos.cost_line_to_proto(*row) for row in rows],
        )

    async def _held_for_it(
        self, work_order_id: str, waiting: list[PartRequestRow], wanted: dict[Key, int]
    ) -> list[Draw]:
        """What is held for the work order of what is wanted, but for what is about to leave for
        another stockroom."""
        of_it = {"", *(row.part_request_id for row in waiting)}
        draws: list[Draw] = []
        for (room_id, item_code), quantity in wanted.items():
            held = await reservations.held_for(current_session(), work_order_id, room_id)
            drawable = [line for line in held if line.part_request_id in of_it]
            draws += reservation.draw(drawable, item_code, quantity)
        return draws

    async def _room_to_use_from(self, request: pb.UsePartsRequest) -> Stockroom:
        """Where the technician takes the parts: their vehicle, or a stockroom open to them; the work
        order stays theirs meanwhile."""
        actor = current_actor()
        access.require_technician(actor, request.technician_id, *stockroom.KEEPERS)
        order = await self._locked(request.work_order_id)
        part_use.require_usable(
            order.work_order_id, State(order.state), order.technician_ids(), request.technician_id
        )
        return await self._room_or_vehicle(request.stockroom_id, request.technician_id)

    async def _recorded(
        self,
        request: pb.UsePartsRequest,
        use_id: str,
        room: Stockroom,
        moved: list[StockMovementRow],
        items: dict[str, Item],
    ) -> pb.PartUse:
        """Note what was used, and which old parts are owed for it."""
        now = self._clock.now()
        used = list(enumerate(zip(moved, request.used_parts, strict=True), start=1))
        told = instant_if_given(
            request.used_at, present=request.HasField("used_at"), field="used_at"
        )
        use = PartUseRow(
            part_use_id=use_id,
            work_order_id=request.work_order_id,
            technician_id=request.technician_id,
            stockroom_id=room.stockroom_id,
            used_at=part_use.used_at(told, now),
            recorded_at=now,
            recorded_by_person_id=current_actor().person_id,
            lines=[
                PartUseLineRow(
                    line_number=number, movement_id=one.movement_id, in_warranty=part.in_warranty
                )
                for number, (one, part) in used
            ],
        )
        cores = [
            CoreReturnRow(
                core_return_id=new_id("cr", now),
                part_use_id=use_id,
                line_number=number,
                work_order_id=request.work_order_id,
                item_code=one.item_code,
                owed_by_person_id=request.technician_id,
                quantity=one.quantity,
                serial_numbers=list(part.core_serial_numbers),
                due_at=now + timedelta(days=items[one.item_code].core_return_days),
                state=core_return.State.OWED,
            )
            for number, (one, part) in used
            if items[one.item_code].core_return_days
        ]
        await part_uses.add(current_session(), use, cores)
        for core in cores:
            await self._told_core(core)
        return await self._told_use(use_id)

    async def _told_use(self, part_use_id: str) -> pb.PartUse:
        use = await part_uses.read(current_session(), part_use_id)
        order = await work_orders.read(current_session(), use.work_order_id)
        await events.record(
            pb.PartUseChanged(part_use=protos.to_proto(use, costs=False)),
            aggregate=("part_use", part_use_id),
            occurred_at=self._clock.now(),
            case_id=order.case_id,
        )
        return protos.to_proto(use, costs=stockroom.sees_costs(current_actor()))


def _of_request(draws: list[Draw], part_request_id: str) -> dict[str, int]:
    """What was drawn out of a part request, by item."""
    spent: dict[str, int] = {}
    for each in draws:
        if each.line.part_request_id == part_request_id:
            spent[each.line.item_code] = spent.get(each.line.item_code, 0) + each.quantity
    return spent
