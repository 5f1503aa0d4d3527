"""The payout simulator as a test's neighbour: a real server on a free port, with keys of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from kit.clock import Clock, SystemClock
from services.settlement.channel.signing import Keys
from services.settlement.channel.wechat import Account, WechatChannel, http_client
from simulators.payout.main import server_of
from simulators.payout.notices import Notifier
from simulators.payout.settings import Settings
from tests.http_server import serving

API_KEY = "0123456789abcdef0123456789ABCDEF"
MERCHANT_ID = "1900000109"
MERCHANT_SERIAL = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"
PLATFORM_SERIAL = "PUB_KEY_ID_TEST"
APP_ID = "wx0123456789abcdef"


def write_keys(folder: Path) -> dict[str, Path]:
    """Key files of merchant and platform."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for name in ("merchant", "platform"):
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        files[f"{name}_key"] = folder / f"{name}.key"
        files[f"{name}_key"].write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        files[f"{name}_public"] = folder / f"{name}.pub"
        files[f"{name}_public"].write_bytes(
            key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        )
    files["api_key"] = folder / "api.key"
    files["api_key"].write_text(API_KEY)
    return files


@dataclass
class PayoutServer:
    """A running simulator, as the merchant, the payees and an admin see it."""

    url: str
    http: httpx.AsyncClient
    files: dict[str, Path]
    notifier: Notifier
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    def keys(self) -> Keys:
        return Keys.of_files(
            MERCHANT_ID,
            MERCHANT_SERIAL,
            PLATFORM_SERIAL,
            self.files["merchant_key"],
            self.files["platform_public"],
            self.files["api_key"],
        )

    def channel(self, notify_url: str = "", clock: Clock | None = None) -> WechatChannel:
        """The product's own channel to this simulator."""
        client = http_client(self.url)
        self.clients.append(client)
        infos = (("岗位类型", "安装维修技师"), ("报酬说明", "安装服务报酬"))
        account = Account(APP_ID, "1005", infos, notify_url)
        return WechatChannel(client, clock or SystemClock(), self.keys(), account)

    async def admin(self, path: str, body: Any = None, method: str = "POST") -> Any:
        answer = await self.http.request(method, f"/_sim/{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    async def payee(self, openid: str, **more: Any) -> None:
        await self.admin(f"payees/{openid}", {"name": "某师傅", **more}, "PUT")

    async def wallet(self, openid: str) -> int:
        payees = await self.admin("payees", method="GET")
        return next(int(each["wallet_minor"]) for each in payees if each["openid"] == openid)

    async def transfers(self) -> list[dict[str, Any]]:
        return list(await self.admin("transfers", method="GET"))

    async def confirm(self, number: str) -> None:
        await self.admin(f"transfers/{number}/confirm")

    async def fault(self, api: str, **fault: Any) -> None:
        await self.admin("faults", {"api": api, **fault})

    async def advance(self, seconds: float) -> None:
        await self.admin("clock/advance", {"seconds": seconds})


@asynccontextmanager
async def payout_server(folder: Path, **settings: Any) -> AsyncIterator[PayoutServer]:
    """Run a simulator until the block ends."""
    files = write_keys(folder)
    fields: dict[str, Any] = {
        "port": 0,
        "bind_host": "127.0.0.1",
        "environment": "",
        "file": None,
        "mchid": MERCHANT_ID,
        "appid": APP_ID,
        "merchant_serial": MERCHANT_SERIAL,
        "platform_serial": PLATFORM_SERIAL,
        "merchant_public_key_file": files["merchant_public"],
        "platform_key_file": files["platform_key"],
        "api_key_file": files["api_key"],
        **settings,
    }
    server = server_of(Settings.model_construct(None, **fields))
    app: Any = server.config.app
    async with (
        serving(server) as url,
        httpx.AsyncClient(base_url=url, trust_env=False, timeout=20) as http,
    ):
        running = PayoutServer(url, http, files, app.state.notifier)
        yield running
        for client in running.clients:
            await client.aclose()
