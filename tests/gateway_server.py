"""The gateway over the real services, all in the test's own process, with the example company.

``whole_product`` serves every service on databases of its own, runs the worker on Temporal's dev
server, seeds the company and gives the gateway's ``Edge`` over them. Nobody sends messages: they
stay in notify's outbox, which is as far as the gateway looks.
"""

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from temporalio.testing import WorkflowEnvironment

from kit.authn import SYSTEM
from kit.clock import Clock, SystemClock
from kit.db.migrate import AREAS, migrate
from kit.db.session import Database
from kit.rpc.client import RpcCaller
from services.directory.main import mounts as directory_mounts
from services.directory.vault import MasterKeyFile
from services.gateway.app import create_app
from services.gateway.edge import Edge
from services.gateway.people import People
from services.gateway.settings import GatewaySettings
from services.notify.domain.builtin import BUILTIN_TEMPLATES
from services.notify.main import mounts as notify_mounts
from services.notify.store import add_missing_templates
from services.pricing.main import mounts as pricing_mounts
from services.settlement.main import mounts as settlement_mounts
from services.workorder.main import mounts as workorder_mounts
from stack import seed
from tests.conftest import NewDatabase
from tests.payloads import KEYS_FILE
from tests.rpc.conftest import Serve, Signing
from workflows.client import Cases, Payloads, connect_temporal
from workflows.serving import mounts as case_mounts
from workflows.worker import make_worker, plans_of

WECOM_TOKEN = "SimToken2026"
WECOM_AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


@dataclass
class WholeProduct:
    """The gateway's app and what a test needs to speak to it."""

    edge: Edge
    bootstrap_token: str
    database_url: str

    def client(self, act_as: str = "", token: str | None = None) -> httpx.AsyncClient:
        """A client that bears the bootstrap token, in somebody's name."""
        headers = {"Authorization": f"Bearer {token or self.bootstrap_token}"}
        if act_as:
            headers["X-Gongdan-Act-As"] = act_as
        return self.visitor(headers)

    def visitor(self, headers: dict[str, str] | None = None) -> httpx.AsyncClient:
        """A client that nobody knows, with cookies of its own."""
        transport = httpx.ASGITransport(create_app(self.edge), raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://testserver", headers=headers)


@asynccontextmanager
async def whole_product(
    folder: Path,
    serve: Serve,
    signing: Signing,
    new_database: NewDatabase,
    temporal: WorkflowEnvironment,
    clock: Clock | None = None,
) -> AsyncIterator[WholeProduct]:
    """Serve all of it until the block ends."""
    clock = clock or SystemClock()
    token = secrets.token_urlsafe(32)
    (folder / "bootstrap.token").write_text(token)
    (folder / "pii.key").write_bytes(base64.b64encode(secrets.token_bytes(32)))
    mounts = {
        "directory": directory_mounts(clock, MasterKeyFile(folder / "pii.key")),
        "pricing": pricing_mounts(clock),
        "workorder": workorder_mounts(clock),
        "settlement": settlement_mounts(clock),
        "notify": notify_mounts(clock),
        "flows": case_mounts(clock),
    }
    served = {area: await serve(area, each, clock) for area, each in mounts.items()}
    addresses = {area: each.address for area, each in served.items()}
    addresses["cases"] = addresses["flow"] = addresses.pop("flows")
    edge_url = new_database("gateway")
    migrate(edge_url, "gateway")
    told = {f"{area}_address": address for area, address in addresses.items() if area != "flow"}
    settings = GatewaySettings().model_copy(
        update={
            **told,
            "environment": "development",
            "bootstrap_token_file": folder / "bootstrap.token",
            "files_folder": folder / "files",
            "payload_keys_file": KEYS_FILE,
            "temporal_address": temporal.client.service_client.config.target_host,
            "temporal_namespace": temporal.client.namespace,
            "wecom_callback_token": WECOM_TOKEN,
            "wecom_callback_aes_key": WECOM_AES_KEY,
            "stream_period_seconds": 0.05,
        }
    )
    notify = Database.connect(served["notify"].database_url, "notify")
    async with notify.transaction():
        await add_missing_templates(BUILTIN_TEMPLATES, clock.now())
    await notify.close()
    system = RpcCaller.connect(addresses, signing.minter, SYSTEM)
    for name, request in seed.calls():
        await system.call(name, request, deadline_seconds=30)
    flows = Database.connect(served["flows"].database_url, "flows")
    worker = make_worker(await connect_temporal(settings, plans_of(flows)), system, "tests")
    running = asyncio.create_task(worker.run())
    caller = RpcCaller.connect(addresses, signing.minter)
    database = Database.connect(edge_url, AREAS["gateway"][0])
    cases = await Cases.connect(settings, caller, clock)
    edge = Edge(
        settings, clock, database, caller, People(caller, clock), cases, Payloads.of(settings)
    )
    try:
        yield WholeProduct(edge, token, edge_url)
    finally:
        await worker.shutdown()
        await running
        for each in (caller, system):
            await each.close()
        for one in (database, flows):
            await one.close()
