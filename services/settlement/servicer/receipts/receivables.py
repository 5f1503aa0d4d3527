"""What customers, brands and shops owe: billed, cancelled, written off, listed by age."""

from __future__ import annotations

from typing import Final

from kit.authn import current_actor
from kit.clock import SHANGHAI
from kit.db.session import current_session
from kit.ids import new_id
from kit.money import Money
from kit.rpc import events
from kit.rpc.convert import decode_page_token, encode_page_token, page_info, page_size
from protos.common.v1 import page_pb2
from protos.settlement.v1 import receipt_pb2 as pb
from services.settlement.convert import receipts as protos
from services.settlement.convert.days import day_from_proto
from services.settlement.domain.ledger.transfers import Document
from services.settlement.domain.receipts import postings
from services.settlement.domain.receipts.receivable import (
    Payer,
    PayerKind,
    ReceivableState,
    bill_total,
    check_may_cancel,
    check_may_write_off,
    check_payer,
    check_purpose,
)
from services.settlement.servicer.base import (
    CASHIERS,
    LEDGER_READERS,
    OPERATORS,
    Context,
    Rpcs,
    require_text,
)
from services.settlement.store.ledger import transfers
from services.settlement.store.receipts import receivables as store
from services.settlement.tables.receipts import ReceivableRow

#: Who sees what is owed.
READERS: Final = (*LEDGER_READERS, "supervisor", "customer_service", "outlet_manager")


class ReceivableRpcs(Rpcs):
    """What is owed to the company."""

    async def BillWork(self, request: pb.BillWorkRequest, context: Context) -> pb.Receivable:
        current_actor().require_role(*OPERATORS, "customer_service")
        payer = check_payer(request.payer_kind, request.payer_id)
        purpose = check_purpose(request.purpose, payer)
        lines = protos.lines_from_proto(request.lines)
        total, now = bill_total(lines), self._clock.now()
        row = ReceivableRow(
            receivable_id=new_id("rv", now),
            revision=1,
            state=ReceivableState.OPEN.value,
            payer_kind=payer.kind.value,
            payer_id=payer.payer_id,
            purpose=purpose.value,
            case_id=request.case_id,
            work_order_id=request.work_order_id,
            quote_id=request.quote_id,
            shop_order_number=request.shop_order_number,
            currency=total.currency,
            amount_minor=total.amount_minor,
            due_on=day_from_proto(request.due_on, now.astimezone(SHANGHAI).date(), "due_on"),
            billed_at=now,
            billed_by_person_id=current_actor().person_id,
            lines=protos.line_rows(lines),
        )
        session = current_session()
        await store.add(session, row)
        bill = postings.billed(payer, total, now)
        await transfers.post(session, _document(row), [bill], now)
        return await self._receivable_told(row)

    async def CancelReceivable(
        self, request: pb.CancelReceivableRequest, context: Context
    ) -> pb.Receivable:
        current_actor().require_role(*OPERATORS, "customer_service")
        require_text(request.reason, "reason", "why nothing is owed")
        return await self.cancel(request.receivable_id, request.reason)

    async def cancel(self, receivable_id: str, reason: str) -> pb.Receivable:
        """Nothing is owed after all, whoever says so."""
        session = current_session()
        row = await store.read(session, receivable_id, lock=True)
        state = ReceivableState(row.state)
        if state is ReceivableState.CANCELLED:
            return protos.receivable_to_proto(row)
        check_may_cancel(row.receivable_id, state, row.received_minor)
        now = self._clock.now()
        await transfers.reverse(session, _document(row), now, memo=reason)
        return await self._ended(row, ReceivableState.CANCELLED, reason)

    async def WriteOffReceivable(
        self, request: pb.WriteOffReceivableRequest, context: Context
    ) -> pb.Receivable:
        actor = current_actor()
        actor.require_role(*CASHIERS)
        require_text(request.reason, "reason", "why it will not be paid")
        session = current_session()
        row = await store.read(session, request.receivable_id, lock=True)
        state = ReceivableState(row.state)
        check_may_write_off(row.receivable_id, state, row.billed_by_person_id, actor.person_id)
        rest, now = Money(row.currency, protos.open_minor(row)), self._clock.now()
        loss = postings.written_off(payer_of(row), rest, now, request.reason)
        await transfers.post(session, _document(row), [loss], now)
        return await self._ended(row, ReceivableState.WRITTEN_OFF, request.reason)

    async def GetReceivable(
        self, request: pb.GetReceivableRequest, context: Context
    ) -> pb.Receivable:
        current_actor().require_role(*READERS)
        return protos.receivable_to_proto(
            await store.read(current_session(), request.receivable_id)
        )

    async def ListReceivables(
        self, request: pb.ListReceivablesRequest, context: Context
    ) -> pb.ListReceivablesResponse:
        current_actor().require_role(*READERS)
        today = self._clock.now().astimezone(SHANGHAI).date()
        wanted = store.Wanted(
            request.payer_kind,
            request.payer_id,
            protos.receivable_state_name(request.state),
            request.work_order_id,
            today if request.overdue else None,
        )
        size = page_size(request.page)
        (before,) = decode_page_token(request.page, 1) or ("",)
        rows = await store.page(current_session(), wanted, before, size + 1)
        return pb.ListReceivablesResponse(
            receivables=[protos.receivable_to_proto(row) for row in rows[:size]],
            page=page_info([row.receivable_id for row in rows], size),
        )

    async def ListReceivableAges(
        self, request: pb.ListReceivableAgesRequest, context: Context
    ) -> pb.ListReceivableAgesResponse:
        current_actor().require_role(*LEDGER_READERS)
        today = self._clock.now().astimezone(SHANGHAI).date()
        size = page_size(request.page)
        kind, payer, currency = decode_page_token(request.page, 3) or ("", "", "")
        rows = await store.ages(
            current_session(), request.payer_kind, today, (kind, payer, currency), size + 1
        )
        page = page_pb2.PageInfo()
        if len(rows) > size:
            last = rows[size - 1]
            page.next_page_token = encode_page_token(last.payer_kind, last.payer_id, last.currency)
        return pb.ListReceivableAgesResponse(
            ages=[protos.age_to_proto(row) for row in rows[:size]], page=page
        )

    async def _ended(
        self, row: ReceivableRow, state: ReceivableState, reason: str
    ) -> pb.Receivable:
        row.state, row.reason = state.value, reason
        row.revision += 1
        row.ended_at, row.ended_by_person_id = self._clock.now(), current_actor().person_id
        await current_session().flush()
        return await self._receivable_told(row)

    async def _receivable_told(self, row: ReceivableRow) -> pb.Receivable:
        told = protos.receivable_to_proto(row)
        await events.record(
            pb.ReceivableChanged(receivable=told),
            aggregate=("receivable", row.receivable_id),
            occurred_at=self._clock.now(),
            case_id=row.case_id,
        )
        return told


def payer_of(row: ReceivableRow) -> Payer:
    """Who owes it."""
    return Payer(PayerKind(row.payer_kind), row.payer_id)


def _document(row: ReceivableRow) -> Document:
    return Document("receivable", row.receivable_id)
