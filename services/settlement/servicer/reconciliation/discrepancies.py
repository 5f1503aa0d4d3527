"""Discrepancies: listed, a correction chosen by one and allowed by another, then booked."""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp

from kit.authn import current_actor
from kit.db.session import current_session
from kit.money import Money
from kit.rpc import events
from kit.rpc.convert import (
    decode_page_token,
    instant_to_proto,
    money_to_proto,
    page_info,
    page_size,
)
from protos.settlement.v1 import receipt_pb2
from protos.settlement.v1 import reconciliation_pb2 as pb
from services.settlement.convert import reconciliation as protos
from services.settlement.domain.ledger.transfers import Document
from services.settlement.domain.receipts.receivable import check_payer
from services.settlement.domain.receipts.refund import cash_account
from services.settlement.domain.reconciliation import correction, postings
from services.settlement.domain.reconciliation.bill_format import BillLine
from services.settlement.domain.reconciliation.correction import DiscrepancyState
from services.settlement.domain.reconciliation.explaining import Correction
from services.settlement.servicer.base import CASHIERS, LEDGER_READERS, Context, require_text
from services.settlement.servicer.receipts.receipts import ReceiptServicer
from services.settlement.servicer.reconciliation.base import ReconciliationRpcs
from services.settlement.store.ledger import transfers
from services.settlement.store.receipts import receipts
from services.settlement.store.reconciliation import bills, entries, findings
from services.settlement.tables.reconciliation import DiscrepancyRow


class DiscrepancyRpcs(ReconciliationRpcs):
    """What does not agree."""

    async def ListDiscrepancies(
        self, request: pb.ListDiscrepanciesRequest, context: Context
    ) -> pb.ListDiscrepanciesResponse:
        current_actor().require_role(*LEDGER_READERS)
        session, size = current_session(), page_size(request.page)
        (after,) = decode_page_token(request.page, 1) or ("",)
        rows = await findings.discrepancies(
            session,
            request.channel_bill_id,
            protos.state_name(request.state),
            request.discrepancy_kind,
            after,
            size + 1,
        )
        return pb.ListDiscrepanciesResponse(
            discrepancies=[await self._shown(row) for row in rows[:size]],
            page=page_info([row.discrepancy_id for row in rows], size),
        )

    async def ChooseCorrection(
        self, request: pb.ChooseCorrectionRequest, context: Context
    ) -> pb.Discrepancy:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*CASHIERS)
        require_text(request.reason, "reason", "what it is")
        row = await findings.lock_discrepancy(session, request.discrepancy_id)
        lines = await bills.lines(session, row.channel_bill_id, row.row_numbers)
        booked = await entries.by_id(session, row.document_ids)
        chosen = correction.check_choice(
            DiscrepancyState(row.state),
            request.correction,
            only_in_bill=bool(lines) and not booked,
            only_receipts=not lines
            and bool(booked)
            and all(each.document_kind == "receipt" for each in booked.values()),
            came_in=all(line.amount.amount_minor > 0 for line in lines),
            difference_minor=row.difference_minor,
            has_payer=bool(request.payer_id),
        )
        if chosen is Correction.BOOK:
            check_payer(request.payer_kind, request.payer_id)
            row.payer_kind, row.payer_id = request.payer_kind, request.payer_id
        row.correction, row.reason = chosen.value, request.reason
        row.chosen_at, row.chosen_by_person_id = now, actor.person_id
        row.state = DiscrepancyState.PROPOSED.value
        if chosen is Correction.NONE:
            self._resolve(row)
        return await self._discrepancy_told(row)

    async def DecideCorrection(
        self, request: pb.DecideCorrectionRequest, context: Context
    ) -> pb.Discrepancy:
        actor, session = current_actor(), current_session()
        actor.require_role(*CASHIERS)
        row = await findings.lock_discrepancy(session, request.discrepancy_id)
        correction.check_decision(
            DiscrepancyState(row.state), row.chosen_by_person_id, actor.person_id
        )
        if not request.approve:
            row.state, row.correction, row.reason = DiscrepancyState.OPEN.value, "", ""
            row.chosen_at, row.chosen_by_person_id = None, ""
            row.payer_kind, row.payer_id = "", ""
            return await self._discrepancy_told(row)
        match Correction(row.correction):
            case Correction.BOOK:
                await self._book(row)
            case Correction.REVERSE:
                await self._reverse(row)
            case Correction.SUSPEND:
                await self._suspend(row)
            case Correction.NONE:
                pass
        self._resolve(row)
        return await self._discrepancy_told(row)

    def _resolve(self, row: DiscrepancyRow) -> None:
        row.state = DiscrepancyState.RESOLVED.value
        row.resolved_at = self._clock.now()
        row.resolved_by_person_id = current_actor().person_id

    async def _book(self, row: DiscrepancyRow) -> None:
        """Record each line as a receipt of the payer who was named."""
        session, desk = current_session(), ReceiptServicer(self._clock)
        bill = await bills.read(session, row.channel_bill_id)
        pairs: list[tuple[int, str, str]] = []
        for line in await bills.lines(session, row.channel_bill_id, row.row_numbers):
            receipt = await desk.receive(_receipt_of(row, bill.channel_code, line))
            pairs.append((line.row_number, "receipt", receipt.receipt_id))
        now, person_id = self._clock.now(), current_actor().person_id
        await findings.correct(session, row.channel_bill_id, pairs, now, person_id)

    async def _reverse(self, row: DiscrepancyRow) -> None:
        """Take back each receipt."""
        session, desk = current_session(), ReceiptServicer(self._clock)
        for receipt_id in row.document_ids:
            receipt = await receipts.read(session, receipt_id, lock=True)
            await desk.reverse(receipt, row.reason)

    async def _suspend(self, row: DiscrepancyRow) -> None:
        """Book the difference where differences wait."""
        session, now = current_session(), self._clock.now()
        bill = await bills.read(session, row.channel_bill_id)
        cash = cash_account(bill.channel_code)
        difference = Money(row.currency, row.difference_minor)
        transfer = postings.suspended(cash, difference, now, "suspended", row.reason)
        await transfers.post(session, Document("discrepancy", row.discrepancy_id), [transfer], now)

    async def _shown(self, row: DiscrepancyRow) -> pb.Discrepancy:
        session = current_session()
        found = await bills.lines(session, row.channel_bill_id, row.row_numbers)
        booked = await entries.by_id(session, row.document_ids)
        return protos.discrepancy_to_proto(row, {line.row_number: line for line in found}, booked)

    async def _discrepancy_told(self, row: DiscrepancyRow) -> pb.Discrepancy:
        await current_session().flush()
        told = await self._shown(row)
        await events.record(
            pb.DiscrepancyChanged(discrepancy=told),
            aggregate=("discrepancy", row.discrepancy_id),
            occurred_at=self._clock.now(),
        )
        return told


def _receipt_of(
    row: DiscrepancyRow, channel_code: str, line: BillLine
) -> receipt_pb2.RecordReceiptRequest:
    return receipt_pb2.RecordReceiptRequest(
        channel_code=channel_code,
        channel_number=line.channel_number or line.own_number,
        payer_kind=row.payer_kind,
        payer_id=row.payer_id,
        shop_order_number=line.order_number,
        amount=money_to_proto(line.amount),
        received_at=instant_to_proto(line.occurred_at) or Timestamp(),
        note=row.reason,
    )
