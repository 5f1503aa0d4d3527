"""The directory as a process: ``python -m services.directory.main``."""

from __future__ import annotations

import asyncio
from pathlib import Path

import uvloop

from kit import telemetry
from kit.authn import TokenVerifier
from kit.clock import Clock, SystemClock
from kit.config import Settings
from kit.db.session import Database
from kit.rpc.events import EventServicer
from kit.rpc.server import Mount, RpcServer, until_told_to_stop
from protos.directory.v1 import (
    customer_import_pb2_grpc,
    customer_pb2_grpc,
    directory_pb2_grpc,
    interaction_pb2_grpc,
    privacy_pb2_grpc,
    virtual_number_pb2_grpc,
)
from protos.events.v1 import events_pb2_grpc
from services.directory.index import load_places
from services.directory.servicer import CustomerServicer, DirectoryServicer
from services.directory.servicer.customer_imports import CustomerImportServicer
from services.directory.servicer.fingerprints import make_findable
from services.directory.servicer.interactions import InteractionProjection, InteractionServicer
from services.directory.servicer.privacy import PrivacyServicer
from services.directory.servicer.virtual_numbers import VirtualNumberServicer
from services.directory.telephony import HttpVirtualNumbers, VirtualNumbers
from services.directory.vault import KeyService, MasterKeyFile


class DirectorySettings(Settings):
    """What this process must be told: whom to trust, and the master key of all personal data."""

    issuers_file: Path
    pii_key_file: Path
    #: Of the provider of virtual numbers; empty: there is none.
    virtual_numbers_url: str = ""


def mounts(clock: Clock, keys: KeyService, numbers: VirtualNumbers | None = None) -> list[Mount]:
    """What this process serves."""
    places = load_places()
    return [
        Mount(
            "directory.v1.DirectoryService",
            directory_pb2_grpc.add_DirectoryServiceServicer_to_server,
            DirectoryServicer(clock, places, keys),
        ),
        Mount(
            "directory.v1.CustomerService",
            customer_pb2_grpc.add_CustomerServiceServicer_to_server,
            CustomerServicer(clock, places, keys),
        ),
        Mount(
            "directory.v1.CustomerImportService",
            customer_import_pb2_grpc.add_CustomerImportServiceServicer_to_server,
            CustomerImportServicer(clock, places, keys),
        ),
        Mount(
            "directory.v1.InteractionService",
            interaction_pb2_grpc.add_InteractionServiceServicer_to_server,
            InteractionServicer(clock, keys),
        ),
        Mount(
            "directory.v1.PrivacyService",
            privacy_pb2_grpc.add_PrivacyServiceServicer_to_server,
            PrivacyServicer(clock),
        ),
        Mount(
            "directory.v1.VirtualNumberService",
            virtual_number_pb2_grpc.add_VirtualNumberServiceServicer_to_server,
            VirtualNumberServicer(clock, keys, numbers),
        ),
        Mount(
            "events.v1.EventService",
            events_pb2_grpc.add_EventServiceServicer_to_server,
            EventServicer(),
        ),
        Mount(
            "events.v1.ProjectionService",
            events_pb2_grpc.add_ProjectionServiceServicer_to_server,
            InteractionProjection(clock, keys),
        ),
    ]


async def serve(settings: DirectorySettings) -> None:
    """Serve until told to stop."""
    clock, keys = SystemClock(), MasterKeyFile(settings.pii_key_file)
    database = Database.connect(settings.database_url, "directory", settings.database_pool_size)
    verifier = TokenVerifier.from_file(settings.issuers_file)
    url = settings.virtual_numbers_url
    numbers = HttpVirtualNumbers(url) if url else None
    server = RpcServer(mounts(clock, keys, numbers), database, verifier, clock)
    await server.start(settings.bind_host, settings.port_of("directory"))
    marking = asyncio.create_task(make_findable(database, keys))
    await until_told_to_stop()
    marking.cancel()
    await asyncio.gather(marking, return_exceptions=True)
    await server.stop()
    if numbers is not None:
        await numbers.close()


def main() -> None:
    """Read the settings and serve."""
    settings = DirectorySettings()
    telemetry.setup(settings, "directory")
    uvloop.run(serve(settings))


if __name__ == "__main__":
    main()
