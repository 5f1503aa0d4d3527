"""``StockCountService``: what is really there, against what the ledger says."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kit.authn import current_actor
from kit.db.session import current_session
from kit.ids import new_id
from kit.money import Money
from kit.rpc.convert import page_info, page_size
from protos.workorder.v1 import stock_count_pb2 as pb
from protos.workorder.v1.stock_count_pb2_grpc import StockCountServiceServicer
from services.workorder.convert.stock import stock_counts as protos
from services.workorder.convert.stock.stock import chosen, unit_cost
from services.workorder.domain.stock import stock_count, stock_intake, stockroom
from services.workorder.domain.stock.stock_count import Counted, State
from services.workorder.domain.stock.stock_intake import Item
from services.workorder.domain.stock.stock_ledger import Line, MovementKind, Shelves
from services.workorder.domain.stock.stockroom import Stockroom
from services.workorder.servicer.base import Context
from services.workorder.servicer.stock.stock_base import StockRpcs, keys_at, single_key
from services.workorder.store.stock import stock_counts, stock_ledger
from services.workorder.tables.stock_counts import StockCountLineRow, StockCountRow

_ITEMS: Final = "counted_items"


class StockCountServicer(StockRpcs, StockCountServiceServicer):
    """盘点."""

    async def OpenStockCount(
        self, request: pb.OpenStockCountRequest, context: Context
    ) -> pb.StockCount:
        room = await self._own_room(request.stockroom_id)
        stockroom.require_issuing(room)
        now = self._clock.now()
        row = StockCountRow(
            stock_count_id=new_id("sc", now),
            stockroom_id=room.stockroom_id,
            state=State.OPEN,
            note=stock_intake.require_note(request.note, "note"),
            opened_at=now,
            opened_by_person_id=current_actor().person_id,
        )
        await stock_counts.add(current_session(), row)
        return await self._shown(row.stock_count_id, room)

    async def RecordStockCount(
        self, request: pb.RecordStockCountRequest, context: Context
    ) -> pb.StockCount:
        session, now = current_session(), self._clock.now()
        row = await stock_counts.lock(session, request.stock_count_id)
        room = await self._own_room(row.stockroom_id, "stock_count_id")
        stock_count.require_open(row.stock_count_id, State(row.state))
        items = await self._counted_items(request)
        # Nothing moves while it is compared.
        keys = {(room.stockroom_id, each.item_code) for each in request.counted_items}
        shelves = await stock_ledger.hold(session, keys, now)
        lines = [
            await self._line(row.stock_count_id, room, shelves, each, items, position, now)
            for position, each in enumerate(request.counted_items)
        ]
        await stock_counts.put_lines(session, lines)
        await self._told_levels(shelves)
        return await self._shown(row.stock_count_id, room)

    async def PostStockCount(
        self, request: pb.PostStockCountRequest, context: Context
    ) -> pb.StockCount:
        session, now, person_id = current_session(), self._clock.now(), current_actor().person_id
        row = await stock_counts.lock(session, request.stock_count_id)
        room = await self._own_room(row.stockroom_id, "stock_count_id")
        stock_count.require_open(row.stock_count_id, State(row.state))
        counted = [stock_counts.counted_of(line) for line in row.lines]
        row.needs_four_eyes = stock_count.needs_four_eyes(counted, room.four_eyes_above_minor)
        if row.needs_four_eyes:
            stock_count.require_another(counted, person_id)
        outgoing = [one for each in counted if (one := each.outgoing)]
        incoming = [(each, one) for each in counted if (one := each.incoming)]
        shelves = await stock_ledger.hold(
            session,
            keys_at(room.stockroom_id, outgoing),
            now,
            keys_at(room.stockroom_id, [line for _, line in incoming]),
        )
        await self._units_here(room, outgoing, _ITEMS)
        arriving = [line for _, line in incoming]
        stock_intake.require_units_outside(
            arriving, await stock_ledger.unit_places(session, arriving), _ITEMS
        )
        for line in outgoing:
            shelves.move(MovementKind.COUNT, line, from_id=room.stockroom_id)
        for each, line in incoming:
            cost = Money(room.currency, each.unit_cost_minor * line.quantity)
            shelves.move(
                MovementKind.COUNT,
                line,
                to_id=room.stockroom_id,
                cost_minor=cost.amount_minor,
            )
        await self._posted(shelves, self._document(room, row.stock_count_id, row.note))
        row.state, row.closed_at, row.closed_by_person_id = State.POSTED, now, person_id
        await session.flush()
        return await self._shown(row.stock_count_id, room)

    async def CancelStockCount(
        self, request: pb.CancelStockCountRequest, context: Context
    ) -> pb.StockCount:
        session = current_session()
        row = await stock_counts.lock(session, request.stock_count_id)
        room = await self._own_room(row.stockroom_id, "stock_count_id")
        stock_count.require_open(row.stock_count_id, State(row.state))
        row.state, row.closed_at = State.CANCELLED, self._clock.now()
        row.closed_by_person_id = current_actor().person_id
        await session.flush()
        return await self._shown(row.stock_count_id, room)

    async def GetStockCount(
        self, request: pb.GetStockCountRequest, context: Context
    ) -> pb.StockCount:
        row = await stock_counts.read(current_session(), request.stock_count_id)
        room = await self._room(row.stockroom_id, "stock_count_id")
        return await self._shown(row.stock_count_id, room)

    async def ListStockCounts(
        self, request: pb.ListStockCountsRequest, context: Context
    ) -> pb.ListStockCountsResponse:
        size = page_size(request.page)
        rows = await stock_counts.page(
            current_session(),
            stockroom.scope_of(current_actor()),
            request.stockroom_id,
            chosen(protos.STATES, request.state, "state") or "",
            single_key(request.page),
            size + 1,
        )
        return pb.ListStockCountsResponse(
            stock_counts=[
                protos.to_proto(row, needs_four_eyes=row.needs_four_eyes) for row in rows[:size]
            ],
            page=page_info([row.stock_count_id for row in rows], size),
        )

    async def _counted_items(self, request: pb.RecordStockCountRequest) -> dict[str, Item]:
        """The items that were counted; none of them can be there."""
        lines = [Line(each.item_code, max(each.quantity, 1)) for each in request.counted_items]
        return await self._known(lines, _ITEMS)

    async def _line(
        self,
        stock_count_id: str,
        room: Stockroom,
        shelves: Shelves,
        given: pb.CountedItem,
        items: dict[str, Item],
        position: int,
        now: datetime,
    ) -> StockCountLineRow:
        """What was counted, beside what the ledger says now."""
        where = f"{_ITEMS}[{position}]"
        found = Line(given.item_code, given.quantity, tuple(given.serial_numbers))
        missing: tuple[str, ...] = ()
        surplus: tuple[str, ...] = ()
        stock_count.require_counted(found, where)
        if items[given.item_code].serial_tracked:
            stock_intake.require_units_named([found], items, _ITEMS)
            book = await stock_ledger.units_at(
                current_session(), room.stockroom_id, given.item_code
            )
            missing, surplus = stock_count.differing_units(found.serial_numbers, book)
        level = shelves.level(room.stockroom_id, given.item_code)
        told = unit_cost(
            given.unit_cost,
            present=given.HasField("unit_cost"),
            currency=room.currency,
            field=f"{where}.unit_cost",
        )
        reason = stock_intake.require_note(given.reason, f"{where}.reason")
        counted = Counted(
            item_code=given.item_code,
            book=level.on_hand,
            counted=given.quantity,
            unit_cost_minor=level.cost_of(1) if level.on_hand else told,
            counted_by=current_actor().person_id,
            missing=missing,
            surplus=surplus,
        )
        stock_count.require_explained(counted, reason, f"{where}.reason")
        return StockCountLineRow(
            stock_count_id=stock_count_id,
            item_code=counted.item_code,
            book_quantity=counted.book,
            counted_quantity=counted.counted,
            unit_cost_minor=counted.unit_cost_minor,
            missing_serials=list(missing),
            surplus_serials=list(surplus),
            reason=reason,
            counted_at=now,
            counted_by_person_id=counted.counted_by,
        )

    async def _shown(self, stock_count_id: str, room: Stockroom) -> pb.StockCount:
        row = await stock_counts.read(current_session(), stock_count_id)
        counted = [stock_counts.counted_of(line) for line in row.lines]
        needed = row.needs_four_eyes or (
            row.state == State.OPEN
            and stock_count.needs_four_eyes(counted, room.four_eyes_above_minor)
        )
        return protos.to_proto(row, needs_four_eyes=needed)
