"""What other processes tell by NOTIFY, when their transaction is committed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast

from psycopg import sql

from kit.db.session import Database


async def notifications(database: Database, channel: str) -> AsyncIterator[str]:
    """What is told on a channel from now on, for as long as the connection lasts.

    Nothing of before is told, and nothing that is told while nobody listens: it is a hint to look.
    """
    async with database.engine.connect() as connection:
        raw = await connection.get_raw_connection()
        listening: Any = cast(Any, raw.driver_connection)
        try:
            await listening.set_autocommit(True)
            await listening.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
            async for told in listening.notifies():
                yield told.payload
        finally:
            # It still listens: no other call should get it from the pool.
            await connection.invalidate()
