"""The rows that commands write, and inserting just them: one transaction a command, in one go.

What a command wrote is told by the transactions that the rows are of, so that nothing is declared twice.
Rows go into tables with the same columns, checks and indexes, without triggers and references.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any, Final

import psycopg
from psycopg import sql

_TABLES: Final = (
    "SELECT relname FROM pg_class WHERE relnamespace = 'workorder'::regnamespace"
    " AND relkind = 'r' AND relname <> 'alembic_version' ORDER BY relname"
)
_COLUMNS: Final = (
    "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
    " AND NOT attisdropped AND attgenerated = '' ORDER BY attnum"
)


class Written:
    """What each command wrote, kept aside, to be inserted again."""

    def __init__(self, database_url: str, callers: int) -> None:
        self._url = database_url
        self._callers = callers
        self._inserts: dict[str, list[tuple[str, sql.Composed]]] = {}

    def begin(self) -> int:
        """The number of a transaction before all that follow."""
        with psycopg.connect(self._url) as connection:
            return int(self._one(connection, "SELECT pg_current_xact_id()::text::bigint"))

    def keep(self, command: str, since: int, commands: int) -> None:
        """Put aside the rows that were written since, dealt out over the commands.

        Args:
            commands: how many there were.
        """
        with psycopg.connect(self._url) as connection:
            connection.execute("CREATE SCHEMA IF NOT EXISTS written")
            connection.execute("CREATE SCHEMA IF NOT EXISTS plain")
            self._inserts[command] = [
                (table, insert)
                for (table,) in connection.execute(_TABLES).fetchall()
                if (insert := _kept(connection, command, table, since, commands)) is not None
            ]

    def rows_of(self, command: str) -> str:
        """Into which tables a command writes."""
        return ", ".join(table for table, _ in self._inserts[command])

    async def run(self, command: str, commands: int) -> float:
        """Insert the rows of all commands anew; give how many commands' in a second."""
        with psycopg.connect(self._url) as connection:
            for table, _ in self._inserts[command]:
                name = sql.Identifier("plain", table)
                connection.execute(sql.SQL("TRUNCATE {}").format(name))
        waiting = iter(range(commands))
        opened = [
            await psycopg.AsyncConnection.connect(self._url, autocommit=True)
            for _ in range(self._callers)
        ]
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for each in opened:
                group.create_task(self._caller(each, command, waiting))
        taken = time.perf_counter() - began
        for each in opened:
            await each.close()
        return commands / taken

    async def _caller(
        self, connection: psycopg.AsyncConnection[Any], command: str, waiting: Iterator[int]
    ) -> None:
        for number in waiting:
            async with connection.pipeline(), connection.transaction():
                for _, insert in self._inserts[command]:
                    await connection.execute(insert, (number,), prepare=True)

    def _one(self, connection: psycopg.Connection[Any], query: str) -> Any:
        row = connection.execute(query.encode()).fetchone()
        assert row is not None
        return row[0]


def _kept(
    connection: psycopg.Connection[Any], command: str, table: str, since: int, commands: int
) -> sql.Composed | None:
    live, plain = sql.Identifier("workorder", table), sql.Identifier("plain", table)
    kept = sql.Identifier("written", f"{command.lower()}_{table}")
    count = connection.execute(
        sql.SQL(
            "CREATE TABLE {} AS SELECT (row_number() OVER () - 1) % {} AS of_command, live.*"
            " FROM {} AS live WHERE xmin::text::bigint >= {}"
        ).format(kept, sql.Literal(commands), live, sql.Literal(since))
    ).rowcount
    if not count:
        connection.execute(sql.SQL("DROP TABLE {}").format(kept))
        return None
    connection.execute(sql.SQL("CREATE INDEX ON {} (of_command)").format(kept))
    connection.execute(sql.SQL("ANALYZE {}").format(kept))
    connection.execute(
        sql.SQL("CREATE TABLE IF NOT EXISTS {} (LIKE {} INCLUDING ALL)").format(plain, live)
    )
    names = connection.execute(_COLUMNS, (f"workorder.{table}",)).fetchall()
    columns = sql.SQL(", ").join(sql.Identifier(name) for (name,) in names)
    return sql.SQL(
        "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {} WHERE of_command = %s"
    ).format(plain, columns, columns, kept)
