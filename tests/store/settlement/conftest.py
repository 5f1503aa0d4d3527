"""The settlement schema in a database of its own, and the service called without a wire.

settlement_url   session   a migrated, empty database to copy with ``new_database(…, template=…)``
connection       function  a plain psycopg connection to a migrated database, rolled back
"""

from collections.abc import Iterator

import psycopg
import pytest

from kit.db.migrate import migrate
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
