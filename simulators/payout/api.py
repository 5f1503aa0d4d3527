"""`/v3/fund-app/mch-transfer/…`: the API that the merchant calls."""

import asyncio
import datetime as dt
import json
import re
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from simulators.payout.bank import Bank
from simulators.payout.errors import Refused
from simulators.payout.faults import Api, Fault, FaultPlan
from simulators.payout.signing import Seals
from simulators.payout.state import Json, State, Transfer
from simulators.wire import break_connection

_SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
_BASE: Final = "/v3/fund-app/mch-transfer/transfer-bills"
_WORDS: Final = re.compile(r"[0-9A-Za-z]{1,32}")


class ReportInfo(BaseModel):
    """What is declared of a scene."""

    info_type: Annotated[str, Field(min_length=1, max_length=15)]
    info_content: Annotated[str, Field(min_length=1, max_length=32)]


class TransferBody(BaseModel):
    """A transfer as the documentation describes it."""

    model_config = ConfigDict(strict=True)

    appid: Annotated[str, Field(min_length=1, max_length=32)]
    out_bill_no: Annotated[str, Field(pattern=_WORDS.pattern, max_length=32)]
    transfer_scene_id: Annotated[str, Field(min_length=1, max_length=36)]
    openid: Annotated[str, Field(min_length=1, max_length=64)]
    user_name: str | None = None
    transfer_amount: Annotated[int, Field(gt=0)]
    transfer_remark: Annotated[str, Field(min_length=1, max_length=32)]
    notify_url: Annotated[str, Field(max_length=256)] = ""
    user_recv_perception: str = ""
    transfer_scene_report_infos: Annotated[list[ReportInfo], Field(min_length=1)]


class Counter:
    """How often the API was called this second."""

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self._calls: deque[float] = deque()

    def count(self) -> None:
        """Count one call, or refuse it."""
        now, limit = time.monotonic(), self._bank.knobs.calls_per_second
        while self._calls and self._calls[0] < now - 1:
            self._calls.popleft()
        if limit and len(self._calls) >= limit:
            raise Refused("FREQUENCY_LIMITED", "频率超限，请降低频率后用原单号重试")
        self._calls.append(now)


@dataclass
class _Door:
    """What stands around every call: faults, the signature, the count, a signed reply."""

    seals: Seals
    faults: FaultPlan
    counter: Counter

    async def answer(self, request: Request, api: Api, handle: Callable[[bytes], Json]) -> Response:
        raw = await request.body()
        fault = self.faults.take(api)
        if fault.delay_ms:
            await asyncio.sleep(fault.delay_ms / 1000)
        if fault.reset:
            return await break_connection(request)
        response = self._carry_out(request, raw, fault, handle)
        return await break_connection(request) if fault.reply_lost else response

    def _carry_out(
        self, request: Request, raw: bytes, fault: Fault, handle: Callable[[bytes], Json]
    ) -> Response:
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        try:
            if fault.code:
                raise Refused(fault.code, "故障注入")
            signed_by = request.headers.get("Authorization", "")
            self.seals.check_request(signed_by, request.method, target, raw)
            self.counter.count()
            body, status = handle(raw), 200
            if fault.unclear:
                raise Refused("SYSTEM_ERROR", "系统异常，请用原单号查询")
        except Refused as refused:
            body, status = {"code": refused.code, "message": str(refused)}, refused.http
        content = json.dumps(body, ensure_ascii=False).encode()
        headers = self.seals.sign(b"something else" if fault.unsigned else content)
        headers["Request-ID"] = secrets.token_hex(12)
        return Response(content, status, headers, media_type="application/json")


def router(bank: Bank, seals: Seals, faults: FaultPlan, appid: str) -> APIRouter:
    """The routes of the merchant's API."""
    routes = APIRouter()
    door = _Door(seals, faults, Counter(bank))

    @routes.post(_BASE)
    async def transfer(request: Request) -> Response:
        def handle(raw: bytes) -> Json:
            asked = _read(raw, appid)
            sealed = asked.get("user_name")
            serial = request.headers.get("Wechatpay-Serial", "")
            name = None if sealed is None else seals.open_name(serial, sealed)
            return _accepted(bank.transfer(asked, name), seals)

        return await door.answer(request, "transfer", handle)

    @routes.get(_BASE + "/out-bill-no/{out_bill_no}")
    async def query(out_bill_no: str, request: Request) -> Response:
        return await door.answer(
            request, "query", lambda _: described(bank.find(out_bill_no), seals.mchid)
        )

    @routes.post(_BASE + "/out-bill-no/{out_bill_no}/cancel")
    async def cancel(out_bill_no: str, request: Request) -> Response:
        return await door.answer(request, "cancel", lambda _: _withdrawn(bank.cancel(out_bill_no)))

    return routes


def described(transfer: Transfer, mchid: str) -> Json:
    """A transfer as queries and notifications tell of it."""
    told: Json = {
        "mch_id": mchid,
        "out_bill_no": transfer.out_bill_no,
        "transfer_bill_no": transfer.transfer_bill_no,
        "state": transfer.state,
        "transfer_amount": transfer.amount_minor,
        "transfer_remark": transfer.remark,
        "openid": transfer.openid,
        "create_time": rfc3339(transfer.created_at),
        "update_time": rfc3339(transfer.updated_at),
    }
    if transfer.fail_reason:
        told["fail_reason"] = transfer.fail_reason
    return told


def rfc3339(instant: float) -> str:
    """An instant in Shanghai, as the API writes it."""
    return dt.datetime.fromtimestamp(instant, _SHANGHAI).isoformat(timespec="seconds")


def _withdrawn(transfer: Transfer) -> Json:
    return {
        "out_bill_no": transfer.out_bill_no,
        "transfer_bill_no": transfer.transfer_bill_no,
        "state": transfer.state,
        "update_time": rfc3339(transfer.updated_at),
    }


def _accepted(transfer: Transfer, seals: Seals) -> Json:
    told: Json = {
        "out_bill_no": transfer.out_bill_no,
        "transfer_bill_no": transfer.transfer_bill_no,
        "create_time": rfc3339(transfer.created_at),
        "state": transfer.state,
    }
    if transfer.state is State.WAIT_USER_CONFIRM:
        told["package_info"] = f"sandbox-{seals.mchid}-{transfer.transfer_bill_no}"
    if transfer.fail_reason:
        told["fail_reason"] = transfer.fail_reason
    return told


def _read(raw: bytes, appid: str) -> Json:
    try:
        body = TransferBody.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors()[0]
        field = "/".join(str(part) for part in first["loc"])
        raise Refused("PARAM_ERROR", f"{field}: {first['msg']}") from error
    if body.appid != appid:
        raise Refused("NO_AUTH", "商户号与appid没有绑定关系")
    if not _WORDS.fullmatch(body.out_bill_no):
        raise Refused("PARAM_ERROR", "out_bill_no: 只能由数字、大小写字母组成")
    return body.model_dump(exclude_none=True)
