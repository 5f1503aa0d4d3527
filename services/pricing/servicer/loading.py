"""Price books from where they are kept, ready to be asked."""

from __future__ import annotations

from kit.db.session import current_session
from services.pricing.convert.books import book_from_rows, flat_rates
from services.pricing.domain.price_book import PriceBook
from services.pricing.domain.rates import RateTable
from services.pricing.index import Shelf
from services.pricing.store import books
from services.pricing.tables import PriceBookVersionRow


async def load_book(version: PriceBookVersionRow) -> PriceBook:
    """A version; whoever else asks this process is answered between its chunks."""
    session = current_session()
    table = RateTable(version.resolution_order)
    async for chunk in books.rates(session, version):
        for rate in flat_rates(chunk, version.currency):
            table.add(rate)
    table.close()
    items, rules = await books.priced_items(session, version), await books.rules(session, version)
    return book_from_rows(version, items, rules, table)


async def book_of(shelf: Shelf, version: PriceBookVersionRow) -> PriceBook:
    """A version from the shelf, put there when it is not there yet."""
    book = shelf.find(version.price_book_code, version.version)
    return book or shelf.keep(await load_book(version))
