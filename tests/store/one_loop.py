"""A service's own code on one database and one loop, without a wire: for machines of many small steps."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import psycopg

from kit.authn import SYSTEM, Actor, set_current_actor
from kit.db.session import Database

Reply = TypeVar("Reply")


class OneLoop:
    def __init__(self, url: str, service: str) -> None:
        self.url, self.service = url, service
        self.loop = asyncio.new_event_loop()
        self.database = Database.connect(url, service, pool_size=1)

    def run(self, call: Coroutine[Any, Any, Reply], actor: Actor = SYSTEM) -> Reply:
        """Do something as somebody, in a transaction of its own."""

        async def in_a_transaction() -> Reply:
            set_current_actor(actor)
            async with self.database.transaction():
                return await call

        return self.loop.run_until_complete(in_a_transaction())

    def unguarded(self, statements: str) -> None:
        """Start over, as only a superuser who switches the guards off can."""
        with psycopg.connect(self.url, autocommit=True) as superuser:
            superuser.execute(
                f"SET session_replication_role = replica; SET search_path = {self.service};"
                f" {statements}".encode()
            )

    def close(self) -> None:
        self.loop.run_until_complete(self.database.close())
        self.loop.close()
