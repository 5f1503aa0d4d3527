"""Telling the merchant that a transfer came to an end: sealed, signed, and again until it is taken."""

import asyncio
import json
import secrets
from typing import Any

import httpx

from simulators.payout.api import described, rfc3339
from simulators.payout.bank import Bank
from simulators.payout.faults import FaultPlan
from simulators.payout.signing import Seals
from simulators.payout.state import Notice, Transfer

_TICK_SECONDS = 0.05


class Notifier:
    """Looks for ended transfers and tells of each, on its own."""

    def __init__(self, bank: Bank, seals: Seals, faults: FaultPlan) -> None:
        self._bank, self._seals, self._faults = bank, seals, faults
        self._http = httpx.AsyncClient(trust_env=False, timeout=5)
        self._running: set[asyncio.Task[None]] = set()
        self.notices: list[Notice] = []
        #: The last notification as it was sent, for whoever wants to send it again.
        self.sent: list[tuple[str, dict[str, str], bytes]] = []

    async def run(self) -> None:
        """Look for ever."""
        while True:
            self._bank.settle()
            while self._bank.ended:
                self._begin(self._bank.ended.pop(0))
            await asyncio.sleep(_TICK_SECONDS)

    async def close(self) -> None:
        """Stop telling."""
        for job in self._running:
            job.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._http.aclose()

    def _begin(self, transfer: Transfer) -> None:
        if not transfer.notify_url:
            return
        fault = self._faults.take("notice")
        if fault.reply_lost or fault.reset:
            return
        notice = Notice(secrets.token_hex(16), transfer.out_bill_no, transfer.state)
        self.notices.append(notice)
        told = described(transfer, self._seals.mchid)
        for _ in range(1 + fault.copies):
            job = asyncio.create_task(
                self._tell(notice, transfer.notify_url, told, fault.delay_ms / 1000)
            )
            self._running.add(job)
            job.add_done_callback(self._running.discard)

    async def _tell(self, notice: Notice, url: str, told: dict[str, Any], delay: float) -> None:
        await asyncio.sleep(delay)
        for _ in range(self._bank.knobs.notice_tries):
            # Each attempt is sealed and signed afresh, around the same notification.
            body = self._body(notice, told)
            headers = {"Content-Type": "application/json", **self._seals.sign(body)}
            answer = await self._post(url, headers, body)
            notice.answers.append(answer)
            if answer in ("200", "204"):
                notice.taken = True
                return
            await asyncio.sleep(self._bank.knobs.notice_retry_seconds)

    async def _post(self, url: str, headers: dict[str, str], body: bytes) -> str:
        self.sent.append((url, headers, body))
        try:
            answer = await self._http.post(url, headers=headers, content=body)
        except httpx.HTTPError as error:
            return type(error).__name__
        return str(answer.status_code)

    def _body(self, notice: Notice, told: dict[str, Any]) -> bytes:
        envelope = {
            "id": notice.id,
            "create_time": rfc3339(self._bank.clock.now()),
            "resource_type": "encrypt-resource",
            "event_type": "MCHTRANSFER.BILL.FINISHED",
            "summary": "商家转账单据终态通知",
            "resource": self._seals.seal(told),
        }
        return json.dumps(envelope, ensure_ascii=False).encode()
