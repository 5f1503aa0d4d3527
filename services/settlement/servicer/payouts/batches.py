"""Batches: drawn, approved by two others, cancelled, closed."""

from __future__ import annotations

from datetime import datetime

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import FailedPrecondition, PermissionDenied
from kit.ids import new_id
from kit.rpc.convert import decode_page_token, page_info, page_size
from kit.rpc.events import record
from protos.settlement.v1 import payout_pb2 as pb
from services.settlement.convert import payouts as protos
from services.settlement.domain.payouts.draw import Drawn, draw
from services.settlement.domain.payouts.state import BatchState, PayoutState
from services.settlement.domain.payouts.view import SEE_ALL
from services.settlement.servicer.base import CASHIERS, Context, require_text
from services.settlement.servicer.payouts import steps
from services.settlement.servicer.payouts.settings import SettingRpcs
from services.settlement.store.payouts import dues, settings
from services.settlement.store.payouts import payouts as store
from services.settlement.tables.payouts import (
    PayoutAccountRow,
    PayoutBatchRow,
    PayoutChangeRow,
    PayoutItemRow,
    PayoutRow,
)

#: How many other people say that a batch may go; the database says so too.
_APPROVALS = 2


class BatchRpcs(SettingRpcs):
    """What is paid together."""

    async def DrawPayoutBatch(
        self, request: pb.DrawPayoutBatchRequest, context: Context
    ) -> pb.PayoutBatch:
        current_actor().require_role(*CASHIERS)
        wanted = dues.Wanted(
            party_kind=request.party_kind or dues.TECHNICIAN,
            currency=request.currency or "CNY",
            payee_ids=tuple(request.payee_ids),
            outlet_id=request.outlet_id,
            earning_ids=tuple(request.earning_ids),
        )
        return await self._draw(wanted, request.note, dict(request.invoice_references))

    async def RetryPayout(self, request: pb.RetryPayoutRequest, context: Context) -> pb.PayoutBatch:
        current_actor().require_role(*CASHIERS)
        failed = await store.lock(current_session(), request.payout_id)
        if failed.payout_state not in (PayoutState.FAILED, PayoutState.RETURNED):
            raise FailedPrecondition(
                "SETTLEMENT_PAYOUT_NOT_OVER",
                f"a payout that is {failed.state} is not paid again; only what definitely did not"
                " arrive is",
                field="payout_id",
                details={"state": failed.state},
            )
        wanted = dues.Wanted(
            failed.party_kind,
            failed.currency,
            (failed.payee_id,),
            earning_ids=tuple(steps.earning_ids(failed)),
        )
        invoices = {failed.payee_id: failed.invoice_reference}
        return await self._draw(wanted, f"重新打款 {failed.payout_id}", invoices, failed.payout_id)

    async def ApprovePayoutBatch(
        self, request: pb.ApprovePayoutBatchRequest, context: Context
    ) -> pb.PayoutBatch:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*CASHIERS, "hq")
        if actor.is_system:
            raise PermissionDenied("SETTLEMENT_PAYOUT_FOUR_EYES", "people approve payouts")
        batch = await store.lock_batch(session, request.payout_batch_id)
        store.require_state(batch, BatchState.DRAWN, "approved")
        if request.revision and request.revision != batch.revision:
            raise FailedPrecondition(
                "SETTLEMENT_PAYOUT_BATCH_STALE",
                "it has changed; look at it again",
                field="revision",
            )
        await store.approve(session, batch, actor.person_id, now)
        if len(batch.approvals) >= _APPROVALS:
            batch.state = BatchState.APPROVED.value
            batch.revision += 1
            await session.flush()
            for row in await store.of_batch(session, batch.payout_batch_id):
                await steps.change(row, PayoutState.APPROVED, "两人已审批", now)
        return await self._batch_told(batch, now)

    async def CancelPayoutBatch(
        self, request: pb.CancelPayoutBatchRequest, context: Context
    ) -> pb.PayoutBatch:
        session, now = current_session(), self._clock.now()
        current_actor().require_role(*CASHIERS)
        require_text(request.reason, "reason", "why it shall not go")
        batch = await store.lock_batch(session, request.payout_batch_id)
        store.require_state(batch, BatchState.DRAWN, "cancelled")
        batch.state, batch.cancel_reason = BatchState.CANCELLED.value, request.reason
        batch.revision += 1
        for row in await store.of_batch(session, batch.payout_batch_id):
            await steps.change(row, PayoutState.CANCELLED, request.reason, now)
        return await self._batch_told(batch, now)

    async def ClosePayoutBatch(
        self, request: pb.ClosePayoutBatchRequest, context: Context
    ) -> pb.PayoutBatch:
        session, now = current_session(), self._clock.now()
        current_actor().require_role(*CASHIERS)
        batch = await store.lock_batch(session, request.payout_batch_id)
        if batch.state == BatchState.CLOSED:
            return protos.batch_to_proto(batch)
        store.require_state(batch, BatchState.APPROVED, "closed")
        if not store.is_over(await store.of_batch(session, batch.payout_batch_id)):
            raise FailedPrecondition(
                "SETTLEMENT_PAYOUT_BATCH_STATE",
                "payouts of it are under way",
                field="payout_batch_id",
            )
        batch.state = BatchState.CLOSED.value
        batch.revision += 1
        return await self._batch_told(batch, now)

    async def GetPayoutBatch(
        self, request: pb.GetPayoutBatchRequest, context: Context
    ) -> pb.PayoutBatch:
        current_actor().require_role(*SEE_ALL)
        session = current_session()
        batch = await store.find_batch(session, request.payout_batch_id)
        return protos.batch_to_proto(batch, await store.of_batch(session, batch.payout_batch_id))

    async def ListPayoutBatches(
        self, request: pb.ListPayoutBatchesRequest, context: Context
    ) -> pb.ListPayoutBatchesResponse:
        current_actor().require_role(*SEE_ALL)
        size = page_size(request.page)
        (before,) = decode_page_token(request.page, 1) or ("",)
        state = protos.batch_state_name(request.state)
        rows = await store.batch_page(current_session(), state, before, size)
        return pb.ListPayoutBatchesResponse(
            payout_batches=[protos.batch_to_proto(row) for row in rows[:size]],
            page=page_info([row.payout_batch_id for row in rows], size),
        )

    async def _draw(
        self, wanted: dues.Wanted, note: str, invoices: dict[str, str], retries: str = ""
    ) -> pb.PayoutBatch:
        session, now = current_session(), self._clock.now()
        await settings.one_at_a_time(session, "draw")
        limits = await settings.limits(session)
        due = await dues.dues(session, wanted, now)
        drawn, left_out = draw(due.dues, settings.limits_of(limits), due.used_today_minor)
        kept = [protos.left_out_row(each, wanted.party_kind) for each in left_out]
        if not drawn:
            why = "; ".join(f"{each['payee_id']}: {each['reason']}" for each in kept[:20])
            raise FailedPrecondition(
                "SETTLEMENT_NOTHING_TO_PAY", f"nothing can be drawn; {why or 'nothing is due'}"
            )
        batch = PayoutBatchRow(
            payout_batch_id=new_id("pb", now),
            revision=1,
            state=BatchState.DRAWN.value,
            currency=wanted.currency,
            gross_minor=sum(each.gross_minor for each in drawn),
            payout_count=len(drawn),
            note=note,
            limits_version=limits.version,
            left_out=kept,
            drawn_at=now,
            drawn_by_person_id=current_actor().person_id,
            approvals=[],
        )
        rows = [
            _payout_row(batch, wanted, each, due.accounts[each.payee_id], retries) for each in drawn
        ]
        for row in rows:
            row.invoice_reference = invoices.get(row.payee_id, "")
        await store.add(session, batch, rows)
        for row in rows:
            await record(
                protos.event_of(row, ""), aggregate=("payout", row.payout_id), occurred_at=now
            )
        return await self._batch_told(batch, now)

    async def _batch_told(self, batch: PayoutBatchRow, now: datetime) -> pb.PayoutBatch:
        session = current_session()
        await session.flush()
        await record(
            pb.PayoutBatchChanged(payout_batch=protos.batch_to_proto(batch)),
            aggregate=("payout_batch", batch.payout_batch_id),
            occurred_at=now,
        )
        return protos.batch_to_proto(batch, await store.of_batch(session, batch.payout_batch_id))


