"""What the interceptors promise, shown on a small real servicer over a real schema."""

import asyncio
from datetime import timedelta
from typing import Any

import grpc
import psycopg
import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from kit.authn import SYSTEM, Actor, TokenMinter
from kit.clock import FixedClock, SystemClock
from kit.db.ddl import create_kit_tables
from kit.db.session import current_session
from kit.errors import (
    Aborted,
    AlreadyExists,
    Internal,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ServiceError,
    Unauthenticated,
    Unavailable,
)
from kit.rpc.client import RpcCaller, open_channel
from kit.rpc.events import EventServicer, record
from kit.rpc.server import Mount
from protos.events.v1 import events_pb2, events_pb2_grpc
from protos.keys.v1 import keys_pb2, keys_pb2_grpc
from protos.notify.v1 import notify_pb2, notify_pb2_grpc
from tests.conftest import NewDatabase
from tests.rpc.conftest import Serve, Served, Signing

PUT = "notify.v1.NotifyService/PutTemplate"
LIST = "notify.v1.NotifyService/ListTemplates"
READ = "events.v1.EventService/ReadEvents"

MARKETING = Actor("pe_wang", frozenset({"marketing"}), origin="console")


class Notebook(notify_pb2_grpc.NotifyServiceServicer):
    """Writes a row and an event a call; fails where the template's code says so."""

    def __init__(self) -> None:
        self.entered = asyncio.Event()
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def PutTemplate(  # noqa: N802
        self, request: notify_pb2.PutTemplateRequest, context: Any
    ) -> notify_pb2.Template:
        template = request.template
        session = current_session()
        await session.execute(
            text("INSERT INTO note (code) VALUES (:code)"), {"code": template.template_code}
        )
        await record(
            notify_pb2.DeliveryChanged(),
            aggregate=("note", template.template_code),
            occurred_at=SystemClock().now(),
            case_id="ca_1",
        )
        self.entered.set()
        await self.may_go_on.wait()
        if template.template_code == "typed":
            raise NotFound(
                "NOTE_MISSING", "there is no such note", field="template", details={"a": "b"}
            )
        if template.template_code == "defect":
            raise RuntimeError("secret inner words")
        return notify_pb2.Template(template_code=template.template_code, version=7)

    async def ListTemplates(  # noqa: N802
        self, request: notify_pb2.ListTemplatesRequest, context: Any
    ) -> notify_pb2.ListTemplatesResponse:
        await current_session().execute(text("INSERT INTO note (code) VALUES ('read')"))
        return notify_pb2.ListTemplatesResponse()


@pytest.fixture(scope="module")
def schema_url(new_database: NewDatabase) -> str:
    url = new_database("kit")
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA notify"))
        connection.execute(text("SET LOCAL search_path = notify"))
        connection.execute(text("CREATE TABLE note (code text NOT NULL)"))
        with Operations.context(MigrationContext.configure(connection)):
            create_kit_tables()
    engine.dispose()
    return url


@pytest.fixture(scope="module")
def notebook() -> Notebook:
    return Notebook()  # type: ignore[abstract]  # the RPCs it leaves out are not called


@pytest.fixture(scope="module")
async def served(serve: Serve, schema_url: str, notebook: Notebook) -> Served:
    mounts = [
        Mount(
            "notify.v1.NotifyService", notify_pb2_grpc.add_NotifyServiceServicer_to_server, notebook
        ),
        Mount(
            "events.v1.EventService",
            events_pb2_grpc.add_EventServiceServicer_to_server,
            EventServicer(),
        ),
    ]
    return await serve("notify", mounts, database_url=schema_url)


@pytest.fixture(autouse=True)
def empty_tables(schema_url: str, notebook: Notebook) -> None:
    with psycopg.connect(schema_url, autocommit=True) as connection:
        connection.execute("TRUNCATE notify.note, notify.idempotency_key")
    notebook.entered.clear()
    notebook.may_go_on.set()


@pytest.fixture(scope="module")
def caller(served: Served) -> RpcCaller:
    return served.as_(MARKETING)


def notes(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("SELECT code FROM notify.note")]


def put(code: str, key: str = "k1") -> notify_pb2.PutTemplateRequest:
    return notify_pb2.PutTemplateRequest(
        idempotency_key=key, template=notify_pb2.Template(template_code=code)
    )


def keys_of(caller: RpcCaller) -> Any:
    return keys_pb2_grpc.KeyServiceStub(caller.channel("notify"))


async def refused(caller: RpcCaller, name: str, request: Message) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        await caller.call(name, request)
    return caught.value


async def test_the_same_call_twice_has_one_effect_and_one_answer(
    caller: RpcCaller, schema_url: str
) -> None:
    first = await caller.call(PUT, put("a"))
    second = await caller.call(PUT, put("a"))
    assert first == second == notify_pb2.Template(template_code="a", version=7)
    assert notes(schema_url) == ["a"]


