"""An app's callback URL as a real server: verifies, opens and collects what WeCom tells it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from xml.etree import ElementTree

import uvicorn
from fastapi import FastAPI, Request, Response

from simulators.wecom.crypto import Seal, SealError
from tests.http_server import serving


@dataclass
class CallbackReceiver:
    seal: Seal
    url: str = ""
    answers: list[int] = field(default_factory=list)
    events: list[dict[str, str]] = field(default_factory=list)
    nonces: list[str] = field(default_factory=list)
    _arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    def forget(self) -> None:
        for collected in (self.answers, self.events, self.nonces):
            collected.clear()

    async def next_event(self) -> dict[str, str]:
        await self.wait_for(1)
        return self.events[-1]

    async def wait_for(self, count: int) -> None:
        async with asyncio.timeout(10), self._arrived:
            await self._arrived.wait_for(lambda: len(self.events) >= count)

    async def take(self, request: Request, encrypted: str) -> bytes:
        query = request.query_params
        return self.seal.open(query["msg_signature"], query["timestamp"], query["nonce"], encrypted)

    async def collect(self, request: Request) -> Response:
        outer = ElementTree.fromstring(await request.body())
        message = await self.take(request, outer.findtext("Encrypt", ""))
        async with self._arrived:
            fields = ElementTree.fromstring(message)
            self.events.append({element.tag: element.text or "" for element in fields})
            self.nonces.append(request.query_params["nonce"])
            self._arrived.notify_all()
        return Response(status_code=self.answers.pop(0) if self.answers else 200)


@asynccontextmanager
async def callback_receiver(seal: Seal) -> AsyncIterator[CallbackReceiver]:
    receiver = CallbackReceiver(seal)
    app = FastAPI()

    @app.get("/callback")
    async def echo(request: Request) -> Response:
        try:
            return Response(await receiver.take(request, request.query_params["echostr"]))
        except SealError:
            return Response(status_code=403)

    app.post("/callback")(receiver.collect)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", ws="none"))
    async with serving(server) as url:
        receiver.url = f"{url}/callback"
        yield receiver
