"""The directory as a process: ``python -m services.directory.main``."""

from __future__ import annotations

from pathlib import Path

import uvloop

from kit import telemetry
from kit.authn import TokenVerifier
from kit.clock import Clock, SystemClock
from kit.config import Settings
from kit.db.session import Database
from kit.rpc.events import EventServicer
from kit.rpc.server import Mount, RpcServer, until_told_to_stop
from protos.directory.v1 import directory_pb2_grpc
from protos.events.v1 import events_pb2_grpc
from services.directory.index import load_places
from services.directory.servicer import DirectoryServicer
from services.directory.vault import KeyService, MasterKeyFile


class DirectorySettings(Settings):
    """What this process must be told: whom to trust, and the master key of all personal data."""

    issuers_file: Path
    pii_key_file: Path


def mounts(clock: Clock, keys: KeyService) -> list[Mount]:
    """What this process serves."""
    return [
        Mount(
            "directory.v1.DirectoryService",
            directory_pb2_grpc.add_DirectoryServiceServicer_to_server,
            DirectoryServicer(clock, load_places(), keys),
        ),
        Mount(
            "events.v1.EventService",
            events_pb2_grpc.add_EventServiceServicer_to_server,
            EventServicer(),
        ),
    ]


async def serve(settings: DirectorySettings) -> None:
    """Serve until told to stop."""
    clock = SystemClock()
    server = RpcServer(
        mounts(clock, MasterKeyFile(settings.pii_key_file)),
        Database.connect(settings.database_url, "directory", settings.database_pool_size),
        TokenVerifier.from_file(settings.issuers_file),
        clock,
    )
    await server.start(settings.bind_host, settings.port_of("directory"))
    await until_told_to_stop()
    await server.stop()


def main() -> None:
    """Read the settings and serve."""
    settings = DirectorySettings()
    telemetry.setup(settings, "directory")
    uvloop.run(serve(settings))


if __name__ == "__main__":
    main()
