"""Money in, on the wire."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from kit.errors import InvalidArgument
from kit.money import Money
from kit.rpc.convert import instant_to_proto, money_from_proto
from protos.settlement.v1 import receipt_pb2 as pb
from services.settlement.convert.money import amount
from services.settlement.domain.receipts.receivable import BillLineItem, Owed, ReceivableState
from services.settlement.domain.receipts.refund import RefundState
from services.settlement.tables.receipts import (
    ReceiptRow,
    ReceivableLineRow,
    ReceivableRow,
    RefundRow,
)

_RECEIVABLE_STATES: Final[dict[str, pb.ReceivableState.ValueType]] = {
    "": pb.RECEIVABLE_STATE_UNSPECIFIED,
    ReceivableState.OPEN: pb.RECEIVABLE_STATE_OPEN,
    ReceivableState.SETTLED: pb.RECEIVABLE_STATE_SETTLED,
    ReceivableState.WRITTEN_OFF: pb.RECEIVABLE_STATE_WRITTEN_OFF,
    ReceivableState.CANCELLED: pb.RECEIVABLE_STATE_CANCELLED,
}
_REFUND_STATES: Final[dict[str, pb.RefundState.ValueType]] = {
    "": pb.REFUND_STATE_UNSPECIFIED,
    RefundState.REQUESTED: pb.REFUND_STATE_REQUESTED,
    RefundState.APPROVED: pb.REFUND_STATE_APPROVED,
    RefundState.REJECTED: pb.REFUND_STATE_REJECTED,
    RefundState.PAID: pb.REFUND_STATE_PAID,
}


def receivable_state_name(number: pb.ReceivableState.ValueType) -> str:
    """A state as rows know it; empty for unspecified (``SETTLEMENT_STATE_UNKNOWN``)."""
    return _named(_RECEIVABLE_STATES, number)


def refund_state_name(number: pb.RefundState.ValueType) -> str:
    """A state as rows know it; empty for unspecified (``SETTLEMENT_STATE_UNKNOWN``)."""
    return _named(_REFUND_STATES, number)


def lines_from_proto(messages: Iterable[pb.ReceivableLine]) -> list[BillLineItem]:
    """The lines of a bill."""
    return [
        BillLineItem(
            line.line_kind or "service",
            line.label,
            money_from_proto(line.amount, f"lines[{i}].amount"),
        )
        for i, line in enumerate(messages)
    ]


def line_rows(lines: Sequence[BillLineItem]) -> list[ReceivableLineRow]:
    """The lines of a bill as they are kept."""
    return [
        ReceivableLineRow(
            line_number=number,
            line_kind=line.line_kind,
            label=line.label,
            amount_minor=line.amount.amount_minor,
        )
        for number, line in enumerate(lines, 1)
    ]


def open_minor(row: ReceivableRow) -> int:
    """What of a receivable is still owed."""
    if row.state != ReceivableState.OPEN:
        return 0
    return row.amount_minor - row.received_minor - row.credited_minor


def owed(row: ReceivableRow) -> Owed:
    """A receivable as an allocation sees it."""
    return Owed(row.receivable_id, Money(row.currency, open_minor(row)), row.due_on)


def unallocated_minor(row: ReceiptRow) -> int:
    """What of a receipt pays nothing and was not asked back."""
    if row.reversed_at is not None:
        return 0
    return row.amount_minor - row.allocated_minor - row.refunded_free_minor


def receivable_to_proto(row: ReceivableRow) -> pb.Receivable:
    """A receivable with its lines."""
    return pb.Receivable(
        receivable_id=row.receivable_id,
        revision=row.revision,
        state=_RECEIVABLE_STATES[row.state],
        payer_kind=row.payer_kind,
        payer_id=row.payer_id,
        purpose=row.purpose,
        case_id=row.case_id,
        work_order_id=row.work_order_id,
        quote_id=row.quote_id,
        shop_order_number=row.shop_order_number,
        amount=amount(row.amount_minor, row.currency),
        received=amount(row.received_minor, row.currency),
        credited=amount(row.credited_minor, row.currency),
        open=amount(open_minor(row), row.currency),
        due_on=row.due_on.isoformat(),
        billed_at=instant_to_proto(row.billed_at),
        billed_by_person_id=row.billed_by_person_id,
        reason=row.reason,
        lines=[
            pb.ReceivableLine(
                line_kind=line.line_kind,
                label=line.label,
                amount=amount(line.amount_minor, row.currency),
            )
            for line in row.lines
        ],
    )


def age_to_proto(row: Any) -> pb.ReceivableAge:
    """What one payer owes in one currency, by how late it is."""
    return pb.ReceivableAge(
        payer_kind=row.payer_kind,
        payer_id=row.payer_id,
        open=amount(row.open_minor, row.currency),
        not_due=amount(row.not_due_minor, row.currency),
        to_30_days=amount(row.to_30_minor, row.currency),
        to_60_days=amount(row.to_60_minor, row.currency),
        to_90_days=amount(row.to_90_minor, row.currency),
        beyond_90_days=amount(row.beyond_90_minor, row.currency),
    )


def receipt_row(
    receipt_id: str,
    request: pb.RecordReceiptRequest,
    received: Money,
    received_at: datetime,
    recorded_at: datetime,
    person_id: str,
) -> ReceiptRow:
    """The row of what came in, not stored yet."""
    return ReceiptRow(
        receipt_id=receipt_id,
        channel_code=request.channel_code,
        channel_number=request.channel_number,
        payer_kind=request.payer_kind,
        payer_id=request.payer_id,
        case_id=request.case_id,
        work_order_id=request.work_order_id,
        shop_order_number=request.shop_order_number,
        currency=received.currency,
        amount_minor=received.amount_minor,
        received_at=received_at,
        recorded_at=recorded_at,
        recorded_by_person_id=person_id,
        note=request.note,
    )


def receipt_to_proto(row: ReceiptRow) -> pb.Receipt:
    """A receipt with what it pays."""
    return pb.Receipt(
        receipt_id=row.receipt_id,
        channel_code=row.channel_code,
        channel_number=row.channel_number,
        payer_kind=row.payer_kind,
        payer_id=row.payer_id,
        case_id=row.case_id,
        work_order_id=row.work_order_id,
        shop_order_number=row.shop_order_number,
        amount=amount(row.amount_minor, row.currency),
        allocations=[
            pb.ReceiptAllocation(
                receivable_id=each.receivable_id, amount=amount(each.amount_minor, row.currency)
            )
            for each in row.allocations
        ],
        unallocated=amount(unallocated_minor(row), row.currency),
        refunded=amount(row.refunded_minor, row.currency),
        received_at=instant_to_proto(row.received_at),
        recorded_at=instant_to_proto(row.recorded_at),
        recorded_by_person_id=row.recorded_by_person_id,
        note=row.note,
        reversed_at=instant_to_proto(row.reversed_at),
        reversal_reason=row.reversal_reason,
    )


def refund_to_proto(row: RefundRow, currency: str) -> pb.Refund:
    """A refund, in its receipt's currency."""
    return pb.Refund(
        refund_id=row.refund_id,
        receipt_id=row.receipt_id,
        receivable_id=row.receivable_id or "",
        amount=amount(row.amount_minor, currency),
        reason=row.reason,
        state=_REFUND_STATES[row.state],
        requested_at=instant_to_proto(row.requested_at),
        requested_by_person_id=row.requested_by_person_id,
        decided_at=instant_to_proto(row.decided_at),
        decided_by_person_id=row.decided_by_person_id,
        decision_reason=row.decision_reason,
        channel_number=row.channel_number,
        paid_at=instant_to_proto(row.paid_at),
    )


def _named(names: dict[str, Any], number: int) -> str:
    for name, each in names.items():
        if each == number:
            return name
    raise InvalidArgument(
        "SETTLEMENT_STATE_UNKNOWN", f"no state has the number {number}", field="state"
    )
