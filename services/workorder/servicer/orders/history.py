"""What was done to work orders, and what helped before."""

from __future__ import annotations

from dataclasses import replace

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.rpc.convert import decode_page_token, page_info, page_size
from protos.workorder.v1 import orders_pb2 as pb
from protos.workorder.v1.orders_pb2_grpc import WorkOrderDeskServiceServicer
from services.workorder.convert.orders import boards as board_protos
from services.workorder.convert.orders import desk as protos
from services.workorder.domain import access
from services.workorder.domain.orders import suggestion
from services.workorder.servicer.base import Context, Rpcs
from services.workorder.store import same_customers
from services.workorder.store.orders import history


class HistoryRpcs(Rpcs, WorkOrderDeskServiceServicer):
    """What there is to know of a work order, and of work like it."""

    async def ListWorkOrderChanges(
        self, request: pb.ListWorkOrderChangesRequest, context: Context
    ) -> pb.ListWorkOrderChangesResponse:
        current_actor().require_role(*access.OFFICE, "technician")
        row = await self._read(request.work_order_id)
        size = page_size(request.page)
        (after,) = decode_page_token(request.page, 1) or ("0",)
        if not after.isdecimal():
            raise InvalidArgument(
                "PAGE_TOKEN_INVALID",
                "pass next_page_token as it was given",
                field="page.page_token",
            )
        rows = await history.changes(current_session(), row.work_order_id, int(after), size + 1)
        return pb.ListWorkOrderChangesResponse(
            changes=[protos.change_to_proto(change) for change in rows[:size]],
            page=page_info([str(change.revision) for change in rows], size),
        )

    async def SuggestSolutions(
        self, request: pb.SuggestSolutionsRequest, context: Context
    ) -> pb.SuggestSolutionsResponse:
        current_actor().require_role(*access.OFFICE, "technician")
        limit = suggestion.require_limit(request.limit)
        row = await self._read(request.work_order_id)
        finished = await history.finished_like(current_session(), row)
        same = await same_customers.ids_of(current_session(), row.customer_id)
        works = (
            replace(work, customer_id=row.customer_id) if work.customer_id in same else work
            for work in map(board_protos.work_of, finished)
        )
        found = suggestion.suggest(board_protos.work_of(row), works, limit)
        return board_protos.suggestions_to_proto(found, finished)
