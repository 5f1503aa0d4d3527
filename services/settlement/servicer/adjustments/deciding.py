"""Adjustments are decided, undone, settled and read."""

from __future__ import annotations

from typing import Final

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import FailedPrecondition
from kit.rpc.convert import decode_page_token, page_info, page_size
from protos.settlement.v1 import adjustment_pb2 as pb
from services.settlement.convert.adjustments import adjustments as protos
from services.settlement.domain.adjustments.adjustment import (
    AdjustmentKind,
    AdjustmentState,
    check_approval,
    check_rejection,
    check_reversal,
)
from services.settlement.servicer.adjustments.base import APPROVERS, AdjustmentRpcs, viewer
from services.settlement.servicer.base import Context, require_text
from services.settlement.store.adjustments import adjustments as store
from services.settlement.store.adjustments import posting

#: So many of each are settled in one transaction.
_BATCH: Final = 50


class DecidingRpcs(AdjustmentRpcs):
    """What becomes of proposals."""

    async def ApproveAdjustment(
        self, request: pb.ApproveAdjustmentRequest, context: Context
    ) -> pb.Adjustment:
        actor = current_actor()
        actor.require_role(*APPROVERS)
        row = await store.lock(current_session(), request.adjustment_id)
        if request.revision not in (0, row.revision):
            raise FailedPrecondition(
                "SETTLEMENT_ADJUSTMENT_STALE",
                f"this adjustment is at revision {row.revision} by now; look at it again",
                field="revision",
            )
        check_approval(
            AdjustmentState(row.state),
            row.proposed_by_person_id,
            [share.party_id for share in row.shares],
            actor.person_id,
        )
        row.approved_by_person_id = actor.person_id
        await self._adjusting.move(row, AdjustmentState.APPROVED, request.reason or "同意")
        await self._adjusting.post_if_it_can(row)
        return self._shown(row)

    async def RejectAdjustment(
        self, request: pb.RejectAdjustmentRequest, context: Context
    ) -> pb.Adjustment:
        current_actor().require_role(*APPROVERS)
        require_text(request.reason, "reason", "why it is not to be")
        row = await store.lock(current_session(), request.adjustment_id)
        check_rejection(AdjustmentState(row.state))
        await self._adjusting.reject(row, request.reason)
        return self._shown(row)

    async def ReverseAdjustment(
        self, request: pb.ReverseAdjustmentRequest, context: Context
    ) -> pb.Adjustment:
        actor = current_actor()
        actor.require_role(*APPROVERS)
        require_text(request.reason, "reason", "why it is undone")
        row = await store.lock(current_session(), request.adjustment_id)
        check_reversal(
            AdjustmentKind(row.kind),
            AdjustmentState(row.state),
            row.proposed_by_person_id,
            actor.person_id,
        )
        await self._adjusting.reverse(row, request.reason)
        return self._shown(row)

    async def GetAdjustment(
        self, request: pb.GetAdjustmentRequest, context: Context
    ) -> pb.Adjustment:
        sight = viewer()
        row = await store.find(current_session(), request.adjustment_id, sight)
        return protos.adjustment_to_proto(row, sight)

    async def ListAdjustments(
        self, request: pb.ListAdjustmentsRequest, context: Context
    ) -> pb.ListAdjustmentsResponse:
        sight, size = viewer(), page_size(request.page)
        wanted = store.Wanted(
            protos.kind_name(request.kind),
            protos.state_name(request.state),
            request.earning_id,
            request.party_kind,
            request.party_id,
            request.work_order_id,
            request.case_id,
        )
        (before,) = decode_page_token(request.page, 1) or ("",)
        rows = await store.page(current_session(), wanted, sight, before, size)
        return pb.ListAdjustmentsResponse(
            adjustments=[protos.adjustment_to_proto(row, sight) for row in rows[:size]],
            page=page_info([row.adjustment_id for row in rows], size),
        )

    async def SettleAdjustments(
        self, request: pb.SettleAdjustmentsRequest, context: Context
    ) -> pb.SettleAdjustmentsResponse:
        current_actor().require_role(*APPROVERS)
        session = current_session()
        waiting = await store.unsettled(session, _BATCH)
        for row in waiting:
            await self._adjusting.post_if_it_can(row)
        indebted = await posting.indebted(session, _BATCH)
        paid = [
            await self._adjusting.offset((kind, party_id), currency)
            for kind, party_id, currency in indebted
        ]
        return pb.SettleAdjustmentsResponse(
            more=len(waiting) == _BATCH or len(indebted) == _BATCH,
            settled_count=len(waiting) + sum(paid),
        )
