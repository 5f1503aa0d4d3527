"""A worker in a process of its own, so that it can be killed: its environment is its settings."""

import asyncio

from kit.authn import SYSTEM, TokenMinter
from kit.clock import SystemClock
from kit.db.session import Database
from kit.rpc.client import RpcCaller
from workflows.client import connect_temporal
from workflows.main import WorkflowSettings
from workflows.serving import SCHEMA
from workflows.worker import make_worker, plans_of


async def main() -> None:
    settings = WorkflowSettings()
    assert settings.signing_key_file
    minter = TokenMinter.from_file(
        settings.signing_key_file, settings.signing_issuer, SystemClock()
    )
    caller = RpcCaller.connect(settings.service_addresses(), minter, SYSTEM)
    database = Database.connect(settings.database_url, SCHEMA)
    temporal = await connect_temporal(settings, plans_of(database))
    memory = settings.case_memory_megabytes
    await make_worker(temporal, caller, "test", case_memory_megabytes=memory).run()


if __name__ == "__main__":
    asyncio.run(main())
