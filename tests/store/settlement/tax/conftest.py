"""Tax on a database of its own.

session   function   a transaction of the service, rolled back
"""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db.session import Database
from tests.conftest import NewDatabase


@pytest.fixture(scope="module")
def tax_url(new_database: NewDatabase, settlement_url: str) -> str:
    return new_database("tax", template=settlement_url)


@pytest.fixture
async def database(tax_url: str) -> AsyncIterator[Database]:
    made = Database.connect(tax_url, "settlement", pool_size=2)
    yield made
    await made.close()


@pytest.fixture
async def session(database: Database) -> AsyncIterator[AsyncSession]:
    async with database.transaction() as made:
        yield made
        await made.rollback()
