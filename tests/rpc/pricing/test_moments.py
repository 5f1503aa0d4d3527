"""Previews are of a moment ago; what is kept is of the present."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kit.rpc.convert import instant_from_proto
from protos.pricing.v1 import library_pb2, library_pb2_grpc, pricing_pb2_grpc
from protos.pricing.v1 import pricing_pb2 as pb
from services.pricing.main import mounts
from tests.rpc.conftest import Serve
from tests.rpc.pricing.conftest import NOW
from tests.rpc.pricing.publishing import a_key, publish
from tests.rpc.pricing.test_quotes import facts, line
from tests.unit.pricing.conftest import shipped_book, shipped_items

if TYPE_CHECKING:
    from protos.pricing.v1.library_pb2_grpc import LibraryServiceAsyncStub
    from protos.pricing.v1.pricing_pb2_grpc import PricingServiceAsyncStub

MOMENT = timedelta(seconds=10)


@dataclass
class Watch:
    shows: datetime

    def now(self) -> datetime:
        return self.shows


async def test_a_preview_is_of_a_moment_ago_and_says_so_and_what_is_kept_is_of_the_present(
    serve: Serve,
) -> None:
    watch = Watch(NOW)
    served = await serve("pricing", mounts(watch, moment=MOMENT), watch)
    library: LibraryServiceAsyncStub = served.stub(library_pb2_grpc.LibraryServiceStub)  # type: ignore[assignment]  # aio
    for item in shipped_items():
        await library.PutItem(library_pb2.PutItemRequest(idempotency_key=a_key(), item=item))
    stub: PricingServiceAsyncStub = served.stub(pricing_pb2_grpc.PricingServiceStub)  # type: ignore[assignment]  # aio
    asked = facts(line("AC-INSTALL-STD"))

    async def preview() -> tuple[int, datetime]:
        result = await stub.PreviewQuote(pb.PreviewQuoteRequest(facts=asked))
        return result.total.amount_minor, instant_from_proto(result.facts.priced_at)

    book = shipped_book()
    await publish(served, book)
    watch.shows = first = NOW + timedelta(minutes=1)
    assert await preview() == (20_000, first)
    for rate in book.rates:
        rate.list_price.amount_minor += 100
    watch.shows += MOMENT / 2
    await publish(served, book)
    assert await preview() == (20_000, first)
    batch = [
        outcome.result.total.amount_minor
        async for part in stub.QuoteBatch(pb.QuoteBatchRequest(facts=[asked]))
        for outcome in part.outcomes
    ]
    assert batch == [20_000]
    kept = await stub.Quote(pb.QuoteRequest(idempotency_key=a_key(), facts=asked))
    assert kept.total.amount_minor == 20_100
    watch.shows += MOMENT / 2
    assert await preview() == (20_100, watch.shows)
