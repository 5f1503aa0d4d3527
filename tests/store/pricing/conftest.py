"""The pricing schema, migrated once; `session` is a transaction of it, rolled back."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db.migrate import migrate
from kit.db.session import Database
from services.pricing.tables import ItemRow
from tests.conftest import NewDatabase


def item_row(item_code: str, **changes: object) -> ItemRow:
    return ItemRow(
        **{
            "item_code": item_code,
            "catalogue": "project_library",
            "name": "项目",
            "unit": "次",
            "parent_item_code": None,
            "variant_of_item_code": None,
            "variant_options": {},
            "fields": {},
            "pictures": [],
            "description": "",
            "brand": "",
            "model": "",
            "spec": "",
            "revision": 1,
            "retired_at": None,
            **changes,
        }
    )


@pytest.fixture(scope="session")
async def database(new_database: NewDatabase) -> AsyncIterator[Database]:
    url = new_database("pricing")
    migrate(url, "pricing")
    made = Database.connect(url, "pricing")
    yield made
    await made.close()


@pytest.fixture
async def session(database: Database) -> AsyncIterator[AsyncSession]:
    async with AsyncSession(database.engine, expire_on_commit=False) as made, made.begin():
        yield made
        await made.rollback()
