"""Who a person is right now: their roles, regions and outlet, asked of the directory."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

from kit.authn import SYSTEM, SYSTEM_PERSON_ID, Actor
from kit.clock import Clock
from kit.errors import NotFound, Unauthenticated
from kit.rpc.client import RpcCaller, act_for
from protos.common.v1 import page_pb2
from protos.directory.v1 import directory_pb2, directory_pb2_grpc

T = TypeVar("T")

#: Longer than a burst of requests, shorter than anybody waits for a new role.
_REMEMBERED: Final = timedelta(seconds=10)
_MOST: Final = 10_000
_PAGE: Final = 200


async def ask_as_system(asking: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Ask in the product's own name; a task of its own, so that it ends with the question."""

    async def ask() -> T:
        act_for(SYSTEM)
        return await asking()

    return await asyncio.create_task(ask())


class People:
    """Turns a person id into the actor its calls are made for."""

    def __init__(self, caller: RpcCaller, clock: Clock) -> None:
        self._directory = directory_pb2_grpc.DirectoryServiceStub(caller.channel("directory"))
        self._clock = clock
        self._known: dict[str, tuple[datetime, Actor]] = {}
        self._customers: dict[str, str] = {}
        self._names: tuple[datetime, dict[str, str]] = (clock.now(), {})
        self._gone: set[str] = set()

    async def actor(self, person_id: str, origin: str) -> Actor:
        """The person as an actor; a customer acts as one.

        Raises:
            Unauthenticated: ``ACTOR_UNKNOWN`` when the directory has no such person, or they left.
        """
        now = self._clock.now()
        known = self._known.get(person_id)
        if known is None or known[0] <= now:
            if len(self._known) >= _MOST:
                self._known.clear()
            actor = await ask_as_system(partial(self._ask, person_id))
            known = (now + _REMEMBERED, actor)
            self._known[person_id] = known
        return replace(known[1], origin=origin)

    async def names(self, *customer_ids: str) -> dict[str, str]:
        """What the staff and these customers are called; customers masked."""
        now = self._clock.now()
        if self._names[0] <= now:
            self._names = (now + _REMEMBERED, await ask_as_system(self._ask_names))
        for customer_id in customer_ids:
            if customer_id and customer_id not in self._customers:
                with contextlib.suppress(Unauthenticated):
                    await ask_as_system(partial(self._customer, customer_id))
        return self._customers | self._names[1]

    async def staff(self) -> dict[str, str]:
        """What those of the company's people are called who are here."""
        await self.names()
        return {who: name for who, name in self._names[1].items() if who not in self._gone}

    async def _ask_names(self) -> dict[str, str]:
        page = page_pb2.PageRequest(page_size=_PAGE)
        found: dict[str, str] = {}
        gone: set[str] = set()
        while True:
            answer = await self._directory.ListPeople(directory_pb2.ListPeopleRequest(page=page))
            found |= {person.person_id: person.display_name for person in answer.people}
            left = directory_pb2.PERSON_STATE_LEFT
            gone |= {person.person_id for person in answer.people if person.state == left}
            if not answer.page.next_page_token:
                self._gone = gone
                return found
            page.page_token = answer.page.next_page_token

    async def _ask(self, person_id: str) -> Actor:
        try:
            return await self._member(person_id)
        except NotFound:
            return await self._customer(person_id)

    async def _member(self, person_id: str) -> Actor:
        person = await self._directory.GetPerson(
            directory_pb2.GetPersonRequest(person_id=person_id)
        )
        if person.state == directory_pb2.PERSON_STATE_LEFT or person_id == SYSTEM_PERSON_ID:
            raise _unknown(person_id)
        return Actor(
            person_id=person.person_id,
            roles=frozenset(person.roles),
            region_adcodes=tuple(person.region_adcodes),
            outlet_id=person.outlet_id,
        )

    async def _customer(self, person_id: str) -> Actor:
        request = directory_pb2.GetCustomerRequest(customer_id=person_id)
        try:
            customer = await self._directory.GetCustomer(request)
        except NotFound as error:
            raise _unknown(person_id) from error
        # They may have been merged into another one.
        self._customers[person_id] = customer.name_masked
        return Actor(person_id=customer.customer_id, roles=frozenset({"customer"}))


def _unknown(person_id: str) -> Unauthenticated:
    return Unauthenticated(
        "ACTOR_UNKNOWN", f"the directory knows no active person {person_id!r}", field="person_id"
    )