async def test_a_key_used_for_another_request_is_refused(
    caller: RpcCaller, schema_url: str
) -> None:
    await caller.call(PUT, put("a"))
    error = await refused(caller, PUT, put("b"))
    assert isinstance(error, AlreadyExists)
    assert (error.reason, error.field) == ("IDEMPOTENCY_KEY_CONFLICT", "idempotency_key")
    assert notes(schema_url) == ["a"]


async def test_a_key_of_one_person_gives_nothing_to_another(
    served: Served, caller: RpcCaller
) -> None:
    await caller.call(PUT, put("a"))
    error = await refused(served.as_(Actor("pe_li")), PUT, put("a"))
    assert error.reason == "IDEMPOTENCY_KEY_CONFLICT"


async def test_under_a_closed_key_nothing_is_applied_however_late_it_comes(
    served: Served, caller: RpcCaller, schema_url: str
) -> None:
    system = served.as_(SYSTEM)
    for _ in range(2):  # asking again gives the same answer
        closed = await keys_of(system).CloseKey(keys_pb2.CloseKeyRequest(key="k1"))
        assert not closed.applied
    error = await refused(caller, PUT, put("a"))
    assert (error.reason, error.retryable) == ("IDEMPOTENCY_KEY_CLOSED", False)
    assert notes(schema_url) == []


async def test_a_key_that_was_used_tells_what_its_call_led_to(
    served: Served, caller: RpcCaller, schema_url: str
) -> None:
    made = await caller.call(PUT, put("a"))
    closed = await keys_of(served.as_(SYSTEM)).CloseKey(keys_pb2.CloseKeyRequest(key="k1"))
    assert closed.applied
    assert notify_pb2.Template.FromString(closed.response) == made
    assert await caller.call(PUT, put("a")) == made
    assert notes(schema_url) == ["a"]


async def test_a_key_whose_call_is_being_served_is_closed_when_that_is_over(
    served: Served, caller: RpcCaller, notebook: Notebook
) -> None:
    notebook.may_go_on.clear()
    first = asyncio.create_task(caller.call(PUT, put("a")))
    await notebook.entered.wait()
    with pytest.raises(ServiceError) as busy:
        await keys_of(served.as_(SYSTEM)).CloseKey(keys_pb2.CloseKeyRequest(key="k1"))
    assert busy.value.retryable
    notebook.may_go_on.set()
    await first
    closed = await keys_of(served.as_(SYSTEM)).CloseKey(keys_pb2.CloseKeyRequest(key="k1"))
    assert closed.applied


async def test_only_the_product_itself_closes_its_keys(caller: RpcCaller) -> None:
    with pytest.raises(PermissionDenied):
        await keys_of(caller).CloseKey(keys_pb2.CloseKeyRequest(key="k1"))


async def test_a_concurrent_duplicate_is_told_to_try_again(
    caller: RpcCaller, notebook: Notebook, schema_url: str
) -> None:
    notebook.may_go_on.clear()
    first = asyncio.create_task(caller.call(PUT, put("a")))
    await notebook.entered.wait()
    error = await refused(caller, PUT, put("a"))
    assert isinstance(error, Aborted)
    assert error.retryable
    notebook.may_go_on.set()
    await first
    assert await caller.call(PUT, put("a")) == await first
    assert notes(schema_url) == ["a"]


@pytest.mark.parametrize(
    ("key", "reason"),
    [("", "IDEMPOTENCY_KEY_MISSING"), ("k" * 256, "IDEMPOTENCY_KEY_TOO_LONG")],
)
async def test_a_mutating_call_needs_a_key(caller: RpcCaller, key: str, reason: str) -> None:
    error = await refused(caller, PUT, put("a", key))
    assert isinstance(error, InvalidArgument)
    assert (error.reason, error.field) == (reason, "idempotency_key")


async def test_a_typed_error_crosses_whole_and_leaves_nothing_behind(
    caller: RpcCaller, schema_url: str
) -> None:
    error = await refused(caller, PUT, put("typed"))
    assert isinstance(error, NotFound)
    assert (error.reason, error.field, error.details) == ("NOTE_MISSING", "template", {"a": "b"})
    assert notes(schema_url) == []
    again = await caller.call(PUT, put("a"))
    assert again == notify_pb2.Template(template_code="a", version=7), "the key is not used up"


async def test_text_that_no_row_can_hold_is_the_callers_mistake(
    caller: RpcCaller, schema_url: str
) -> None:
    error = await refused(caller, PUT, put("a\x00b"))
    assert isinstance(error, InvalidArgument)
    assert error.reason == "VALUE_NOT_STORABLE"
    assert notes(schema_url) == []


async def test_losing_a_race_for_a_name_is_worth_a_retry(
    caller: RpcCaller, schema_url: str
) -> None:
    with psycopg.connect(schema_url, autocommit=True) as connection:
        connection.execute("CREATE UNIQUE INDEX one_note ON notify.note (code)")
        connection.execute("INSERT INTO notify.note (code) VALUES ('taken')")
    error = await refused(caller, PUT, put("taken"))
    with psycopg.connect(schema_url, autocommit=True) as connection:
        connection.execute("DROP INDEX notify.one_note")
    assert isinstance(error, Aborted)
    assert error.reason == "WRITE_CONFLICT"


