"""Calls to WeCom's server API for one app, and the channel made of them."""

import asyncio
from typing import Any, Final

import httpx

from kit.clock import Clock
from kit.telemetry import logger
from services.notify.domain.delivery import ATTEMPT_TIMEOUT, Answer, Outcome, Outgoing
from services.notify.wecom import bodies
from services.notify.wecom.errors import (
    PAUSES,
    CodeClass,
    WecomRefusal,
    WecomUnclear,
    WecomUnreachable,
)
from services.notify.wecom.tokens import TokenCache

#: Each call's share of an attempt's time; a stale token makes an attempt four calls at worst.
_TIMEOUT: Final = httpx.Timeout(6.0, connect=3.0)
_DEADLINE_SECONDS: Final = ATTEMPT_TIMEOUT.total_seconds() - 1
_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_log = logger("wecom")


class WecomChannel:
    """WeCom app messages of one self-built app."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        clock: Clock,
        *,
        corp_id: str,
        agent_id: int,
        secret: str,
        public_url: str,
    ) -> None:
        self._http = http
        self._credentials = {"corpid": corp_id, "corpsecret": secret}
        self._agent_id = agent_id
        self._public_url = public_url
        self._tokens = TokenCache(self._fetch_token, clock)

    def compose(self, outgoing: Outgoing) -> bytes:
        """The bytes of ``message/send`` for one member."""
        return bodies.compose(outgoing, self._agent_id, self._public_url)

    async def send(self, body: bytes) -> Answer:
        """Send one composed message; every failure is an answer."""
        try:
            async with asyncio.timeout(_DEADLINE_SECONDS):
                reply = await self.call("message/send", body)
        except TimeoutError:
            return Answer(Outcome.UNCLEAR, error_message="WeCom did not answer in time")
        except WecomUnclear as error:
            return Answer(Outcome.UNCLEAR, error_message=str(error))
        except WecomUnreachable as error:
            return Answer(Outcome.UNREACHABLE, error_message=str(error), pause=error.pause)
        except WecomRefusal as refusal:
            return _refused(refusal)
        return _accepted(reply)

    async def call(self, api: str, body: bytes) -> dict[str, Any]:
        """POST to an API under a good token; a token that turns out stale is refreshed once."""
        token = await self._tokens.get()
        try:
            return await self._post(api, token, body)
        except WecomRefusal as refusal:
            if refusal.code_class is not CodeClass.TOKEN:
                raise
        return await self._post(api, await self._tokens.refresh(token), body)

    async def _post(self, api: str, token: str, body: bytes) -> dict[str, Any]:
        return await self._request(
            self._http.build_request(
                "POST",
                f"/cgi-bin/{api}",
                params={"access_token": token},
                content=body,
                headers={"Content-Type": "application/json; charset=UTF-8"},
            )
        )

    async def _fetch_token(self) -> tuple[str, int]:
        request = self._http.build_request("GET", "/cgi-bin/gettoken", params=self._credentials)
        reply = await self._request(request)
        return str(reply["access_token"]), int(reply["expires_in"])

    async def _request(self, request: httpx.Request) -> dict[str, Any]:
        # Only the kind of a failure is told: its text may hold the address, and so the token.
        try:
            response = await self._http.send(request)
        except _NOT_SENT as error:
            raise WecomUnreachable(f"no connection to WeCom ({type(error).__name__})") from None
        except httpx.TransportError as error:
            raise WecomUnclear(f"the connection broke ({type(error).__name__})") from None
        try:
            reply = response.json()
        except ValueError:
            raise WecomUnclear(f"HTTP {response.status_code} without a JSON reply") from None
        if not isinstance(reply, dict):
            raise WecomUnclear(f"HTTP {response.status_code} with an unexpected reply")
        errcode = int(reply.get("errcode", 0))
        if errcode:
            raise WecomRefusal(errcode, f"{errcode} {reply.get('errmsg', '')}")
        return reply


def http_client(base_url: str) -> httpx.AsyncClient:
    """The connections to one WeCom; proxies of the environment are not used."""
    return httpx.AsyncClient(base_url=base_url, timeout=_TIMEOUT, trust_env=False)


def _refused(refusal: WecomRefusal) -> Answer:
    if refusal.code_class is CodeClass.CONFIG:
        _log.error("wecom_misconfigured", error_code=refusal.errcode)
    return Answer(
        Outcome.REFUSED,
        refusal.errcode,
        str(refusal),
        final=refusal.code_class is CodeClass.FINAL,
        pause=PAUSES.get(refusal.code_class, Answer.pause),
    )


def _accepted(reply: dict[str, Any]) -> Answer:
    # One call goes to one member, so any name in these lists is that member.
    if reply.get("unlicenseduser"):
        return Answer(Outcome.REFUSED, 0, "the member has no WeCom licence", final=True)
    if reply.get("invaliduser"):
        return Answer(Outcome.REFUSED, 0, "the member is not visible to the app", final=True)
    return Answer(Outcome.SENT)
