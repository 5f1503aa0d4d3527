"""Versions made ready before the first quote asks for them."""

from __future__ import annotations

import asyncio
from typing import Final

from kit import telemetry
from kit.db.notifications import notifications
from kit.db.session import Database
from services.pricing.index import Shelf
from services.pricing.servicer.loading import book_of
from services.pricing.store import books
from services.pricing.store.publications import PUBLISHED

_AGAIN_SECONDS: Final = 5.0
_log = telemetry.logger("pricing")


async def keep_warm(shelf: Shelf, database: Database) -> None:
    """Take over, until cancelled, each version of a book that is asked for here, as it is published.

    Whether a version is in force is asked of the database in any case: what is missed here costs the
    first quote its loading, nothing else.
    """
    while True:
        try:
            async for told in notifications(database, PUBLISHED):
                await _take_over(shelf, database, told)
        except Exception as error:  # noqa: BLE001 - whatever it was, it only makes ready
            _log.warning("price_books_not_warmed", error=str(error))
        await asyncio.sleep(_AGAIN_SECONDS)


async def _take_over(shelf: Shelf, database: Database, told: str) -> None:
    code, _, number = told.rpartition(" ")
    if shelf.nearest(code, int(number)) is None:
        return
    async with database.transaction(read_only=True) as session:
        await book_of(shelf, await books.version(session, code, int(number)))
