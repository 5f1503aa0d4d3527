"""One RPC is one transaction: opened and committed by the interceptor, never by a store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Final

from psycopg.errors import UniqueViolation
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as NoFreeConnectionError
from sqlalchemy.ext import asyncio as sqlalchemy_asyncio
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
)

from kit.errors import Aborted, InvalidArgument, Unavailable

#: Shorter than an RPC's deadline, which is shorter than an activity's time-out.
STATEMENT_TIMEOUT_MS: Final = 5_000

_session: ContextVar[AsyncSession] = ContextVar("session")


def current_session() -> AsyncSession:
    """The session of the RPC being served. Flush it if you must; never commit it."""
    return _session.get()


def create_engine(database_url: str, schema: str, pool_size: int = 10) -> AsyncEngine:
    """An engine whose connections see one service's schema.

    A dead server is noticed in seconds: psycopg alone would wait ten more to cancel a query.
    """
    url = make_url(database_url).set(drivername="postgresql+psycopg")
    # By the module's attribute, which is what the tracing library replaces.
    return sqlalchemy_asyncio.create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
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


class Database:
    """A process's way to its schema."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._sessions = async_sessionmaker(engine, expire_on_commit=False)
        reading = engine.execution_options(postgresql_readonly=True)
        self._reading_sessions = async_sessionmaker(reading, expire_on_commit=False)

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
                statement, or resolved a deadlock against us, or when every connection stays taken.
            Aborted: ``WRITE_CONFLICT`` when another transaction took a unique name just before;
                the same call, tried again, sees what that one wrote.
            InvalidArgument: ``VALUE_NOT_STORABLE`` for what no row can hold, such as a NUL.
        """
        try:
            sessions = self._reading_sessions if read_only else self._sessions
            async with sessions() as session, session.begin():
                token = _session.set(session)
                try:
                    yield session
                finally:
                    _session.reset(token)
        except DataError as error:
            raise InvalidArgument(
                "VALUE_NOT_STORABLE", f"a value cannot be stored: {error.orig}"
            ) from error
        except IntegrityError as error:
            if not isinstance(error.orig, UniqueViolation):
                raise
            raise Aborted(
                "WRITE_CONFLICT", "somebody wrote the same just now; try again"
            ) from error
        except (OperationalError, NoFreeConnectionError) as error:
            raise Unavailable(
                "DATABASE_UNAVAILABLE", "the database does not answer; try again shortly"
            ) from error

    async def ping(self) -> None:
        """Raise ``Unavailable`` unless the database answers."""
        async with self.transaction(read_only=True) as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()
