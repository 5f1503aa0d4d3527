"""Parts that come in, move at once, or are thrown away."""

from __future__ import annotations

from kit.authn import current_actor
from kit.db.session import current_session
from kit.money import Money
from protos.workorder.v1 import stock_pb2 as pb
from protos.workorder.v1.stock_pb2_grpc import StockServiceServicer
from services.workorder.convert.stock import stock as protos
from services.workorder.domain.stock import stock_intake, stockroom
from services.workorder.domain.stock.stock_intake import Item
from services.workorder.domain.stock.stock_ledger import MovementKind
from services.workorder.domain.stock.stockroom import StockroomKind
from services.workorder.servicer.base import Context
from services.workorder.servicer.stock.stock_base import StockRpcs, keys_at, quantities_at
from services.workorder.store.stock import stock_ledger, stockrooms
from services.workorder.tables.stock import StockMovementRow

_LINES = "stock_lines"
_RECEIPTS = "stock_receipts"


class StockMovementRpcs(StockRpcs, StockServiceServicer):
    """The ledger's direct entries."""

    async def ReceiveStock(
        self, request: pb.ReceiveStockRequest, context: Context
    ) -> pb.StockMovements:
        session = current_session()
        room = await self._own_room(request.stockroom_id)
        stockroom.require_issuing(room)
        lines = protos.receipts_from_proto(request.stock_receipts)
        stock_intake.require_lines(lines, _RECEIPTS, once=False)
        await self._take_on_new_items(request)
        items = await self._known(lines, _RECEIPTS, once=False)
        stock_intake.require_units_named(lines, items, _RECEIPTS)
        shelves = await stock_ledger.hold(
            session, (), self._clock.now(), keys_at(room.stockroom_id, lines)
        )
        stock_intake.require_units_outside(
            lines, await stock_ledger.unit_places(session, lines), _RECEIPTS
        )
        for position, (line, given) in enumerate(zip(lines, request.stock_receipts, strict=True)):
            unit_cost = protos.unit_cost(
                given.unit_cost,
                present=given.HasField("unit_cost"),
                currency=room.currency,
                field=f"{_RECEIPTS}[{position}].unit_cost",
            )
            cost = Money(room.currency, unit_cost * line.quantity)
            shelves.move(
                MovementKind.RECEIPT,
                line,
                to_id=room.stockroom_id,
                cost_minor=cost.amount_minor,
            )
        document = self._document(
            room,
            stock_intake.require_note(request.document_id, "document_id"),
            stock_intake.require_note(request.reason, "reason"),
        )
        return _answer(await self._posted(shelves, document))

    async def TransferStock(
        self, request: pb.TransferStockRequest, context: Context
    ) -> pb.StockMovements:
        source = await self._own_room(request.from_stockroom_id, "from_stockroom_id")
        target = await self._room(request.to_stockroom_id, "to_stockroom_id")
        stockroom.require_issuing(source, "from_stockroom_id")
        stockroom.require_issuing(target, "to_stockroom_id")
        stockroom.require_different(source, target, "to_stockroom_id")
        reason = stock_intake.require_reason(request.reason)
        lines = protos.lines_from_proto(request.stock_lines)
        items = await self._known(lines, _LINES)
        stock_intake.require_units_named(lines, items, _LINES)
        leaving = keys_at(source.stockroom_id, lines)
        shelves = await stock_ledger.hold(
            current_session(), leaving, self._clock.now(), keys_at(target.stockroom_id, lines)
        )
        await self._units_here(source, lines, _LINES)
        shelves.require_free(quantities_at(source.stockroom_id, lines), _LINES)
        for line in lines:
            shelves.move(
                MovementKind.TRANSFER,
                line,
                from_id=source.stockroom_id,
                to_id=target.stockroom_id,
            )
        return _answer(await self._posted(shelves, self._document(source, "", reason)))

    async def ScrapStock(
        self, request: pb.ScrapStockRequest, context: Context
    ) -> pb.StockMovements:
        room = await self._own_room(request.stockroom_id)
        reason = stock_intake.require_reason(request.reason)
        lines = protos.lines_from_proto(request.stock_lines)
        items = await self._known(lines, _LINES)
        if room.kind is not StockroomKind.RETURNS:
            stock_intake.require_units_named(lines, items, _LINES)
        keys = keys_at(room.stockroom_id, lines)
        shelves = await stock_ledger.hold(current_session(), keys, self._clock.now())
        await self._units_here(room, lines, _LINES)
        shelves.require_free(quantities_at(room.stockroom_id, lines), _LINES)
        for line in lines:
            shelves.move(MovementKind.SCRAP, line, from_id=room.stockroom_id)
        return _answer(await self._posted(shelves, self._document(room, "", reason)))

    async def _take_on_new_items(self, request: pb.ReceiveStockRequest) -> None:
        """Items that come with a name are known from now on, as plain as can be."""
        now, person_id = self._clock.now(), current_actor().person_id
        named = {
            each.item_code.strip(): each.item_name.strip()
            for each in request.stock_receipts
            if each.item_name.strip()
        }
        items = [Item(code, name) for code, name in named.items()]
        for item in items:
            stock_intake.require_item(item)
        rows = [protos.item_row(item, now, person_id) for item in items]
        await stockrooms.add_items(current_session(), rows)


def _answer(rows: list[StockMovementRow]) -> pb.StockMovements:
    costs = stockroom.sees_costs(current_actor())
    return pb.StockMovements(
        stock_movements=[protos.movement_to_proto(row, costs=costs) for row in rows]
    )
