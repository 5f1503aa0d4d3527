"""The directory schema, migrated once; `session` is a transaction of it, rolled back."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db.migrate import migrate
from kit.db.session import Database
from services.directory.tables.people import DepartmentMemberRow, PersonRow
from tests.conftest import NewDatabase

NOW = datetime(2026, 3, 2, tzinfo=UTC)


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


def person(
    person_id: str,
    *roles: str,
    departments: tuple[str, ...] = (),
    left_at: datetime | None = None,
    **more: str,
) -> PersonRow:
    return PersonRow(
        person_id=person_id,
        display_name="某人",
        roles=list(roles),
        region_adcodes=[],
        left_at=left_at,
        memberships=[
            DepartmentMemberRow(person_id=person_id, department_id=department_id, rank=rank)
            for rank, department_id in enumerate(departments)
        ],
        **more,
    )
