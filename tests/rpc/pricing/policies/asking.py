"""Rules, facts and refusals as the tests of policies say them."""

from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from kit.errors import (
    ServiceError,
)
from protos.common.v1.money_pb2 import Money
from protos.common.v1.place_pb2 import Place
from protos.events.v1 import events_pb2
from protos.pricing.v1 import book_pb2, pricing_pb2
from tests.rpc.conftest import Served

if TYPE_CHECKING:
    from protos.pricing.v1.pricing_pb2_grpc import PricingServiceAsyncStub as Quotes

DAY = timedelta(days=1)
BEIJING = Place(
    adcode="110105", adcode_path=["110105", "110100", "110000", "CN-NORTH", "CN"], city_tier="tier1"
)
NEXT_DOOR = Place(
    adcode="110106", adcode_path=["110106", "110100", "110000", "CN-NORTH", "CN"], city_tier="tier1"
)
GUANGZHOU = Place(
    adcode="440106", adcode_path=["440106", "440100", "440000", "CN-SOUTH", "CN"], city_tier="tier1"
)
_keys = count(1)


def key() -> str:
    return f"policies {next(_keys)}"


def stamp(at: datetime) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(at)
    return made


def yuan(amount: int, currency: str = "CNY") -> Money:
    return Money(currency=currency, amount_minor=amount * 100)


def rate(item_code: str, price: int, **changes: Any) -> book_pb2.Rate:
    return book_pb2.Rate(
        item_code=item_code, list_price=yuan(price), settlement_price=yuan(price // 2), **changes
    )


def by_mode(mode: str) -> book_pb2.Conditions:
    return book_pb2.Conditions(price_mode=mode)


def percent_off(code: str, ratio: str, **changes: Any) -> book_pb2.Promotion:
    return book_pb2.Promotion(
        promotion_code=code, label=code, percent=book_pb2.Promotion.Percent(ratio=ratio), **changes
    )


def asked(book: str, item: str = "AC-INSTALL-STD", **facts: Any) -> pricing_pb2.QuoteFacts:
    line = pricing_pb2.QuoteLineRequest(
        item_code=item, quantity=facts.pop("quantity", 1), measures=facts.pop("measures", [])
    )
    facts.setdefault("place", BEIJING)
    return pricing_pb2.QuoteFacts(lines=[line], price_book_code=book, **facts)


async def preview(quotes: "Quotes", facts: pricing_pb2.QuoteFacts) -> pricing_pb2.QuoteResult:
    return await quotes.PreviewQuote(pricing_pb2.PreviewQuoteRequest(facts=facts))


async def total(quotes: "Quotes", facts: pricing_pb2.QuoteFacts) -> int:
    return (await preview(quotes, facts)).total.amount_minor


async def events_of(pricing: Served, payload: type[Any], aggregate_id: str) -> list[Any]:
    answer = await pricing.as_().call(
        "events.v1.EventService/ReadEvents", events_pb2.ReadEventsRequest(limit=1000)
    )
    assert isinstance(answer, events_pb2.ReadEventsResponse)
    found = []
    for event in answer.events:
        told = payload()
        if event.aggregate_id == aggregate_id and event.payload.Unpack(told):
            found.append(told)
    return found


async def refused(call: Any, error: type[ServiceError]) -> ServiceError:
    with pytest.raises(error) as refusal:
        await call
    return refusal.value
