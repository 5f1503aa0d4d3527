"""Lists, counts, boards and figures over a million work orders, each judged by its p95 against 100 ms.

Times are CPU time of PostgreSQL and of this process, so that neighbours on the machine do not count.
No query of a list or board may read a whole table of work orders; a run in which one would is over.
"""

from __future__ import annotations

import math
import random
import statistics
import time
from pathlib import Path
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bench.harness import Result
from bench.work_orders.company import Company
from bench.work_orders.fill import fill
from bench.work_orders.plans import read_whole
from bench.work_orders.questions import Ask, Question, questions
from kit.db.session import Database
from stack import postgres

_BUDGET_MS: Final = 100.0
_ASKED: Final = 60
#: Read whole by nobody's query: they are as large as the company is old.
LARGE: Final = frozenset({"work_order", "work_order_line", "work_order_change", "offer"})


async def run(rounds: int) -> list[Result]:
    """Fill a database and ask it everything; ``rounds`` times as often for more certainty."""
    company = Company()
    with postgres.throwaway() as cluster:
        fill(cluster.url, company)
        return await measure(cluster.url, company, rounds)


async def measure(database_url: str, company: Company, rounds: int) -> list[Result]:
    """The p95 of every question in a database that is filled, beside its budget."""
    database = Database.connect(database_url, "workorder")
    try:
        async with AsyncSession(database.engine) as session:
            asked = questions(company)
            await check_plans(session, asked)
            return [
                _result(each.name, await _times(session, each.ask, _ASKED * rounds // 5))
                for each in asked
            ]
    finally:
        await database.close()


async def check_plans(session: AsyncSession, asked: list[Question]) -> None:
    """Every query finds its rows by an index (``AssertionError``)."""
    for question in asked:
        for query in question.queries(random.Random(1)):
            if whole := await read_whole(session, query) & LARGE:
                raise AssertionError(f"{question.name}: reads all of {', '.join(sorted(whole))}")


async def _times(session: AsyncSession, ask: Ask, times: int) -> list[float]:
    """The CPU time each time, in milliseconds; the first one, which only warms up, is left out."""
    backend = await session.scalar(text("SELECT pg_backend_pid()"))
    busy = Path(f"/proc/{backend}/schedstat")
    taken: list[float] = []
    for number in range(times + 1):
        began = _cpu_ms(busy)
        await ask(session, random.Random(number))
        taken.append(_cpu_ms(busy) - began)
        session.expunge_all()
    return taken[1:]


def _result(name: str, times: list[float]) -> Result:
    p95 = sorted(times)[math.ceil(len(times) * 0.95) - 1]
    note = f"p50 {statistics.median(times):.1f}"
    return Result(name, p95, _BUDGET_MS, _BUDGET_MS / p95, "ms p95", note)


def _cpu_ms(backend: Path) -> float:
    return int(backend.read_text().split()[0]) / 1e6 + time.process_time() * 1000
