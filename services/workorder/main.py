"""The workorder process: work orders, technicians and dispatch over gRPC."""

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
from protos.events.v1.events_pb2_grpc import add_EventServiceServicer_to_server
from protos.workorder.v1.workorder_pb2_grpc import add_WorkOrderServiceServicer_to_server
from services.workorder.servicer import WorkOrderServicer


class WorkorderSettings(Settings):
    """What this process must be told: whom to trust."""

    issuers_file: Path


def mounts(clock: Clock) -> list[Mount]:
    """What this process serves."""
    return [
        Mount(
            "workorder.v1.WorkOrderService",
            add_WorkOrderServiceServicer_to_server,
            WorkOrderServicer(clock),
        ),
        Mount("events.v1.EventService", add_EventServiceServicer_to_server, EventServicer()),
    ]


async def serve(settings: WorkorderSettings) -> None:
    """Serve until told to stop."""
    clock = SystemClock()
    database = Database.connect(settings.database_url, "workorder", settings.database_pool_size)
    verifier = TokenVerifier.from_file(settings.issuers_file)
    server = RpcServer(mounts(clock), database, verifier, clock)
    await server.start(settings.bind_host, settings.port_of("workorder"))
    await until_told_to_stop()
    await server.stop()


def main() -> None:
    """Start the process with the environment's settings."""
    settings = WorkorderSettings()
    telemetry.setup(settings, "workorder")
    uvloop.run(serve(settings))


if __name__ == "__main__":
    main()
