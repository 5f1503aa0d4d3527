# ruff: noqa: N802 - gRPC method names
"""Calls whose deadline passes in the middle of a statement leave nothing open behind them."""

import asyncio
import gc
import time
from random import Random, SystemRandom
from typing import Any

import psycopg
import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InternalError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from kit.db.ddl import create_kit_tables
from kit.db.session import Database, current_session
from kit.errors import Aborted, Unavailable
from kit.rpc.client import RpcCaller
from kit.rpc.server import Mount
from protos.notify.v1 import notify_pb2, notify_pb2_grpc
from tests.conftest import NewDatabase
from tests.rpc.conftest import Serve

PUT = "notify.v1.NotifyService/PutTemplate"
LIST = "notify.v1.NotifyService/ListTemplates"
CALLS = 600
AT_ONCE = 60
#: What ``create_engine`` allows by default: the pool and as many again.
CONNECTIONS = 20


class SlowNotebook(notify_pb2_grpc.NotifyServiceServicer):
    """Takes its time between two statements, and in them."""

    def __init__(self) -> None:
        self.together: asyncio.Barrier | None = None

    async def PutTemplate(
        self, request: notify_pb2.PutTemplateRequest, context: Any
    ) -> notify_pb2.Template:
        session = current_session()
        code = request.template.template_code
        await session.execute(text("INSERT INTO note (code) VALUES (:code)"), {"code": code})
        await session.execute(text("SELECT pg_sleep(0.02)"))
        return notify_pb2.Template(template_code=code)

    async def ListTemplates(
        self, request: notify_pb2.ListTemplatesRequest, context: Any
    ) -> notify_pb2.ListTemplatesResponse:
        await current_session().execute(text("SELECT pg_sleep(0.02)"))
        if self.together is not None:
            await self.together.wait()
        return notify_pb2.ListTemplatesResponse()


@pytest.fixture(scope="module")
def notes_url(new_database: NewDatabase) -> str:
    url = new_database("cut_off")
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA notify"))
        connection.execute(text("SET LOCAL search_path = notify"))
        connection.execute(text("CREATE TABLE note (code text NOT NULL)"))
        with Operations.context(MigrationContext.configure(connection)):
            create_kit_tables()
    engine.dispose()
    return url


