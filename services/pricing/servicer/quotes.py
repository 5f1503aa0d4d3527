"""``PricingService``: quotes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from kit.authn import current_actor
from kit.clock import Clock
from kit.db.session import current_session
from kit.errors import FailedPrecondition, InvalidArgument, NotFound
from kit.ids import new_id
from kit.rpc.convert import instant_from_proto, page_info, page_size
from kit.rpc.events import record
from protos.pricing.v1 import pricing_pb2 as pb
from protos.pricing.v1 import pricing_pb2_grpc
from services.pricing.convert.explanations import explanation_of
from services.pricing.convert.quotes import (
    Asked,
    asked_of,
    inputs_of,
    question_from_proto,
    quoted_to_proto,
    result_from_row,
    result_to_row,
    say_amounts,
    settle,
)
from services.pricing.convert.views import shown_to, view_of, without_steps
from services.pricing.domain.price_book import PriceBook
from services.pricing.domain.quote import Question, Quoted, evaluate
from services.pricing.index import Shelf
from services.pricing.servicer.base import QUOTES, Context, page_start
from services.pricing.servicer.in_force import InForce, Lately
from services.pricing.servicer.loading import book_of
from services.pricing.store import books, quotes

_WIDEST: Final = pb.QUOTE_VIEW_UNSPECIFIED
#: Answered at once by QuoteBatch, and the most that one call may ask.
_AT_ONCE: Final = 100
_MOST: Final = 10_000


class PricingServicer(pricing_pb2_grpc.PricingServiceServicer):
    """Compute, keep, show and explain quotes."""

    def __init__(self, clock: Clock, shelf: Shelf, moment: timedelta) -> None:
        self._clock = clock
        self._shelf = shelf
        self._lately = Lately(shelf, clock, moment)

    async def Quote(self, request: pb.QuoteRequest, context: Context) -> pb.QuoteResult:
        actor, session, now = current_actor(), current_session(), self._clock.now()
        actor.require_role(*QUOTES)
        computed = await _compute(request.facts, InForce(self._shelf, now), request.case_id)
        result = computed.said(request.facts, quote_id=new_id("qt", now), case_id=request.case_id)
        await quotes.add(session, result_to_row(result, actor.person_id))
        quoted = pb.Quoted(quote_id=result.quote_id, total=result.total)
        await record(
            quoted, aggregate=("quote", result.quote_id), occurred_at=now, case_id=request.case_id
        )
        return view_of(result, shown_to(actor, _WIDEST))

    async def PreviewQuote(
        self, request: pb.PreviewQuoteRequest, context: Context
    ) -> pb.QuoteResult:
        shown = shown_to(current_actor(), request.view)
        computed = await _compute(request.facts, self._lately.in_force())
        return view_of(computed.said(request.facts), shown)

    async def QuoteBatch(
        self, request: pb.QuoteBatchRequest, context: Context
    ) -> AsyncIterator[pb.QuoteBatchResponse]:
        current_actor().require_role(*QUOTES)
        shown = shown_to(current_actor(), request.view)
        if not 0 < len(request.facts) <= _MOST:
            raise InvalidArgument("PRICING_BATCH_INVALID", f"1 to {_MOST} of them", field="facts")
        in_force = self._lately.in_force()
        for first in range(0, len(request.facts), _AT_ONCE):
            answer = pb.QuoteBatchResponse()
            for index in range(first, min(first + _AT_ONCE, len(request.facts))):
                outcome, facts = answer.outcomes.add(index=index), request.facts[index]
                try:
                    computed = await _compute(facts, in_force)
                except (InvalidArgument, FailedPrecondition, NotFound) as error:
                    outcome.problem.reason = error.reason
                    outcome.problem.message, outcome.problem.field = error.message, error.field
                    continue
                if request.with_steps:
                    outcome.result.MergeFrom(view_of(computed.said(facts), shown))
                else:
                    computed.say_amounts(outcome.result, shown)
            yield answer

    async def ExplainQuote(
        self, request: pb.ExplainQuoteRequest, context: Context
    ) -> pb.QuoteExplanation:
        shown = shown_to(current_actor(), request.view)
        if request.WhichOneof("quote") == "quote_id":
            result = result_from_row(await quotes.quote(current_session(), request.quote_id))
        else:
            computed = await _compute(request.facts, self._lately.in_force())
            result = computed.said(request.facts)
        if request.language not in ("", "zh", "en"):
            raise InvalidArgument(
                "PRICING_LANGUAGE_UNKNOWN",
                f"{request.language!r} is neither zh nor en",
                field="language",
            )
        if request.language == "en":
            return explanation_of(view_of(await self._in_english(result), shown), "en")
        return explanation_of(view_of(result, shown))

    async def GetQuote(self, request: pb.GetQuoteRequest, context: Context) -> pb.QuoteResult:
        shown = shown_to(current_actor(), request.view)
        row = await quotes.quote(current_session(), request.quote_id)
        return view_of(result_from_row(row), shown)

    async def ListQuotes(
        self, request: pb.ListQuotesRequest, context: Context
    ) -> pb.ListQuotesResponse:
        actor = current_actor()
        actor.require_role(*QUOTES)
        size, shown = page_size(request.page), shown_to(actor, _WIDEST)
        rows = await quotes.page(
            current_session(), request.case_id, page_start(request.page), size + 1
        )
        results = [without_steps(result_from_row(row)) for row in rows[:size]]
        return pb.ListQuotesResponse(
            quotes=[view_of(result, shown) for result in results],
            page=page_info([row.quote_id for row in rows], size),
        )

    async def _in_english(self, result: pb.QuoteResult) -> pb.QuoteResult:
        """The same quote told in English: computed again under its own versions."""
        version = await books.version(
            current_session(), result.price_book_code, result.price_book_version
        )
        book = await book_of(self._shelf, version)
        quoted = evaluate(book, question_from_proto(result.facts, result.inputs))
        return quoted_to_proto(
            quoted,
            result.facts,
            result.inputs,
            book,
            quoted_at=instant_from_proto(result.quoted_at),
            quote_id=result.quote_id,
            case_id=result.case_id,
            language="en",
        )


class _Computed(NamedTuple):
    asked: Asked
    question: Question
    quoted: Quoted
    inputs: pb.QuoteInputs
    book: PriceBook
    at: datetime

    def said(
        self, facts: pb.QuoteFacts, *, quote_id: str = "", case_id: str = ""
    ) -> pb.QuoteResult:
        """Every view of it; the facts say then all that was left to us."""
        settle(facts, self.asked)
        return quoted_to_proto(
            self.quoted,
            facts,
            self.inputs,
            self.book,
            quoted_at=self.at,
            quote_id=quote_id,
            case_id=case_id,
            situation=self.question.situation,
        )

    def say_amounts(self, result: pb.QuoteResult, shown: Collection[str]) -> None:
        """The amounts alone."""
        say_amounts(result, self.quoted, self.book, shown, quoted_at=self.at)


async def _compute(facts: pb.QuoteFacts, in_force: InForce, case_id: str = "") -> _Computed:
    """A quote by what is in force."""
    asked = asked_of(facts, in_force.at)
    book = await in_force.book(asked)
    inputs = inputs_of(facts, asked, book)
    await in_force.policies.add_to(inputs, facts, asked, book, case_id)
    question = question_from_proto(facts, inputs, asked.places)
    return _Computed(asked, question, evaluate(book, question), inputs, book, in_force.at)
