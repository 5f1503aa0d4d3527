"""Merchant transfers of WeChat Pay 商家转账 (2025): the payee confirms in the app, within a day.

Source: WeChat Pay merchant documentation, "商家转账" (fund-app/mch-transfer). A transfer is known by
our number; the same number with the same content is the same transfer. Of SYSTEM_ERROR, a lost reply
and a reply that is not signed nobody knows what became: the number is asked for, never changed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import httpx

from kit.clock import Clock
from kit.errors import PermissionDenied
from kit.telemetry import logger
from services.settlement.channel.signing import Keys, NotTheirs
from services.settlement.domain.payouts.channel import (
    Answer,
    Notice,
    Order,
    Outcome,
    SignedNotice,
    Standing,
)

CODE: Final = "wechat"
_BILLS: Final = "/v3/fund-app/mch-transfer/transfer-bills"
_TIMEOUT: Final = httpx.Timeout(2.5, connect=1.5)
_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
#: Of a transfer: it was not carried out, and the same number may be tried when that has changed.
_LATER: Final = frozenset({"NOT_ENOUGH", "FREQUENCY_LIMITED", "NO_AUTH", "SIGN_ERROR"})
_REFUSED: Final = frozenset({"PARAM_ERROR", "INVALID_REQUEST"})
_STANDINGS: Final = {
    "ACCEPTED": Standing.UNDER_WAY,
    "PROCESSING": Standing.UNDER_WAY,
    "WAIT_USER_CONFIRM": Standing.WAITING_FOR_PAYEE,
    "TRANSFERING": Standing.TRANSFERRING,  # their spelling
    "SUCCESS": Standing.PAID,
    "FAIL": Standing.FAILED,
    "CANCELING": Standing.UNDER_WAY,
    "CANCELLED": Standing.RETURNED,
}
#: The fail_reason of what nobody confirmed within the day.
_OVERDUE: Final = "OVERDUE_CLOSE"
_log = logger("payout_channel")


@dataclass(frozen=True, slots=True)
class Account:
    """As which app we pay, why, and where the platform tells us of ends."""

    app_id: str
    scene_id: str
    report_infos: tuple[tuple[str, str], ...]
    notify_url: str


class WechatChannel:
    """Transfers of one merchant. Nothing here raises for what the platform does."""

    def __init__(self, http: httpx.AsyncClient, clock: Clock, keys: Keys, account: Account) -> None:
        self._http, self._clock, self._keys, self._account = http, clock, keys, account

    async def transfer(self, order: Order) -> Answer:
        """Hand a transfer over."""
        body = {
            "appid": self._account.app_id,
            "out_bill_no": order.number,
            "transfer_scene_id": self._account.scene_id,
            "openid": order.channel_payee,
            "transfer_amount": order.amount_minor,
            "transfer_remark": order.remark,
            "notify_url": self._account.notify_url,
            "transfer_scene_report_infos": [
                {"info_type": kind, "info_content": content}
                for kind, content in self._account.report_infos
            ],
        }
        return await self._ask("POST", _BILLS, body)

    async def query(self, number: str) -> Answer:
        """Where a number stands."""
        answer = await self._ask("GET", f"{_BILLS}/out-bill-no/{number}")
        if answer.outcome in (Outcome.REFUSED, Outcome.LATER):
            return Answer(Outcome.UNCLEAR, reason=answer.reason)  # says nothing of the transfer
        return answer

    async def withdraw(self, number: str) -> Answer:
        """Take back what its payee has not confirmed."""
        return await self._ask("POST", f"{_BILLS}/out-bill-no/{number}/cancel")

    def open_notice(self, notice: SignedNotice, now: datetime) -> Notice:
        """What a notification says (``SETTLEMENT_NOTICE_REFUSED``)."""
        try:
            self._keys.check(
                notice.serial_number,
                notice.signed_at,
                notice.nonce,
                notice.signature,
                notice.body,
                now,
            )
            envelope = json.loads(notice.body)
            resource = envelope["resource"]
            told = json.loads(
                self._keys.open(
                    resource["ciphertext"], resource["nonce"], resource["associated_data"]
                )
            )
            return Notice(str(envelope["id"]), str(told["out_bill_no"]), _told(told))
        except (NotTheirs, ValueError, KeyError, TypeError) as error:
            why = str(error) if isinstance(error, NotTheirs) else "it cannot be read"
            raise PermissionDenied("SETTLEMENT_NOTICE_REFUSED", why) from error

    async def _ask(self, method: str, target: str, body: dict[str, Any] | None = None) -> Answer:
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = {
            "Authorization": self._keys.authorization(method, target, content, self._clock.now()),
            "Accept": "application/json",
            "Content-Type": "application/json",
        }
        try:
            reply = await self._http.request(method, target, content=content, headers=headers)
        except _NOT_SENT as error:
            return Answer(Outcome.LATER, reason=f"no connection ({type(error).__name__})")
        except httpx.HTTPError as error:
            return Answer(Outcome.UNCLEAR, reason=f"no reply ({type(error).__name__})")
        return self._read(reply)

    def _read(self, reply: httpx.Response) -> Answer:
        given = reply.headers
        try:
            self._keys.check(
                given.get("Wechatpay-Serial", ""),
                given.get("Wechatpay-Timestamp", ""),
                given.get("Wechatpay-Nonce", ""),
                given.get("Wechatpay-Signature", ""),
                reply.content,
                self._clock.now(),
            )
            told = json.loads(reply.content)
        except (NotTheirs, ValueError) as error:
            _log.warning("payout_reply_not_theirs", http=reply.status_code, why=str(error))
            return Answer(Outcome.UNCLEAR, reason=f"HTTP {reply.status_code}, not signed by them")
        if not isinstance(told, dict):
            return Answer(Outcome.UNCLEAR, reason=f"HTTP {reply.status_code}, unreadable")
        return _told(told) if reply.is_success else _refusal(told)


def http_client(base_url: str) -> httpx.AsyncClient:
    """The connections to one platform; proxies of the environment are not used."""
    return httpx.AsyncClient(base_url=base_url, timeout=_TIMEOUT, trust_env=False)


def _told(told: dict[str, Any]) -> Answer:
    standing = _STANDINGS.get(str(told.get("state")))
    reason = str(told.get("fail_reason", "") or told.get("state", ""))
    if standing is None:
        return Answer(Outcome.UNCLEAR, reason=f"an unknown state {told.get('state')!r}")
    if standing is Standing.FAILED and reason == _OVERDUE:
        standing = Standing.RETURNED
    amount = told.get("transfer_amount")
    return Answer(
        Outcome.TOLD,
        standing,
        reason=reason,
        bill_number=str(told.get("transfer_bill_no", "")),
        confirmation_token=str(told.get("package_info", "")),
        amount_minor=amount if isinstance(amount, int) else None,
    )


def _refusal(told: dict[str, Any]) -> Answer:
    code = str(told.get("code", ""))
    reason = f"{code} {told.get('message', '')}".strip()
    if code == "NOT_FOUND":
        return Answer(Outcome.UNKNOWN, reason=reason)
    if code in _LATER:
        _log.error("payout_channel_hindered", code=code)
        return Answer(Outcome.LATER, reason=reason)
    return Answer(Outcome.REFUSED if code in _REFUSED else Outcome.UNCLEAR, reason=reason)
