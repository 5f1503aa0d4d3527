"""What the database itself keeps true of published flows and of the audit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import errors

from kit.db.migrate import migrate
from tests.conftest import NewDatabase

VERSION = """
    INSERT INTO flows.flow_version VALUES ('measure', %s, '量房', %s, '', 'source', now(), 'pe_1')
"""


@pytest.fixture(scope="module")
def url(new_database: NewDatabase) -> str:
    made = new_database("flows")
    migrate(made, "flows")
    return made


@pytest.fixture
def database(url: str) -> Iterator[psycopg.Connection]:
    connection = psycopg.connect(url)
    yield connection
    connection.rollback()
    connection.close()


def plan(database: psycopg.Connection, content: bytes = b"{}") -> str:
    plan_hash = hashlib.sha256(content).hexdigest()
    database.execute("INSERT INTO flows.plan VALUES (%s, %s)", (plan_hash, content))
    return plan_hash


def test_a_plan_stands_under_its_own_hash_or_not_at_all(database: psycopg.Connection) -> None:
    with pytest.raises(errors.CheckViolation):
        database.execute("INSERT INTO flows.plan VALUES (%s, %s)", ("0" * 64, b"{}"))


def test_a_plan_is_never_deleted(database: psycopg.Connection) -> None:
    plan(database)
    with pytest.raises(errors.RestrictViolation):
        database.execute("DELETE FROM flows.plan")


def test_a_version_follows_the_one_before_it(database: psycopg.Connection) -> None:
    plan_hash = plan(database)
    database.execute(VERSION, (1, plan_hash))
    with pytest.raises(errors.CheckViolation):
        database.execute(VERSION, (3, plan_hash))


def test_a_published_version_is_never_changed(database: psycopg.Connection) -> None:
    database.execute(VERSION, (1, plan(database)))
    with pytest.raises(errors.RestrictViolation):
        database.execute("UPDATE flows.flow_version SET source = 'other'")


def test_an_act_is_never_changed_nor_written_twice(database: psycopg.Connection) -> None:
    written = """
        INSERT INTO flows.act (case_id, act_key, node, user_task_id, verb, acting_person_id,
                               acted_at, comment, origin, before, after)
        VALUES ('ca_1', 'k', 'n', 't', 'claim', 'pe_1', now(), '', '', '{}', '{}')
    """
    database.execute(written)
    with pytest.raises(errors.RestrictViolation), database.transaction():
        database.execute("DELETE FROM flows.act")
    with pytest.raises(errors.UniqueViolation):
        database.execute(written)
