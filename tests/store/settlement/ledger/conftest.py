"""The ledger's store on a database of its own.

ledger_database   module     a migrated database, empty at first
session           function   a transaction of the service, rolled back
"""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db.session import Database
from tests.conftest import NewDatabase


@pytest.fixture(scope="module")
def ledger_url(new_database: NewDatabase, settlement_url: str) -> str:
    return new_database("ledger", template=settlement_url)


@pytest.fixture
async def database(ledger_url: str) -> AsyncIterator[Database]:
    made = Database.connect(ledger_url, "settlement", pool_size=1)
    yield made
    await made.close()


@pytest.fixture
async def session(database: Database) -> AsyncIterator[AsyncSession]:
    async with database.transaction() as made:
        yield made
        await made.rollback()
