"""Accounts and transfers for the ledger's benchmarks, drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, LiteralString

import psycopg

NOW: Final = datetime(2026, 3, 2, tzinfo=UTC)
COLUMNS: Final[LiteralString] = (
    "debit_account_number, credit_account_number, amount_minor, recorded_at, effective_at, state,"
    " transfer_kind, document_kind, document_id, leg, rule_id, memo"
)
_TYPES: Final = ("int8",) * 3 + ("timestamptz",) * 2 + ("text",) * 7
_OPEN: Final[LiteralString] = """
INSERT INTO ledger_account (party_kind, party_id, account_kind, currency, may_be_negative)
SELECT 'technician', 'pe_' || number, 'earning', 'CNY', false FROM generate_series(1, %s) number
UNION ALL VALUES ('platform', '', 'clearing', 'CNY', true)
"""


@dataclass(frozen=True, slots=True)
class Accounts:
    """Where money comes from, and who gets it."""

    clearing: int
    people: list[int]


def open_accounts(connection: psycopg.Connection, people: int) -> Accounts:
    """Open the accounts of so many technicians and the clearing account."""
    connection.execute(_OPEN, (people,))
    found = connection.execute("SELECT account_number FROM ledger_account").fetchall()
    numbers = [row[0] for row in found]
    return Accounts(
        next(n for n in numbers if n < 0), sorted(number for number in numbers if number > 0)
    )


def transfers(accounts: Accounts, first: int, count: int) -> Iterator[tuple[Any, ...]]:
    """Earnings posted at once, each of another technician and another second of a day."""
    chance = random.Random(first)
    for number in range(first, first + count):
        person = chance.choice(accounts.people)
        effective = NOW + timedelta(seconds=chance.randrange(86_400))
        amount = 100 + chance.randrange(20_000)
        yield (
            accounts.clearing, person, amount, NOW, effective, "posted", "earning", "earning",
            f"ea_{number:026}", "technician", "standard@3", "",
        )  # fmt: skip


def copy(connection: psycopg.Connection, table: LiteralString, rows: list[tuple[Any, ...]]) -> None:
    """COPY rows into a table that has the ledger's columns, as one durable transaction."""
    statement: LiteralString = f"COPY {table} ({COLUMNS}) FROM STDIN (FORMAT BINARY)"
    with (
        connection.transaction(),
        connection.cursor() as cursor,
        cursor.copy(statement) as stream,
    ):
        stream.set_types(_TYPES)
        for row in rows:
            stream.write_row(row)
