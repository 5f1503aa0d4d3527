"""Many callers share a commit, and each has only its own luck."""

import asyncio
import hashlib
import itertools
import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from kit.clock import SystemClock
from kit.db.idempotency import KeyedCall
from kit.db.session import Database
from kit.errors import AlreadyExists, FailedPrecondition, ServiceError, Unavailable
from services.settlement.domain.ledger.transfers import (
    Balance,
    Document,
    LedgerAccount,
    Transfer,
    TransferState,
)
from services.settlement.store.ledger.balances import balance
from services.settlement.store.ledger.batcher import LedgerBatcher, Posting
from services.settlement.store.ledger.inserting import NewTransfer
from services.settlement.store.ledger.verify import verify
from tests.store.settlement.ledger.words import moves

_numbers = itertools.count(1)


def posting(*transfers: Transfer, key: str = "", document_id: str = "") -> Posting:
    number = next(_numbers)
    document = Document("opening", document_id or f"op_{number}")
    rows = [NewTransfer(document, TransferState.POSTED, transfer) for transfer in transfers]
    request = repr((document_id, transfers)).encode()
    call = KeyedCall(key or f"key-{number}", "/post", hashlib.sha256(request).digest())
    return Posting(call, rows, told)


def told(numbers: Any, recorded_at: datetime) -> bytes:
    return json.dumps([list(numbers), recorded_at.isoformat()]).encode()


def whose(name: str) -> LedgerAccount:
    return LedgerAccount("technician", f"pe_{name}_{next(_numbers)}", "earning")


@pytest.fixture
async def batcher(database: Database) -> AsyncIterator[LedgerBatcher]:
    made = LedgerBatcher(database, SystemClock())
    yield made
    await made.close()
    async with database.transaction(read_only=True) as session:
        assert (await verify(session)).findings == ()


