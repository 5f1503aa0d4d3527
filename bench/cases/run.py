"""Lists, counts, inboxes, the audit and the report over a million cases, beside the same written
plainly; each is asked many times with other names, and judged by its p95.

Times are CPU time of PostgreSQL and of this process, so that neighbours on the machine do not count.
Both sides read the same rows of the same PostgreSQL. The plain side's indexes are what is left when
the others are dropped in a transaction that is rolled back.
"""

from __future__ import annotations

import math
import random
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from bench.cases import queries
from bench.cases.company import Company
from bench.cases.fill import fill
from bench.harness import Result
from kit.db.session import Database
from stack import postgres

#: How often each question is asked, of ours and plainly.
_ASKED: Final = 60
_ASKED_PLAINLY: Final = 3
#: Longer than anybody would wait: the plain way is cut off here.
_PATIENCE_MS: Final = 3_000

_Ask = Callable[[AsyncSession, random.Random], Awaitable[object]]


async def run(rounds: int) -> list[Result]:
    """Fill a database and ask it everything; ``rounds`` times as often for more certainty."""
    company = Company()
    with postgres.throwaway() as cluster:
        fill(cluster.url, company)
        return await measure(cluster.url, company, rounds)


async def measure(database_url: str, company: Company, rounds: int) -> list[Result]:
    """The p95 of every question in a database that is filled."""
    database = Database.connect(database_url, "flows")
    asked = queries.questions(company)
    ours: dict[str, _Ask] = {f"{q.name}: page": partial(queries.page_of, q) for q in asked}
    ours |= {f"{q.name}: count": partial(queries.count_of, q) for q in asked} | queries.OTHERS
    plain: dict[str, _Ask] = {f"{q.name}: page": partial(queries.plain_page_of, q) for q in asked}
    plain |= {f"{q.name}: count": partial(queries.plain_count_of, q) for q in asked}
    try:
        async with _asking(database) as session:
            times = {n: await _times(session, ask, _ASKED * rounds // 5) for n, ask in ours.items()}
        async with _asking(database) as session:
            await _drop_our_indexes(session)
            plainly = {n: await _times(session, ask, _ASKED_PLAINLY) for n, ask in plain.items()}
    finally:
        await database.close()
    return [_result(name, each, plainly.get(name)) for name, each in times.items()]


@asynccontextmanager
async def _asking(database: Database) -> AsyncIterator[AsyncSession]:
    """A session whose transaction is rolled back, dropped indexes and all."""
    async with AsyncSession(database.engine) as session:
        await session.execute(text(f"SET statement_timeout = {_PATIENCE_MS}"))
        yield session
        await session.rollback()


async def _drop_our_indexes(session: AsyncSession) -> None:
    found = await session.scalars(
        text(
            "SELECT indexname FROM pg_indexes WHERE schemaname = 'flows'"
            " AND tablename IN ('case', 'user_task', 'act') AND indexname LIKE 'ix\\_%'"
        )
    )
    for name in found:
        if name not in queries.PLAIN_INDEXES:
            await session.execute(text(f"DROP INDEX {name}"))


async def _times(session: AsyncSession, ask: _Ask, times: int) -> list[float]:
    """The CPU time of PostgreSQL and of this process each time, in milliseconds: what it takes on a
    machine that has nothing else to do. The first one, which only warms up, is left out."""
    backend = await session.scalar(text("SELECT pg_backend_pid()"))
    busy = Path(f"/proc/{backend}/schedstat")
    taken: list[float] = []
    for number in range(times + 1):
        chance = random.Random(number)
        began = _cpu_ms(busy)
        try:
            async with session.begin_nested():
                await ask(session, chance)
        except OperationalError:
            ...  # nobody waits longer
        taken.append(_cpu_ms(busy) - began)
        session.expunge_all()
    return taken[1:]


def _result(name: str, ours: list[float], plainly: list[float] | None) -> Result:
    mine = _p95(ours)
    theirs = mine if plainly is None else _p95(plainly)
    alone = ", measured alone" if plainly is None else ""
    note = f"p50 {statistics.median(ours):.1f}{alone}"
    return Result(name, mine, theirs, theirs / mine, "ms p95", note)


def _cpu_ms(backend: Path) -> float:
    return int(backend.read_text().split()[0]) / 1e6 + time.process_time() * 1000


def _p95(times: list[float]) -> float:
    return sorted(times)[math.ceil(len(times) * 0.95) - 1]
