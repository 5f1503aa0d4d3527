"""What every test may ask for. Everything real, nothing mocked, nothing left behind.

`make test` runs two modules at a time, each process with servers of its own for its session;
`make test ARGS="-n 0"` runs one after the other.

PostgreSQL (one throw-away cluster a test run, or the server named by DATABASE_URL_TEST):
    postgres_url    session   the address of an empty database `gongdan`, as postgresql://…
    new_database    session   new_database("pricing") -> the address of a new, empty database.
                              Cheap (about 30 ms). new_database("x", template=url) copies another
                              one, migrated and idle: prepare once a session, copy for each test.
    database_url    module    a new, empty database for each test module

Temporal (installed servers, nothing is downloaded; tests run on the session's loop):
    temporal_dev_server   session   a WorkflowEnvironment on the real server, real time, with the
                                    product's search attributes registered
                                    (a worker of cases on it ends with its module or package:
                                    two would take each other's cases)
    time_skipping_env     module    a WorkflowEnvironment on the time-skipping server; its clock
                                    is one for all that use it, so one a module
    Another data converter: Client(**{**env.client.config(), "data_converter": converter}), which
    keeps the interceptor that skips time.
"""

import itertools
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import hypothesis
import psycopg
import pytest
from psycopg import sql
from temporalio.testing import WorkflowEnvironment

from stack import postgres
from stack.temporal import QUICK_FLAGS, SEARCH_ATTRIBUTE_FLAGS

# Time says nothing about a property on a machine that others share.
hypothesis.settings.register_profile(
    "shared", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("shared")

LONGEST_TEST_SECONDS = 300
PROGRAMS = Path(sys.executable).parent
START_TIMEOUT = timedelta(seconds=60)  # busy machines are slow, not broken
NewDatabase = Callable[..., str]


@pytest.fixture(autouse=True)
def a_test_that_hangs_fails(request: pytest.FixtureRequest) -> Iterator[None]:
    # A module may say that its tests take longer.
    longest: int = getattr(request.module, "LONGEST_TEST_SECONDS", LONGEST_TEST_SECONDS)

    def give_up(*_: object) -> None:
        raise TimeoutError(f"the test took more than {longest} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(longest)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    given = os.environ.get("DATABASE_URL_TEST")
    if given:
        yield given
        return
    with postgres.throwaway() as cluster:
        yield cluster.url


@pytest.fixture(scope="session")
def new_database(postgres_url: str) -> Iterator[NewDatabase]:
    made: list[str] = []
    numbers = itertools.count(1)
    with psycopg.connect(postgres_url, autocommit=True) as server:

        def create(name: str, *, template: str = "template0") -> str:
            readable = re.sub(r"\W+", "_", name)[-40:]
            database = f"test_{os.getpid()}_{next(numbers)}_{readable}"
            source = urlsplit(template).path.lstrip("/") or template
            server.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                    sql.Identifier(database), sql.Identifier(source)
                )
            )
            made.append(database)
            return urlsplit(postgres_url)._replace(path=f"/{database}").geturl()

        yield create
        for database in made:
            server.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database))
            )


@pytest.fixture(scope="module")
def database_url(new_database: NewDatabase, request: pytest.FixtureRequest) -> str:
    return new_database(request.module.__name__)


@pytest.fixture(scope="session")
async def temporal_dev_server() -> AsyncIterator[WorkflowEnvironment]:
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(PROGRAMS / "temporal"),
        dev_server_log_level="error",
        dev_server_startup_timeout=START_TIMEOUT,
        dev_server_extra_args=[*QUICK_FLAGS, *SEARCH_ATTRIBUTE_FLAGS],
    ) as environment:
        yield environment


@pytest.fixture(scope="module")
async def time_skipping_env() -> AsyncIterator[WorkflowEnvironment]:
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(PROGRAMS / "temporal-test-server"),
        test_server_startup_timeout=START_TIMEOUT,
    ) as environment:
        yield environment
