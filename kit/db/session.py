"""One RPC is one transaction: opened and committed by the interceptor, never by a store."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Final, cast

from psycopg.errors import IdleInTransactionSessionTimeout, UniqueViolation
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import (
    DataError,
    IntegrityError,
    InternalError,
    InvalidatePoolError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as NoFreeConnectionError
from sqlalchemy.ext import asyncio as sqlalchemy_asyncio
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
)
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from kit.errors import Aborted, InvalidArgument, Unavailable

#: Shorter than an RPC's deadline, which is shorter than an activity's time-out.
STATEMENT_TIMEOUT_MS: Final = 5_000
_RESTED_SECONDS: Final = 1.0
_RESTS_SINCE: Final = "rests since"


class _Session:
    """The session of an RPC, made when it is first asked for: not every one asks the database."""

    def __init__(self, make: Callable[[], AsyncSession]) -> None:
        self._make = make
        self._made: AsyncSession | None = None

    def get(self) -> AsyncSession:
        """The session."""
        if self._made is None:
            self._made = self._make()
        return self._made

    async def close(self) -> None:
        """End it, if there is one."""
        if self._made is not None:
            await asyncio.shield(self._made.close())


_session: ContextVar[_Session] = ContextVar("session")


def current_session() -> AsyncSession:
    """The session of the RPC being served. Flush it if you must; never commit it."""
    return _session.get().get()


def create_engine(database_url: str, schema: str, pool_size: int = 10) -> AsyncEngine:
    """An engine whose connections see one service's schema.

    A dead server is noticed in seconds: psycopg alone would wait ten more to cancel a query. A
    connection that has rested is asked whether it lives before it is used; to ask one that was used a
    moment ago would cost a tenth of most calls.
    """
    url = make_url(database_url).set(drivername="postgresql+psycopg")
    # By the module's attribute, which is what the tracing library replaces.
    engine = sqlalchemy_asyncio.create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=5,
        connect_args={
            "application_name": f"gongdan-{schema}",
            "connect_timeout": 5,
            "tcp_user_timeout": 2_500,
            "keepalives_idle": 5,
            "options": f"-c search_path={schema} -c statement_timeout={STATEMENT_TIMEOUT_MS}"
            " -c timezone=UTC -c idle_in_transaction_session_timeout=30000",
        },
    )
    _ask_when_rested(engine.sync_engine)
    return engine


def _ask_when_rested(engine: Engine) -> None:
    @event.listens_for(engine, "checkin")
    def rests(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info[_RESTS_SINCE] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def is_taken(
        connection: DBAPIConnection, record: ConnectionPoolEntry, _fairy: PoolProxiedConnection
    ) -> None:
        since = record.info.pop(_RESTS_SINCE, None)
        if since is None or time.monotonic() - since < _RESTED_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error  # and with it all that are as old


class _Writing(Session):
    """A session whose transactions may write."""


class _Reading(Session):
    """A session whose transactions may not."""


@event.listens_for(_Writing, "after_begin")
@event.listens_for(_Reading, "after_begin")
def _say_whether_it_writes(
    session: Session, _transaction: SessionTransaction, connection: Connection
) -> None:
    # Not by the engine's option for this: a call cut off while that is set loses its connection, which
    # nobody holds yet. Here the session holds it.
    reads_only = isinstance(session, _Reading)
    dialect, raw = cast(PGDialect, connection.dialect), connection.connection.dbapi_connection
    if bool(dialect.get_readonly(raw)) != reads_only:  # type: ignore[no-untyped-call]  # no types
        dialect.set_readonly(raw, reads_only)  # type: ignore[no-untyped-call]  # upstream


class Database:
    """A process's way to its schema."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._sessions, self._reading_sessions = (
            async_sessionmaker(engine, expire_on_commit=False, sync_session_class=kind)
            for kind in (_Writing, _Reading)
        )

    @classmethod
    def connect(cls, database_url: str, schema: str, pool_size: int = 10) -> Database:
        """Make the engine; connections are opened when first needed."""
        return cls(create_engine(database_url, schema, pool_size))

    @asynccontextmanager
    async def transaction(self, *, read_only: bool = False) -> AsyncIterator[AsyncSession]:
        """One transaction, committed at the end, rolled back on any error, and made the current
        session meanwhile. A connection is taken when the first statement needs it.

        Raises:
            Unavailable: ``DATABASE_UNAVAILABLE`` when PostgreSQL cannot be reached, gave up a
                statement or a transaction that stood idle, or resolved a deadlock against us, or when every connection stays taken.
            Aborted: ``WRITE_CONFLICT`` when another transaction took a unique name just before;
                the same call, tried again, sees what that one wrote.
            InvalidArgument: ``VALUE_NOT_STORABLE`` for what no row can hold, such as a NUL.
        """
        sessions = self._reading_sessions if read_only else self._sessions
        with _told_as_ours():
            async with sessions() as session, session.begin():
                token = _session.set(_Session(lambda: session))
                try:
                    yield session
                finally:
                    _session.reset(token)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """A read-only transaction for whoever asks for the current session meanwhile, if anybody does.

        Raises:
            ServiceError: as for ``transaction``.
        """
        current = _Session(self._reading_sessions)
        token = _session.set(current)
        with _told_as_ours():
            try:
                yield
            finally:
                _session.reset(token)
                await current.close()

    async def ping(self) -> None:
        """Raise ``Unavailable`` unless the database answers."""
        async with self.transaction(read_only=True) as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


def current_database() -> Database:
    """The way to the schema of the RPC being served, for work that goes on when it has ended."""
    return Database(cast(AsyncEngine, current_session().bind))


@contextmanager
def _told_as_ours() -> Iterator[None]:
    """What the database says, as our own errors."""
    try:
        yield
    except DataError as error:
        raise InvalidArgument(
            "VALUE_NOT_STORABLE", f"a value cannot be stored: {error.orig}"
        ) from error
    except IntegrityError as error:
        if not isinstance(error.orig, UniqueViolation):
            raise
        raise Aborted("WRITE_CONFLICT", "somebody wrote the same just now; try again") from error
    except (OperationalError, NoFreeConnectionError, InternalError) as error:
        if isinstance(error, InternalError) and not isinstance(
            error.orig, IdleInTransactionSessionTimeout
        ):
            raise
        raise Unavailable(
            "DATABASE_UNAVAILABLE", "the database does not answer; try again shortly"
        ) from error
