"""Quotes through gRPC: previews one by one and in batches, beside what gRPC itself can do with the
same bytes; stored quotes beside the bare insert of the same rows."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final

import grpc

from bench.harness import Figure, Result, Round, alternate
from bench.pricing import bare, places, serving, stored
from bench.pricing.book import LEVELS, MODES, item_code
from bench.pricing.questions import Question
from protos.common.v1 import place_pb2
from protos.pricing.v1 import pricing_pb2 as pb

#: Calls under way at once.
IN_FLIGHT: Final = 32
#: How many calls are made in a round.
_CALLS: Final = 2_000
_SERVICE: Final = "/pricing.v1.PricingService"
_GOAL: Final = "goal 2,500"

Call = Callable[[Any], Awaitable[Any]]


def facts_of(question: Question, book_code: str) -> pb.QuoteFacts:
    """A question as a request says it; business circles are zones, districts have adcodes."""
    circle, district, *_ = codes = places.codes_of(question.circle)
    return pb.QuoteFacts(
        lines=[pb.QuoteLineRequest(item_code=item_code(question.item), quantity=question.quantity)],
        place=place_pb2.Place(adcode=district, adcode_path=codes[1:], zone_codes=[circle]),
        cooperation_mode=MODES[question.mode],
        customer_level=LEVELS[question.level],
        price_book_code=book_code,
    )


def calling(case: str, call: Call, requests: Sequence[Any], each: int, unit: str) -> Round:
    """Make every call once a round, some at a time; each counts as so many."""

    async def one_round() -> list[Figure]:
        began = time.perf_counter()
        await in_flight(call, requests)
        rate = len(requests) * each / (time.perf_counter() - began)
        return [Figure(case, rate, unit, "higher")]

    return one_round


async def in_flight(call: Call, requests: Iterable[Any]) -> list[Any]:
    """Make every call, as many at a time as may be under way; the replies in any order."""
    waiting = iter(requests)

    async def caller() -> list[Any]:
        return [await call(request) for request in waiting]

    replies = await asyncio.gather(*(caller() for _ in range(IN_FLIGHT)))
    return list(itertools.chain.from_iterable(replies))


def unary(channel: grpc.aio.Channel, name: str, request: Any, reply: Any, metadata: Any) -> Call:
    """A method of the service, messages in and out."""
    method = channel.unary_unary(
        name,
        request_serializer=request.SerializeToString,
        response_deserializer=reply.FromString,
    )
    return lambda message: method(message, metadata=metadata)


async def through_rpc(
    database_url: str, book: str, asked: Sequence[Question], rounds: int
) -> list[Result]:
    """Previews and stored quotes a second, of a server that is a process of its own."""
    facts = [facts_of(question, book) for question in asked[:_CALLS]]
    previews = [pb.PreviewQuoteRequest(facts=each) for each in facts]
    async with serving.pricing(database_url) as (channel, metadata):
        preview = unary(
            channel, f"{_SERVICE}/PreviewQuote", pb.PreviewQuoteRequest, pb.QuoteResult, metadata
        )
        replies = await in_flight(preview, previews)
        async with serving.bare(replies[0].SerializeToString()) as bare_channel:
            answer = unary(bare_channel, bare.METHOD, pb.PreviewQuoteRequest, pb.QuoteResult, ())
            results = await alternate(
                calling("previews", preview, previews, 1, "quotes/s"),
                calling("previews", answer, previews, 1, "quotes/s"),
                rounds,
                {"previews": f"baseline: the same bytes from a server that does nothing; {_GOAL}"},
            )
        quote = unary(channel, f"{_SERVICE}/Quote", pb.QuoteRequest, pb.QuoteResult, metadata)
        return results + await _stored(database_url, quote, facts, rounds)


async def _stored(
    database_url: str, quote: Call, facts: Sequence[pb.QuoteFacts], rounds: int
) -> list[Result]:
    numbers = itertools.count()

    def requests() -> list[pb.QuoteRequest]:
        return [
            pb.QuoteRequest(idempotency_key=f"bench-{n}", case_id=f"ca_{n}", facts=each)
            for n, each in zip(numbers, facts, strict=False)
        ]

    await in_flight(quote, requests())
    written = stored.read_back(database_url)

    async def ours() -> list[Figure]:
        asked = requests()
        began = time.perf_counter()
        await in_flight(quote, asked)
        rate = len(asked) / (time.perf_counter() - began)
        return [Figure(case, rate, "quotes/s", "higher") for case in ("stored", "stored, COPY")]

    async def inserted() -> list[Figure]:
        one_by_one = await stored.one_by_one(database_url, written)
        at_once = await stored.at_once(database_url, written)
        return [
            Figure("stored", one_by_one, "quotes/s", "higher"),
            Figure("stored, COPY", at_once, "quotes/s", "higher"),
        ]

    notes = {
        "stored": "baseline: the same rows inserted bare, a transaction a quote",
        "stored, COPY": "baseline: the same rows by COPY in one transaction",
    }
    return await alternate(ours, inserted, rounds, notes)
