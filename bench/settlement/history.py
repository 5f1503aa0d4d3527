"""A year of postings on one busy account: what balances of the past and the proof cost."""

from __future__ import annotations

import random
import statistics
import time
from datetime import UTC, datetime, timedelta
from typing import Final, LiteralString

import psycopg

from bench.settlement.rows import Accounts
from kit.db.session import Database
from services.settlement.store.ledger import verify

_BEGAN: Final = datetime(2026, 1, 1, tzinfo=UTC)
_YEAR: Final = timedelta(days=365)
_BATCH: Final = 10_000
#: One transfer in a hundred is recorded up to thirty days after it counts.
_FILL: Final[LiteralString] = """
INSERT INTO ledger_transfer (
    debit_account_number, credit_account_number, amount_minor, recorded_at, effective_at, state,
    transfer_kind, document_kind, document_id, leg, rule_id)
SELECT %(clearing)s, (%(people)s::bigint[])[1 + (i * 7919) %% cardinality(%(people)s::bigint[])],
       100 + i %% 20011, %(recorded_at)s,
       %(recorded_at)s - (%(last)s - i) * %(step)s
           - CASE WHEN i %% 100 = 0 THEN random() * interval '30 days' ELSE interval '0' END,
       'posted', 'earning', 'earning', 'ea_' || lpad(i::text, 26, '0'), 'technician', 'standard@3'
  FROM generate_series(%(first)s::bigint, %(last)s::bigint) i
"""
_AS_OF: Final[LiteralString] = (
    "SELECT posted_minor FROM ledger_balance_as_of(%(account)s, %(before)s,"
    " ledger_known_through(%(known)s))"
)
_BRUTE: Final[LiteralString] = (
    "SELECT coalesce(sum(posted_minor), 0)::bigint FROM ledger_movement"
    " WHERE account_number = %(account)s AND effective_at < %(before)s"
    " AND transfer_number <= ledger_known_through(%(known)s)"
)


def fill(connection: psycopg.Connection, accounts: Accounts, count: int) -> None:
    """A year of earnings, posted ten thousand at a time, all from the clearing account."""
    step = _YEAR / count
    for first in range(1, count + 1, _BATCH):
        last = first + _BATCH - 1
        values = {
            "clearing": accounts.clearing, "people": accounts.people, "first": first, "last": last,
            "step": step, "recorded_at": _BEGAN + step * last,
        }  # fmt: skip
        connection.execute(_FILL, values)


def as_of(connection: psycopg.Connection, accounts: Accounts, asked: int) -> tuple[float, float]:
    """The median and the 95th percentile of balances of the busy account, of any instant as known at
    any other, in ms; three are summed up transfer by transfer as well (``AssertionError``)."""
    chance = random.Random(1)
    times = []
    connection.execute("CHECKPOINT")  # what the filling left behind is not of the questions
    for number in range(asked):
        values = {
            "account": accounts.clearing,
            "before": _BEGAN + _YEAR * chance.random() * 1.1,
            "known": _BEGAN + _YEAR * chance.random() * 1.1,
        }
        began = time.perf_counter()
        found = connection.execute(_AS_OF, values).fetchone()
        times.append((time.perf_counter() - began) * 1000)
        if number < 3:
            assert found == connection.execute(_BRUTE, values).fetchone()
    times.sort()
    return statistics.median(times), times[int(len(times) * 0.95)]


def summed(connection: psycopg.Connection, accounts: Accounts) -> float:
    """The same summed up transfer by transfer, in ms."""
    values = {"account": accounts.clearing, "before": _BEGAN + _YEAR, "known": _BEGAN + _YEAR}
    began = time.perf_counter()
    connection.execute(_BRUTE, values)
    return (time.perf_counter() - began) * 1000


async def proof(database_url: str) -> float:
    """How long it takes to prove all of the ledger, in seconds (``AssertionError`` if it is not)."""
    database = Database.connect(database_url, "settlement", 1)
    began = time.perf_counter()
    async with database.transaction(read_only=True) as session:
        found = await verify.verify(session)
    took = time.perf_counter() - began
    await database.close()
    assert found.findings == ()
    return took
