"""Bills of shops and channels beside the books: taken in, compared, resolved, closed."""

from __future__ import annotations

from typing import Final, cast

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from protos.settlement.v1 import reconciliation_pb2 as pb
from services.gateway import transcoding
from services.gateway.auth import CallerOf
from services.gateway.edge import EdgeOf
from services.gateway.file_bodies import ask, described, with_file
from services.gateway.rpc_routes import expose, idempotency_key

_SERVICE: Final = "settlement.v1.ReconciliationService"
_PREVIEW: Final = f"{_SERVICE}/PreviewChannelBill"
_IMPORT: Final = f"{_SERVICE}/ImportChannelBill"
_TAG: Final = "reconciliation 对账"

formats = APIRouter(prefix="/bill-formats", tags=[_TAG])
expose(formats, "GET", "", f"{_SERVICE}/ListBillFormats", "How bills are read")
expose(
    formats,
    "PUT",
    "/{bill_format_code}",
    f"{_SERVICE}/PutBillFormat",
    "Say how a channel's bill is read; each change is a new version",
    body="bill_format",
    example={
        "channel_code": "bank",
        "columns": [
            {"field": "occurred_at", "heading": "交易时间"},
            {"field": "channel_number", "heading": "流水号"},
            {"field": "amount", "heading": "金额"},
        ],
        "times": ["%Y-%m-%d %H:%M:%S"],
    },
)

bills = APIRouter(prefix="/channel-bills", tags=[_TAG])


@bills.post(
    "/preview",
    summary="What a file (XLSX or CSV, as the body) says, and what a comparison would find",
    openapi_extra=described(_PREVIEW),
)
async def preview(request: Request, edge: EdgeOf, _caller: CallerOf) -> JSONResponse:
    """Nothing is changed. Hand `file_sha256` on to take in what was previewed."""
    reply = await ask(edge, _PREVIEW, await with_file(_PREVIEW, request))
    return JSONResponse(transcoding.to_json(reply))


@bills.post(
    "",
    summary="Take in a bill as it was previewed, and compare it with the books",
    openapi_extra=described(_IMPORT, keyed=True),
)
async def import_bill(request: Request, edge: EdgeOf, caller: CallerOf) -> JSONResponse:
    """Each day of a channel is told by one bill."""
    message = cast(pb.ImportChannelBillRequest, await with_file(_IMPORT, request))
    message.idempotency_key = idempotency_key(request, caller)
    return JSONResponse(transcoding.to_json(await ask(edge, _IMPORT, message)))


expose(bills, "GET", "", f"{_SERVICE}/ListChannelBills", "Bills, the newest first")
expose(bills, "GET", "/{channel_bill_id}", f"{_SERVICE}/GetChannelBill", "How far one is resolved")
expose(
    bills,
    "GET",
    "/{channel_bill_id}/matches",
    f"{_SERVICE}/ListBillMatches",
    "What agrees, and by what",
)
expose(
    bills,
    "POST",
    "/{channel_bill_id}/matches/confirm",
    f"{_SERVICE}/ConfirmBillMatches",
    "What is likely by amount and time is so; without numbers all that wait",
    example={"match_numbers": [3]},
)
expose(
    bills,
    "POST",
    "/{channel_bill_id}/compare",
    f"{_SERVICE}/CompareAgain",
    "Compare again what nobody spoke of",
)
expose(
    bills,
    "POST",
    "/{channel_bill_id}/close",
    f"{_SERVICE}/CloseChannelBill",
    "Everything is resolved: book what the channel kept, and close",
)

discrepancies = APIRouter(prefix="/discrepancies", tags=[_TAG])
expose(discrepancies, "GET", "", f"{_SERVICE}/ListDiscrepancies", "What does not agree, and why")
expose(
    discrepancies,
    "POST",
    "/{discrepancy_id}/correction",
    f"{_SERVICE}/ChooseCorrection",
    "What puts it right: book, reverse, suspend or none; another person allows it",
    example={"correction": "suspend", "reason": "等渠道答复"},
)
expose(
    discrepancies,
    "POST",
    "/{discrepancy_id}/decide",
    f"{_SERVICE}/DecideCorrection",
    "Allow the correction, which books it; or not",
    example={"approve": True},
)

ROUTERS: Final = (formats, bills, discrepancies)
