"""What posting costs beside the least that PostgreSQL could do, and beside a textbook's ledger; what
balances of the past and the proof cost. Commits are durable, both sides take turns in one run.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import psycopg

from bench.harness import Result
from bench.settlement import callers, closing, history, textbook
from bench.settlement.rows import Accounts, copy, open_accounts, transfers
from kit.db.migrate import migrate
from stack import postgres

_BATCH: Final = 20_000
_PEOPLE: Final = 10_000
_TEXTBOOK_BATCHES: Final = (100, 1_000, 5_000)
_SECONDS: Final = 5.0
_POSTINGS: Final = 10_000_000
_PROVED: Final = 1_000_000
_BARE: Final = """
CREATE TABLE bare (LIKE ledger_transfer);
ALTER TABLE bare ALTER transfer_number DROP NOT NULL;
CREATE TABLE keyed (LIKE ledger_transfer INCLUDING IDENTITY, PRIMARY KEY (transfer_number),
    UNIQUE (document_id, leg, transfer_kind, state, document_kind));
CREATE TABLE indexed (LIKE ledger_transfer INCLUDING IDENTITY INCLUDING INDEXES);
"""

Rows = list[tuple[Any, ...]]


async def run(rounds: int) -> list[Result]:
    """Measure everything; ``rounds`` turns of each side."""
    with postgres.throwaway(durable=True) as cluster:
        migrate(cluster.url, "settlement")
        with _connect(cluster.url) as connection:
            results = _posting(connection, open_accounts(connection, _PEOPLE), rounds)
        results += await _callers(cluster.url, rounds)
    with postgres.throwaway() as cluster:
        migrate(cluster.url, "settlement")
        with _connect(cluster.url) as connection:
            accounts = open_accounts(connection, _PEOPLE)
            history.fill(connection, accounts, _PROVED)
            connection.execute("ANALYZE")
            results.append(await _proof(cluster.url, rounds))
    with postgres.throwaway() as cluster:
        migrate(cluster.url, "settlement")
        with _connect(cluster.url) as connection:
            accounts = open_accounts(connection, _PEOPLE)
            history.fill(connection, accounts, _POSTINGS)
            connection.execute("ANALYZE")
            results += _as_of(connection, accounts, rounds)
    return results + await closing.run(rounds)


def _connect(url: str) -> psycopg.Connection:
    return psycopg.connect(url, options="-c search_path=settlement", autocommit=True)


def _posting(connection: psycopg.Connection, accounts: Accounts, rounds: int) -> list[Result]:
    connection.execute(_BARE)
    textbook.create(connection)
    into: dict[str, Callable[[Rows], None]] = {
        "ours": lambda rows: copy(connection, "ledger_transfer", rows),
        "bare": lambda rows: copy(connection, "bare", rows),
        "keyed": lambda rows: copy(connection, "keyed", rows),
        "indexed": lambda rows: copy(connection, "indexed", rows),
    }
    rates: dict[str, list[float]] = {}
    for number in range(rounds):
        rows = list(transfers(accounts, number * _BATCH, _BATCH))
        for name, write in into.items():
            rates.setdefault(name, []).append(_rate(write, rows))
        for size in _TEXTBOOK_BATCHES:
            some = rows[: max(size, 1_000)]
            rows = rows[len(some) :]
            rates.setdefault(f"textbook {size}", []).append(
                _rate(partial(_in_batches, connection, size=size), some)
            )
    medians = {name: statistics.median(found) for name, found in rates.items()}
    best = max(_TEXTBOOK_BATCHES, key=lambda size: medians[f"textbook {size}"])
    ours = medians["ours"]
    return [
        _beside("copy batched", ours, medians["indexed"], "COPY, same indexes, no checks"),
        _beside("copy batched, keys", ours, medians["keyed"], "COPY with the two keys"),
        _beside("copy batched, bare", ours, medians["bare"], "COPY without any index"),
        _beside(
            "textbook batched", ours, medians[f"textbook {best}"], f"its best batch is {best:,}"
        ),
    ]


def _in_batches(connection: psycopg.Connection, rows: Rows, size: int) -> None:
    for first in range(0, len(rows), size):
        textbook.post(connection, rows[first : first + size])


def _rate(write: Callable[[Rows], None], rows: Rows) -> float:
    began = time.perf_counter()
    write(rows)
    return len(rows) / (time.perf_counter() - began)


def _beside(case: str, ours: float, baseline: float, note: str) -> Result:
    return Result(case, ours, baseline, ours / baseline, "transfers/s", note)


async def _callers(url: str, rounds: int) -> list[Result]:
    found = [await callers.crowd(url, 256, _SECONDS) for _ in range(rounds)]
    alone = [await callers.crowd(url, 1, _SECONDS / 5) for _ in range(rounds)]
    rate, median, p99 = (statistics.median(column) for column in zip(*found, strict=True))
    one = statistics.median(each[0] for each in alone)
    note = f"baseline: one caller; median wait {median:.1f} ms"
    return [
        Result("callers 256", rate, one, rate / one, "postings/s", note),
        Result("callers 256, p99", p99, 50.0, 50.0 / p99, "ms", "baseline: the budget"),
    ]


async def _proof(url: str, rounds: int) -> Result:
    took = statistics.median([await history.proof(url) for _ in range(rounds)])
    note = "baseline: the goal; balances, references, chain, seals, sums"
    return Result(f"verify {_PROVED}", took, 1.0, 1.0 / took, "s", note)


def _as_of(connection: psycopg.Connection, accounts: Accounts, rounds: int) -> list[Result]:
    summed = history.summed(connection, accounts)
    median, p95 = history.as_of(connection, accounts, 40 * rounds)
    return [
        Result(
            f"as of {_POSTINGS}", median, summed, summed / median, "ms", "baseline: summed up anew"
        ),
        Result(f"as of {_POSTINGS}, p95", p95, 10.0, 10.0 / p95, "ms", "baseline: the goal"),
    ]
