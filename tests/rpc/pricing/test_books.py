import asyncio
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from kit.authn import Actor
from kit.clock import FixedClock
from kit.errors import (
    AlreadyExists,
    InvalidArgument,
    NotFound,
    PermissionDenied,
)
from protos.events.v1 import events_pb2
from protos.pricing.v1 import book_pb2 as pb
from protos.pricing.v1 import book_pb2_grpc
from tests.rpc.conftest import Served
from tests.rpc.pricing.publishing import publish
from tests.unit.pricing.conftest import shipped_book

if TYPE_CHECKING:
    from protos.pricing.v1.book_pb2_grpc import PriceBookServiceAsyncStub as Stub

pytestmark = pytest.mark.usefixtures("items")


def publication(key: str, code: str, **changes: object) -> pb.PublishPriceBookRequest:
    book = shipped_book()
    book.price_book_code = code
    book.MergeFrom(pb.PriceBookVersion(**changes))  # type: ignore[arg-type]  # by name
    return pb.PublishPriceBookRequest(idempotency_key=key, price_book=book)


async def test_a_published_book_is_what_was_sent_with_a_number_a_hash_and_an_author(
    books: "Stub", clock: FixedClock
) -> None:
    published = await books.PublishPriceBook(publication("p1", "plain"))
    assert (published.version, published.published_by_person_id) == (1, "system")
    assert len(published.content_hash) == 64
    assert published.effective_from.ToDatetime(tzinfo=UTC) == clock.now()
    sent = shipped_book()
    assert published.modifiers == sent.modifiers
    assert [rate.list_price for rate in published.rates] == [r.list_price for r in sent.rates]
    assert published.rates[0].rate_id == "AC-INSTALL-STD"
    request = pb.GetPriceBookVersionRequest(price_book_code="plain", version=1)
    assert await books.GetPriceBookVersion(request) == published


async def changed(pricing: Served, code: str, list_minor: int, **said: Any) -> pb.PriceBookVersion:
    """The next version of a book, with another price of its first rate."""
    book = shipped_book()
    book.price_book_code = code
    book.rates[0].list_price.amount_minor = list_minor
    book.MergeFrom(pb.PriceBookVersion(**said))
    return await publish(pricing, book)


async def test_a_book_is_founded_once_even_when_that_is_asked_at_once(books: "Stub") -> None:
    asked = (books.PublishPriceBook(publication(f"race {n}", "race")) for n in range(5))
    answers = await asyncio.gather(*asked, return_exceptions=True)
    founded = [answer for answer in answers if isinstance(answer, pb.PriceBookVersion)]
    refused = [answer for answer in answers if isinstance(answer, AlreadyExists)]
    assert [version.version for version in founded] == [1]
    assert {error.reason for error in refused} == {"PRICING_DRAFT_NEEDED"}
    assert len(refused) == 4


async def test_versions_are_listed_page_by_page(pricing: Served, books: "Stub") -> None:
    for number in range(3):
        await changed(pricing, "paged", 20000 + number)
    request = pb.ListPriceBookVersionsRequest(price_book_code="paged")
    request.page.page_size = 2
    first = await books.ListPriceBookVersions(request)
    request.page.page_token = first.page.next_page_token
    second = await books.ListPriceBookVersions(request)
    assert [v.version for v in (*first.versions, *second.versions)] == [3, 2, 1]
    assert not second.page.next_page_token
    assert not any(version.rates or version.modifiers for version in first.versions)


async def test_versions_are_listed_by_when_they_begin_and_what_they_correct(
    pricing: Served, books: "Stub", clock: FixedClock
) -> None:
    await changed(pricing, "narrowed", 20000)
    past = pb.PriceBookVersion()
    past.effective_from.FromDatetime(clock.now() - timedelta(days=3))
    await changed(
        pricing, "narrowed", 19000, effective_from=past.effective_from, correction_reason="录入错误"
    )
    request = pb.ListPriceBookVersionsRequest(price_book_code="narrowed", corrections_only=True)
    listed = await books.ListPriceBookVersions(request)
    assert [version.version for version in listed.versions] == [2]
    request = pb.ListPriceBookVersionsRequest(price_book_code="narrowed")
    request.effective_from.FromDatetime(clock.now() - timedelta(days=1))
    listed = await books.ListPriceBookVersions(request)
    assert [version.version for version in listed.versions] == [1]


async def test_a_book_is_listed_with_its_newest_version(pricing: Served, books: "Stub") -> None:
    await changed(pricing, "newest", 20000)
    await changed(pricing, "newest", 21000)
    listed = await books.ListPriceBooks(pb.ListPriceBooksRequest())
    assert {book.price_book_code: book.version for book in listed.price_books}["newest"] == 2


async def test_without_a_number_the_version_in_force_is_meant(
    pricing: Served, books: "Stub", clock: FixedClock
) -> None:
    await changed(pricing, "timed", 20000)
    later = pb.PriceBookVersion()
    later.effective_from.FromDatetime(clock.now() + timedelta(days=1))
    await changed(pricing, "timed", 21000, effective_from=later.effective_from)
    request = pb.GetPriceBookVersionRequest(price_book_code="timed")
    assert (await books.GetPriceBookVersion(request)).version == 1
    clock.advance(timedelta(days=1))
    assert (await books.GetPriceBookVersion(request)).version == 2


