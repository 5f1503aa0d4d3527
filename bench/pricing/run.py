"""Quotes beside ZEN and SQL, in process and through gRPC, and what a book of a million rates takes.

`bench.pricing.book` says what the books are, `bench.pricing.questions` what is asked of them, and
`bench.pricing.rules` what the full rule set is.
"""

from __future__ import annotations

from typing import Final

from bench.harness import Result
from bench.pricing import in_process, ours, sql
from bench.pricing.book import SIZES, rows
from bench.pricing.in_process import Book
from stack import postgres

#: ZEN's tables are not asked beyond.
_LARGEST_TABLE: Final = 100_000
#: The size at which the full rule set is asked.
_RULES_AT: Final = 10_000


async def run(rounds: int) -> list[Result]:
    """Measure everything, smaller books first."""
    results: list[Result] = []
    books = {size: Book.of(made := list(rows(size)), ours.price_book(made)) for size in SIZES}
    for size in SIZES:
        if size <= _LARGEST_TABLE:
            results += await in_process.beside_zen(books[size], rounds)
        if size == _RULES_AT:
            results += await in_process.full_rules_beside_zen(books[size].rows, rounds)
    results += await in_process.growth(books[SIZES[0]], books[SIZES[-1]], rounds)
    with postgres.throwaway() as cluster, sql.connect(cluster.url) as connection:
        for book in books.values():
            results += await in_process.beside_sql(connection, book, rounds)
    return results
