"""Published price books ready to be asked, kept in memory.

A version never changes, so what is here is never stale; which version is in force is asked of the
database in the transaction of the quote. Only what another transaction has committed is put here.
"""

from __future__ import annotations

import gc
from collections import OrderedDict

from services.pricing.domain.price_book import PriceBook


class Shelf:
    """The books used last, by code and version."""

    def __init__(self, capacity: int = 64) -> None:
        self._books: OrderedDict[tuple[str, int], PriceBook] = OrderedDict()
        self._capacity = capacity

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

    def keep(self, book: PriceBook) -> PriceBook:
        """Put a version here, in the place of the one used longest ago when the shelf is full."""
        self._books[book.head.price_book_code, book.version] = book
        if len(self._books) > self._capacity:
            self._books.popitem(last=False)
        gc.freeze()  # the garbage collector would look through it again and again, for nothing
        return book
