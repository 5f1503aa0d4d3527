"""What a field that names something may hold: customers, addresses, items, parts, colleagues.

Where there are few they are all offered; where there are many they are searched for.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from kit.errors import NotFound
from protos.common.v1 import page_pb2
from protos.directory.v1 import directory_pb2, directory_pb2_grpc
from protos.pricing.v1 import library_pb2, library_pb2_grpc
from services.gateway.pages.base import Visit, VisitOf, if_allowed

#: A value, and what people call it.
Suggestion = tuple[str, str]

#: More than these are not listed but searched for, in as many as this.
_LISTED: Final = 50
_SEARCHED: Final = 5_000
_FOUND: Final = 20
_PAGE: Final = 200

router = APIRouter(include_in_schema=False)


async def suggestions_for(visit: Visit, kinds: frozenset[str]) -> dict[str, list[Suggestion]]:
    """All there is of each of these kinds, where it is little."""
    found: dict[str, list[Suggestion]] = {}
    for kind in kinds & (_SOURCES.keys() - {"person", "people"}):
        some = [each async for each in _some(visit, kind, _LISTED + 1)]
        found[kind] = some if len(some) <= _LISTED else []
    return found


@router.get("/suggest/{kind}")
async def suggest(visit: VisitOf, kind: str) -> Response:
    """What of a kind has these words in its name or code."""
    if kind not in _SOURCES:
        raise NotFound("SUGGESTION_KIND_UNKNOWN", f"nothing is searched for as {kind!r}")
    words = visit.request.query_params.get("q", "").lower().split()
    fitting: list[Suggestion] = []
    async for each in _some(visit, kind, _SEARCHED, max(words, key=len, default="")):
        if all(word in f"{each[0]} {each[1]}".lower() for word in words):
            fitting.append(each)
        if len(fitting) == _FOUND:
            break
    return JSONResponse(fitting)


async def _some(visit: Visit, kind: str, most: int, word: str = "") -> AsyncIterator[Suggestion]:
    """Some of a kind; where there may be very many, only those with the word."""
    count = 0
    async for each in _SOURCES[kind](visit, word):
        if count == most:
            return
        count += 1
        yield each


async def _people(visit: Visit, _word: str) -> AsyncIterator[Suggestion]:
    if visit.caller.actor.has_role("customer"):
        return  # who works here is the company's own affair
    for person_id, name in (await visit.edge.people.staff()).items():
        yield person_id, name


async def _customers(visit: Visit, _word: str) -> AsyncIterator[Suggestion]:
    async for customer in _all_customers(visit):
        yield customer.customer_id, customer.name_masked


async def _addresses(visit: Visit, _word: str) -> AsyncIterator[Suggestion]:
    async for customer in _all_customers(visit):
        for address in customer.addresses:
            place = f"{address.place.place_name}{address.detail_masked}"
            yield address.address_id, f"{customer.name_masked} {place}"


async def _all_customers(visit: Visit) -> AsyncIterator[directory_pb2.Customer]:
    stub = directory_pb2_grpc.DirectoryServiceStub(visit.channel("directory"))

    async def ask(page: page_pb2.PageRequest) -> Any:
        return await if_allowed(stub.ListCustomers(directory_pb2.ListCustomersRequest(page=page)))

    async for customer in _pages(ask, lambda answer: answer.customers):
        yield customer


def _catalogue(catalogue: library_pb2.Catalogue.ValueType) -> Source:
    async def items(visit: Visit, word: str) -> AsyncIterator[Suggestion]:
        stub = library_pb2_grpc.LibraryServiceStub(visit.channel("pricing"))

        async def ask(page: page_pb2.PageRequest) -> Any:
            wanted = library_pb2.ListItemsRequest(page=page, catalogue=catalogue, text=word)
            return await if_allowed(stub.ListItems(wanted))

        async for item in _pages(ask, lambda answer: answer.items):
            yield item.item_code, item.name

    return items


async def _pages(
    ask: Callable[[page_pb2.PageRequest], Awaitable[Any]], of: Callable[[Any], Any]
) -> AsyncIterator[Any]:
    """Everything on every page that the visitor may see."""
    page = page_pb2.PageRequest(page_size=_PAGE)
    while True:
        answer = await ask(page)
        if answer is None:
            return
        for each in of(answer):
            yield each
        if not answer.page.next_page_token:
            return
        page.page_token = answer.page.next_page_token


Source = Callable[[Visit, str], AsyncIterator[Suggestion]]
_SOURCES: Final[dict[str, Source]] = {
    "person": _people,
    "people": _people,
    "customer": _customers,
    "address": _addresses,
    "item": _catalogue(library_pb2.CATALOGUE_PROJECT_LIBRARY),
    "part": _catalogue(library_pb2.CATALOGUE_SPARE_PART_LIBRARY),
}
