"""The baseline of stored quotes: the same rows inserted bare, as durable, with the same indexes.

What the service wrote for some quotes is read back and inserted into tables like those it wrote to,
without its triggers and references: either one transaction a quote over as many connections as the
service has, or all of it by COPY in one transaction.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from psycopg import sql

#: The tables that a stored quote has a row in.
_TABLES: Final = ("quote", "domain_event", "idempotency_key")
_CONNECTIONS: Final = 20

Rows = Sequence[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Written:
    """The rows that quotes left behind, by table, each quote's at the same place."""

    columns: Mapping[str, Sequence[str]]
    rows: Mapping[str, Rows]

    @property
    def quotes(self) -> int:
        """How many quotes they are of."""
        return len(self.rows["quote"])


def read_back(database_url: str) -> Written:
    """What stands in the tables; makes the bare ones beside them."""
    columns, rows = {}, {}
    with psycopg.connect(database_url, options="-c search_path=pricing") as connection:
        for table in _TABLES:
            cursor = connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table)))
            columns[table] = [column.name for column in cursor.description or ()]
            rows[table] = cursor.fetchall()
            connection.execute(
                sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING INDEXES INCLUDING CONSTRAINTS)").format(
                    _bare(table), sql.Identifier(table)
                )
            )
    return Written(columns, rows)


async def one_by_one(database_url: str, written: Written) -> float:
    """Quotes a second where each is a transaction of its own."""
    connections = [await _connect(database_url) for _ in range(_CONNECTIONS)]
    waiting = iter(range(written.quotes))
    inserts = {table: _insert(table, written.columns[table]) for table in _TABLES}

    async def writer(connection: psycopg.AsyncConnection[Any]) -> None:
        for number in waiting:
            async with connection.transaction(), connection.pipeline():
                for table, insert in inserts.items():
                    row = written.rows[table][number]
                    await connection.execute(insert, row, prepare=True)

    began = time.perf_counter()
    await asyncio.gather(*map(writer, connections))
    seconds = time.perf_counter() - began
    await _empty(connections)
    return written.quotes / seconds


async def at_once(database_url: str, written: Written) -> float:
    """Quotes a second by COPY, in one transaction."""
    connection = await _connect(database_url)
    began = time.perf_counter()
    async with connection.transaction(), connection.cursor() as cursor:
        for table in _TABLES:
            names = sql.SQL(", ").join(map(sql.Identifier, written.columns[table]))
            copying = sql.SQL("COPY {} ({}) FROM STDIN").format(_bare(table), names)
            async with cursor.copy(copying) as copy:
                for row in written.rows[table]:
                    await copy.write_row(row)
    seconds = time.perf_counter() - began
    await _empty([connection])
    return written.quotes / seconds


async def _connect(database_url: str) -> psycopg.AsyncConnection[Any]:
    return await psycopg.AsyncConnection.connect(
        database_url, autocommit=True, options="-c search_path=pricing"
    )


async def _empty(connections: Sequence[psycopg.AsyncConnection[Any]]) -> None:
    names = sql.SQL(", ").join(map(_bare, _TABLES))
    await connections[0].execute(sql.SQL("TRUNCATE {}").format(names))
    for connection in connections:
        await connection.close()


def _bare(table: str) -> sql.Identifier:
    return sql.Identifier(f"bare_{table}")


def _insert(table: str, columns: Sequence[str]) -> sql.Composed:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    values = sql.SQL(", ").join(sql.Placeholder() * len(columns))
    return sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(_bare(table), names, values)
