"""Payouts: accounts and limits, batches, payouts, what the channel says otherwise, and what it tells."""

from __future__ import annotations

import hashlib
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from kit.authn import SYSTEM
from kit.errors import PermissionDenied, ServiceError
from kit.rpc.client import act_for
from kit.telemetry import logger
from protos.settlement.v1 import payout_pb2
from services.gateway.edge import EdgeOf
from services.gateway.rpc_routes import expose

_SERVICE: Final = "settlement.v1.PayoutService"
_MOST_NOTICE_BYTES: Final = 64 * 1024
_log = logger("callbacks")

accounts = APIRouter(prefix="/payout-accounts", tags=["payouts 打款"])
expose(accounts, "GET", "", f"{_SERVICE}/ListPayoutAccounts", "Under which names payees are paid")
expose(
    accounts,
    "POST",
    "",
    f"{_SERVICE}/PutPayoutAccount",
    "A payee's account with a channel; each change is a new version",
    example={
        "party_kind": "technician",
        "payee_id": "pe_zhang",
        "channel_code": "wechat",
        "channel_payee": "oSandbox-pe_zhang",
    },
)

limits = APIRouter(prefix="/payout-limits", tags=["payouts 打款"])
expose(limits, "GET", "", f"{_SERVICE}/GetPayoutLimits", "How much may go")
expose(
    limits,
    "PUT",
    "",
    f"{_SERVICE}/PutPayoutLimits",
    "Change how much may go, based on the present version",
    body="payout_limits",
    example={
        "version": 1,
        "least_minor": 30,
        "per_payout_minor": 199999,
        "per_batch_minor": 5000000,
        "per_day_minor": 20000000,
        "per_payee_day_minor": 500000,
        "payouts_per_batch": 200,
    },
)

batches = APIRouter(prefix="/payout-batches", tags=["payouts 打款"])
expose(batches, "GET", "", f"{_SERVICE}/ListPayoutBatches", "Batches, the newest first")
expose(
    batches,
    "POST",
    "",
    f"{_SERVICE}/DrawPayoutBatch",
    "Draw what is due, within the limits; what is left out says why",
    example={"payee_ids": ["pe_zhang"], "note": "三月上半月"},
)
expose(batches, "GET", "/{payout_batch_id}", f"{_SERVICE}/GetPayoutBatch", "One, with its payouts")
expose(
    batches,
    "POST",
    "/{payout_batch_id}/approve",
    f"{_SERVICE}/ApprovePayoutBatch",
    "One of two other people says that it may go; with the second it goes",
    example={},
)
expose(
    batches,
    "POST",
    "/{payout_batch_id}/cancel",
    f"{_SERVICE}/CancelPayoutBatch",
    "It shall not go",
    example={"reason": "名单有误"},
)

payouts = APIRouter(prefix="/payouts", tags=["payouts 打款"])
expose(payouts, "GET", "", f"{_SERVICE}/ListPayouts", "Payouts, the newest first")
expose(
    payouts,
    "GET",
    "/differences",
    f"{_SERVICE}/ReconcilePayouts",
    "Ask the channel about what was handed over on these days, and list where it differs",
)
expose(payouts, "GET", "/{payout_id}", f"{_SERVICE}/GetPayout", "One, with its history")
expose(
    payouts,
    "POST",
    "/{payout_id}/withdraw",
    f"{_SERVICE}/WithdrawPayout",
    "Take back what its payee has not confirmed",
    example={"reason": "金额有误"},
)
expose(
    payouts,
    "POST",
    "/{payout_id}/retry",
    f"{_SERVICE}/RetryPayout",
    "Draw what failed or came back anew, under a new number, to be approved again",
    example={},
)

ROUTERS: Final = (accounts, limits, batches, payouts)

#: Outside the API: what the channel tells by itself. The settlement service holds the keys.
callbacks = APIRouter(prefix="/callbacks/payouts", include_in_schema=False)


@callbacks.post("/{channel_code}")
async def take_notice(channel_code: str, request: Request, edge: EdgeOf) -> Response:
    """Pass on what a channel tells. Anything but 200 has it told again."""
    body = await request.body()
    if len(body) > _MOST_NOTICE_BYTES:
        return _answer(413, "too large")
    given = request.headers
    notice = payout_pb2.TakePayoutNoticeRequest(
        channel_code=channel_code,
        serial_number=given.get("Wechatpay-Serial", ""),
        signed_at=given.get("Wechatpay-Timestamp", ""),
        nonce=given.get("Wechatpay-Nonce", ""),
        signature=given.get("Wechatpay-Signature", ""),
        body=body,
    )
    digest = hashlib.sha256(notice.SerializeToString(deterministic=True)).hexdigest()
    notice.idempotency_key = f"payout-notice/{digest}"
    act_for(SYSTEM)
    try:
        await edge.caller.call(f"{_SERVICE}/TakePayoutNotice", notice)
    except PermissionDenied as refused:
        _log.warning("payout_notice_refused", channel=channel_code, why=refused.message)
        return _answer(401, "not signed by the channel, altered, or too old")
    except ServiceError as error:
        _log.warning("payout_notice_waits", channel=channel_code, reason=error.reason)
        return _answer(503, "try again")
    return _answer(200, "")


def _answer(status: int, message: str) -> Response:
    code = "SUCCESS" if status == 200 else "FAIL"
    return JSONResponse({"code": code, "message": message}, status_code=status)
