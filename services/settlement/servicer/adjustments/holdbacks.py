"""Hold-backs are released, forfeited and read."""

from __future__ import annotations

from typing import Final

from kit.authn import current_actor
from kit.db.session import current_session
from kit.money import Money
from kit.rpc.convert import decode_page_token, instant_to_proto, page_info, page_size
from protos.settlement.v1 import adjustment_pb2 as pb
from services.settlement.convert.adjustments import adjustments as adjustment_protos
from services.settlement.convert.adjustments import holdbacks as protos
from services.settlement.domain.adjustments.adjustment import (
    AdjustmentKind,
    Evidence,
    PartyShare,
    Proposal,
)
from services.settlement.domain.adjustments.holdback import (
    HoldbackState,
    check_free,
    check_held,
)
from services.settlement.servicer.adjustments.base import APPROVERS, AdjustmentRpcs, viewer
from services.settlement.servicer.base import OPERATORS, Context, require_text
from services.settlement.store.adjustments import holdbacks as store
from services.settlement.tables.adjustments import AdjustmentRow, HoldbackRow

#: So many are released in one transaction.
_BATCH: Final = 100


class HoldbackRpcs(AdjustmentRpcs):
    """What is kept for a time."""

    async def ReleaseHoldback(
        self, request: pb.ReleaseHoldbackRequest, context: Context
    ) -> pb.Holdback:
        current_actor().require_role(*OPERATORS)
        row = await store.lock(current_session(), request.holdback_id)
        check_held(HoldbackState(row.state))
        if row.release_at <= self._clock.now():
            await self._adjusting.release(row, request.reason or "到期释放")
        else:
            require_text(request.reason, "reason", "why it goes back before its date")
            await self._speak_for(row, AdjustmentKind.EARLY_RELEASE, request.reason, ())
        return protos.holdback_to_proto(row)

    async def ForfeitHoldback(
        self, request: pb.ForfeitHoldbackRequest, context: Context
    ) -> pb.Adjustment:
        current_actor().require_role(*OPERATORS)
        require_text(request.reason, "reason", "why it does not go back")
        row = await store.lock(current_session(), request.holdback_id)
        check_held(HoldbackState(row.state))
        evidence = adjustment_protos.evidence_from_proto(request.evidence)
        made = await self._speak_for(row, AdjustmentKind.FORFEITURE, request.reason, evidence)
        return self._shown(made)

    async def ListHoldbacks(
        self, request: pb.ListHoldbacksRequest, context: Context
    ) -> pb.ListHoldbacksResponse:
        sight, size = viewer(), page_size(request.page)
        wanted = store.Wanted(
            protos.state_name(request.state),
            request.party_kind,
            request.party_id,
            request.earning_id,
        )
        (before,) = decode_page_token(request.page, 1) or ("",)
        rows = await store.page(current_session(), wanted, sight, before, size)
        return pb.ListHoldbacksResponse(
            holdbacks=[protos.holdback_to_proto(row) for row in rows[:size]],
            page=page_info([row.holdback_id for row in rows], size),
        )

    async def ReleaseDueHoldbacks(
        self, request: pb.ReleaseDueHoldbacksRequest, context: Context
    ) -> pb.ReleaseDueHoldbacksResponse:
        current_actor().require_role(*APPROVERS)
        session = current_session()
        due = await store.due(session, self._clock.now(), _BATCH)
        for row in due:
            await self._adjusting.release(row, "到期释放")
        return pb.ReleaseDueHoldbacksResponse(
            more=len(due) == _BATCH,
            released_count=len(due),
            next_release_at=instant_to_proto(await store.next_release(session)),
        )

    async def _speak_for(
        self,
        row: HoldbackRow,
        kind: AdjustmentKind,
        reason: str,
        evidence: tuple[Evidence, ...],
    ) -> AdjustmentRow:
        """Propose to end a hold-back otherwise than by its date; one proposal at a time."""
        check_free(row.adjustment_id)
        amount = Money(row.currency, row.amount_minor)
        signed = amount if kind is AdjustmentKind.EARLY_RELEASE else -amount
        proposal = Proposal(
            kind=kind,
            shares=(PartyShare(row.party_kind, row.party_id, signed),),
            reason=reason,
            explanation=f"质保金 {amount}",
            evidence=evidence,
            earning_id=row.earning_id,
            case_id=row.case_id,
            work_order_id=row.work_order_id,
            holdback_id=row.holdback_id,
        )
        made = await self._adjusting.propose(proposal, outlet_id=row.outlet_id)
        row.adjustment_id = made.adjustment_id
        await current_session().flush()
        return made