def address(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


async def posted_minor(database: Database, account: LedgerAccount) -> int:
    async with database.transaction(read_only=True) as session:
        found = await balance(session, account, "CNY")
    assert found == Balance(found.posted_minor)
    return found.posted_minor


async def block_count(database: Database) -> int:
    async with database.transaction(read_only=True) as session:
        return int((await session.execute(text("SELECT count(*) FROM ledger_block"))).scalar_one())


async def outcomes(*calls: Any) -> list[Any]:
    found = await asyncio.gather(*calls, return_exceptions=True)
    return [x.reason if isinstance(x, ServiceError) else x for x in found]


async def test_many_callers_share_a_few_commits_and_each_is_told_its_own_numbers(
    batcher: LedgerBatcher, database: Database
) -> None:
    zhang = whose("zhang")
    before = await block_count(database)
    answers = await asyncio.gather(
        *(batcher.post(posting(moves(n, credit=zhang))) for n in range(1, 101))
    )
    numbers = [number for answer in answers for number in json.loads(answer)[0]]
    assert len(set(numbers)) == 100
    assert await posted_minor(database, zhang) == 5050
    assert await block_count(database) - before <= 3


async def test_a_duplicate_key_is_answered_as_before_and_posts_once(
    batcher: LedgerBatcher, database: Database
) -> None:
    zhang = whose("zhang")
    same = [posting(moves(credit=zhang), key="once", document_id="op_once") for _ in range(5)]
    together = await asyncio.gather(*(batcher.post(each) for each in same))
    later = await batcher.post(same[0])
    assert set(together) == {later}
    assert await posted_minor(database, zhang) == 100_00
    with pytest.raises(AlreadyExists) as refused:
        await batcher.post(posting(moves(1, credit=zhang), key="once"))
    assert refused.value.reason == "IDEMPOTENCY_KEY_CONFLICT"


async def test_what_is_refused_of_one_fails_that_one_alone(
    batcher: LedgerBatcher, database: Database
) -> None:
    poor, rich = whose("poor"), whose("rich")
    await batcher.post(posting(moves(1, credit=rich), document_id="op_taken"))
    good = [posting(moves(credit=rich)) for _ in range(20)]
    overdrawn = [posting(moves(debit=poor, credit=rich)) for _ in range(2)]
    taken = posting(moves(1, credit=rich), document_id="op_taken")
    mixed = [*good[:7], overdrawn[0], *good[7:15], taken, overdrawn[1], *good[15:]]
    found = await outcomes(*(batcher.post(each) for each in mixed))
    assert [reason for reason in found if isinstance(reason, str)] == [
        "SETTLEMENT_ACCOUNT_OVERDRAWN",
        "SETTLEMENT_TRANSFER_EXISTS",
        "SETTLEMENT_ACCOUNT_OVERDRAWN",
    ]
    assert await posted_minor(database, rich) == 1 + 20 * 100_00
    assert await posted_minor(database, poor) == 0


async def test_who_was_refused_may_try_again_with_the_same_key(batcher: LedgerBatcher) -> None:
    poor, rich = whose("poor"), whose("rich")
    pay = posting(moves(debit=poor, credit=rich))
    with pytest.raises(FailedPrecondition):
        await batcher.post(pay)
    await batcher.post(posting(moves(credit=poor)))
    assert await batcher.post(pay)


async def test_who_stops_waiting_takes_nobody_along(
    batcher: LedgerBatcher, database: Database
) -> None:
    left, stayed = whose("left"), whose("stayed")
    waiting = [
        asyncio.create_task(batcher.post(posting(moves(credit=account))))
        for account in [left, stayed] * 10
    ]
    for task in waiting[::2]:
        task.cancel()
    found = await asyncio.gather(*waiting, return_exceptions=True)
    assert [isinstance(each, asyncio.CancelledError) for each in found] == [True, False] * 10
    assert await posted_minor(database, stayed) == 10 * 100_00
    assert await posted_minor(database, left) == 0  # they left before their batch began


async def test_who_stops_waiting_in_the_middle_learns_by_the_same_key(
    batcher: LedgerBatcher, database: Database
) -> None:
    zhang = whose("zhang")
    asked = posting(moves(credit=zhang))
    # Somebody else has the turn, so the batch stands still inside its transaction.
    other = Database.connect(address(database), "settlement", 1)
    async with other.transaction() as holding:
        await holding.execute(text("SELECT ledger_turn()"))
        waiting = asyncio.create_task(batcher.post(asked))
        await until_somebody_waits(holding)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    await other.close()
    await batcher.post(asked)
    assert await posted_minor(database, zhang) == 100_00


async def until_somebody_waits(session: AsyncSession) -> None:
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    for _ in range(1_000):
        if (await session.execute(waiting)).scalar_one():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


async def test_a_batch_whose_connection_dies_is_nobodys_and_may_be_asked_again(
    batcher: LedgerBatcher, database: Database
) -> None:
    zhang = whose("zhang")
    asked = [posting(moves(credit=zhang)) for _ in range(10)]
    other = Database.connect(address(database), "settlement", 1)
    async with other.transaction() as holding:
        await holding.execute(text("SELECT ledger_turn()"))
        waiting = [asyncio.create_task(batcher.post(each)) for each in asked]
        await until_somebody_waits(holding)
        await holding.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted")
        )
        assert set(await outcomes(*waiting)) == {"DATABASE_UNAVAILABLE"}
    await other.close()
    await asyncio.gather(*(batcher.post(each) for each in asked))
    assert await posted_minor(database, zhang) == 10 * 100_00


async def test_closing_answers_everybody_and_takes_nobody_more(database: Database) -> None:
    zhang = whose("zhang")
    batcher = LedgerBatcher(database, SystemClock())
    waiting = [asyncio.create_task(batcher.post(posting(moves(credit=zhang)))) for _ in range(30)]
    await asyncio.sleep(0)
    await batcher.close()
    assert all(task.done() for task in waiting)
    assert await posted_minor(database, zhang) == 30 * 100_00
    with pytest.raises(Unavailable):
        await batcher.post(posting(moves(credit=zhang)))
