"""``ReceiptService``: what is owed, what came in, and what goes back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from kit.authn import current_actor
from kit.db.session import current_session
from kit.errors import FailedPrecondition, InvalidArgument
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
from services.settlement.domain.receipts.receivable import (
    ReceivableState,
    allocate,
    check_payer,
)
from services.settlement.servicer.base import CASHIERS, OPERATORS, Context, require_text
from services.settlement.servicer.receipts.receivables import READERS
from services.settlement.servicer.receipts.refunds import RefundRpcs
from services.settlement.store.ledger import transfers
from services.settlement.store.receipts import receipts as store
from services.settlement.store.receipts import receivables
from services.settlement.tables.receipts import ReceiptAllocationRow, ReceiptRow, ReceivableRow

#: A clock of somebody else's may be ahead of ours by this much.
_AHEAD: Final = timedelta(minutes=10)


class ReceiptServicer(RefundRpcs):
    """Keeps what came in, and what it pays."""

    async def RecordReceipt(self, request: pb.RecordReceiptRequest, context: Context) -> pb.Receipt:
        current_actor().require_role(*OPERATORS, "customer_service", "technician")
        return await self.receive(request)

    async def receive(self, request: pb.RecordReceiptRequest) -> pb.Receipt:
        """Record what came in, whoever may say so."""
        actor, session, now = current_actor(), current_session(), self._clock.now()
        payer = check_payer(request.payer_kind, request.payer_id)
        money = _received(request)
        received_at = _instant(request.received_at, "received_at", now)
        owed = await receivables.open_of(session, payer, money.currency)
        row = protos.receipt_row(
            new_id("rc", now), request, money, received_at, now, actor.person_id
        )
        parts = allocate(money, [protos.owed(each) for each in owed])
        pays = [self._part(row.receipt_id, each, part) for each, part in parts]
        await store.add(session, row, pays)
        document = Document("receipt", row.receipt_id)
        came_in = postings.received(payer, row.channel_code, money, received_at)
        await transfers.post(session, document, [came_in], now)
        by_id = {each.receivable_id: each for each in owed}
        await self._receivables_told([by_id[each] for each, _ in parts])
        return await self._receipt_told(row)

    async def AllocateReceipt(
        self, request: pb.AllocateReceiptRequest, context: Context
    ) -> pb.Receipt:
        current_actor().require_role(*OPERATORS)
        session = current_session()
        row = await store.read(session, request.receipt_id, lock=True)
        owed = await receivables.read(session, request.receivable_id, lock=True)
        _check_fits(row, owed)
        most = min(protos.unallocated_minor(row), protos.open_minor(owed))
        part = Money(row.currency, most)
        if request.HasField("amount"):
            part = money_from_proto(request.amount, "amount")
            if not 0 < part.amount_minor <= most or part.currency != row.currency:
                raise InvalidArgument(
                    "SETTLEMENT_ALLOCATION_TOO_MUCH",
                    f"up to {Money(row.currency, most)} of it can pay this",
                    field="amount",
                )
        paying = self._part(row.receipt_id, owed.receivable_id, part)
        await store.allocate(session, row, [paying])
        await self._receivables_told([owed])
        return await self._receipt_told(row)

    async def ReverseReceipt(
        self, request: pb.ReverseReceiptRequest, context: Context
    ) -> pb.Receipt:
        current_actor().require_role(*CASHIERS)
        require_text(request.reason, "reason", "why it did not come in")
        row = await store.read(current_session(), request.receipt_id, lock=True)
        return await self.reverse(row, request.reason)

    async def GetReceipt(self, request: pb.GetReceiptRequest, context: Context) -> pb.Receipt:
        current_actor().require_role(*READERS)
        return protos.receipt_to_proto(await store.read(current_session(), request.receipt_id))

    async def ListReceipts(
        self, request: pb.ListReceiptsRequest, context: Context
    ) -> pb.ListReceiptsResponse:
        current_actor().require_role(*READERS)
        wanted = store.Wanted(
            request.payer_kind,
            request.payer_id,
            request.channel_code,
            request.work_order_id,
            request.unallocated,
        )
        size = page_size(request.page)
        (before,) = decode_page_token(request.page, 1) or ("",)
        rows = await store.page(current_session(), wanted, before, size + 1)
        return pb.ListReceiptsResponse(
            receipts=[protos.receipt_to_proto(row) for row in rows[:size]],
            page=page_info([row.receipt_id for row in rows], size),
        )

    async def reverse(self, row: ReceiptRow, reason: str) -> pb.Receipt:
        """Take back a locked receipt; what it paid is owed again."""
        session, now, person_id = current_session(), self._clock.now(), current_actor().person_id
        refund.check_may_reverse(
            row.receipt_id,
            row.recorded_by_person_id,
            person_id,
            row.refunded_minor,
            is_reversed=row.reversed_at is not None,
        )
        owed = [
            await receivables.read(session, each.receivable_id, lock=True)
            for each in row.allocations
        ]
        row.reversed_at, row.reversed_by_person_id, row.reversal_reason = now, person_id, reason
        await session.flush()
        document = Document("receipt", row.receipt_id)
        await transfers.reverse(session, document, now, memo=reason)
        await self._receivables_told(owed)
        return await self._receipt_told(row)

    def _part(self, receipt_id: str, receivable_id: str, part: Money) -> ReceiptAllocationRow:
        return ReceiptAllocationRow(
            receipt_id=receipt_id,
            receivable_id=receivable_id,
            amount_minor=part.amount_minor,
            allocated_at=self._clock.now(),
            allocated_by_person_id=current_actor().person_id,
        )

    async def _receivables_told(self, rows: list[ReceivableRow]) -> None:
        """The database counted what they received: read them again and say so."""
        for row in rows:
            await current_session().refresh(row)
            await self._receivable_told(row)

    async def _receipt_told(self, row: ReceiptRow) -> pb.Receipt:
        told = protos.receipt_to_proto(row)
        await events.record(
            pb.ReceiptRecorded(receipt=told),
            aggregate=("receipt", row.receipt_id),
            occurred_at=self._clock.now(),
            case_id=row.case_id,
        )
        return told


def _received(request: pb.RecordReceiptRequest) -> Money:
    money = money_from_proto(request.amount, "amount")
    if money.amount_minor <= 0:
        raise InvalidArgument(
            "SETTLEMENT_RECEIPT_INVALID", "a receipt is above zero; refund one", field="amount"
        )
    if not request.channel_code:
        raise InvalidArgument(
            "SETTLEMENT_RECEIPT_INVALID",
            "say the channel: wechat, alipay, bank, cash or a shop's",
            field="channel_code",
        )
    if request.channel_code != "cash" and not request.channel_number:
        raise InvalidArgument(
            "SETTLEMENT_RECEIPT_INVALID",
            "say the channel's number of the payment; only cash has none",
            field="channel_number",
        )
    return money


def _instant(given: Timestamp, field: str, now: datetime) -> datetime:
    at = instant_from_proto(given, field) if given.ByteSize() else now
    if at > now + _AHEAD:
        raise InvalidArgument("INSTANT_INVALID", "that is still to come", field=field)
    return at


def _check_fits(receipt: ReceiptRow, owed: ReceivableRow) -> None:
    same_payer = (receipt.payer_kind, receipt.payer_id) == (owed.payer_kind, owed.payer_id)
    if not same_payer or receipt.currency != owed.currency:
        raise FailedPrecondition(
            "SETTLEMENT_ALLOCATION_MISMATCH",
            "a receipt pays what its own payer owes in its own currency",
            field="receivable_id",
        )
    if owed.state != ReceivableState.OPEN:
        raise FailedPrecondition(
            "SETTLEMENT_RECEIVABLE_STATE",
            f"receivable {owed.receivable_id} is {owed.state}",
            field="receivable_id",
            details={"state": owed.state},
        )
