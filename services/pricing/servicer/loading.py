"""Price books from where they are kept, ready to be asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator
from typing import Final

from kit.db.session import Database, current_database, current_session
from services.pricing.convert.books import book_from_rows, flat_rates
from services.pricing.domain.book import PricedItem
from services.pricing.domain.price_book import PriceBook
from services.pricing.domain.rates import FlatRate, RateTable
from services.pricing.index import Shelf
from services.pricing.store import books
from services.pricing.store.rates import leaves_only_in
from services.pricing.tables import PriceBookVersionRow

#: Rates from which on a version is rather loaded whole.
_MOST_DIFFERING: Final = 10_000
#: Leaves that are built anew, and rates that are taken in, before others are served: a millisecond's
#: work or two.
_LEAVES_AT_ONCE: Final = 50
_RATES_AT_ONCE: Final = 250
_FETCHED_AT_ONCE: Final = 1_000


async def load_book(version: PriceBookVersionRow) -> PriceBook:
    """A version; whoever else asks this process is answered between its chunks."""
    table = RateTable(version.resolution_order)
    async for rates in _flat_rates(version):
        for rate in rates:
            table.add(rate)
    table.close()
    return await _book(version, table)


async def _flat_rates(
    version: PriceBookVersionRow, leaves: Collection[tuple[str, str]] | None = None
) -> AsyncIterator[Iterator[FlatRate]]:
    """So many at once that others need not wait; of a whole version more are fetched at once, which
    takes some milliseconds each time."""
    fetched = _FETCHED_AT_ONCE if leaves is None else _RATES_AT_ONCE
    async for chunk in books.rates(current_session(), version, fetched, leaves):
        for first in range(0, len(chunk), _RATES_AT_ONCE):
            yield flat_rates(chunk[first : first + _RATES_AT_ONCE], version.currency)
            await asyncio.sleep(0)


async def _book(version: PriceBookVersionRow, rates: RateTable) -> PriceBook:
    session = current_session()
    items = [
        PricedItem(*row) async for chunk in books.item_names(session, version) for row in chunk
    ]
    return book_from_rows(version, items, await books.rules(session, version), rates)


async def book_of(shelf: Shelf, version: PriceBookVersionRow) -> PriceBook:
    """A version from the shelf; put there when it is not there yet, built from the one nearest to it
    by what differs, where that is little.

    Whoever asks for it meanwhile waits for the same one, and it is taken to the end though all of them
    give up: a large book may take longer than a call.
    """
    code, number = version.price_book_code, version.version
    book = shelf.find(code, number)
    if book is not None:
        return book
    database = current_database()
    return await asyncio.shield(
        shelf.taking(code, number, lambda: _take(shelf, database, code, number))
    )


async def _take(shelf: Shelf, database: Database, code: str, number: int) -> PriceBook:
    async with database.transaction(read_only=True) as session:
        version = await books.version(session, code, number)
        near = shelf.nearest(code, number)
        rates = await _rates_from(near, version) if near else None
        return shelf.keep(
            await load_book(version) if rates is None else await _book(version, rates)
        )


async def _rates_from(near: PriceBook, version: PriceBookVersionRow) -> RateTable | None:
    """The rates of a version, made of those of another; None where that is no use."""
    session = current_session()
    if near.rates.is_worn or near.head.resolution_order != tuple(version.resolution_order):
        return None
    other = await books.version(session, version.price_book_code, near.version)
    differing = [
        *await leaves_only_in(session, version, other, _MOST_DIFFERING),
        *await leaves_only_in(session, other, version, _MOST_DIFFERING),
    ]
    if len(differing) >= _MOST_DIFFERING:
        return None
    leaves: dict[tuple[str, str], list[FlatRate]] = {
        (item_code, place_code): [] for item_code, place_code in differing
    }
    async for rates in _flat_rates(version, leaves):
        for rate in rates:
            leaves[rate.item_code, rate.place_code].append(rate)
    table, places = near.rates, list(leaves)
    for first in range(0, len(places), _LEAVES_AT_ONCE):
        table = table.changed({at: leaves[at] for at in places[first : first + _LEAVES_AT_ONCE]})
        await asyncio.sleep(0)
    return table
