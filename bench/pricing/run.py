"""Quotes beside ZEN and SQL, in process and through gRPC, and what a book of a million rates takes.

`bench.pricing.book` says what the books are, `bench.pricing.questions` what is asked of them, and
`bench.pricing.rules` what the full rule set is.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Final

from bench.harness import Result
from bench.pricing import calls, filling, in_process, ours, sql
from bench.pricing.book import SIZES, rows
from bench.pricing.in_process import Book
from bench.pricing.million import Taken
from stack import postgres

#: ZEN's tables are not asked beyond.
_LARGEST_TABLE: Final = 100_000
#: The size at which the full rule set is asked, and of the book that is asked through gRPC.
_USUAL: Final = 10_000
_LARGEST: Final = SIZES[-1]


async def run(rounds: int) -> list[Result]:
    """Measure everything, smaller books first."""
    results: list[Result] = []
    books = {size: Book.of(made := list(rows(size)), ours.price_book(made)) for size in SIZES}
    for size in SIZES:
        if size <= _LARGEST_TABLE:
            results += await in_process.beside_zen(books[size], rounds)
        if size == _USUAL:
            results += await in_process.full_rules_beside_zen(books[size].rows, rounds)
    results += await in_process.growth(books[SIZES[0]], books[_LARGEST], rounds)
    with postgres.throwaway(durable=True) as cluster:
        with sql.connect(cluster.url) as connection:
            for book in books.values():
                results += await in_process.beside_sql(connection, book, rounds)
        filling.prepare(cluster.url)
        for size in (_USUAL, _LARGEST):
            filling.fill(cluster.url, _name(size), books[size].rows)
        filling.change(cluster.url, _name(_LARGEST))
        results += await _million(cluster.url)
        asked = books[_USUAL].asked
        books.clear()
        results += await calls.through_rpc(cluster.url, _name(_USUAL), asked, rounds)
    return results


async def _million(database_url: str) -> list[Result]:
    """What the largest book takes of a process of its own, beside the goals."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.pricing.million", database_url, _name(_LARGEST)),
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    taken = Taken(**json.loads(said))
    assert taken.rates == _LARGEST
    return [
        _beside_goal(f"memory {_LARGEST}", taken.megabytes, 200, "MB"),
        _beside_goal(f"load {_LARGEST}", taken.load_seconds, 6, "s"),
        _beside_goal(
            f"swap {_LARGEST}",
            taken.stall_ms,
            5,
            "ms",
            f"the event loop's longest stall in {taken.swap_seconds:.1f} s;"
            f" {taken.quiet_stall_ms:.1f} ms while nothing is loaded",
        ),
    ]


def _beside_goal(case: str, value: float, goal: float, unit: str, note: str = "") -> Result:
    return Result(case, value, goal, goal / value, unit, note or "baseline: the goal")


def _name(size: int) -> str:
    return f"{ours.BOOK_CODE}-{size}"
