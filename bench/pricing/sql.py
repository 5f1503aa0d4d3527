"""The baseline SQL: one look-up a price in PostgreSQL, written as well as we can.

Numbers instead of codes, one covering index that answers without the table, a prepared statement
with a plan made once, binary parameters and results, one synchronous connection. How the places
above the asker's get into the query is tried both ways on the very data; the faster one is the
baseline.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import psycopg
from psycopg import sql

from bench.pricing import places
from bench.pricing.book import Row
from bench.pricing.questions import Question

_COLUMNS: Final = ("number", *Row._fields)
_PRICED: Final = sql.SQL(
    "rate.item = %(item)s::int AND rate.mode IN (0, %(mode)s::int)"
    " AND rate.level IN (0, %(level)s::int)"
    " AND %(day)s::int BETWEEN rate.first_day AND rate.last_day"
    " ORDER BY rate.mode = 0, rate.level = 0, rate.place DESC, rate.first_day = 1 LIMIT 1"
)
#: Places of one path are numbered so that the finer one is the larger.
WAYS: Final = {
    "array": sql.SQL(
        "SELECT number, list_price, settlement_price FROM {rate} AS rate"
        " WHERE rate.place = ANY(%(path)s::int[]) AND {priced}"
    ),
    "recursive": sql.SQL(
        "WITH RECURSIVE path (place) AS (SELECT %(circle)s::int UNION ALL"
        " SELECT above.parent FROM path JOIN place AS above USING (place)"
        " WHERE above.parent IS NOT NULL)"
        " SELECT number, list_price, settlement_price FROM path JOIN {rate} AS rate USING (place)"
        " WHERE {priced}"
    ),
}
_TRIED: Final = 500

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]


class Found(NamedTuple):
    """The rate that was found: its number in the book and its prices."""

    rate: int
    list_price: int
    settlement_price: int


class LookUp:
    """Look up prices in one table of rates, one statement a price."""

    def __init__(self, connection: Connection, table: str, way: str) -> None:
        self._cursor = connection.cursor(binary=True)
        query = WAYS[way].format(rate=sql.Identifier(table), priced=_PRICED)
        self._query = query.as_bytes(connection)

    def __call__(self, parameters: dict[str, Any]) -> Found:
        """The rate that answers."""
        row = self._cursor.execute(self._query, parameters, prepare=True).fetchone()
        assert row is not None, "every item has a price in the whole country"
        return Found(*row)


def connect(database_url: str) -> Connection:
    """A connection that plans each statement once."""
    return psycopg.connect(
        database_url, autocommit=True, options="-c plan_cache_mode=force_generic_plan"
    )


def fill(connection: Connection, table: str, rows: Sequence[Row]) -> None:
    """Make a table of these rates with its index, and the table of places."""
    connection.execute("CREATE TABLE IF NOT EXISTS place (place int PRIMARY KEY, parent int)")
    name = sql.Identifier(table)
    connection.execute(
        sql.SQL(
            "CREATE TABLE {} (number int, item int, place int, mode int, level int,"
            " first_day int, last_day int, list_price bigint, settlement_price bigint)"
        ).format(name)
    )
    columns = sql.SQL(", ").join(sql.Identifier(column) for column in _COLUMNS)
    copying = sql.SQL("COPY {} ({}) FROM STDIN").format(name, columns)
    with connection.cursor() as cursor:
        if cursor.execute("SELECT FROM place LIMIT 1").fetchone() is None:
            with cursor.copy("COPY place FROM STDIN") as copy:
                for place in range(places.PLACES):
                    copy.write_row((place, places.parent_of(place) if place else None))
        with cursor.copy(copying) as copy:
            for number, row in enumerate(rows):
                copy.write_row((number, *row))
    connection.execute(
        sql.SQL(
            "CREATE UNIQUE INDEX ON {} (item, place, mode, level, first_day)"
            " INCLUDE (last_day, number, list_price, settlement_price)"
        ).format(name)
    )
    connection.execute("VACUUM (ANALYZE)")


def parameters_of(question: Question) -> dict[str, Any]:
    """What the statement reads of a question."""
    return question._asdict() | {"path": list(places.path_of(question.circle))}


def fastest(connection: Connection, table: str, questions: Sequence[Question]) -> str:
    """The way that answers these questions sooner."""
    asked = [parameters_of(question) for question in questions[:_TRIED]]

    def seconds(way: str) -> float:
        look_up = LookUp(connection, table, way)
        look_up(asked[0])
        began = time.perf_counter()
        for parameters in asked:
            look_up(parameters)
        return time.perf_counter() - began

    return min(WAYS, key=seconds)
