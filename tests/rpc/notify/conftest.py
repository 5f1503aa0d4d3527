"""The notify service over a real schema, its sender, and the WeCom simulator at their side."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import psycopg
import pytest

from kit.clock import FixedClock, SystemClock
from kit.db.session import Database
from protos.directory.v1 import directory_pb2
from protos.events.v1 import events_pb2, events_pb2_grpc
from protos.notify.v1 import notify_pb2 as pb
from protos.notify.v1 import notify_pb2_grpc
from services.notify import store
from services.notify.domain.builtin import BUILTIN_TEMPLATES
from services.notify.main import mounts
from services.notify.sender import Sender
from services.notify.wecom.client import WecomChannel, http_client
from simulators.wecom.seed import AGENTID, CORPID
from tests.rpc.conftest import Serve, Served
from tests.wecom_server import SECRET, WecomServer, wecom_server

if TYPE_CHECKING:  # generic stubs exist for type checkers only
    from protos.notify.v1.notify_pb2_grpc import NotifyServiceAsyncStub

PEOPLE = {"pe_zhang": "zhangshifu", "pe_chen": "chenzhuguan", "pe_li": "lisheji"}


@pytest.fixture(scope="module")
def clock() -> FixedClock:
    """The service's time; it moves only when a test moves it."""
    return FixedClock(SystemClock().now())


@pytest.fixture(scope="module")
async def served(serve: Serve, clock: FixedClock) -> Served:
    return await serve("notify", mounts(clock), clock)


@pytest.fixture(scope="module")
async def database(served: Served) -> AsyncIterator[Database]:
    database = Database.connect(served.database_url, "notify")
    yield database
    await database.close()


@pytest.fixture(scope="module")
def notify(served: Served) -> NotifyServiceAsyncStub:
    return served.stub(notify_pb2_grpc.NotifyServiceStub)  # type: ignore[return-value]  # async over an aio channel


@pytest.fixture(autouse=True)
async def fresh(served: Served, database: Database, clock: FixedClock) -> None:
    """Empty boxes, the built-in templates, and the people whom the directory told of."""
    with psycopg.connect(served.database_url, autocommit=True) as connection:
        connection.execute(
            "TRUNCATE notify.template, notify.recipient, notify.message, notify.delivery,"
            " notify.delivery_attempt, notify.idempotency_key"
        )
    async with database.transaction():
        await store.add_missing_templates(BUILTIN_TEMPLATES, clock.now())
    for number, (person_id, userid) in enumerate(PEOPLE.items(), start=1):
        await tell_of_person(served, person_id, userid, number)


async def tell_of_person(
    served: Served, person_id: str, userid: str, sequence: int, **more: Any
) -> int:
    """Deliver the directory's event that a person was put."""
    event = events_pb2.DomainEvent(aggregate_type="person", aggregate_sequence=sequence)
    person = directory_pb2.Person(person_id=person_id, wecom_userid=userid, **more)
    event.payload.Pack(directory_pb2.PersonPut(person=person))
    request = events_pb2.ApplyEventsRequest(source="directory", events=[event])
    stub = events_pb2_grpc.ProjectionServiceStub(served.as_().channel("events"))
    response = await stub.ApplyEvents(request)
    return int(response.applied_count)


@pytest.fixture(scope="session")
async def shared_wecom() -> AsyncIterator[WecomServer]:
    async with wecom_server() as server:
        yield server


@pytest.fixture
async def wecom(shared_wecom: WecomServer) -> WecomServer:
    await shared_wecom.admin("reset")
    return shared_wecom


@dataclass
class Outbox:
    """A sender in the test's hand."""

    database: Database
    clock: FixedClock
    http: httpx.AsyncClient
    secret: str = SECRET
    sender: Sender = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begin as a new process would: no token, no memory."""
        channel = WecomChannel(
            self.http,
            self.clock,
            corp_id=CORPID,
            agent_id=AGENTID,
            secret=self.secret,
            public_url="https://work.example",
        )
        self.sender = Sender(self.database, channel, self.clock)

    async def drain(self) -> int:
        """Send until nothing more is due."""
        handled = 0
        while batch := await self.sender.run_once():
            handled += batch
        return handled


@pytest.fixture
async def outbox(
    database: Database, clock: FixedClock, wecom: WecomServer
) -> AsyncIterator[Outbox]:
    async with http_client(wecom.url) as http:
        yield Outbox(database, clock, http)


def alert(key: str, *person_ids: str, **variables: str) -> pb.SendRequest:
    """An alert that a designer did not answer in time."""
    return pb.SendRequest(
        idempotency_key=key,
        template_code="sla_alert",
        recipient_person_ids=person_ids,
        variables={"node": "量房", "assignee": "李设计", **variables},
        case_id="ca_1",
    )
