"""A real gRPC server around the servicers under test, on a migrated schema of its own.

serve     session   await serve("pricing", mounts) -> Served: the server with every interceptor,
                    on a new database migrated for the area. ``mounts`` is the list that the
                    service's ``main.mounts(...)`` makes.
Served.as_(actor)   an RpcCaller whose calls carry that actor's signed token;
                    ``served.as_().call("pricing.v1.PricingService/Quote", request)``,
                    or ``served.stub(PricingServiceStub, actor)`` for a generated stub.
Served.database_url, Served.address   for tests that look at rows or open own channels.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from kit.authn import SYSTEM, Actor, TokenMinter, TokenVerifier
from kit.clock import Clock, SystemClock
from kit.db.migrate import AREAS, migrate
from kit.db.session import Database
from kit.rpc.client import RpcCaller
from kit.rpc.server import Mount, RpcServer
from tests.conftest import NewDatabase

Stub = TypeVar("Stub")


@dataclass(frozen=True)
class Signing:
    minter: TokenMinter
    verifier: TokenVerifier
    #: The issuer's own key, for processes that sign by themselves.
    private_key: str = ""


@dataclass
class Served:
    area: str
    address: str
    database_url: str
    signing: Signing
    server: RpcServer
    callers: list[RpcCaller] = field(default_factory=list)

    def as_(self, actor: Actor | None = SYSTEM) -> RpcCaller:
        caller = RpcCaller.connect(
            dict.fromkeys((self.area, "events"), self.address), self.signing.minter, actor
        )
        self.callers.append(caller)
        return caller

    async def stop(self) -> None:
        """Let go of what it holds; harmless a second time."""
        for caller in self.callers:
            await caller.close()
        self.callers.clear()
        await self.server.stop()

    def stub(self, stub: Callable[[Any], Stub], actor: Actor | None = SYSTEM) -> Stub:
        return stub(self.as_(actor).channel(self.area))


@pytest.fixture(scope="session")
def signing() -> Signing:
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return Signing(
        TokenMinter(private, "tests", SystemClock()),
        TokenVerifier({"tests": public.decode()}),
        private,
    )


Serve = Callable[..., Awaitable[Served]]


@pytest.fixture(scope="session")
async def serve(new_database: NewDatabase, signing: Signing) -> AsyncIterator[Serve]:
    running: list[Served] = []

    async def start(
        area: str, mounts: Sequence[Mount], clock: Clock | None = None, database_url: str = ""
    ) -> Served:
        if not database_url:
            database_url = new_database(area)
            migrate(database_url, area)
        database = Database.connect(database_url, AREAS[area][0])
        server = RpcServer(mounts, database, signing.verifier, clock or SystemClock())
        port = await server.start("127.0.0.1", 0)
        served = Served(area, f"127.0.0.1:{port}", database_url, signing, server)
        running.append(served)
        return served

    yield start
    for served in running:
        await served.stop()
