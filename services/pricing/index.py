"""Published price books ready to be asked, kept in memory.

A version never changes, so what is here is never stale; which version is in force is asked of the
database in the transaction of the quote. Only what another transaction has committed is put here.
"""

from __future__ import annotations

import asyncio
import gc
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any, Final

from kit import telemetry
from services.pricing.domain.price_book import PriceBook

_log = telemetry.logger("pricing")
#: How many rates the books here have together, at most: some 100 bytes each. The books used last are
#: kept, and one in any case.
_MOST_RATES: Final = 5_000_000


class Shelf:
    """The books used last, by code and version."""

    def __init__(self, most_rates: int = _MOST_RATES) -> None:
        self._books: OrderedDict[tuple[str, int], PriceBook] = OrderedDict()
        self._most_rates = most_rates
        self._taking: dict[tuple[str, int], asyncio.Task[PriceBook]] = {}

    def find(self, price_book_code: str, version: int) -> PriceBook | None:
        """A version, when it is here."""
        book = self._books.get((price_book_code, version))
        if book is not None:
            self._books.move_to_end((price_book_code, version))
        return book

    def nearest(self, price_book_code: str, version: int) -> PriceBook | None:
        """The version of a book that is here and stands nearest to another."""
        here = [number for code, number in self._books if code == price_book_code]
        if not here:
            return None
        return self._books[price_book_code, min(here, key=lambda number: abs(number - version))]

    def taking(
        self,
        price_book_code: str,
        version: int,
        take: Callable[[], Coroutine[Any, Any, PriceBook]],
    ) -> asyncio.Task[PriceBook]:
        """The taking of a version that is under way, or one that begins now."""
        which = price_book_code, version
        task = self._taking.get(which)
        if task is None:
            task = self._taking[which] = asyncio.create_task(take())
            task.add_done_callback(lambda done: self._taken(which, done))
        return task

    def _taken(self, which: tuple[str, int], task: asyncio.Task[PriceBook]) -> None:
        del self._taking[which]
        if not task.cancelled() and task.exception() is not None:
            _log.warning("price_book_not_taken", which=which, error=str(task.exception()))

    def keep(self, book: PriceBook) -> PriceBook:
        """Put a version here, in the place of those used longest ago when the shelf is full."""
        self._books[book.head.price_book_code, book.version] = book
        while len(self._books) > 1 and self._rates() > self._most_rates:
            self._books.popitem(last=False)
        gc.freeze()  # the garbage collector would look through it again and again, for nothing
        return book

    def _rates(self) -> int:
        return sum(len(book.rates) for book in self._books.values())