def _payout_row(
    batch: PayoutBatchRow,
    wanted: dues.Wanted,
    drawn: Drawn,
    account: PayoutAccountRow,
    retries: str,
) -> PayoutRow:
    items = [("earning", each.earning_id, each.amount_minor) for each in drawn.earnings]
    balance = [("balance", None, drawn.balance_minor)] if drawn.balance_minor else []
    return PayoutRow(
        payout_id=new_id("po", batch.drawn_at),
        payout_batch_id=batch.payout_batch_id,
        revision=1,
        state=PayoutState.DRAWN.value,
        party_kind=wanted.party_kind,
        payee_id=drawn.payee_id,
        account_version=account.version,
        channel_code=account.channel_code,
        channel_payee=account.channel_payee,
        currency=wanted.currency,
        gross_minor=drawn.gross_minor,
        retries_payout_id=retries or None,
        drawn_at=batch.drawn_at,
        items=[
            PayoutItemRow(
                item_number=number, item_kind=kind, earning_id=earning_id, amount_minor=minor
            )
            for number, (kind, earning_id, minor) in enumerate([*items, *balance], 1)
        ],
        changes=[
            PayoutChangeRow(
                revision=1,
                changed_at=batch.drawn_at,
                previous_state="",
                new_state=PayoutState.DRAWN.value,
                reason=batch.note or "生成打款批次",
                acting_person_id=batch.drawn_by_person_id,
            )
        ],
    )
