"""``ClaimService``: what brands owe for warranty work, claimed and answered."""

from __future__ import annotations

from datetime import datetime, timedelta

from kit.authn import current_actor
from kit.clock import SHANGHAI
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.ids import new_id
from kit.rpc import events
from kit.rpc.convert import decode_page_token, page_info, page_size
from protos.settlement.v1 import claim_pb2 as pb
from services.settlement.convert import claims as protos
from services.settlement.convert.days import day_from_proto
from services.settlement.domain.claims.claim import (
    ClaimAnswer,
    ClaimLine,
    ClaimState,
    check_answer,
    check_step,
    digest,
    nothing_to_claim,
)
from services.settlement.servicer.base import CASHIERS, LEDGER_READERS, Context
from services.settlement.servicer.receipts.receivables import ReceivableRpcs
from services.settlement.store.claims import claims as store
from services.settlement.tables.claims import BrandClaimLineRow, BrandClaimRow


class ClaimServicer(ReceivableRpcs):
    """Claims on brands, from what they owe to their answer."""

    async def DrawBrandClaim(
        self, request: pb.DrawBrandClaimRequest, context: Context
    ) -> pb.BrandClaim:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*CASHIERS)
        today = now.astimezone(SHANGHAI).date()
        first = day_from_proto(request.first_day, today.replace(day=1), "first_day")
        last = day_from_proto(request.last_day, today, "last_day")
        if first > last:
            raise InvalidArgument(
                "SETTLEMENT_CLAIM_DAYS", "the first day is after the last one", field="first_day"
            )
        begins = datetime(first.year, first.month, first.day, tzinfo=SHANGHAI)
        ends = datetime(last.year, last.month, last.day, tzinfo=SHANGHAI) + timedelta(days=1)
        currency = request.currency or "CNY"
        owed = await store.claimable(session, request.brand_id, currency, begins, ends)
        if not owed:
            raise nothing_to_claim(request.brand_id)
        if len(owed) > store.MOST_LINES:
            raise InvalidArgument(
                "SETTLEMENT_CLAIM_DAYS",
                f"more than {store.MOST_LINES} receivables; claim fewer days",
                field="last_day",
            )
        row = BrandClaimRow(
            brand_claim_id=new_id("bc", now),
            revision=1,
            state=ClaimState.DRAFT.value,
            brand_id=request.brand_id,
            currency=currency,
            first_day=first,
            last_day=last,
            amount_minor=sum(each.amount_minor for each in owed),
            line_count=len(owed),
            drawn_at=now,
            drawn_by_person_id=actor.person_id,
            lines=[
                BrandClaimLineRow(receivable_id=each.receivable_id, amount_minor=each.amount_minor)
                for each in owed
            ],
        )
        await store.add(session, row)
        return await self._claim_told(row)

    async def WithdrawBrandClaim(
        self, request: pb.WithdrawBrandClaimRequest, context: Context
    ) -> pb.BrandClaim:
        row = await self._claim(request.brand_claim_id, ClaimState.DRAFT, "withdrawn")
        row.state, row.withdrawn_at = ClaimState.WITHDRAWN.value, self._clock.now()
        for line in row.lines:
            line.standing = False
        return await self._claim_told(row)

    async def SendBrandClaim(
        self, request: pb.SendBrandClaimRequest, context: Context
    ) -> pb.BrandClaim:
        row = await self._claim(request.brand_claim_id, ClaimState.DRAFT, "sent")
        told = [
            ClaimLine(line.receivable_id, line.receivable.work_order_id, line.amount_minor)
            for line in row.lines
        ]
        row.state, row.sent_at = ClaimState.SENT.value, self._clock.now()
        row.sent_by_person_id = current_actor().person_id
        row.digest = digest(row.brand_claim_id, row.currency, told)
        return await self._claim_told(row)

    async def AnswerBrandClaim(
        self, request: pb.AnswerBrandClaimRequest, context: Context
    ) -> pb.BrandClaim:
        row = await self._claim(request.brand_claim_id, ClaimState.SENT, "answered")
        waiting = {line.receivable_id: line for line in row.lines if not line.answer}
        for i, said in enumerate(request.answers):
            answer = check_answer(said.answer, said.reason, f"answers[{i}]")
            line = waiting.pop(said.receivable_id, None)
            if line is None:
                raise InvalidArgument(
                    "SETTLEMENT_CLAIM_ANSWER_INVALID",
                    f"{said.receivable_id} is no line of it that waits for an answer",
                    field=f"answers[{i}].receivable_id",
                )
            await self._answered(line, answer, said.reason)
        if request.accept_others:
            for line in waiting.values():
                await self._answered(line, ClaimAnswer.ACCEPTED, "")
        await current_session().flush()
        if all(line.answer for line in row.lines):
            row.state, row.answered_at = ClaimState.ANSWERED.value, self._clock.now()
        return await self._claim_told(row)

    async def GetBrandClaim(
        self, request: pb.GetBrandClaimRequest, context: Context
    ) -> pb.BrandClaim:
        current_actor().require_role(*LEDGER_READERS)
        return protos.claim_to_proto(await store.read(current_session(), request.brand_claim_id))

    async def ListBrandClaims(
        self, request: pb.ListBrandClaimsRequest, context: Context
    ) -> pb.ListBrandClaimsResponse:
        current_actor().require_role(*LEDGER_READERS)
        size = page_size(request.page)
        (before,) = decode_page_token(request.page, 1) or ("",)
        state = protos.state_name(request.state)
        rows = await store.page(current_session(), request.brand_id, state, before, size + 1)
        return pb.ListBrandClaimsResponse(
            brand_claims=[protos.claim_to_proto(row, with_lines=False) for row in rows[:size]],
            page=page_info([row.brand_claim_id for row in rows], size),
        )

    async def ExportBrandClaim(
        self, request: pb.ExportBrandClaimRequest, context: Context
    ) -> pb.BrandClaimFile:
        current_actor().require_role(*LEDGER_READERS)
        return protos.file_of(await store.read(current_session(), request.brand_claim_id))

    async def _claim(self, claim_id: str, needed: ClaimState, done: str) -> BrandClaimRow:
        """A claim that is where it must be, locked."""
        current_actor().require_role(*CASHIERS)
        row = await store.read(current_session(), claim_id, lock=True)
        check_step(claim_id, ClaimState(row.state), needed, done)
        return row

    async def _answered(self, line: BrandClaimLineRow, answer: ClaimAnswer, reason: str) -> None:
        line.answer, line.answer_reason = answer.value, reason
        line.answered_at = self._clock.now()
        line.answered_by_person_id = current_actor().person_id
        if answer is ClaimAnswer.REJECTED:
            await self.cancel(line.receivable_id, f"品牌不认：{reason}")

    async def _claim_told(self, row: BrandClaimRow) -> pb.BrandClaim:
        session = current_session()
        if row.state != ClaimState.DRAFT:
            row.revision += 1
        await session.flush()
        for line in row.lines:
            await session.refresh(line, ["receivable"])
        told = protos.claim_to_proto(row)
        await events.record(
            pb.BrandClaimChanged(brand_claim=protos.claim_to_proto(row, with_lines=False)),
            aggregate=("brand_claim", row.brand_claim_id),
            occurred_at=self._clock.now(),
        )
        return told
