"""The WeCom simulator as a test's neighbour: a real server on a free port."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from simulators.wecom.main import server_of
from simulators.wecom.seed import AGENTID, CORPID
from simulators.wecom.settings import Settings
from tests.http_server import serving

SECRET = "sim-secret"


@dataclass
class WecomServer:
    """A running simulator, as an app and as an admin see it."""

    url: str
    http: httpx.AsyncClient

    async def token(self) -> str:
        answer = await self.http.get(
            "/cgi-bin/gettoken", params={"corpid": CORPID, "corpsecret": SECRET}
        )
        return str(answer.json()["access_token"])

    async def call(self, api: str, body: Any, token: str | None = None) -> dict[str, Any]:
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        answer = await self.http.post(
            f"/cgi-bin/{api}", params={"access_token": token or await self.token()}, content=raw
        )
        return dict(answer.json())

    async def send(self, **fields: Any) -> dict[str, Any]:
        """`message/send` with the app's agentid filled in."""
        return await self.call("message/send", {"agentid": AGENTID, **fields})

    async def messages(self) -> list[dict[str, Any]]:
        return list((await self.http.get("/_sim/messages")).json())

    async def wait_for_messages(self, count: int) -> list[dict[str, Any]]:
        """The messages once there are so many; asks again and again until then."""
        async with asyncio.timeout(10):
            while len(messages := await self.messages()) < count:
                pass
        return messages

    async def wait_for_call(self, api: str) -> None:
        """Return once somebody has called the API."""
        async with asyncio.timeout(10):
            while not await self.calls(api):
                pass

    async def calls(self, api: str) -> int:
        return int((await self.http.get("/_sim/calls")).json().get(api, 0))

    async def admin(self, path: str, body: Any = None, method: str = "POST") -> httpx.Response:
        answer = await self.http.request(method, f"/_sim/{path}", json=body)
        answer.raise_for_status()
        return answer

    async def advance(self, seconds: float) -> None:
        await self.admin("clock/advance", {"seconds": seconds})

    async def fault(self, **fault: Any) -> None:
        await self.admin("faults", fault)


@asynccontextmanager
async def wecom_server(**settings: Any) -> AsyncIterator[WecomServer]:
    """Run a simulator until the block ends; settings override those of the environment."""
    fields: dict[str, Any] = {"port": 0, "secret": SECRET, **settings}
    server = server_of(Settings.model_construct(None, **fields))
    async with (
        serving(server) as url,
        httpx.AsyncClient(base_url=url, trust_env=False, timeout=10) as http,
    ):
        yield WecomServer(url, http)
