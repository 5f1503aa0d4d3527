"""Many callers share one commit: each waits for its own durable posting, one writer posts for all.

This is the one declared exception to "one RPC is one transaction". A caller's idempotency key and
answer are stored in the batch that posts for it. What the ledger refuses of one caller fails that one
alone: a batch that is refused is halved until the culprit is found.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from kit.clock import Clock
from kit.db.idempotency import KeyedCall, claim_all, store_all
from kit.db.session import Database
from kit.errors import ServiceError, Unavailable
from services.settlement.store.ledger.inserting import NewTransfer, insert_transfers, take_turn

#: Transfers of one batch: more share a commit no better, and make those wait who come next.
_MOST: Final = 2_000

Answer = Callable[[Sequence[int], datetime], bytes]


@dataclass(frozen=True, slots=True)
class Posting:
    """What one caller wants posted.

    Args:
        call: the caller's idempotency key.
        transfers: what to insert, at least one.
        answer: makes the stored answer of the transfers' numbers and when they were recorded.
    """

    call: KeyedCall
    transfers: Sequence[NewTransfer]
    answer: Answer


@dataclass(eq=False, slots=True)
class _Caller:
    posting: Posting
    done: asyncio.Future[bytes] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def tell(self, outcome: bytes | Exception) -> None:
        if self.done.done():  # nobody waits any more
            return
        if isinstance(outcome, bytes):
            self.done.set_result(outcome)
        else:
            self.done.set_exception(outcome)


class LedgerBatcher:
    """Posts for many callers. It has a writer only while there is something to write."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._waiting: deque[_Caller] = deque()
        self._writer: asyncio.Task[None] | None = None
        self._closed = False

    async def post(self, posting: Posting) -> bytes:
        """Post, and wait until it is durable; the stored answer for a key that was used before.

        A caller who stops waiting before its batch has begun posts nothing; later it may be posted,
        and the same key tells.

        Raises:
            ServiceError: what the ledger refuses, or what the key refuses; see ``claim``.
            Unavailable: the database does not answer, or this batcher is closed.
        """
        if self._closed:
            raise Unavailable("SERVER_STOPPING", "this server is stopping; try again")
        caller = _Caller(posting)
        self._waiting.append(caller)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        return await caller.done

    async def close(self) -> None:
        """Take nothing more, and wait until everything taken is answered."""
        self._closed = True
        if self._writer is not None:
            await self._writer

    async def _write(self) -> None:
        await asyncio.sleep(0)  # whoever calls in this same moment comes along
        while batch := self._next_batch():
            await self._settle(batch)

    def _next_batch(self) -> list[_Caller]:
        """Those who wait, in their order, one for each key; the others wait on."""
        batch: dict[str, _Caller] = {}
        left: deque[_Caller] = deque()
        size = 0
        while self._waiting and size < _MOST:
            caller = self._waiting.popleft()
            key = caller.posting.call.idempotency_key
            if caller.done.done():
                continue
            if key in batch:
                left.append(caller)
                continue
            batch[key] = caller
            size += len(caller.posting.transfers)
        self._waiting.extendleft(reversed(left))
        return list(batch.values())

    async def _settle(self, batch: Sequence[_Caller]) -> None:
        """Post for all of a batch and tell each; where that is refused, for each half of it."""
        outcomes: Sequence[bytes | Exception]
        try:
            outcomes = await self._commit([caller.posting for caller in batch])
        except Exception as error:  # noqa: BLE001 - whatever it is, somebody waits to be told
            if len(batch) > 1 and not isinstance(error, Unavailable):
                for half in _halves(batch):
                    await self._settle(half)
                return
            outcomes = [error] * len(batch)
        for caller, outcome in zip(batch, outcomes, strict=True):
            caller.tell(outcome)

    async def _commit(self, postings: Sequence[Posting]) -> list[bytes | ServiceError]:
        async with self._database.transaction() as session:
            # The turn first: by then every posting before this one has stored its keys.
            recorded_at = await take_turn(session, self._clock.now())
            known = await claim_all(session, [posting.call for posting in postings])
            fresh = [p for p, answer in zip(postings, known, strict=True) if answer is None]
            answers = iter(await _insert(session, fresh, recorded_at))
            return [next(answers) if answer is None else answer for answer in known]


async def _insert(session: AsyncSession, postings: Sequence[Posting], at: datetime) -> list[bytes]:
    if not postings:
        return []
    transfers = [transfer for posting in postings for transfer in posting.transfers]
    numbers, recorded_at = await insert_transfers(session, transfers, at)
    rest = iter(numbers)
    answers = [
        posting.answer([next(rest) for _ in posting.transfers], recorded_at) for posting in postings
    ]
    await store_all(session, [posting.call for posting in postings], answers)
    return answers


def _halves(batch: Sequence[_Caller]) -> Iterator[Sequence[_Caller]]:
    middle = len(batch) // 2
    yield batch[:middle]
    yield batch[middle:]
