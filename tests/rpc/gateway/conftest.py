"""The gateway's app over the real services.

product   session   the whole product in this process (see tests/gateway_server.py)
as_       function  ``as_("pe_wang")`` is a client in that person's name, ``as_()`` the administrator
key       function  a fresh idempotency key as a header
live      function  the administrator's client over a real socket, for streams
"""

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import httpx
import pytest
import uvicorn
from temporalio.testing import WorkflowEnvironment

from services.gateway.app import create_app
from tests.conftest import NewDatabase
from tests.gateway_server import WholeProduct, whole_product
from tests.http_server import serving
from tests.rpc.conftest import Serve, Signing

As = Callable[..., httpx.AsyncClient]


@pytest.fixture(scope="package")
async def product(
    tmp_path_factory: pytest.TempPathFactory,
    serve: Serve,
    signing: Signing,
    new_database: NewDatabase,
    temporal_dev_server: WorkflowEnvironment,
) -> AsyncIterator[WholeProduct]:
    folder = tmp_path_factory.mktemp("gateway")
    async with whole_product(folder, serve, signing, new_database, temporal_dev_server) as product:
        yield product


@pytest.fixture
async def as_(product: WholeProduct) -> AsyncIterator[As]:
    async with AsyncExitStack() as stack:
        clients: list[httpx.AsyncClient] = []

        def client(person_id: str = "", token: str | None = None) -> httpx.AsyncClient:
            made = product.client(person_id, token)
            clients.append(made)
            return made

        stack.push_async_callback(_close, clients)
        yield client


async def _close(clients: list[httpx.AsyncClient]) -> None:
    for client in clients:
        await client.aclose()


@pytest.fixture
def key() -> dict[str, str]:
    return {"Idempotency-Key": secrets.token_hex(8)}


@pytest.fixture(scope="package")
async def address(product: WholeProduct) -> AsyncIterator[str]:
    """Where the app is served for real: streams end early, as no in-process transport lets them."""
    config = uvicorn.Config(
        create_app(product.edge), host="127.0.0.1", port=0, log_config=None, lifespan="off"
    )
    async with serving(uvicorn.Server(config)) as address:
        yield address


@pytest.fixture
async def live(product: WholeProduct, address: str) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {product.bootstrap_token}"}
    async with httpx.AsyncClient(base_url=address, headers=headers, trust_env=False) as client:
        yield client
