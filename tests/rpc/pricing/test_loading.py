"""A version is taken from the database once, and to the end."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from kit.db.session import Database
from services.pricing.domain.price_book import PriceBook
from services.pricing.index import Shelf
from services.pricing.servicer.loading import book_of
from services.pricing.store import books as stored
from tests.rpc.conftest import Served
from tests.rpc.pricing.publishing import publish
from tests.unit.pricing.conftest import shipped_book

pytestmark = pytest.mark.usefixtures("items")


async def published(pricing: Served, code: str) -> Database:
    book = shipped_book()
    book.price_book_code = code
    await publish(pricing, book)
    return Database.connect(pricing.database_url, "pricing")


async def asked(database: Database, shelf: Shelf, code: str) -> PriceBook:
    async with database.transaction(read_only=True) as session:
        return await book_of(shelf, await stored.version(session, code, 1))


async def test_all_who_ask_for_a_version_meanwhile_get_the_one_that_is_taken(
    pricing: Served,
) -> None:
    database, shelf = await published(pricing, "asked-by-many"), Shelf()
    found = await asyncio.gather(*(asked(database, shelf, "asked-by-many") for _ in range(5)))
    assert len(set(map(id, found))) == 1
    await database.close()


async def test_a_version_is_taken_to_the_end_though_whoever_asked_gives_up(pricing: Served) -> None:
    database, shelf = await published(pricing, "given-up"), Shelf()
    async with database.transaction(read_only=True) as session:
        version = await stored.version(session, "given-up", 1)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(book_of(shelf, version), timeout=0.001)
    async with asyncio.timeout(20):
        while shelf.find("given-up", 1) is None:  # noqa: ASYNC110 - nobody is told
            await asyncio.sleep(0.01)
    await database.close()