async def left_open(url: str) -> list[Any]:
    """Transactions and advisory locks of the service."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        transactions = await connection.execute(
            "SELECT pid, state, query FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name = 'gongdan-notify' AND xact_start IS NOT NULL"
        )
        found = await transactions.fetchall()
        locks = await connection.execute(
            "SELECT pid, mode, objid FROM pg_locks WHERE locktype = 'advisory'"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return found + await locks.fetchall()


async def try_call(caller: RpcCaller, chance: Random, limit: asyncio.Semaphore) -> bool:
    number = chance.randrange(CALLS // 4)  # some twice, so that one's key is the other's
    request = notify_pb2.PutTemplateRequest(
        idempotency_key=f"cut-{number}", template=notify_pb2.Template(template_code=f"n{number}")
    )
    async with limit:
        try:
            await caller.call(
                PUT, request, deadline_seconds=chance.choice((0.002, 0.02, 0.1, 0.3, 1.0))
            )
        except (Unavailable, Aborted):
            return False
    return True


async def test_calls_cut_off_at_any_moment_leave_no_transaction_lock_or_connection(
    serve: Serve, notes_url: str
) -> None:
    seed = SystemRandom().randrange(10**9)
    print("seed", seed)
    notebook = SlowNotebook()  # type: ignore[abstract]  # the RPCs it leaves out are not called
    mount = Mount(
        "notify.v1.NotifyService", notify_pb2_grpc.add_NotifyServiceServicer_to_server, notebook
    )
    caller = (await serve("notify", [mount], database_url=notes_url)).as_()
    limit = asyncio.Semaphore(AT_ONCE)
    answered = await asyncio.gather(
        *(try_call(caller, Random(f"{seed} {n}"), limit) for n in range(CALLS))
    )
    assert 0 < sum(answered) < CALLS, "some were cut off and some were not"

    async with asyncio.timeout(5):
        while await left_open(notes_url):  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(0.1)
    notebook.together = asyncio.Barrier(CONNECTIONS)
    async with asyncio.timeout(10):
        await asyncio.gather(
            *(caller.call(LIST, notify_pb2.ListTemplatesRequest()) for _ in range(CONNECTIONS))
        )
    async with await psycopg.AsyncConnection.connect(notes_url) as connection:
        cursor = await connection.execute(
            "SELECT (SELECT array_agg(code ORDER BY code) FROM notify.note),"
            " (SELECT array_agg('n' || substr(idempotency_key, 5) ORDER BY 'n' || substr(idempotency_key, 5))"
            " FROM notify.idempotency_key)"
        )
        row = await cursor.fetchone()
    assert row is not None
    assert row[0] == row[1], "each effect has its key, once"


async def test_who_finds_every_connection_taken_may_try_again(notes_url: str) -> None:
    url = make_url(notes_url).set(drivername="postgresql+psycopg")
    database = Database(create_async_engine(url, pool_size=1, max_overflow=0, pool_timeout=0.1))
    async with database.transaction() as session:
        await session.execute(text("SELECT 1"))
        with pytest.raises(Unavailable, match="DATABASE_UNAVAILABLE"):
            await database.ping()
    await database.close()


async def test_a_connection_that_died_while_it_rested_is_replaced_before_it_is_used(
    notes_url: str,
) -> None:
    database = Database.connect(notes_url, "notify", pool_size=2)
    async with database.transaction() as session:
        backend = await session.scalar(text("SELECT pg_backend_pid()"))
    async with await psycopg.AsyncConnection.connect(notes_url) as connection:
        await connection.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
    await asyncio.sleep(1.1)  # it has rested
    async with database.transaction(read_only=True) as session:
        assert await session.scalar(text("SELECT pg_backend_pid()")) != backend
    await database.close()


async def test_a_transaction_that_stood_idle_for_too_long_may_be_tried_again(
    notes_url: str,
) -> None:
    database = Database.connect(notes_url, "notify", pool_size=1)

    async def stand_idle() -> None:
        async with database.transaction() as session:
            await session.execute(text("SET idle_in_transaction_session_timeout = 50"))
            await asyncio.sleep(0.5)
            await session.execute(text("SELECT 1"))

    with pytest.raises(Unavailable, match="DATABASE_UNAVAILABLE"):
        await stand_idle()
    await database.ping()
    await database.close()


async def test_a_transaction_that_is_given_up_at_any_turn_gives_its_connection_back(
    notes_url: str,
) -> None:
    database = Database.connect(notes_url, "public")

    async def look() -> None:
        async with database.transaction(read_only=True) as session:
            await session.execute(text("SELECT 1"))

    async def write() -> None:
        async with database.transaction() as session:
            await session.execute(text("CREATE TEMPORARY TABLE IF NOT EXISTS seen (n int)"))

    assert isinstance(database.engine.pool, AsyncAdaptedQueuePool)
    for turns in range(12):
        await write()  # so that the connection is one that was written by
        time.sleep(0.05)  # noqa: ASYNC251 - a busy loop, in which the driver lets others go first
        looking = asyncio.create_task(look())
        for _ in range(turns):
            await asyncio.sleep(0)
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
        assert database.engine.pool.checkedout() == 0
        gc.collect()  # a connection that nobody gave back is complained of here
    await database.close()


async def test_a_read_only_transaction_writes_nothing_and_the_next_one_may(notes_url: str) -> None:
    database = Database.connect(notes_url, "public", pool_size=1)
    with pytest.raises(InternalError, match="read-only"):
        async with database.transaction(read_only=True) as session:
            await session.execute(text("CREATE TABLE never (n int)"))
    async with database.transaction() as session:
        await session.execute(text("CREATE TEMPORARY TABLE now (n int)"))
    async with database.reading():
        assert await current_session().scalar(text("SHOW transaction_read_only")) == "on"
    await database.close()
