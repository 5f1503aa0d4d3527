"""Telling an app of an event: sealed, signed, posted, and tried again a few times."""

import asyncio
import secrets
import urllib.parse

import httpx

from simulators.wecom.company import Company
from simulators.wecom.crypto import Seal
from simulators.wecom.state import App, CallbackAttempt, CallbackRecord, CallbackTarget

_RETRIES = 3
_URL_CHECK_SECONDS = 1.0
_HEADERS = {"User-Agent": "Mozilla/4.0", "Content-Type": "text/xml"}


class UrlCheckFailed(Exception):
    """The callback URL did not answer the echo as it must."""


class CallbackEngine:
    """Delivers events in the background, each on its own."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._client = httpx.AsyncClient(trust_env=False, headers=_HEADERS)
        self._running: set[asyncio.Task[None]] = set()

    def fire(self, app: App, plaintext: str) -> CallbackRecord:
        """Start telling the app; the record fills as attempts are made."""
        if app.callback is None:
            raise ValueError(f"app {app.agentid} has no callback url")
        record = CallbackRecord(len(self._company.callbacks) + 1, app.agentid, plaintext)
        self._company.callbacks.append(record)
        job = asyncio.create_task(self._deliver(app.agentid, app.callback, record))
        self._running.add(job)
        job.add_done_callback(self._running.discard)
        return record

    async def check_url(self, target: CallbackTarget) -> None:
        """Send the echo that the URL must give back decrypted, byte for byte, in a second."""
        echo = str(secrets.randbelow(10**19)).encode()
        encrypted = self._seal(target).encrypt(echo)
        query = self._signed(target, encrypted) | {"echostr": encrypted}
        try:
            answer = await self._client.get(
                _with_query(target.url, query), timeout=_URL_CHECK_SECONDS
            )
        except httpx.HTTPError as error:
            raise UrlCheckFailed(f"url: no answer ({type(error).__name__})") from error
        if answer.status_code != 200 or answer.content != echo:
            raise UrlCheckFailed(
                f"url: answered {answer.status_code} with {len(answer.content)} bytes,"
                " not the decrypted echostr"
            )

    async def close(self) -> None:
        """Stop telling."""
        for job in self._running:
            job.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._client.aclose()

    async def _deliver(self, agentid: int, target: CallbackTarget, record: CallbackRecord) -> None:
        knobs = self._company.knobs
        for attempt in range(1 + _RETRIES):
            if attempt:
                await asyncio.sleep(knobs.callback_retry_seconds)
            answer = await self._post(agentid, target, record.plaintext)
            record.attempts.append(CallbackAttempt(self._company.clock.now(), answer))
            if answer == "200":
                record.accepted = True
                return

    async def _post(self, agentid: int, target: CallbackTarget, plaintext: str) -> str:
        # Each attempt is sealed afresh: another nonce and ciphertext around the same message.
        encrypted = self._seal(target).encrypt(plaintext.encode())
        body = (
            f"<xml><ToUserName><![CDATA[{self._company.corpid}]]></ToUserName>"
            f"<AgentID><![CDATA[{agentid}]]></AgentID>"
            f"<Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
        )
        try:
            answer = await self._client.post(
                _with_query(target.url, self._signed(target, encrypted)),
                content=body.encode(),
                timeout=self._company.knobs.callback_timeout_seconds,
            )
        except httpx.HTTPError as error:
            return type(error).__name__
        return str(answer.status_code)

    def _seal(self, target: CallbackTarget) -> Seal:
        return Seal(target.token, target.aes_key, self._company.corpid)

    def _signed(self, target: CallbackTarget, encrypted: str) -> dict[str, str]:
        timestamp = str(int(self._company.clock.now()))
        nonce = secrets.token_hex(8)
        signature = self._seal(target).sign(timestamp, nonce, encrypted)
        return {"msg_signature": signature, "timestamp": timestamp, "nonce": nonce}


def _with_query(url: str, query: dict[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urllib.parse.urlencode(query)}"
