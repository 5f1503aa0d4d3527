"""What is where, what moved, whether it adds up, and what is to be ordered."""

from __future__ import annotations

from kit.authn import current_actor
from kit.db.session import current_session
from kit.rpc.convert import page_info, page_size
from protos.workorder.v1 import stock_pb2 as pb
from protos.workorder.v1.stock_pb2_grpc import StockServiceServicer
from services.workorder.convert.places import instant_if_given
from services.workorder.convert.stock import stock as protos
from services.workorder.domain.stock import reorder, stockroom
from services.workorder.domain.stock.stock_ledger import Line
from services.workorder.servicer.base import Context
from services.workorder.servicer.stock.stock_base import (
    StockRpcs,
    pair_after,
    pair_token,
    single_key,
)
from services.workorder.store.stock import reorder_points, stock_lists
from services.workorder.store.stock.stock_lists import WantedLevels, WantedMovements
from services.workorder.tables.stock import ReorderPointRow


class StockReadingRpcs(StockRpcs, StockServiceServicer):
    """Lists of the stock."""

    async def ListStockLevels(
        self, request: pb.ListStockLevelsRequest, context: Context
    ) -> pb.ListStockLevelsResponse:
        actor, size = current_actor(), page_size(request.page)
        wanted = WantedLevels(
            scope=stockroom.scope_of(actor),
            now=self._clock.now(),
            stockroom_id=request.stockroom_id,
            item_code=request.item_code,
            outlet_id=request.outlet_id,
            search=request.search,
            least_free=request.least_free,
            all_kinds=request.all_kinds,
        )
        rows = await stock_lists.levels(
            current_session(), wanted, pair_after(request.page), size + 1
        )
        costs = stockroom.sees_costs(actor)
        return pb.ListStockLevelsResponse(
            stock_levels=[protos.level_to_proto(*row, costs=costs) for row in rows[:size]],
            page=page_info(
                [pair_token(row[0].stockroom_id, row[0].item_code) for row in rows], size
            ),
        )

    async def ListStockUnits(
        self, request: pb.ListStockUnitsRequest, context: Context
    ) -> pb.ListStockUnitsResponse:
        size = page_size(request.page)
        rows = await stock_lists.units(
            current_session(),
            stockroom.scope_of(current_actor()),
            pair_after(request.page),
            size + 1,
            item_code=request.item_code,
            stockroom_id=request.stockroom_id,
            serial_number=request.serial_number,
        )
        return pb.ListStockUnitsResponse(
            stock_units=[protos.unit_to_proto(row) for row in rows[:size]],
            page=page_info([pair_token(row.item_code, row.serial_number) for row in rows], size),
        )

    async def ListStockMovements(
        self, request: pb.ListStockMovementsRequest, context: Context
    ) -> pb.ListStockMovementsResponse:
        actor, size = current_actor(), page_size(request.page)
        wanted = WantedMovements(
            scope=stockroom.scope_of(actor),
            stockroom_id=request.stockroom_id,
            item_code=request.item_code,
            work_order_id=request.work_order_id,
            document_id=request.document_id,
            kind=protos.chosen(protos.MOVEMENT_KINDS, request.kind, "kind") or "",
            moved_from=instant_if_given(
                request.moved_from, present=request.HasField("moved_from"), field="moved_from"
            ),
            moved_before=instant_if_given(
                request.moved_before, present=request.HasField("moved_before"), field="moved_before"
            ),
        )
        rows = await stock_lists.movements(
            current_session(), wanted, single_key(request.page), size + 1
        )
        costs = stockroom.sees_costs(actor)
        return pb.ListStockMovementsResponse(
            stock_movements=[protos.movement_to_proto(row, costs=costs) for row in rows[:size]],
            page=page_info([row.movement_id for row in rows], size),
        )

    async def VerifyStock(
        self, request: pb.VerifyStockRequest, context: Context
    ) -> pb.VerifyStockResponse:
        current_actor().require_role(*stockroom.KEEPERS, "finance", "hq", "ops")
        proof = await stock_lists.verify(current_session())
        return pb.VerifyStockResponse(
            sound=not proof.findings,
            movement_count=proof.movement_count,
            level_count=proof.level_count,
            stock_findings=[protos.finding_to_proto(row) for row in proof.findings],
        )

    async def PutReorderPoint(
        self, request: pb.PutReorderPointRequest, context: Context
    ) -> pb.ReorderPoint:
        point, session = request.reorder_point, current_session()
        await self._own_room(point.stockroom_id, "reorder_point.stockroom_id")
        if not point.order_up_to:
            await reorder_points.take_away(session, point.stockroom_id, point.item_code)
            return point
        await self._known([Line(point.item_code, 1)], "reorder_point")
        reorder.require_point(point.reorder_at, point.order_up_to)
        row = ReorderPointRow(
            stockroom_id=point.stockroom_id,
            item_code=point.item_code,
            reorder_at=point.reorder_at,
            order_up_to=point.order_up_to,
            put_at=self._clock.now(),
            put_by_person_id=current_actor().person_id,
        )
        await reorder_points.put(session, row)
        return protos.point_to_proto(row)

    async def ListReorderSuggestions(
        self, request: pb.ListReorderSuggestionsRequest, context: Context
    ) -> pb.ListReorderSuggestionsResponse:
        size = page_size(request.page)
        rows = await stock_lists.reorder_points(
            current_session(),
            stockroom.scope_of(current_actor()),
            self._clock.now(),
            pair_after(request.page),
            size + 1,
            stockroom_id=request.stockroom_id,
            everything=request.everything,
        )
        return pb.ListReorderSuggestionsResponse(
            reorder_suggestions=[protos.suggestion_to_proto(*row) for row in rows[:size]],
            page=page_info(
                [pair_token(row[0].stockroom_id, row[0].item_code) for row in rows], size
            ),
        )
