"""``python -m services.notify.main``: the RPCs and the sender of messages in one process."""

import asyncio
import contextlib

import uvloop
from pydantic import SecretStr

from kit import telemetry
from kit.authn import TokenVerifier
from kit.clock import Clock, SystemClock
from kit.config import Settings
from kit.db.session import Database
from kit.rpc.events import EventServicer
from kit.rpc.server import Mount, RpcServer, until_told_to_stop
from protos.events.v1 import events_pb2_grpc
from protos.notify.v1 import notify_pb2_grpc
from services.notify import store
from services.notify.domain.builtin import BUILTIN_TEMPLATES
from services.notify.sender import Sender
from services.notify.servicer import NotifyServicer, RecipientProjection
from services.notify.wecom.client import WecomChannel, http_client


class NotifySettings(Settings):
    """Which WeCom to speak to, as which app, and where our own pages are."""

    wecom_base_url: str = "http://127.0.0.1:8090"
    wecom_corp_id: str = "ww0123456789abcdef"
    wecom_agent_id: int = 1000002
    wecom_secret: SecretStr = SecretStr("sim-secret")
    public_url: str = "http://127.0.0.1:8080"


def mounts(clock: Clock) -> list[Mount]:
    """What the process serves."""
    return [
        Mount(
            "notify.v1.NotifyService",
            notify_pb2_grpc.add_NotifyServiceServicer_to_server,
            NotifyServicer(clock),
        ),
        Mount(
            "events.v1.EventService",
            events_pb2_grpc.add_EventServiceServicer_to_server,
            EventServicer(),
        ),
        Mount(
            "events.v1.ProjectionService",
            events_pb2_grpc.add_ProjectionServiceServicer_to_server,
            RecipientProjection(),
        ),
    ]


async def serve(settings: NotifySettings) -> None:
    """Serve RPCs and deliver messages until told to stop."""
    clock = SystemClock()
    database = Database.connect(settings.database_url, "notify", settings.database_pool_size)
    async with database.transaction():
        await store.add_missing_templates(BUILTIN_TEMPLATES, clock.now())
    assert settings.issuers_file is not None, "GONGDAN_ISSUERS_FILE names the trusted issuers"
    verifier = TokenVerifier.from_file(settings.issuers_file)
    server = RpcServer(mounts(clock), database, verifier, clock)
    async with http_client(settings.wecom_base_url) as http:
        channel = WecomChannel(
            http,
            clock,
            corp_id=settings.wecom_corp_id,
            agent_id=settings.wecom_agent_id,
            secret=settings.wecom_secret.get_secret_value(),
            public_url=settings.public_url.rstrip("/"),
        )
        sending = asyncio.create_task(Sender(database, channel, clock).run())
        await server.start(settings.bind_host, settings.port_of("notify"))
        await _first_of(sending, asyncio.create_task(until_told_to_stop()))
        await server.stop()


async def _first_of(*running: asyncio.Task[None]) -> None:
    """Wait until one ends, end the others, and raise what it raised: no half a process goes on."""
    done, rest = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    for job in rest:
        job.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await job
    for job in done:
        job.result()


def main() -> None:
    """Run the process."""
    settings = NotifySettings()
    telemetry.setup(settings, "notify")
    uvloop.run(serve(settings))


if __name__ == "__main__":
    main()
