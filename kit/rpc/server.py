"""A gRPC server as every service runs it: interceptors, health, reflection, a calm end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from opentelemetry.instrumentation.grpc import aio_server_interceptor

from kit.authn import TokenVerifier
from kit.clock import Clock
from kit.db.session import Database
from kit.errors import Unavailable
from kit.rpc.interceptors import ActorInterceptor, ErrorInterceptor, TransactionInterceptor
from kit.rpc.keys import KeyServicer
from kit.telemetry import logger
from protos.keys.v1 import keys_pb2_grpc

_GRACE_SECONDS: Final = 5.0
_HEALTH_PERIOD_SECONDS: Final = 2.0
_NOT_READY_PERIOD_SECONDS: Final = 0.2
_log = logger("server")


@dataclass(frozen=True, slots=True)
class Mount:
    """One servicer and how to register it.

    Args:
        name: the proto's full service name, such as "pricing.v1.PricingService".
        add: the generated ``add_…Servicer_to_server``.
        servicer: its implementation.
    """

    name: str
    add: Callable[[Any, grpc.aio.Server], None]
    servicer: object


class RpcServer:
    """Serves mounts over one database schema; healthy while the database answers, from when the
    rest of the process is ready."""

    def __init__(
        self,
        mounts: Sequence[Mount],
        database: Database,
        verifier: TokenVerifier,
        clock: Clock,
        ready: Callable[[], bool] = lambda: True,
    ) -> None:
        self._database = database
        self._ready = ready
        self._names = [mount.name for mount in mounts]
        self._health = health.aio.HealthServicer()
        self._server = grpc.aio.server(
            interceptors=[
                aio_server_interceptor(),  # type: ignore[no-untyped-call]  # upstream has no types
                ErrorInterceptor(clock),
                ActorInterceptor(verifier),
                TransactionInterceptor(database),
            ],
            options=[("grpc.max_receive_message_length", 8 * 1024 * 1024)],
        )
        for mount in mounts:
            mount.add(mount.servicer, self._server)
        keys_pb2_grpc.add_KeyServiceServicer_to_server(KeyServicer(), self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        reflection.enable_server_reflection(
            [*self._names, health.SERVICE_NAME, reflection.SERVICE_NAME], self._server
        )
        self._watching: asyncio.Task[None] | None = None

    async def start(self, host: str, port: int) -> int:
        """Serve on host and port (0: any free one); the port served is returned."""
        bound = self._server.add_insecure_port(f"{host}:{port}")
        await self._server.start()
        self._watching = asyncio.create_task(self._watch_health())
        _log.info("serving", port=bound, services=self._names)
        return bound

    async def stop(self) -> None:
        """Say not serving, let calls in flight end, close the database."""
        if self._watching is not None:
            self._watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watching
        await self._health.enter_graceful_shutdown()
        await self._server.stop(_GRACE_SECONDS)
        await self._database.close()

    async def _watch_health(self) -> None:
        while True:
            serving = self._ready() and await self._database_answers()
            answers = health_pb2.HealthCheckResponse
            for name in ["", *self._names]:
                await self._health.set(name, answers.SERVING if serving else answers.NOT_SERVING)
            await asyncio.sleep(_HEALTH_PERIOD_SECONDS if serving else _NOT_READY_PERIOD_SECONDS)

    async def _database_answers(self) -> bool:
        try:
            await self._database.ping()
        except Unavailable:
            return False
        return True


async def until_told_to_stop() -> None:
    """Wait for SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
