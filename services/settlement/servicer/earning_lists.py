"""Lists and sums of earnings, each caller's own part."""

from __future__ import annotations

from kit.authn import current_actor
from kit.db.session import current_session
from kit.rpc.convert import decode_page_token, encode_page_token, page_size
from protos.common.v1 import page_pb2
from protos.settlement.v1 import settlement_pb2 as pb
from services.settlement.convert import earning_lists as protos
from services.settlement.convert.earnings import earning_to_proto
from services.settlement.domain.earnings.listing import Grouping
from services.settlement.domain.earnings.view import viewer_of
from services.settlement.servicer.base import Context, Rpcs
from services.settlement.store.earnings import lists


class EarningListRpcs(Rpcs):
    """Who earns how much, and where."""

    async def ListEarnings(
        self, request: pb.ListEarningsRequest, context: Context
    ) -> pb.ListEarningsResponse:
        viewer, session = viewer_of(current_actor()), current_session()
        wanted, sort = protos.wanted(request), protos.sort(request.sort)
        size, token = page_size(request.page), decode_page_token(request.page, 2)
        after = protos.after(token, sort)
        rows = await lists.page(session, wanted, viewer, sort, after, size)
        totals = await lists.sums(session, wanted, viewer, Grouping.STATE)
        more = len(rows) > size
        next_token = encode_page_token(*lists.sort_key(rows[size - 1], sort)) if more else ""
        return pb.ListEarningsResponse(
            earnings=[earning_to_proto(row, viewer) for row in rows[:size]],
            page=page_pb2.PageInfo(next_page_token=next_token),
            totals=[protos.sum_to_proto(each, viewer) for each in totals],
        )

    async def SummarizeEarnings(
        self, request: pb.SummarizeEarningsRequest, context: Context
    ) -> pb.SummarizeEarningsResponse:
        viewer = viewer_of(current_actor())
        by = protos.grouping(request.by)
        found = await lists.sums(current_session(), protos.wanted(request), viewer, by)
        return pb.SummarizeEarningsResponse(
            sums=[protos.sum_to_proto(each, viewer) for each in found]
        )
