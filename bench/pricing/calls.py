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
IN_FLIGHT: Final = 16
#: How many calls are made in a round.
_CALLS: Final = 2_000
_SERVICE: Final = "/pricing.v1.PricingService"
#: How many quotes one call of a batch asks, and how many batches are asked in a round.
_BATCH: Final = 100
_BATCHES: Final = 50

Call = Callable[[Any], Awaitable[Any]]


def facts_of(question: Question, book_code: str) -> pb.QuoteFacts:
    """A question as a request says it, priced now; business circles are zones, districts have
    adcodes."""
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


def streamed(channel: grpc.aio.Channel, name: str, request: Any, reply: Any, metadata: Any) -> Call:
    """A method that answers by a stream, which is read to its end; the reply is its last part."""
    method = channel.unary_stream(
        name,
        request_serializer=request.SerializeToString,
        response_deserializer=reply.FromString,
    )

    async def call(message: Any) -> Any:
        return [part async for part in method(message, metadata=metadata)][-1]

    return call


async def through_rpc(
    database_url: str, book: str, asked: Sequence[Question], rounds: int
) -> list[Result]:
    """Previews and stored quotes a second, of a server that is a process of its own."""
    facts = [facts_of(question, book) for question in asked]
    async with serving.pricing(database_url) as (channel, metadata):
        previews = [pb.PreviewQuoteRequest(facts=each) for each in facts[:_CALLS]]
        preview = unary(
            channel, f"{_SERVICE}/PreviewQuote", pb.PreviewQuoteRequest, pb.QuoteResult, metadata
        )
        results = await _beside_bare("previews, goal 2,500", preview, previews, 1, rounds)
        starts = range(0, min(len(facts), _BATCH * _BATCHES), _BATCH)
        batches = [pb.QuoteBatchRequest(facts=facts[n : n + _BATCH]) for n in starts]
        batch = streamed(
            channel, f"{_SERVICE}/QuoteBatch", pb.QuoteBatchRequest, pb.QuoteBatchResponse, metadata
        )
        case = f"previews in batches of {_BATCH}, goal 35,000"
        results += await _beside_bare(case, batch, batches, _BATCH, rounds)
        quote = unary(channel, f"{_SERVICE}/Quote", pb.QuoteRequest, pb.QuoteResult, metadata)
        return results + await _stored(database_url, quote, facts[:_CALLS], rounds)


async def _beside_bare(
    case: str, call: Call, requests: Sequence[Any], each: int, rounds: int
) -> list[Result]:
    """Ours beside a server that gives the same bytes and does nothing else."""
    reply, *_ = await in_flight(call, requests)
    async with serving.bare(reply.SerializeToString()) as channel:
        answer = unary(channel, bare.METHOD, type(requests[0]), type(reply), ())
        return await alternate(
            calling(case, call, requests, each, "quotes/s"),
            calling(case, answer, requests, each, "quotes/s"),
            rounds,
            {case: "baseline: a server that gives the same bytes and does nothing"},
        )


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
