"""``LibraryService``: the items of both libraries."""

from __future__ import annotations

from kit.authn import current_actor
from kit.db.session import current_session
from kit.rpc.convert import page_info, page_size
from protos.pricing.v1 import library_pb2 as pb
from protos.pricing.v1 import library_pb2_grpc
from services.pricing.convert.items import catalogue_name, item_from_proto, item_to_proto
from services.pricing.servicer.base import KEEPS_PRICES, QUOTES, Context, page_start
from services.pricing.store import items


class LibraryServicer(library_pb2_grpc.LibraryServiceServicer):
    """Project library and spare-part library."""

    async def PutItem(self, request: pb.PutItemRequest, context: Context) -> pb.Item:
        current_actor().require_role(*KEEPS_PRICES)
        row = item_from_proto(request.item)
        return item_to_proto(await items.put(current_session(), row))

    async def ListItems(
        self, request: pb.ListItemsRequest, context: Context
    ) -> pb.ListItemsResponse:
        current_actor().require_role(*QUOTES)
        catalogue, size = catalogue_name(request.catalogue), page_size(request.page)
        rows = await items.page(current_session(), catalogue, page_start(request.page), size + 1)
        return pb.ListItemsResponse(
            items=[item_to_proto(row) for row in rows[:size]],
            page=page_info([row.item_code for row in rows], size),
        )
