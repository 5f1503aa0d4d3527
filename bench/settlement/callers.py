"""Callers that each wait for their own durable posting, through the batcher."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

from kit.clock import SystemClock
from kit.db.idempotency import KeyedCall
from kit.db.session import Database
from kit.money import Money
from services.settlement.domain.ledger.transfers import (
    CLEARING,
    Document,
    LedgerAccount,
    Transfer,
    TransferState,
)
from services.settlement.store.ledger.batcher import LedgerBatcher, Posting
from services.settlement.store.ledger.inserting import NewTransfer

_PEOPLE: Final = [LedgerAccount("technician", f"pe_{n}", "earning") for n in range(1, 10_001)]
_numbers = itertools.count(1)


async def crowd(database_url: str, callers: int, seconds: float) -> tuple[float, float, float]:
    """So many callers, one posting after the other each: postings a second, median and p99 in ms."""
    database = Database.connect(database_url, "settlement", 1)
    batcher = LedgerBatcher(database, SystemClock())
    await batcher.post(_posting())
    waits: list[float] = []
    began = time.perf_counter()

    async def caller() -> None:
        while time.perf_counter() - began < seconds:
            asked = time.perf_counter()
            await batcher.post(_posting())
            waits.append(time.perf_counter() - asked)

    await asyncio.gather(*(caller() for _ in range(callers)))
    took = time.perf_counter() - began
    await batcher.close()
    await database.close()
    waits.sort()
    p99 = waits[int(len(waits) * 0.99)]
    return len(waits) / took, statistics.median(waits) * 1000, p99 * 1000


def _posting() -> Posting:
    number = next(_numbers)
    transfer = Transfer(
        CLEARING, _PEOPLE[number * 7919 % 10_000], Money("CNY", 140_00), "earning", "technician"
    )
    row = NewTransfer(Document("bench", f"be_{number:026}"), TransferState.POSTED, transfer)
    key = f"bench/{number}"
    call = KeyedCall(
        key, "/settlement.v1.LedgerService/PostTransfers", sha256(key.encode()).digest()
    )
    return Posting(call, [row], _answer)


def _answer(numbers: Sequence[int], recorded_at: datetime) -> bytes:
    return b",".join(b"%d" % number for number in numbers)
