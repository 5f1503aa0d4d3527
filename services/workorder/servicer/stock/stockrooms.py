"""Stockrooms and the items that the stock knows: put and listed."""

from __future__ import annotations

from kit.authn import current_actor
from kit.db.session import current_session
from kit.ids import new_id
from kit.rpc.convert import page_info, page_size
from protos.workorder.v1 import stock_pb2 as pb
from protos.workorder.v1.stock_pb2_grpc import StockServiceServicer
from services.workorder.convert.stock import stock as protos
from services.workorder.domain.stock import stock_intake, stockroom
from services.workorder.servicer.base import Context
from services.workorder.servicer.stock.stock_base import StockRpcs, single_key
from services.workorder.store.stock import stockrooms


class StockroomRpcs(StockRpcs, StockServiceServicer):
    """Where parts are, and which ones there are."""

    async def PutStockroom(self, request: pb.PutStockroomRequest, context: Context) -> pb.Stockroom:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*stockroom.KEEPERS, "hq")
        room_id = request.stockroom.stockroom_id or new_id("sr", now)
        row = protos.room_row(request.stockroom, room_id, now, actor.person_id)
        before = await stockrooms.find(session, room_id)
        room = stockrooms.room_of(row)
        stockroom.require_putable(room, row.name, stockrooms.room_of(before) if before else None)
        await stockrooms.put(session, row)
        return protos.room_to_proto(row)

    async def ListStockrooms(
        self, request: pb.ListStockroomsRequest, context: Context
    ) -> pb.ListStockroomsResponse:
        size = page_size(request.page)
        rows = await stockrooms.page(
            current_session(),
            stockroom.scope_of(current_actor()),
            single_key(request.page),
            size + 1,
            kind=protos.chosen(protos.ROOM_KINDS, request.kind, "kind") or "",
            outlet_id=request.outlet_id,
            technician_id=request.technician_id,
        )
        return pb.ListStockroomsResponse(
            stockrooms=[protos.room_to_proto(row) for row in rows[:size]],
            page=page_info([row.stockroom_id for row in rows], size),
        )

    async def PutStockItem(self, request: pb.PutStockItemRequest, context: Context) -> pb.StockItem:
        actor, now = current_actor(), self._clock.now()
        actor.require_role(*stockroom.KEEPERS, "hq")
        item = protos.item_from_proto(request.stock_item)
        stock_intake.require_item(item)
        row = protos.item_row(item, now, actor.person_id)
        await stockrooms.put_item(current_session(), row)
        return protos.item_to_proto(row)

    async def ListStockItems(
        self, request: pb.ListStockItemsRequest, context: Context
    ) -> pb.ListStockItemsResponse:
        stockroom.scope_of(current_actor())
        size = page_size(request.page)
        rows = await stockrooms.page_of_items(
            current_session(), request.search, single_key(request.page), size + 1
        )
        return pb.ListStockItemsResponse(
            stock_items=[protos.item_to_proto(row) for row in rows[:size]],
            page=page_info([row.item_code for row in rows], size),
        )
