"""Statements, settlement cycles and disputes."""

from __future__ import annotations

from typing import Final, cast

from fastapi import APIRouter, Request
from starlette.responses import Response

from protos.settlement.v1 import statement_pb2 as pb
from services.gateway.auth import CallerOf
from services.gateway.edge import EdgeOf
from services.gateway.file_bodies import ask, fill, in_query, spreadsheet
from services.gateway.rpc_routes import expose

_SERVICE: Final = "settlement.v1.StatementService"
_EXPORT: Final = f"{_SERVICE}/ExportStatement"
_TAG: Final = "statements 结算单"

cycles = APIRouter(prefix="/settlement-cycles", tags=[_TAG])
expose(
    cycles, "GET", "", f"{_SERVICE}/ListSettlementCycles", "Settlement cycles 结算周期, in versions"
)
expose(
    cycles,
    "POST",
    "",
    f"{_SERVICE}/PutSettlementCycle",
    "Put the next version of an outlet's, a region's or everybody's cycle",
    example={
        "region_adcode": "510100",
        "cycle_kind": "CYCLE_KIND_HALF_MONTH",
        "from_day": "2026-12-01",
    },
)

closing = APIRouter(prefix="/settlement-periods", tags=[_TAG])
expose(closing, "GET", "/next", f"{_SERVICE}/PreviewClosing", "What closing would make now")
expose(
    closing,
    "POST",
    "/close",
    f"{_SERVICE}/CloseDuePeriods",
    "Close the earliest period that is over: the one that was looked at, or none",
    example={"period_end": "2026-11-30T16:00:00Z"},
)

statements = APIRouter(prefix="/statements", tags=[_TAG])
expose(statements, "GET", "", f"{_SERVICE}/ListStatements", "Statements, the newest first")
expose(
    statements,
    "GET",
    "/draft",
    f"{_SERVICE}/DraftStatement",
    "What a party's account did since its last statement, up to now",
)
expose(statements, "GET", "/{statement_id}", f"{_SERVICE}/GetStatement", "A statement")
expose(
    statements,
    "GET",
    "/{statement_id}/items",
    f"{_SERVICE}/ListStatementItems",
    "Its items, down to the lines of earnings and their rules",
)
expose(
    statements,
    "GET",
    "/{statement_id}/verification",
    f"{_SERVICE}/VerifyStatement",
    "Its seal and closing balance, computed anew from the ledger",
)
expose(
    statements,
    "POST",
    "/{statement_id}/confirm",
    f"{_SERVICE}/ConfirmStatement",
    "Confirm it",
    example={"comment": "核对无误"},
)
expose(
    statements,
    "POST",
    "/{statement_id}/settle",
    f"{_SERVICE}/SettleStatement",
    "What was confirmed is paid",
    example={"comment": "已打款"},
)
expose(
    statements,
    "POST",
    "/{statement_id}/disputes",
    f"{_SERVICE}/RaiseDispute",
    "Dispute one of its items",
    example={
        "transfer_number": "1017",
        "reason": "少算了高空费",
        "evidence": [{"evidence_kind": "work_order", "reference": "wo_1"}],
    },
)


@statements.get(
    "/{statement_id}/file",
    summary="A statement as a file (XLSX or CSV)",
    openapi_extra=in_query(_EXPORT, but=("statement_id",)),
)
async def export(request: Request, edge: EdgeOf, _caller: CallerOf, statement_id: str) -> Response:
    """Its lines and items, the same numbers."""
    message = pb.ExportStatementRequest()
    fill(message, request)
    reply = cast(pb.StatementFile, await ask(edge, _EXPORT, message))
    return spreadsheet(reply.content, f"结算单-{statement_id}", is_csv=message.format == "csv")


disputes = APIRouter(prefix="/disputes", tags=[_TAG])
expose(
    disputes,
    "GET",
    "",
    f"{_SERVICE}/ListOpenDisputes",
    "Disputes that nobody has decided, the earliest due first",
)
expose(disputes, "GET", "/{dispute_id}", f"{_SERVICE}/GetDispute", "A dispute")
expose(
    disputes,
    "POST",
    "/{dispute_id}/decision",
    f"{_SERVICE}/DecideDispute",
    "Decide it; a correction is an adjustment that another person approves",
    example={
        "decision": "DISPUTE_DECISION_UPHELD",
        "explanation": "核对了现场记录",
        "correction": {"currency": "CNY", "amount_minor": "500"},
    },
)

ROUTERS: Final = (cycles, closing, statements, disputes)