async def test_only_the_wanted_fields_of_a_version_are_told(pricing: Served, books: "Stub") -> None:
    await changed(pricing, "masked", 20000)
    request = pb.GetPriceBookVersionRequest(price_book_code="masked")
    request.fields.paths.extend(["version", "modifiers"])
    told = await books.GetPriceBookVersion(request)
    assert {field.name for field, _ in told.ListFields()} == {"version", "modifiers"}
    request.fields.paths[:] = ["weather"]
    with pytest.raises(InvalidArgument, match="PRICING_FIELD_UNKNOWN"):
        await books.GetPriceBookVersion(request)


async def test_rates_are_listed_by_item_and_condition_page_by_page(
    pricing: Served, books: "Stub"
) -> None:
    book = shipped_book()
    book.price_book_code = "rated"
    book.resolution_order.append("sales_channel")
    for place in ("110105", "310000"):
        rate = book.rates.add(place_code=place, item_code="AC-INSTALL-STD")
        rate.list_price.CopyFrom(book.rates[0].list_price)
        rate.settlement_price.CopyFrom(book.rates[0].settlement_price)
        rate.conditions.sales_channel = "tmall"
    await publish(pricing, book)

    async def places(**said: Any) -> list[str]:
        request = pb.ListRatesRequest(price_book_code="rated", **said)
        request.page.page_size = 2
        found: list[str] = []
        while True:
            page = await books.ListRates(request)
            found += [rate.place_code for rate in page.rates]
            if not page.page.next_page_token:
                return found
            request.page.page_token = page.page.next_page_token

    assert len(await places()) == len(book.rates)
    assert await places(item_code="AC-INSTALL-STD") == ["", "110105", "310000"]
    assert await places(condition="sales_channel", condition_value="tmall") == ["110105", "310000"]
    assert await places(place_code="310000") == ["310000"]


async def test_the_publication_is_an_event(pricing: Served, books: "Stub") -> None:
    await books.PublishPriceBook(publication("told", "told"))
    answer = await pricing.as_().call(
        "events.v1.EventService/ReadEvents", events_pb2.ReadEventsRequest(limit=1000)
    )
    assert isinstance(answer, events_pb2.ReadEventsResponse)
    [event] = [event for event in answer.events if event.aggregate_id == "told"]
    payload = pb.PriceBookPublished()
    assert event.payload.Unpack(payload)
    assert (payload.price_book_code, payload.version) == ("told", 1)


async def test_all_that_is_wrong_is_told_at_once_and_nothing_is_kept(books: "Stub") -> None:
    request = publication("wrong", "wrong")
    request.price_book.rates[3].list_price.amount_minor = -1
    request.price_book.rates[4].item_code = "GHOST"
    request.price_book.modifiers[0].phase = "discount"
    request.price_book.resolution_order.append("weather")
    with pytest.raises(InvalidArgument) as refusal:
        await books.PublishPriceBook(request)
    assert set(refusal.value.details) == {
        "price_book.resolution_order[4]",
        "price_book.rates[3].list_price",
        "price_book.rates[4].item_code",
        "price_book.modifiers[0].phase",
    }
    with pytest.raises(NotFound, match="PRICING_BOOK_UNKNOWN"):
        await books.GetPriceBookVersion(pb.GetPriceBookVersionRequest(price_book_code="wrong"))


async def test_negative_money_is_refused_at_its_rate(books: "Stub") -> None:
    request = publication("negative", "negative")
    request.price_book.rates[3].list_price.amount_minor = -1
    with pytest.raises(InvalidArgument) as refusal:
        await books.PublishPriceBook(request)
    assert refusal.value.reason == "PRICING_AMOUNT_NEGATIVE"
    assert refusal.value.field == "price_book.rates[3].list_price"


async def test_settlement_prices_stay_inside(pricing: Served, books: "Stub") -> None:
    await books.PublishPriceBook(publication("inside", "inside"))
    sales = pricing.stub(book_pb2_grpc.PriceBookServiceStub, Actor("pe_s", frozenset({"sales"})))
    request = pb.GetPriceBookVersionRequest(price_book_code="inside")
    seen = await sales.GetPriceBookVersion(request)  # type: ignore[misc]  # aio
    assert all(rate.list_price.amount_minor > 0 for rate in seen.rates)
    assert not any(rate.HasField("settlement_price") for rate in seen.rates)


@pytest.mark.parametrize("role", ["technician", "pricing_manager", "hq"])
async def test_only_an_administrator_founds_a_book_without_a_draft(
    pricing: Served, role: str
) -> None:
    other = pricing.stub(book_pb2_grpc.PriceBookServiceStub, Actor("pe_t", frozenset({role})))
    with pytest.raises(PermissionDenied, match="ROLE_REQUIRED"):
        await other.PublishPriceBook(publication("raise", "mine"))  # type: ignore[misc]  # aio


async def test_what_was_published_cannot_be_changed_in_the_database(
    pricing: Served, books: "Stub"
) -> None:
    await books.PublishPriceBook(publication("fixed", "fixed"))
    async with await psycopg.AsyncConnection.connect(
        pricing.database_url, autocommit=True
    ) as connection:
        for statement in (
            "UPDATE pricing.rate SET list_price_minor = 1",
            "DELETE FROM pricing.price_rule",
            "UPDATE pricing.priced_item SET name = 'x'",
            "TRUNCATE pricing.price_book_version CASCADE",
        ):
            with pytest.raises(psycopg.errors.RestrictViolation):
                await connection.execute(statement)
