"""Old parts that are owed: listed, received, waived."""

from __future__ import annotations

from kit.authn import current_actor
from kit.db.session import current_session
from kit.rpc import events
from kit.rpc.convert import page_info, page_size
from protos.workorder.v1 import part_pb2 as pb
from protos.workorder.v1.part_pb2_grpc import PartServiceServicer
from services.workorder.convert.stock import part_uses as protos
from services.workorder.convert.stock.stock import chosen
from services.workorder.domain.stock import core_return, stock_intake, stockroom
from services.workorder.domain.stock.core_return import CoreReturn
from services.workorder.domain.stock.stock_ledger import Line, MovementKind
from services.workorder.servicer.base import Context
from services.workorder.servicer.stock.part_base import PartRequestKeeping
from services.workorder.servicer.stock.stock_base import keys_at, single_key
from services.workorder.store.stock import part_uses, stock_ledger
from services.workorder.store.stock.part_uses import WantedCores
from services.workorder.tables.parts import CoreReturnRow


class CoreReturnRpcs(PartRequestKeeping, PartServiceServicer):
    """旧件返还."""

    async def ListCoreReturns(
        self, request: pb.ListCoreReturnsRequest, context: Context
    ) -> pb.ListCoreReturnsResponse:
        actor, size, now = current_actor(), page_size(request.page), self._clock.now()
        own = stockroom.scope_of(actor).technician_id
        wanted = WantedCores(
            state=chosen(protos.CORE_STATES, request.state, "state") or "",
            owed_by_person_id=own or request.owed_by_person_id,
            work_order_id=request.work_order_id,
            due_before=now if request.overdue else None,
        )
        rows = await part_uses.page_of_cores(
            current_session(), wanted, single_key(request.page), size + 1
        )
        return pb.ListCoreReturnsResponse(
            core_returns=[protos.core_to_proto(row, now) for row in rows[:size]],
            page=page_info([row.core_return_id for row in rows], size),
        )

    async def ReceiveCore(self, request: pb.ReceiveCoreRequest, context: Context) -> pb.CoreReturn:
        session, now = current_session(), self._clock.now()
        room = await self._own_room(request.stockroom_id)
        stockroom.require_returns(room)
        row = await part_uses.lock_core(session, request.core_return_id)
        before = part_uses.core_of(row)
        after = core_return.receive(before, request.quantity)
        note = stock_intake.require_note(request.note, "note")
        line = Line(row.item_code, after.received - before.received)
        shelves = await stock_ledger.hold(session, (), now, keys_at(room.stockroom_id, [line]))
        shelves.move(MovementKind.CORE_RETURN, line, to_id=room.stockroom_id, cost_minor=0)
        document = self._document(room, row.core_return_id, note, row.work_order_id)
        await self._posted(shelves, document)
        return await self._changed_core(row, after, note)

    async def WaiveCoreReturn(
        self, request: pb.WaiveCoreReturnRequest, context: Context
    ) -> pb.CoreReturn:
        current_actor().require_role(*stockroom.KEEPERS, "supervisor")
        row = await part_uses.lock_core(current_session(), request.core_return_id)
        reason = stock_intake.require_reason(request.reason)
        after = core_return.waive(part_uses.core_of(row))
        return await self._changed_core(row, after, reason)

    async def _changed_core(
        self, row: CoreReturnRow, after: CoreReturn, note: str
    ) -> pb.CoreReturn:
        """Save what a transition made, tell the world, reply."""
        person_id = current_actor().person_id
        await part_uses.save_core(current_session(), row, after, note, self._clock.now(), person_id)
        return await self._told_core(row)

    async def _told_core(self, row: CoreReturnRow) -> pb.CoreReturn:
        now = self._clock.now()
        told = protos.core_to_proto(row, now)
        await events.record(
            pb.CoreReturnChanged(core_return=told),
            aggregate=("core_return", row.core_return_id),
            occurred_at=now,
        )
        return told
