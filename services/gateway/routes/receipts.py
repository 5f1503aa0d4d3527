"""Money in: what is owed, what came in, what goes back."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from protos.settlement.v1 import receipt_pb2  # noqa: F401 - its descriptors are what is exposed
from services.gateway.rpc_routes import expose

_SERVICE: Final = "settlement.v1.ReceiptService"
_YUAN: Final = {"currency": "CNY", "amount_minor": 36000}

receivables = APIRouter(prefix="/receivables", tags=["receivables 应收"])
expose(receivables, "GET", "", f"{_SERVICE}/ListReceivables", "What is owed, the newest first")
expose(
    receivables,
    "GET",
    "/ages",
    f"{_SERVICE}/ListReceivableAges",
    "What each payer owes, by how long it is overdue",
)
expose(
    receivables,
    "POST",
    "",
    f"{_SERVICE}/BillWork",
    "Somebody owes for work",
    example={
        "payer_kind": "customer",
        "payer_id": "cu_1",
        "purpose": "service",
        "work_order_id": "wo_1",
        "lines": [{"line_kind": "base", "label": "空调安装", "amount": _YUAN}],
    },
)
expose(
    receivables, "GET", "/{receivable_id}", f"{_SERVICE}/GetReceivable", "One of them, line by line"
)
expose(
    receivables,
    "POST",
    "/{receivable_id}/cancel",
    f"{_SERVICE}/CancelReceivable",
    "It was billed by mistake",
    example={"reason": "重复计费"},
)
expose(
    receivables,
    "POST",
    "/{receivable_id}/write-off",
    f"{_SERVICE}/WriteOffReceivable",
    "It will not be paid; not by whoever billed it",
    example={"reason": "客户失联"},
)

receipts = APIRouter(prefix="/receipts", tags=["receipts 收款"])
expose(receipts, "GET", "", f"{_SERVICE}/ListReceipts", "What came in, the newest first")
expose(
    receipts,
    "POST",
    "",
    f"{_SERVICE}/RecordReceipt",
    "Money came in; it pays what its payer owes, the earliest due first",
    example={
        "channel_code": "wechat",
        "channel_number": "4200002026100700001",
        "payer_kind": "customer",
        "payer_id": "cu_1",
        "work_order_id": "wo_1",
        "amount": _YUAN,
    },
)
expose(receipts, "GET", "/{receipt_id}", f"{_SERVICE}/GetReceipt", "One of them, and what it pays")
expose(
    receipts,
    "POST",
    "/{receipt_id}/allocations",
    f"{_SERVICE}/AllocateReceipt",
    "What was paid ahead pays a receivable",
    example={"receivable_id": "rv_1"},
)
expose(
    receipts,
    "POST",
    "/{receipt_id}/reverse",
    f"{_SERVICE}/ReverseReceipt",
    "It did not come in after all; not by whoever recorded it",
    example={"reason": "渠道没有这笔"},
)

refunds = APIRouter(prefix="/refunds", tags=["receipts 收款"])
expose(refunds, "GET", "", f"{_SERVICE}/ListRefunds", "What goes back, the newest first")
expose(
    refunds,
    "POST",
    "",
    f"{_SERVICE}/RequestRefund",
    "Money of a receipt shall go back",
    example={"receipt_id": "rc_1", "receivable_id": "rv_1", "amount": _YUAN, "reason": "未安装"},
)
expose(
    refunds,
    "POST",
    "/{refund_id}/decide",
    f"{_SERVICE}/DecideRefund",
    "Another person allows it, or not",
    example={"approve": True},
)
expose(
    refunds,
    "POST",
    "/{refund_id}/confirm",
    f"{_SERVICE}/ConfirmRefund",
    "The channel paid it back",
    example={"channel_number": "5030002026100700001"},
)

ROUTERS: Final = (receivables, receipts, refunds)
