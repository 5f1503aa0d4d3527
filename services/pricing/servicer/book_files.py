"""Price books into files."""

from __future__ import annotations

import asyncio

from kit.authn import current_actor
from protos.pricing.v1 import book_pb2 as pb
from protos.pricing.v1 import book_pb2_grpc
from services.pricing.convert.book_files import write_comparison
from services.pricing.convert.drafts import difference_to_proto
from services.pricing.servicer.base import QUOTES, Context, sees_settlement
from services.pricing.servicer.comparing import compared


class BookFileRpcs(book_pb2_grpc.PriceBookServiceServicer):
    """Versions and drafts, and what differs between two, as files."""

    async def ExportPriceBookComparison(
        self, request: pb.ExportPriceBookComparisonRequest, context: Context
    ) -> pb.PriceBookFile:
        current_actor().require_role(*QUOTES)
        sees = sees_settlement()
        told = [
            difference_to_proto(change, with_settlement=sees) for change in await compared(request)
        ]
        content = await asyncio.to_thread(write_comparison, told)
        return pb.PriceBookFile(content=content, count=len(told))
