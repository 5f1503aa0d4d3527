"""A hundred writers on the same accounts, some of them killed in the middle: nothing is lost, nothing
is there twice, and the books balance."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from kit.db.session import Database
from kit.errors import ServiceError, Unavailable
from services.settlement.domain.ledger.transfers import Document, LedgerAccount, TransferState
from services.settlement.store.ledger.balances import balances
from services.settlement.store.ledger.transfers import hold, post, resolve, reverse
from services.settlement.store.ledger.verify import verify
from tests.store.settlement.ledger.words import moves

WRITERS = 100
#: What a step is refused with that an earlier try has done, whose answer was lost.
ALREADY_DONE = ("SETTLEMENT_TRANSFER_EXISTS", "SETTLEMENT_LEG_NOT_OPEN")
KILLS = 12
PEOPLE = [LedgerAccount("technician", f"pe_{number}", "earning") for number in range(4)]


async def write(database: Database, number: int, chance: random.Random) -> None:
    """One document's whole life, each step tried until it is there."""
    document = Document("adjustment", f"aj_{number}")
    pays, gets = chance.sample(PEOPLE, 2)
    steps: list[Callable[[AsyncSession, datetime], Awaitable[list[int]]]] = [
        lambda session, at: post(session, document, [moves(100, credit=pays, leg="own")], at),
        lambda session, at: hold(
            session, document, [moves(60, debit=pays, credit=gets, leg="passed")], at
        ),
        lambda session, at: resolve(session, document, TransferState.POSTED, at, legs=["passed"]),
        lambda session, at: reverse(session, document, at, legs=["passed"]),
    ]
    for step in steps:
        while True:
            try:
                async with database.transaction() as session:
                    await step(session, datetime.now(UTC))
                    await asyncio.sleep(chance.random() / 100)  # where a kill may find it
                break
            except Unavailable:
                continue
            except ServiceError as refusal:
                if refusal.reason in ALREADY_DONE:
                    break
                raise


async def kill(url: str, chance: random.Random, done: asyncio.Event) -> int:
    """Terminate connections of writers, whatever they are doing."""
    killed = 0
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as superuser:
        while killed < KILLS and not done.is_set():
            found = await superuser.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND application_name = 'gongdan-settlement'"
                " AND state <> 'idle'"
            )
            pids = [row[0] for row in await found.fetchall()]
            if pids:
                await superuser.execute("SELECT pg_terminate_backend(%s)", (chance.choice(pids),))
                killed += 1
            await asyncio.sleep(0.05)
    return killed


async def test_a_hundred_writers_some_killed_in_the_middle_leave_sound_books(
    own_url: str,
) -> None:
    database = Database.connect(own_url, "settlement", pool_size=8)
    chance, done = random.Random(20_260_302), asyncio.Event()
    killing = asyncio.create_task(kill(own_url, chance, done))
    await asyncio.gather(*(write(database, number, chance) for number in range(WRITERS)))
    done.set()
    assert await killing == KILLS
    async with database.transaction(read_only=True) as session:
        found = await verify(session)
        rows = await session.execute(
            text(
                "SELECT transfer_kind, state, leg, count(*), count(DISTINCT document_id)"
                " FROM ledger_transfer GROUP BY 1, 2, 3"
            )
        )
        written = {(kind, state, leg): (n, documents) for kind, state, leg, n, documents in rows}
        stands = await balances(session, "")
    await database.close()
    assert found.findings == ()
    everyone = (WRITERS, WRITERS)
    assert written == {
        ("adjustment", "posted", "own"): everyone,
        ("adjustment", "pending", "passed"): everyone,
        ("adjustment", "posted", "passed"): everyone,
        ("reversal", "posted", "passed"): everyone,
    }
    held = Counter({each.ledger_account: each.balance.posted_minor for each in stands})
    assert held["platform:clearing"] == -100 * WRITERS
    assert sum(held.values()) == 0
    assert not any(each.balance.pending_minor for each in stands)
