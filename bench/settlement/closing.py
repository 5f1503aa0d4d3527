"""What closing a period of everybody costs beside one bare GROUP BY of the same postings."""

from __future__ import annotations

import statistics
import time
from datetime import UTC, datetime
from typing import Final

import psycopg
from sqlalchemy.ext.asyncio import AsyncSession

from bench.harness import Result
from bench.settlement import history
from bench.settlement.rows import open_accounts
from kit.clock import SHANGHAI
from kit.db.migrate import migrate
from kit.db.session import create_engine
from services.settlement.store.statements import closing
from stack import postgres

_POSTINGS: Final = 1_000_000
_PEOPLE: Final = 10_000
#: Around the year that ``history.fill`` writes.
_START: Final = datetime(2025, 12, 1, tzinfo=SHANGHAI)
_END: Final = datetime(2027, 2, 1, tzinfo=SHANGHAI)
_AT: Final = datetime(2027, 2, 1, tzinfo=UTC)
_BARE: Final = """
INSERT INTO bare_statement
SELECT credit_account_number, transfer_kind, count(*), sum(amount_minor)
  FROM ledger_transfer
 WHERE state = 'posted' AND effective_at < %s
 GROUP BY 1, 2
"""


async def run(rounds: int) -> list[Result]:
    """Close a million postings into ten thousand statements, ``rounds`` times, each rolled back."""
    with postgres.throwaway(durable=True) as cluster:
        migrate(cluster.url, "settlement")
        with psycopg.connect(
            cluster.url, options="-c search_path=settlement", autocommit=True
        ) as connection:
            history.fill(connection, open_accounts(connection, _PEOPLE), _POSTINGS)
            connection.execute(
                "CREATE TABLE bare_statement"
                " (account bigint, kind text, items bigint, amount_minor bigint)"
            )
            connection.execute("VACUUM ANALYZE")
            engine = create_engine(cluster.url, "settlement", 1)
            ours, bare = [], []
            for _ in range(rounds):
                bare.append(_bare(connection))
                async with AsyncSession(engine) as session:
                    ours.append(await _close(session))
                    await session.rollback()
            await engine.dispose()
    took, least = statistics.median(ours), statistics.median(bare)
    note = "goal: a ratio of at least 0.4; statements, lines, digests, ledger closed"
    return [Result(f"close {_POSTINGS}", took, least, least / took, "s", note)]


def _bare(connection: psycopg.Connection) -> float:
    began = time.perf_counter()
    with connection.transaction(force_rollback=True):
        connection.execute("SET LOCAL work_mem = '256MB'")
        connection.execute(_BARE, (_END,))
    return time.perf_counter() - began


async def _close(session: AsyncSession) -> float:
    began = time.perf_counter()
    watermark = await closing.turn(session, _AT)
    found = await closing.groups(session)
    chosen = [closing.Chosen(each, _START) for each in found]
    made = await closing.close(session, chosen, _END, watermark, _AT, "system")
    assert len(made) == _PEOPLE
    return time.perf_counter() - began
