"""The gateway's process."""

from __future__ import annotations

import asyncio

import uvicorn

from kit import telemetry
from kit.authn import TokenMinter
from kit.clock import SystemClock
from kit.db.session import Database
from kit.rpc.client import RpcCaller
from services.gateway.app import create_app
from services.gateway.edge import Edge
from services.gateway.people import People
from services.gateway.settings import GatewaySettings
from workflows.client import Cases, Payloads


async def serve(settings: GatewaySettings) -> None:
    """Serve until told to stop."""
    if settings.signing_key_file is None:
        raise SystemExit("GONGDAN_SIGNING_KEY_FILE must name the gateway's private key")
    clock = SystemClock()
    database = Database.connect(settings.database_url, "edge", settings.database_pool_size)
    minter = TokenMinter.from_file(settings.signing_key_file, settings.signing_issuer, clock)
    caller = RpcCaller.connect(settings.service_addresses(), minter)
    edge = Edge(
        settings=settings,
        clock=clock,
        database=database,
        caller=caller,
        people=People(caller, clock),
        cases=await Cases.connect(settings, caller, clock),
        payloads=Payloads.of(settings),
    )
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(edge),
            host=settings.bind_host,
            port=settings.gateway_port,
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=5,
        )
    )
    try:
        await server.serve()
    finally:
        await caller.close()
        await database.close()


def main() -> None:
    """Run the gateway."""
    settings = GatewaySettings()
    telemetry.setup(settings, "gateway")
    asyncio.run(serve(settings))


if __name__ == "__main__":
    main()
