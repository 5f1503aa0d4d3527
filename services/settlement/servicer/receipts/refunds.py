"""Refunds: asked for, decided by another, paid by the channel."""

from __future__ import annotations

from kit.authn import current_actor
from kit.db.session import current_session
from kit.ids import new_id
from kit.money import Money
from kit.rpc import events
from kit.rpc.convert import (
    decode_page_token,
    instant_from_proto,
    money_from_proto,
    page_info,
    page_size,
)
from protos.settlement.v1 import receipt_pb2 as pb
from services.settlement.convert import receipts as protos
from services.settlement.domain.ledger.transfers import Document
from services.settlement.domain.receipts import postings, refund
from services.settlement.domain.receipts.receivable import Payer, PayerKind
from services.settlement.domain.receipts.refund import RefundState
from services.settlement.servicer.base import CASHIERS, OPERATORS, Context, require_text
from services.settlement.servicer.receipts.receivables import READERS, ReceivableRpcs
from services.settlement.store.ledger import transfers
from services.settlement.store.receipts import receipts as store
from services.settlement.store.receipts import receivables
from services.settlement.tables.receipts import ReceiptRow, RefundRow


class RefundRpcs(ReceivableRpcs):
    """Money that goes back."""

    async def RequestRefund(self, request: pb.RequestRefundRequest, context: Context) -> pb.Refund:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*OPERATORS, "customer_service")
        require_text(request.reason, "reason", "why it goes back")
        receipt = await store.read(session, request.receipt_id, lock=True)
        money = money_from_proto(request.amount, "amount")
        credits = bool(request.receivable_id)
        refund.check_request(
            money,
            Money(receipt.currency, receipt.amount_minor),
            receipt.refunded_minor,
            protos.unallocated_minor(receipt),
            credits=credits,
            is_reversed=receipt.reversed_at is not None,
        )
        if credits:
            await self._check_paid(receipt, request.receivable_id, money)
        row = RefundRow(
            refund_id=new_id("rf", now),
            receipt_id=receipt.receipt_id,
            receivable_id=request.receivable_id or None,
            amount_minor=money.amount_minor,
            reason=request.reason,
            state=RefundState.REQUESTED.value,
            requested_at=now,
            requested_by_person_id=actor.person_id,
        )
        await store.add_refund(session, row)
        return await self._refund_told(row, receipt)

    async def DecideRefund(self, request: pb.DecideRefundRequest, context: Context) -> pb.Refund:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*CASHIERS)
        if not request.approve:
            require_text(request.reason, "reason", "why it does not go back")
        row = await store.lock_refund(session, request.refund_id)
        refund.check_decision(RefundState(row.state), row.requested_by_person_id, actor.person_id)
        receipt = await store.read(session, row.receipt_id)
        row.state = (RefundState.APPROVED if request.approve else RefundState.REJECTED).value
        row.decided_at, row.decided_by_person_id = now, actor.person_id
        row.decision_reason = request.reason
        await session.flush()
        if request.approve and row.receivable_id:
            money = Money(receipt.currency, row.amount_minor)
            credit = postings.credited(_payer(receipt), money, now, row.reason)
            await transfers.post(session, _document(row), [credit], now)
            owed = await receivables.read(session, row.receivable_id, lock=True)
            await self._receivable_told(owed)
        return await self._refund_told(row, receipt)

    async def ConfirmRefund(self, request: pb.ConfirmRefundRequest, context: Context) -> pb.Refund:
        current_actor().require_role(*CASHIERS)
        require_text(request.channel_number, "channel_number", "the channel's own number")
        session, now = current_session(), self._clock.now()
        row = await store.lock_refund(session, request.refund_id)
        refund.check_payment(RefundState(row.state))
        receipt = await store.read(session, row.receipt_id)
        paid_at = instant_from_proto(request.paid_at) if request.HasField("paid_at") else now
        row.state, row.channel_number = RefundState.PAID.value, request.channel_number
        row.paid_at = paid_at
        await session.flush()
        money = Money(receipt.currency, row.amount_minor)
        back = postings.paid_back(_payer(receipt), receipt.channel_code, money, paid_at)
        await transfers.post(session, _document(row), [back], now)
        return await self._refund_told(row, receipt)

    async def ListRefunds(
        self, request: pb.ListRefundsRequest, context: Context
    ) -> pb.ListRefundsResponse:
        current_actor().require_role(*READERS)
        session, size = current_session(), page_size(request.page)
        (before,) = decode_page_token(request.page, 1) or ("",)
        state = protos.refund_state_name(request.state)
        rows = await store.refunds(session, state, request.receipt_id, before, size + 1)
        shown = rows[:size]
        currencies = await store.currencies(session, {row.receipt_id for row in shown})
        return pb.ListRefundsResponse(
            refunds=[protos.refund_to_proto(row, currencies[row.receipt_id]) for row in shown],
            page=page_info([row.refund_id for row in rows], size),
        )

    async def _check_paid(self, receipt: ReceiptRow, receivable_id: str, money: Money) -> None:
        """Refuse to credit what this receipt did not pay."""
        paid = {each.receivable_id: each.amount_minor for each in receipt.allocations}
        refund.check_credit(money, receivable_id, paid.get(receivable_id, 0))

    async def _refund_told(self, row: RefundRow, receipt: ReceiptRow) -> pb.Refund:
        told = protos.refund_to_proto(row, receipt.currency)
        await events.record(
            pb.RefundChanged(refund=told),
            aggregate=("refund", row.refund_id),
            occurred_at=self._clock.now(),
            case_id=receipt.case_id,
        )
        return told


def _payer(receipt: ReceiptRow) -> Payer:
    return Payer(PayerKind(receipt.payer_kind), receipt.payer_id)


def _document(row: RefundRow) -> Document:
    return Document("refund", row.refund_id)
