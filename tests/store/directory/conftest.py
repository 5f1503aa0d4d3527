"""The directory schema, migrated once; `session` is a transaction of it, rolled back."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db.migrate import migrate
from kit.db.session import Database
from tests.conftest import NewDatabase


@pytest.fixture(scope="session")
async def database(new_database: NewDatabase) -> AsyncIterator[Database]:
    url = new_database("directory")
    migrate(url, "directory")
    made = Database.connect(url, "directory")
    yield made
    await made.close()


@pytest.fixture
async def session(database: Database) -> AsyncIterator[AsyncSession]:
    async with AsyncSession(database.engine, expire_on_commit=False) as made, made.begin():
        yield made
        await made.rollback()
