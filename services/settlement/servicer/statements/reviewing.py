"""Statements are confirmed, disputed, decided and settled."""

from __future__ import annotations

from datetime import datetime

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.ids import new_id
from kit.money import Money
from kit.rpc.convert import decode_page_token, encode_page_token, money_from_proto, page_size
from protos.common.v1 import page_pb2
from protos.settlement.v1 import statement_pb2 as pb
from services.settlement.convert import statements as protos
from services.settlement.domain.adjustments.adjustment import (
    AdjustmentKind,
    Evidence,
    PartyShare,
    Proposal,
)
from services.settlement.domain.statements.state import (
    DECIDED_WITHIN,
    StatementState,
    check_confirm,
    check_decision,
    check_dispute,
    check_settle,
    evidence_hash,
)
from services.settlement.servicer.base import Context, require_text
from services.settlement.servicer.statements.base import CLOSERS, StatementRpcs, viewer
from services.settlement.store.statements import statements as store
from services.settlement.tables.statements import DisputeOutcomeRow, DisputeRow, StatementRow


class ReviewingRpcs(StatementRpcs):
    """What becomes of statements."""

    async def ConfirmStatement(
        self, request: pb.ConfirmStatementRequest, context: Context
    ) -> pb.Statement:
        row = await self._locked(request.statement_id)
        check_confirm(StatementState(row.state), _open(row))
        await self._step(row, StatementState.CONFIRMED, self._clock.now(), request.comment)
        return protos.statement_to_proto(row)

    async def SettleStatement(
        self, request: pb.SettleStatementRequest, context: Context
    ) -> pb.Statement:
        current_actor().require_role(*CLOSERS)
        row = await self._locked(request.statement_id)
        check_settle(StatementState(row.state))
        await self._step(row, StatementState.SETTLED, self._clock.now(), request.comment)
        return protos.statement_to_proto(row)

    async def RaiseDispute(self, request: pb.RaiseDisputeRequest, context: Context) -> pb.Dispute:
        session, now = current_session(), self._clock.now()
        row = await self._locked(request.statement_id)
        evidence = protos.evidence_from_proto(request.evidence)
        check_dispute(StatementState(row.state), request.reason, evidence)
        number = request.transfer_number
        found = await store.items(session, await store.reach_of(session, row), number - 1, 1)
        if not found or found[0].transfer_number != number:
            raise InvalidArgument(
                "SETTLEMENT_DISPUTE_INVALID",
                f"{row.statement_id} has no item {number}; list its items",
                field="transfer_number",
            )
        if any(each.transfer_number == number for each in row.disputes):
            raise InvalidArgument(
                "SETTLEMENT_DISPUTE_INVALID",
                f"item {number} is disputed already",
                field="transfer_number",
            )
        dispute = DisputeRow(
            dispute_id=new_id("dp", now),
            statement_id=row.statement_id,
            transfer_number=number,
            reason=request.reason.strip(),
            evidence=[
                {name: getattr(each, name) for name in ("evidence_kind", "reference", "sha256")}
                for each in evidence
            ],
            evidence_sha256=evidence_hash(row.digest, number, evidence),
            due_at=now + DECIDED_WITHIN,
            raised_at=now,
            raised_by_person_id=current_actor().person_id,
            outcome=None,
        )
        row.disputes.append(dispute)
        await session.flush()
        if row.state == StatementState.FROZEN:
            await self._step(row, StatementState.DISPUTED, now, request.reason)
        else:
            await self._tell(row, now)
        return protos.dispute_to_proto(dispute)

    async def GetDispute(self, request: pb.GetDisputeRequest, context: Context) -> pb.Dispute:
        dispute, _ = await store.dispute(current_session(), request.dispute_id, viewer())
        return protos.dispute_to_proto(dispute)

    async def ListOpenDisputes(
        self, request: pb.ListOpenDisputesRequest, context: Context
    ) -> pb.ListOpenDisputesResponse:
        size = page_size(request.page)
        token = decode_page_token(request.page, 2)
        after = (datetime.fromisoformat(token[0]), token[1]) if token else None
        rows = await store.open_disputes(current_session(), viewer(), after, size)
        page = page_pb2.PageInfo()
        if len(rows) > size:
            last = rows[size - 1]
            page.next_page_token = encode_page_token(last.due_at.isoformat(), last.dispute_id)
        return pb.ListOpenDisputesResponse(
            disputes=[protos.dispute_to_proto(row) for row in rows[:size]], page=page
        )

    async def DecideDispute(self, request: pb.DecideDisputeRequest, context: Context) -> pb.Dispute:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*CLOSERS)
        require_text(request.explanation, "explanation", "why it is decided so")
        dispute, statement = await store.dispute(session, request.dispute_id, viewer(), lock=True)
        correction = self._correction(request, statement)
        upheld = request.decision == pb.DISPUTE_DECISION_UPHELD
        if request.decision == pb.DISPUTE_DECISION_UNSPECIFIED:
            raise InvalidArgument(
                "SETTLEMENT_DISPUTE_INVALID", "uphold or dismiss it", field="decision"
            )
        check_decision(
            decided=dispute.outcome is not None,
            raised_by=dispute.raised_by_person_id,
            person_id=actor.person_id,
            upheld=upheld,
            correction_minor=correction.amount_minor,
        )
        dispute.outcome = DisputeOutcomeRow(
            dispute_id=dispute.dispute_id,
            raised_by_person_id=dispute.raised_by_person_id,
            decision="upheld" if upheld else "dismissed",
            explanation=request.explanation,
            adjustment_id=await self._correct(dispute, statement, correction) if upheld else None,
            decided_at=now,
            decided_by_person_id=actor.person_id,
        )
        await session.flush()
        await self._tell(statement, now)
        return protos.dispute_to_proto(dispute)

    def _correction(self, request: pb.DecideDisputeRequest, statement: StatementRow) -> Money:
        if not request.HasField("correction"):
            return Money(statement.currency, 0)
        correction = money_from_proto(request.correction, "correction")
        if correction.currency != statement.currency:
            raise InvalidArgument(
                "SETTLEMENT_DISPUTE_INVALID",
                f"the statement is in {statement.currency}",
                field="correction",
            )
        return correction

    async def _correct(
        self, dispute: DisputeRow, statement: StatementRow, correction: Money
    ) -> str:
        """Propose what corrects an item; it counts for the period in which it is posted."""
        gives = correction.amount_minor > 0
        proposal = Proposal(
            kind=AdjustmentKind.SUBSIDY if gives else AdjustmentKind.DEDUCTION,
            shares=(PartyShare(statement.party_kind, statement.party_id, correction),),
            reason=f"结算争议 {dispute.dispute_id}",
            explanation=f"{statement.statement_id} 流水 {dispute.transfer_number}",
            evidence=(Evidence("dispute", dispute.dispute_id, dispute.evidence_sha256.hex()),),
            cause_reference=dispute.dispute_id,
        )
        row = await self._adjusting.propose(proposal, outlet_id=statement.outlet_id)
        return row.adjustment_id

    async def _locked(self, statement_id: str) -> StatementRow:
        return await store.get(current_session(), statement_id, viewer(), lock=True)


def _open(row: StatementRow) -> int:
    return sum(1 for each in row.disputes if each.outcome is None)
