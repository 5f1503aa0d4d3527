"""Quotes through gRPC: previews one by one and in batches, beside what gRPC itself can do with the
same bytes; stored quotes beside the bare insert of the same rows."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final

import grpc

from bench.harness import Figure, Round
from bench.pricing import places
from bench.pricing.book import LEVELS, MODES, item_code
from bench.pricing.questions import Question
from protos.common.v1 import place_pb2
from protos.pricing.v1 import pricing_pb2 as pb

#: Calls under way at once.
IN_FLIGHT: Final = 32

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
