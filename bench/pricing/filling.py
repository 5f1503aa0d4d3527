"""Puts books into pricing's own tables by COPY: publishing a million rates is not what is measured."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any, Final

import psycopg
from psycopg import sql

from bench.pricing import ours, places
from bench.pricing.book import ALWAYS, LEVELS, MODES, RESOLUTION_ORDER, Row, item_code
from kit.db.migrate import migrate

_PUBLISHED: Final = datetime(2025, 12, 1, tzinfo=UTC)
#: Of how many rates one has another price in a book's second version.
CHANGED_ONE_IN: Final = 1_000

_VERSION: Final = """
    INSERT INTO price_book_version
           (price_book_code, version, content_hash, currency, effective_from, resolution_order,
            phases, rounding, correction_reason, published_at, published_by_person_id)
    VALUES (%s, %s, repeat('0', 64), %s, %s, %s, '{}', 'half_up', '', %s, 'pe_bench')
"""
_CHANGED: Final = """
    WITH ended AS (
        UPDATE rate SET last_version = 1
         WHERE price_book_code = %(book)s AND last_version IS NULL AND rate_number %% %(one_in)s = 0
        RETURNING *
    )
    INSERT INTO rate (price_book_code, first_version, rate_id, item_code, place_code, city_tier,
                      cooperation_mode, customer_level, first_day, last_day, conditions, charge,
                      list_price_minor, settlement_price_minor)
    SELECT price_book_code, 2, rate_id, item_code, place_code, city_tier, cooperation_mode,
           customer_level, first_day, last_day, conditions, charge, list_price_minor + 100,
           settlement_price_minor
      FROM ended
"""


def prepare(database_url: str) -> None:
    """Make pricing's schema."""
    migrate(database_url, "pricing")


def fill(database_url: str, book: str, rows: Iterable[Row]) -> None:
    """Publish the first version of a book; references and triggers, which would say that all is
    well, are left out."""
    with psycopg.connect(
        database_url, options="-c search_path=pricing -c session_replication_role=replica"
    ) as connection:
        _publish(connection, book, 1)
        items = []
        with _copying(connection, "rate", _RATE_COLUMNS) as copy:
            for row in rows:
                copy.write_row(_rate(book, row))
                items.append(row.item)
        with _copying(connection, "priced_item", _ITEM_COLUMNS) as copy:
            for item in ours.items_of_numbers(items):
                copy.write_row((book, item.item_code, 1, item.name, item.catalogue, item.unit))
    _analyze(database_url)


def change(database_url: str, book: str) -> None:
    """Publish a book's second version, in which some rates have another price."""
    with psycopg.connect(
        database_url, options="-c search_path=pricing -c session_replication_role=replica"
    ) as connection:
        _publish(connection, book, 2)
        connection.execute(_CHANGED, {"book": book, "one_in": CHANGED_ONE_IN})
    _analyze(database_url)


_ITEM_COLUMNS: Final = (
    "price_book_code",
    "item_code",
    "first_version",
    "name",
    "catalogue",
    "unit",
)
_RATE_COLUMNS: Final = (
    "price_book_code", "first_version", "rate_id", "item_code", "place_code", "city_tier",
    "cooperation_mode", "customer_level", "first_day", "last_day", "conditions", "charge",
    "list_price_minor", "settlement_price_minor",
)  # fmt: skip


def _rate(book: str, row: Row) -> tuple[Any, ...]:
    always = (row.first_day, row.last_day) == ALWAYS
    days = (None, None) if always else tuple(map(date.fromordinal, row[4:6]))
    return (
        book, 1, "", item_code(row.item), places.code_of(row.place), "", MODES[row.mode],
        LEVELS[row.level], *days, "{}", "{}", row.list_price, row.settlement_price,
    )  # fmt: skip


def _publish(connection: psycopg.Connection[Any], book: str, version: int) -> None:
    at = _PUBLISHED.replace(day=version)
    connection.execute(_VERSION, (book, version, ours.CURRENCY, at, list(RESOLUTION_ORDER), at))


def _copying(connection: psycopg.Connection[Any], table: str, columns: Iterable[str]) -> Any:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
    return connection.cursor().copy(statement)


def _analyze(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
