"""What a book takes of a process of its own: ``python -m bench.pricing.million DATABASE_URL BOOK``.

Loads the first version of a book as the service does, then takes over its second one while the event
loop goes on, and prints as JSON how long the loading took, how much more memory the process has, and
the longest time for which the event loop stood still.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import NamedTuple, TypeVar

import uvloop

from kit.db.session import Database
from services.pricing.domain.price_book import PriceBook
from services.pricing.index import Shelf
from services.pricing.servicer.loading import book_of
from services.pricing.store import books

T = TypeVar("T")


class Taken(NamedTuple):
    """What a book took."""

    rates: int
    load_seconds: float
    megabytes: float
    swap_seconds: float
    stall_ms: float
    quiet_stall_ms: float


async def take(database_url: str, book: str) -> Taken:
    """Load a book, then swap it for its second version."""
    database = Database.connect(database_url, "pricing")
    try:
        await database.ping()
        shelf = Shelf()
        gc.collect()
        before, began = _megabytes(), time.perf_counter()
        rates = len((await _version(shelf, database, book, 1)).rates)
        load_seconds = time.perf_counter() - began
        gc.collect()
        megabytes = _megabytes() - before
        _, quiet = await longest_stall(asyncio.sleep(1))
        began = time.perf_counter()
        _, stall = await longest_stall(_version(shelf, database, book, 2))
        return Taken(rates, load_seconds, megabytes, time.perf_counter() - began, stall, quiet)
    finally:
        await database.close()


async def _version(shelf: Shelf, database: Database, book: str, number: int) -> PriceBook:
    async with database.transaction(read_only=True) as session:
        return await book_of(shelf, await books.version(session, book, number))


async def longest_stall(work: Awaitable[T]) -> tuple[T, float]:
    """What the work gives, and the longest time in milliseconds for which nothing else could run."""
    running = asyncio.ensure_future(work)
    longest, before = 0.0, time.perf_counter()
    while not running.done():
        await asyncio.sleep(0)
        now = time.perf_counter()
        longest, before = max(longest, now - before), now
    return running.result(), longest * 1_000


def _megabytes() -> float:
    status = Path("/proc/self/status").read_text()
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
    return int(kilobytes) / 1_000


if __name__ == "__main__":
    print(json.dumps(uvloop.run(take(*sys.argv[1:3]))._asdict()))
