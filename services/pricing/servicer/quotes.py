"""``PricingService``: quotes."""

from __future__ import annotations

from datetime import datetime

from kit.authn import current_actor
from kit.clock import Clock
from kit.db.session import current_session
from kit.ids import new_id
from kit.rpc.convert import page_info, page_size
from kit.rpc.events import record
from protos.pricing.v1 import pricing_pb2 as pb
from protos.pricing.v1 import pricing_pb2_grpc
from services.pricing.convert.quotes import (
    inputs_of,
    known_at,
    priced_at,
    question_from_proto,
    quoted_to_proto,
    result_from_row,
    result_to_row,
    settled_facts,
    view_of,
    without_steps,
)
from services.pricing.domain.price_book import PriceBook
from services.pricing.domain.quote import evaluate
from services.pricing.index import Shelf
from services.pricing.servicer.base import QUOTES, Context, page_start, sees_settlement
from services.pricing.servicer.loading import load_book
from services.pricing.store import books, quotes


class PricingServicer(pricing_pb2_grpc.PricingServiceServicer):
    """Compute, keep and show quotes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._shelf = Shelf()

    async def Quote(self, request: pb.QuoteRequest, context: Context) -> pb.QuoteResult:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*QUOTES)
        result = await self._quote(
            request.facts, now, quote_id=new_id("qt", now), case_id=request.case_id
        )
        await quotes.add(session, result_to_row(result, actor.person_id))
        quoted = pb.Quoted(quote_id=result.quote_id, total=result.total)
        await record(
            quoted, aggregate=("quote", result.quote_id), occurred_at=now, case_id=request.case_id
        )
        return view_of(result, with_settlement=sees_settlement())

    async def PreviewQuote(
        self, request: pb.PreviewQuoteRequest, context: Context
    ) -> pb.QuoteResult:
        result = await self._quote(request.facts, self._clock.now())
        return view_of(result, with_settlement=sees_settlement())

    async def GetQuote(self, request: pb.GetQuoteRequest, context: Context) -> pb.QuoteResult:
        row = await quotes.quote(current_session(), request.quote_id)
        return view_of(result_from_row(row), with_settlement=sees_settlement())

    async def ListQuotes(
        self, request: pb.ListQuotesRequest, context: Context
    ) -> pb.ListQuotesResponse:
        current_actor().require_role(*QUOTES)
        size, sees = page_size(request.page), sees_settlement()
        rows = await quotes.page(
            current_session(), request.case_id, page_start(request.page), size + 1
        )
        results = [without_steps(result_from_row(row)) for row in rows[:size]]
        return pb.ListQuotesResponse(
            quotes=[view_of(result, with_settlement=sees) for result in results],
            page=page_info([row.quote_id for row in rows], size),
        )

    async def _quote(
        self, facts: pb.QuoteFacts, now: datetime, *, quote_id: str = "", case_id: str = ""
    ) -> pb.QuoteResult:
        settled = settled_facts(facts, now)
        book = await self._book_in_force(settled)
        inputs = inputs_of(settled, book)
        quoted = evaluate(book, question_from_proto(settled, inputs))
        return quoted_to_proto(
            quoted, settled, inputs, book, quoted_at=now, quote_id=quote_id, case_id=case_id
        )

    async def _book_in_force(self, facts: pb.QuoteFacts) -> PriceBook:
        session = current_session()
        version = await books.version_in_force(
            session,
            facts.price_book_code,
            priced_at(facts),
            known_at(facts),
            "facts.price_book_code",
        )
        book = self._shelf.find(version.price_book_code, version.version)
        if book is None:
            book = self._shelf.keep(await load_book(version))
        return book
