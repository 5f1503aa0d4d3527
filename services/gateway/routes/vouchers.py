"""Vouchers for the finance system."""

from __future__ import annotations

from typing import Final, cast

from fastapi import APIRouter, Request
from starlette.responses import Response

from protos.settlement.v1 import voucher_pb2 as pb
from services.gateway.auth import CallerOf
from services.gateway.edge import EdgeOf
from services.gateway.file_bodies import ask, fill, in_query, spreadsheet
from services.gateway.rpc_routes import expose

_SERVICE: Final = "settlement.v1.VoucherService"
_EXPORT: Final = f"{_SERVICE}/ExportVouchers"
_TAG: Final = "vouchers 凭证"

subjects = APIRouter(prefix="/voucher-subjects", tags=[_TAG])
expose(subjects, "GET", "", f"{_SERVICE}/GetVoucherSubjects", "Which subject 科目 each account is")
expose(
    subjects,
    "PUT",
    "",
    f"{_SERVICE}/PutVoucherSubjects",
    "Say so; each change is a new version",
    example={
        "subjects": [
            {"account_kind": "cash", "subject_code": "1012", "subject_name": "其他货币资金"}
        ]
    },
)

runs = APIRouter(prefix="/voucher-runs", tags=[_TAG])
expose(
    runs,
    "GET",
    "/preview",
    f"{_SERVICE}/PreviewVouchers",
    "What vouchers would be made up to a day",
)
expose(
    runs,
    "POST",
    "",
    f"{_SERVICE}/MakeVouchers",
    "Make vouchers of all up to a day that no run before had",
    example={"last_day": "2026-10-31"},
)
expose(runs, "GET", "", f"{_SERVICE}/ListVoucherRuns", "Runs, the newest first")
expose(runs, "GET", "/{run_number}/vouchers", f"{_SERVICE}/ListVouchers", "A run's vouchers")


@runs.get(
    "/{run_number}/file",
    summary="A run's vouchers as a file for the finance system (XLSX or CSV)",
    openapi_extra=in_query(_EXPORT, but=("run_number",)),
)
async def export(request: Request, edge: EdgeOf, _caller: CallerOf, run_number: int) -> Response:
    """Each voucher line by line, debits equal to credits."""
    message = pb.ExportVouchersRequest()
    fill(message, request)
    reply = cast(pb.VoucherFile, await ask(edge, _EXPORT, message))
    return spreadsheet(reply.content, f"凭证-{run_number}", is_csv=message.format == "csv")


vouchers = APIRouter(prefix="/vouchers", tags=[_TAG])
expose(
    vouchers,
    "GET",
    "/{accounting_month}/{voucher_number}/transfers",
    f"{_SERVICE}/ListVoucherTransfers",
    "The transfers that a voucher sums up",
)

ROUTERS: Final = (subjects, runs, vouchers)