async def test_a_defect_tells_the_caller_only_a_reference(
    caller: RpcCaller, schema_url: str
) -> None:
    error = await refused(caller, PUT, put("defect"))
    assert isinstance(error, Internal)
    assert "err_" in error.message
    assert "secret" not in str(error)
    assert notes(schema_url) == []


async def test_a_reading_call_cannot_write(caller: RpcCaller, schema_url: str) -> None:
    error = await refused(caller, LIST, notify_pb2.ListTemplatesRequest())
    assert isinstance(error, Internal)
    assert notes(schema_url) == []


async def test_no_token_no_call(served: Served) -> None:
    error = await refused(served.as_(None), PUT, put("a"))
    assert isinstance(error, Unauthenticated)
    assert error.reason == "TOKEN_MISSING"


async def test_an_expired_token_is_refused(served: Served, signing: Signing) -> None:
    long_ago = FixedClock(SystemClock().now() - timedelta(hours=1))
    minter = TokenMinter(signing.minter._key, "tests", long_ago)
    caller = RpcCaller.connect({"notify": served.address}, minter, MARKETING)
    error = await refused(caller, PUT, put("a"))
    await caller.close()
    assert error.reason == "TOKEN_INVALID"


async def test_a_token_of_an_unknown_issuer_is_refused(served: Served, signing: Signing) -> None:
    minter = TokenMinter(signing.minter._key, "strangers", SystemClock())
    caller = RpcCaller.connect({"notify": served.address}, minter, MARKETING)
    error = await refused(caller, PUT, put("a"))
    await caller.close()
    assert error.reason == "TOKEN_INVALID"


async def test_a_service_that_is_down_is_unavailable_and_worth_a_retry() -> None:
    caller = RpcCaller.connect({"notify": "127.0.0.1:9"}, None)
    with pytest.raises(Unavailable) as caught:
        await caller.call(PUT, put("a"), deadline_seconds=2)
    await caller.close()
    assert caught.value.retryable


async def test_an_event_is_read_by_the_product_and_by_nobody_else(
    served: Served, caller: RpcCaller
) -> None:
    await caller.call(PUT, put("event-1", "e1"))
    response = await served.as_().call(READ, events_pb2.ReadEventsRequest(limit=1000))
    assert isinstance(response, events_pb2.ReadEventsResponse)
    event = [event for event in response.events if event.aggregate_id == "event-1"][-1]
    assert (event.case_id, event.acting_person_id) == ("ca_1", "pe_wang")
    assert event.payload.Is(notify_pb2.DeliveryChanged.DESCRIPTOR)
    after = await served.as_().call(READ, events_pb2.ReadEventsRequest(after=event.cursor))
    assert after == events_pb2.ReadEventsResponse()
    error = await refused(caller, READ, events_pb2.ReadEventsRequest())
    assert isinstance(error, PermissionDenied)


async def test_an_event_that_commits_late_is_not_skipped(
    served: Served, caller: RpcCaller, schema_url: str
) -> None:
    reader = served.as_()
    with psycopg.connect(schema_url) as slow:
        slow.execute(
            "INSERT INTO notify.domain_event (event_id, aggregate_type, aggregate_id,"
            " aggregate_sequence, occurred_at, case_id, acting_person_id, payload_type, payload)"
            " VALUES ('ev_late', 'note', 'late', 1, now(), '', 'pe_x', 'notify.v1.DeliveryChanged', '')"
        )
        await caller.call(PUT, put("early", "e2"))
        before = await reader.call(READ, events_pb2.ReadEventsRequest(limit=1000))
        slow.commit()
    assert isinstance(before, events_pb2.ReadEventsResponse)
    seen = [event.aggregate_id for event in before.events]
    assert "early" not in seen, "it waits behind the older transaction that is still open"
    cursor = before.events[-1].cursor if before.events else ""
    after = await reader.call(READ, events_pb2.ReadEventsRequest(after=cursor, limit=1000))
    assert isinstance(after, events_pb2.ReadEventsResponse)
    assert [event.aggregate_id for event in after.events] == ["late", "early"]


async def test_health_answers_without_a_token(served: Served) -> None:
    async with open_channel(served.address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        response = await stub.Check(
            health_pb2.HealthCheckRequest(service="notify.v1.NotifyService")
        )
    assert response.status == health_pb2.HealthCheckResponse.SERVING


async def test_reflection_lists_the_services(served: Served) -> None:
    async with grpc.aio.insecure_channel(served.address) as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        request = reflection_pb2.ServerReflectionRequest(list_services="")
        names = [
            service.name
            async for reply in stub.ServerReflectionInfo(iter([request]))
            for service in reply.list_services_response.service
        ]
    assert "notify.v1.NotifyService" in names
