"""Whether work is shared fairly."""

from __future__ import annotations

from typing import Final

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.rpc.convert import decode_page_token, instant_from_proto, page_info, page_size
from protos.common.v1 import money_pb2
from protos.workorder.v1 import dispatch_pb2 as pb
from protos.workorder.v1.dispatch_pb2_grpc import DispatchServiceServicer
from services.workorder.domain import access
from services.workorder.domain.dispatch import fairness
from services.workorder.servicer.base import Context
from services.workorder.servicer.dispatch.matching import MatchingRpcs
from services.workorder.store.dispatch.shares import shares

_CURRENCY: Final = "CNY"


class FairnessRpcs(MatchingRpcs, DispatchServiceServicer):
    """Offers, work and earnings of everybody, side by side."""

    async def ReportFairness(
        self, request: pb.ReportFairnessRequest, context: Context
    ) -> pb.FairnessReport:
        current_actor().require_role(*access.FAIRNESS_READERS)
        begins = instant_from_proto(request.begins_at, "begins_at")
        ends = instant_from_proto(request.ends_at, "ends_at")
        if ends <= begins:
            raise InvalidArgument(
                "DISPATCH_TIME_INVALID", "ends_at must lie after begins_at", field="ends_at"
            )
        found = await shares(
            current_session(),
            (begins, ends),
            _CURRENCY,
            request.outlet_id,
            request.territory_code,
        )
        size = page_size(request.page)
        (after,) = decode_page_token(request.page, 1) or ("",)
        ids = [each.technician_id for each in found]
        begin = ids.index(after) + 1 if after in ids else 0
        amounts = [each.earned_minor for each in found]
        return pb.FairnessReport(
            shares=[_to_proto(each, sum(amounts)) for each in found[begin : begin + size]],
            page=page_info(ids[begin : begin + size + 1], size),
            technician_count=len(found),
            offer_count=sum(each.offered for each in found),
            earned=_money(sum(amounts)),
            gini_basis_points=fairness.gini_basis_points(amounts),
            median_earned=_money(fairness.median(amounts)),
        )


def _to_proto(share: fairness.Share, whole_minor: int) -> pb.TechnicianShare:
    return pb.TechnicianShare(
        technician_id=share.technician_id,
        display_name=share.display_name,
        outlet_id=share.outlet_id,
        offered_count=share.offered,
        accepted_count=share.accepted,
        declined_count=share.declined,
        expired_count=share.expired,
        earned=_money(share.earned_minor),
        share_basis_points=fairness.share_basis_points(share.earned_minor, whole_minor),
    )


def _money(minor: int) -> money_pb2.Money:
    return money_pb2.Money(currency=_CURRENCY, amount_minor=minor)
