"""A version that was published elsewhere is ready before it is asked for."""

import asyncio

import pytest

from kit.db.session import Database
from services.pricing.index import Shelf
from services.pricing.servicer.loading import book_of
from services.pricing.servicer.warming import keep_warm
from services.pricing.store import books as stored
from tests.rpc.conftest import Served
from tests.rpc.pricing.publishing import publish
from tests.unit.pricing.conftest import shipped_book

pytestmark = pytest.mark.usefixtures("items")


async def test_another_process_takes_a_published_version_over(pricing: Served) -> None:
    book = shipped_book()
    book.price_book_code = "warmed"
    await publish(pricing, book)
    shelf, database = Shelf(), Database.connect(pricing.database_url, "pricing")
    async with database.transaction(read_only=True) as session:
        first = await book_of(shelf, await stored.version(session, "warmed", 1))
    warming = asyncio.create_task(keep_warm(shelf, database))
    book.rates[0].list_price.amount_minor += 100
    version = 1
    async with asyncio.timeout(20):
        while shelf.find("warmed", version) is None or version == 1:
            # It may not listen yet when the first of them is told.
            book.rates[0].list_price.amount_minor += 100
            version = (await publish(pricing, book)).version
            await asyncio.sleep(0.1)
    warming.cancel()
    await asyncio.gather(warming, return_exceptions=True)
    second = shelf.find("warmed", version)
    assert second is not None
    assert len(second.rates) == len(first.rates)
    await database.close()
