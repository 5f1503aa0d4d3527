"""The ledger: transfers, balances, proof."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from protos.settlement.v1 import ledger_pb2  # noqa: F401 - its descriptors are what is exposed
from services.gateway.rpc_routes import expose

_SERVICE: Final = "settlement.v1.LedgerService"

ledger = APIRouter(prefix="/ledger", tags=["ledger 账本"])
expose(ledger, "GET", "/transfers", f"{_SERVICE}/ListLedgerTransfers", "Every movement of money")
expose(
    ledger,
    "POST",
    "/transfers",
    f"{_SERVICE}/PostTransfers",
    "Post a document's transfers, such as opening balances",
    example={
        "document_kind": "opening",
        "document_id": "2026",
        "transfers": [
            {
                "debit_ledger_account": "platform:clearing",
                "credit_ledger_account": "technician:pe_zhang:earning",
                "amount": {"currency": "CNY", "amount_minor": 10000},
                "transfer_kind": "opening",
                "leg": "pe_zhang",
                "memo": "期初余额",
            }
        ],
    },
)
expose(
    ledger,
    "GET",
    "/balances",
    f"{_SERVICE}/GetLedgerBalances",
    "Balances, of the accounts that start with ledger_account_prefix; effective_before and known_at"
    " ask for those of any date as known on any date",
)
expose(
    ledger,
    "GET",
    "/accounts",
    f"{_SERVICE}/ListLedgerAccounts",
    "Ledger accounts, found by any part of their names",
)
expose(
    ledger,
    "GET",
    "/verify",
    f"{_SERVICE}/VerifyLedger",
    "Recompute every balance, every sum and the hash chain",
)

ROUTERS: Final = (ledger,)
