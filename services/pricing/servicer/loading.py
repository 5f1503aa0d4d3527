"""Price books from where they are kept, ready to be asked."""

from __future__ import annotations

import asyncio
from typing import Final

from kit.db.session import current_session
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
#: Leaves that are built anew before others are served.
_LEAVES_AT_ONCE: Final = 50


async def load_book(version: PriceBookVersionRow) -> PriceBook:
    """A version; whoever else asks this process is answered between its chunks."""
    session = current_session()
    table = RateTable(version.resolution_order)
    async for chunk in books.rates(session, version):
        for rate in flat_rates(chunk, version.currency):
            table.add(rate)
    table.close()
    return await _book(version, table)


async def _book(version: PriceBookVersionRow, rates: RateTable) -> PriceBook:
    session = current_session()
    items = [
        PricedItem(*row) async for chunk in books.item_names(session, version) for row in chunk
    ]
    return book_from_rows(version, items, await books.rules(session, version), rates)


async def book_of(shelf: Shelf, version: PriceBookVersionRow) -> PriceBook:
    """A version from the shelf; put there when it is not there yet, built from the one nearest to it
    by what differs, where that is little."""
    book = shelf.find(version.price_book_code, version.version)
    if book is not None:
        return book
    near = shelf.nearest(version.price_book_code, version.version)
    rates = await _rates_from(near, version) if near else None
    return shelf.keep(await load_book(version) if rates is None else await _book(version, rates))


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
    async for chunk in books.rates(session, version, of_items={item for item, _ in leaves}):
        for rate in flat_rates(chunk, version.currency):
            if (leaf := leaves.get((rate.item_code, rate.place_code))) is not None:
                leaf.append(rate)
    table, places = near.rates, list(leaves)
    for first in range(0, len(places), _LEAVES_AT_ONCE):
        table = table.changed({at: leaves[at] for at in places[first : first + _LEAVES_AT_ONCE]})
        await asyncio.sleep(0)
    return table
