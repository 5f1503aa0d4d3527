"""Fills the read model's tables by COPY, with the secondary indexes made afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb
from rich.console import Console
from sqlalchemy import inspect
from sqlalchemy.dialects.postgresql import JSONB

from bench.cases.company import NOW, Company
from kit.db.migrate import migrate
from workflows.cases.tables import CaseRow, UserTaskRow
from workflows.tables import Base

_TABLES: Final = ("case", "user_task", "act")
#: Of every case, beside the act that started it.
_ACTS_EACH: Final = 4


def fill(database_url: str, company: Company) -> None:
    """Migrate an empty database and fill it; says how long each part took."""
    migrate(database_url, "flows")
    options = "-c search_path=flows -c maintenance_work_mem=512MB"
    with psycopg.connect(database_url, options=options, autocommit=True) as connection:
        with _without_indexes(connection):
            with _told("patterns"):
                _copy_patterns(connection, company)
            with _told("cases and user tasks"):
                _make_alike(connection, company)
            with _told("acts"):
                _make_acts(connection)
        with _told("vacuum and analyze"):
            connection.execute("VACUUM (ANALYZE)")


def _copy_patterns(connection: psycopg.Connection[Any], company: Company) -> None:
    tasks: list[UserTaskRow] = []
    columns = _columns(CaseRow)
    with connection.cursor() as cursor, cursor.copy(_copying("case", columns)) as copy:
        for case, task in company.rows():
            copy.write_row([_stored(case, column) for column in columns])
            if task is not None:
                tasks.append(task)
    _tell_recorders(connection)
    columns = _columns(UserTaskRow)
    with connection.cursor() as cursor, cursor.copy(_copying("user_task", columns)) as copy:
        for task in tasks:
            copy.write_row([_stored(task, column) for column in columns])


def _make_alike(connection: psycopg.Connection[Any], company: Company) -> None:
    """Cases like the patterns, each with an id and a start of its own."""
    # No id that was drawn has a u in it.
    case_id = "left(case_id, -2) || 'u' || to_hex(n)"
    own = {
        "case_id": case_id,
        "workflow_id": f"'case:' || {case_id}",
        "started_at": "started_at + n * %(spacing)s",
        "terms": "array_remove(array_remove(terms, 'id:' || case_id), 'id:' || right(case_id, 8))"
        f" || ARRAY['id:' || {case_id}, 'id:' || right({case_id}, 8)]",
    }
    _repeat(connection, "case", _columns(CaseRow), own, company)
    _tell_recorders(connection)
    own = {name: own[name] for name in ("case_id", "workflow_id")}
    _repeat(connection, "user_task", _columns(UserTaskRow), own, company)


def _repeat(
    connection: psycopg.Connection[Any],
    table: str,
    columns: list[Any],
    own: dict[str, str],
    company: Company,
) -> None:
    names = ", ".join(column.name for column in columns)
    values = ", ".join(own.get(column.name, column.name) for column in columns)
    statement = (
        f'INSERT INTO "{table}" ({names}) SELECT {values}'  # noqa: S608 - of our own words
        f' FROM "{table}", generate_series(1, %(more)s) AS n ORDER BY {columns[0].name}'
    )
    connection.execute(
        statement.encode(),
        {"more": company.alike - 1, "spacing": company.spacing},
    )


def _tell_recorders(connection: psycopg.Connection[Any]) -> None:
    connection.execute(
        'INSERT INTO case_recorder SELECT workflow_id, case_id, revision FROM "case"'
        " ON CONFLICT DO NOTHING"
    )


def _make_acts(connection: psycopg.Connection[Any]) -> None:
    """Several of each case, in the order of time, by those who are drawn from the case's own id."""
    connection.execute(
        """
        INSERT INTO act (case_id, act_key, node, user_task_id, verb, acting_person_id, acted_at,
                         comment, origin, origin_detail, before, after)
        SELECT case_id, 'k' || n, 'node_0' || n, 'node_0' || n || '/1',
               (ARRAY['complete', 'claim', 'transfer', 'urge', 'comment'])[1 + drawn %% 5],
               'pe_' || lpad((drawn %% 2000)::text, 4, '0'),
               least(started_at + n * interval '8 hours', %(now)s), '', 'console',
               'Chrome · Windows · 203.0.113.0/24', '{"revision": 1}', '{"closed": true}'
          FROM "case", generate_series(1, %(each)s) AS n,
               LATERAL (SELECT abs(hashtext(case_id || n)) AS drawn) AS chance
         ORDER BY started_at, n
        """,
        {"now": NOW, "each": _ACTS_EACH},
    )


def _columns(kind: type[Base]) -> list[Any]:
    return [column for column in inspect(kind).columns if column.computed is None]


def _copying(table: str, columns: list[Any]) -> sql.Composed:
    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in columns)
    return sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)


def _stored(row: Base, column: Any) -> Any:
    value = getattr(row, column.name)
    return Jsonb(value) if isinstance(column.type, JSONB) and value is not None else value


@contextmanager
def _without_indexes(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """The tables without their secondary indexes until the block ends."""
    found = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes"
        " WHERE schemaname = 'flows' AND tablename = ANY(%s) AND indexname LIKE 'ix\\_%%'",
        [list(_TABLES)],
    ).fetchall()
    for name, _ in found:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    yield
    for name, definition in found:
        with _told(name):
            connection.execute(definition)


@contextmanager
def _told(what: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    Console(stderr=True).print(f"  {what}: {time.perf_counter() - began:.1f} s", style="dim")
