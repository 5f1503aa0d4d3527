import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from kit.authn import Actor
from kit.clock import FixedClock
from kit.errors import InvalidArgument, NotFound, PermissionDenied
from protos.events.v1 import events_pb2
from protos.pricing.v1 import book_pb2 as pb
from protos.pricing.v1 import book_pb2_grpc
from tests.rpc.conftest import Served
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


async def test_versions_count_up_without_gaps_even_when_published_at_once(books: "Stub") -> None:
    published = await asyncio.gather(
        *(books.PublishPriceBook(publication(f"race {n}", "race")) for n in range(5))
    )
    assert sorted(version.version for version in published) == [1, 2, 3, 4, 5]
    assert len({version.content_hash for version in published}) == 1
    listed = await books.ListPriceBookVersions(
        pb.ListPriceBookVersionsRequest(price_book_code="race")
    )
    assert [version.version for version in listed.versions] == [5, 4, 3, 2, 1]
    assert not any(version.rates or version.modifiers for version in listed.versions)


async def test_versions_are_listed_page_by_page(books: "Stub") -> None:
    for number in range(3):
        await books.PublishPriceBook(publication(f"page {number}", "paged"))
    request = pb.ListPriceBookVersionsRequest(price_book_code="paged")
    request.page.page_size = 2
    first = await books.ListPriceBookVersions(request)
    request.page.page_token = first.page.next_page_token
    second = await books.ListPriceBookVersions(request)
    assert [v.version for v in (*first.versions, *second.versions)] == [3, 2, 1]
    assert not second.page.next_page_token


async def test_without_a_number_the_version_in_force_is_meant(
    books: "Stub", clock: FixedClock
) -> None:
    await books.PublishPriceBook(publication("now", "timed"))
    later = publication("later", "timed")
    later.price_book.effective_from.FromDatetime(clock.now() + timedelta(days=1))
    await books.PublishPriceBook(later)
    request = pb.GetPriceBookVersionRequest(price_book_code="timed")
    assert (await books.GetPriceBookVersion(request)).version == 1
    clock.advance(timedelta(days=1))
    assert (await books.GetPriceBookVersion(request)).version == 2


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


async def test_a_later_version_cannot_begin_in_the_past(books: "Stub", clock: FixedClock) -> None:
    await books.PublishPriceBook(publication("past 1", "past"))
    request = publication("past 2", "past")
    request.price_book.effective_from.FromDatetime(datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(InvalidArgument, match="PRICING_EFFECTIVE_IN_PAST"):
        await books.PublishPriceBook(request)


async def test_settlement_prices_stay_inside(pricing: Served, books: "Stub") -> None:
    await books.PublishPriceBook(publication("inside", "inside"))
    sales = pricing.stub(book_pb2_grpc.PriceBookServiceStub, Actor("pe_s", frozenset({"sales"})))
    request = pb.GetPriceBookVersionRequest(price_book_code="inside")
    seen = await sales.GetPriceBookVersion(request)  # type: ignore[misc]  # aio
    assert all(rate.list_price.amount_minor > 0 for rate in seen.rates)
    assert not any(rate.HasField("settlement_price") for rate in seen.rates)


async def test_only_those_who_keep_prices_change_them(pricing: Served) -> None:
    technician = pricing.stub(
        book_pb2_grpc.PriceBookServiceStub, Actor("pe_t", frozenset({"technician"}))
    )
    with pytest.raises(PermissionDenied, match="ROLE_REQUIRED"):
        await technician.PublishPriceBook(publication("raise", "mine"))  # type: ignore[misc]  # aio


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
