"""The settlement schema in a database of its own, and the service called without a wire.

settlement_url   session   a migrated, empty database to copy with ``new_database(…, template=…)``
connection       function  a plain psycopg connection to a migrated database, rolled back
own_url          module    a migrated database of the module's own, empty at first
database         function  the service's connection to it
session          function  a transaction of the service there, rolled back
"""

from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db.migrate import migrate
from kit.db.session import Database
from tests.conftest import NewDatabase


@pytest.fixture(scope="session")
def settlement_url(new_database: NewDatabase) -> str:
    url = new_database("settlement")
    migrate(url, "settlement")
    return url


@pytest.fixture(scope="module")
def books_database(new_database: NewDatabase, settlement_url: str) -> str:
    return new_database("books", template=settlement_url)


@pytest.fixture
def connection(books_database: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(books_database, options="-c search_path=settlement") as made:
        yield made
        made.rollback()


@pytest.fixture(scope="module")
def own_url(new_database: NewDatabase, settlement_url: str) -> str:
    return new_database("own", template=settlement_url)


@pytest.fixture
async def database(own_url: str) -> AsyncIterator[Database]:
    made = Database.connect(own_url, "settlement", pool_size=2)
    yield made
    await made.close()


@pytest.fixture
async def session(database: Database) -> AsyncIterator[AsyncSession]:
    async with database.transaction() as made:
        yield made
        await made.rollback()
