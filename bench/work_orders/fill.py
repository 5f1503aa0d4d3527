"""Fills the service's own tables by COPY and by copies of what was copied, indexes made afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb
from rich.console import Console
from sqlalchemy import inspect
from sqlalchemy.dialects.postgresql import JSONB

from bench.work_orders.company import NOW, Company
from kit.db.migrate import migrate
from services.workorder.tables.base import Base
from services.workorder.tables.work_orders import OfferRow, WorkOrderLineRow, WorkOrderRow

_TABLES: Final = ("work_order", "work_order_line", "offer")


def fill(database_url: str, company: Company) -> None:
    """Migrate an empty database and fill it; says how long each part took."""
    migrate(database_url, "workorder")
    options = "-c search_path=workorder -c maintenance_work_mem=512MB"
    with psycopg.connect(database_url, options=options, autocommit=True) as connection:
        # What triggers would make of it is not asked for, and all of it fits together.
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET synchronous_commit = off")
        with _without_indexes(connection):
            with _told("technicians"):
                _put_technicians(connection, company)
            with _told("patterns"):
                _copy_patterns(connection, company)
            with _told("work orders like them"):
                _make_alike(connection, company)
        with _told("vacuum and analyze"):
            connection.execute("VACUUM (ANALYZE)")


def _put_technicians(connection: psycopg.Connection[Any], company: Company) -> None:
    connection.execute(
        """
        INSERT INTO technician (technician_id, display_name, outlet_id, cooperation_mode,
            territory_codes, daily_capacity, rating_hundredths, active, put_at, put_by_person_id)
        SELECT 'pe_tech_' || lpad(n::text, 5, '0'), '师傅' || n,
               'ou_' || lpad((n / 10 %% %(outlets)s)::text, 4, '0'), 'direct', '{}', 8, 450, true,
               %(now)s, 'system'
          FROM generate_series(0, %(technicians)s - 1) AS n
        """,
        {"outlets": company.outlets, "technicians": company.technicians, "now": NOW},
    )


def _copy_patterns(connection: psycopg.Connection[Any], company: Company) -> None:
    lines: list[WorkOrderLineRow] = []
    offers: list[OfferRow] = []

    def orders() -> Iterator[WorkOrderRow]:
        for pattern in company.rows():
            lines.append(pattern.line)
            if pattern.offer is not None:
                offers.append(pattern.offer)
            yield pattern.order

    _copy(connection, WorkOrderRow, orders())
    _copy(connection, WorkOrderLineRow, lines)
    _copy(connection, OfferRow, offers)


def _copy(connection: psycopg.Connection[Any], kind: type[Base], rows: Any) -> None:
    columns = _columns(kind)
    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in columns)
    copying = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(kind.__tablename__), names)
    with connection.cursor() as cursor, cursor.copy(copying) as copy:
        for row in rows:
            copy.write_row([_stored(row, column) for column in columns])


def _make_alike(connection: psycopg.Connection[Any], company: Company) -> None:
    """Work orders like the patterns, each with an id of its own, and made at a time of its own."""
    # No id that was drawn has a u in it.
    own_id = "left(work_order_id, -2) || 'u' || to_hex(n)"
    own = {
        "work_order_id": own_id,
        "created_at": "created_at + n * %(spacing)s",
        "terms": "array_remove(array_remove(terms, 'id:' || work_order_id),"
        f" 'id:' || right(work_order_id, 8)) || ARRAY['id:' || {own_id},"
        f" 'id:' || right({own_id}, 8)]",
    }
    _repeat(connection, WorkOrderRow, own, company)
    _repeat(connection, WorkOrderLineRow, {"work_order_id": own_id}, company)
    offer_id = "left(offer_id, -2) || 'u' || to_hex(n)"
    _repeat(connection, OfferRow, {"work_order_id": own_id, "offer_id": offer_id}, company)


def _repeat(
    connection: psycopg.Connection[Any], kind: type[Base], own: dict[str, str], company: Company
) -> None:
    columns = [column.name for column in _columns(kind)]
    names, values = ", ".join(columns), ", ".join(own.get(name, name) for name in columns)
    statement = (
        f"INSERT INTO {kind.__tablename__} ({names}) SELECT {values}"  # noqa: S608 - our own words
        f" FROM {kind.__tablename__}, generate_series(1, %(more)s) AS n ORDER BY {columns[0]}, n"
    )
    connection.execute(statement.encode(), {"more": company.alike - 1, "spacing": company.spacing})


def _columns(kind: type[Base]) -> Sequence[Any]:
    return [column for column in inspect(kind).columns if column.computed is None]


def _stored(row: Base, column: Any) -> Any:
    value = getattr(row, column.name)
    return Jsonb(value) if isinstance(column.type, JSONB) and value is not None else value


@contextmanager
def _without_indexes(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """The tables without their secondary indexes until the block ends."""
    found = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes"
        " WHERE schemaname = 'workorder' AND tablename = ANY(%s) AND indexname LIKE 'ix\\_%%'",
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
