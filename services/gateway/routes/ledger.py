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
    "GET",
    "/balances",
    f"{_SERVICE}/GetLedgerBalances",
    "Balances, of the accounts that start with ledger_account_prefix",
)
expose(
    ledger,
    "GET",
    "/verify",
    f"{_SERVICE}/VerifyLedger",
    "Recompute every balance and the hash chain",
)

ROUTERS: Final = (ledger,)
