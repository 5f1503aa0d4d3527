"""The RPCs of pricing: facts from the request, rows from the store, a decision, save, reply."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from grpc.aio import ServicerContext

from kit.authn import current_actor
from kit.clock import Clock
from kit.db.session import current_session
from kit.errors import InvalidArgument
from kit.ids import new_id
from kit.rpc.convert import decode_page_token, instant_from_proto, page_info, page_size
from kit.rpc.events import record
from protos.common.v1 import page_pb2
from protos.pricing.v1 import pricing_pb2 as pb
from protos.pricing.v1 import pricing_pb2_grpc
from services.pricing import store
from services.pricing.convert import books, items, quotes
from services.pricing.domain.book import PriceBook
from services.pricing.domain.publishing import check_content, check_effective, hash_content
from services.pricing.domain.quote import evaluate
from services.pricing.index import Shelf

_KEEPS_PRICES: Final = ("pricing_manager", "hq", "admin")
_SEES_SETTLEMENT: Final = (
    "hq", "finance", "supervisor", "pricing_manager", "technician", "dispatcher", "admin",
)  # fmt: skip
_QUOTES: Final = (
    *_SEES_SETTLEMENT, "outlet_manager", "agent", "shop_manager", "customer_service", "sales",
    "designer", "technical_director",
)  # fmt: skip

#: Digits that a version number has at most.
_LONGEST_VERSION: Final = 9

Context = ServicerContext[Any, Any]


class PricingServicer(pricing_pb2_grpc.PricingServiceServicer):
    """Both libraries, price books, quotes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._shelf = Shelf()

    # Libraries

    async def PutItem(self, request: pb.PutItemRequest, context: Context) -> pb.Item:
        current_actor().require_role(*_KEEPS_PRICES)
        row = items.item_from_proto(request.item)
        return items.item_to_proto(await store.put_item(current_session(), row))

    async def ListItems(
        self, request: pb.ListItemsRequest, context: Context
    ) -> pb.ListItemsResponse:
        current_actor().require_role(*_QUOTES)
        catalogue, size = items.catalogue_name(request.catalogue), page_size(request.page)
        rows = await store.items(current_session(), catalogue, _token(request.page), size + 1)
        return pb.ListItemsResponse(
            items=[items.item_to_proto(row) for row in rows[:size]],
            page=page_info([row.item_code for row in rows], size),
        )

    # Price books

    async def PublishPriceBook(
        self, request: pb.PublishPriceBookRequest, context: Context
    ) -> pb.PriceBookVersion:
        actor, session, wanted = current_actor(), current_session(), request.price_book
        actor.require_role(*_KEEPS_PRICES)
        known = await store.items_by_code(session, books.item_codes(wanted))
        content = books.content_from_proto(wanted, known.values())
        check_content(content, known)
        version = await store.next_version(session, content.price_book_code)
        now = self._clock.now()
        effective_from = _effective_from(wanted, now)
        check_effective(effective_from, now, version)
        rows = books.content_to_rows(
            content,
            version=version,
            content_hash=hash_content(content),
            effective_from=effective_from,
            published_at=now,
            by_person_id=actor.person_id,
        )
        await store.publish(session, rows)
        published = pb.PriceBookPublished(price_book_code=content.price_book_code, version=version)
        await record(published, aggregate=("price_book", content.price_book_code), occurred_at=now)
        return books.rows_to_proto(rows, with_settlement=True)

    async def GetPriceBookVersion(
        self, request: pb.GetPriceBookVersionRequest, context: Context
    ) -> pb.PriceBookVersion:
        current_actor().require_role(*_QUOTES)
        session, book = current_session(), request.price_book_code
        if request.version:
            row = await store.version(session, book, request.version)
        else:
            row = await store.version_in_force(session, book, self._clock.now(), "price_book_code")
        return books.rows_to_proto(
            await store.contents(session, row), with_settlement=_sees_settlement()
        )

    async def ListPriceBookVersions(
        self, request: pb.ListPriceBookVersionsRequest, context: Context
    ) -> pb.ListPriceBookVersionsResponse:
        current_actor().require_role(*_QUOTES)
        size = page_size(request.page)
        before = _version_token(request.page)
        rows = await store.versions(current_session(), request.price_book_code, before, size + 1)
        return pb.ListPriceBookVersionsResponse(
            versions=[books.version_to_proto(row) for row in rows[:size]],
            page=page_info([str(row.version) for row in rows], size),
        )

    # Quotes

    async def Quote(self, request: pb.QuoteRequest, context: Context) -> pb.QuoteResult:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*_QUOTES)
        result = await self._quote(
            request.facts, now, quote_id=new_id("qt", now), case_id=request.case_id
        )
        await store.add_quote(session, quotes.result_to_row(result, actor.person_id))
        quoted = pb.Quoted(quote_id=result.quote_id, total=result.total)
        await record(
            quoted, aggregate=("quote", result.quote_id), occurred_at=now, case_id=request.case_id
        )
        return quotes.view_of(result, with_settlement=_sees_settlement())

    async def PreviewQuote(
        self, request: pb.PreviewQuoteRequest, context: Context
    ) -> pb.QuoteResult:
        result = await self._quote(request.facts, self._clock.now())
        return quotes.view_of(result, with_settlement=_sees_settlement())

    async def GetQuote(self, request: pb.GetQuoteRequest, context: Context) -> pb.QuoteResult:
        row = await store.quote(current_session(), request.quote_id)
        return quotes.view_of(quotes.result_from_row(row), with_settlement=_sees_settlement())

    async def ListQuotes(
        self, request: pb.ListQuotesRequest, context: Context
    ) -> pb.ListQuotesResponse:
        current_actor().require_role(*_QUOTES)
        size, sees = page_size(request.page), _sees_settlement()
        rows = await store.quotes(
            current_session(), request.case_id, _token(request.page), size + 1
        )
        results = [quotes.without_steps(quotes.result_from_row(row)) for row in rows[:size]]
        return pb.ListQuotesResponse(
            quotes=[quotes.view_of(result, with_settlement=sees) for result in results],
            page=page_info([row.quote_id for row in rows], size),
        )

    # Shared steps

    async def _quote(
        self, facts: pb.QuoteFacts, now: datetime, *, quote_id: str = "", case_id: str = ""
    ) -> pb.QuoteResult:
        settled = quotes.settled_facts(facts, now)
        book = await self._book_in_force(settled)
        quoted = evaluate(
            book, quotes.lines_from_proto(settled), quotes.situation_from_proto(settled)
        )
        return quotes.quoted_to_proto(
            quoted, settled, book, quoted_at=now, quote_id=quote_id, case_id=case_id
        )

    async def _book_in_force(self, facts: pb.QuoteFacts) -> PriceBook:
        session, at = current_session(), quotes.priced_at(facts)
        row = await store.version_in_force(
            session, facts.price_book_code, at, "facts.price_book_code"
        )
        book = self._shelf.find(row.price_book_code, row.version)
        if book is None:
            book = self._shelf.keep(books.book_from_rows(await store.contents(session, row)))
        return book


def _sees_settlement() -> bool:
    return current_actor().has_role(*_SEES_SETTLEMENT)


def _effective_from(wanted: pb.PriceBookVersion, now: datetime) -> datetime:
    return (
        instant_from_proto(wanted.effective_from, "price_book.effective_from")
        if wanted.HasField("effective_from")
        else now
    )


def _token(page: page_pb2.PageRequest) -> str:
    token = decode_page_token(page, parts=1)
    return token[0] if token else ""


def _version_token(page: page_pb2.PageRequest) -> int | None:
    token = _token(page)
    if token and (not token.isdecimal() or len(token) > _LONGEST_VERSION):
        raise InvalidArgument(
            "PAGE_TOKEN_INVALID", "pass next_page_token as it was given", field="page.page_token"
        )
    return int(token) if token else None
