from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from google.protobuf import json_format
from google.protobuf.timestamp_pb2 import Timestamp
from psycopg.rows import dict_row

from kit.authn import Actor
from kit.clock import FixedClock
from kit.db.session import Database
from kit.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from kit.money import Money
from protos.common.v1.place_pb2 import Place
from protos.events.v1 import events_pb2
from protos.pricing.v1 import book_pb2, library_pb2, pricing_pb2_grpc
from protos.pricing.v1 import pricing_pb2 as pb
from services.pricing.convert import quotes
from services.pricing.domain.quote import evaluate
from services.pricing.servicer.loading import load_book
from services.pricing.store import books as stored
from tests.rpc.conftest import Served
from tests.rpc.pricing.publishing import publish

if TYPE_CHECKING:
    from protos.pricing.v1.library_pb2_grpc import LibraryServiceAsyncStub as Library
    from protos.pricing.v1.pricing_pb2_grpc import PricingServiceAsyncStub as Stub

pytestmark = pytest.mark.usefixtures("standard")

PATH = ["110105", "110100", "110000", "CN-NORTH", "CN"]
OUTSIDE = Place(adcode="110105", adcode_path=PATH, city_tier="tier1")
INSIDE = Place(adcode="110105", adcode_path=PATH, zone_codes=["BJ-RING5"], city_tier="tier1")


def facts(*lines: pb.QuoteLineRequest, place: Place = OUTSIDE, **more: object) -> pb.QuoteFacts:
    return pb.QuoteFacts(
        lines=lines, place=place, cooperation_mode="direct", customer_level="standard", **more  # type: ignore[arg-type]  # by name
    )  # fmt: skip


def line(item_code: str, *modifiers: str, quantity: int = 0) -> pb.QuoteLineRequest:
    return pb.QuoteLineRequest(item_code=item_code, quantity=quantity, modifier_codes=modifiers)


async def preview(stub: "Stub", asked: pb.QuoteFacts) -> pb.QuoteResult:
    return await stub.PreviewQuote(pb.PreviewQuoteRequest(facts=asked))


def yuan(result: pb.QuoteResult) -> str:
    return str(Money(result.total.currency, result.total.amount_minor).to_decimal())


@pytest.mark.parametrize(
    ("asked", "total"),
    [
        pytest.param(facts(line("AC-INSTALL-STD", "WORK-AT-HEIGHT")), "240.00", id="V1"),
        pytest.param(facts(line("AC-INSTALL-STD")), "200.00", id="V2"),
        pytest.param(facts(line("AC-INSTALL-HIGH")), "360.00", id="V3"),
        pytest.param(facts(line("DEVICE-TUNING")), "600.00", id="V4"),
        pytest.param(facts(line("URGENT-INSTALL")), "455.00", id="V5"),
        pytest.param(facts(line("AC-INSTALL-STD"), place=INSIDE), "240.00", id="V6 inside"),
        pytest.param(facts(line("AC-INSTALL-STD"), place=OUTSIDE), "200.00", id="V6 outside"),
        pytest.param(facts(line("AC-INSTALL-HIGH"), place=INSIDE), "432.00", id="V7"),
        pytest.param(facts(line("HOUSE-OVERHAUL")), "50000.00", id="V10"),
        pytest.param(facts(line("HOUSE-OVERHAUL"), line("SEAL-WASHER")), "50000.01", id="V11"),
    ],
)
async def test_the_acceptance_vectors(stub: "Stub", asked: pb.QuoteFacts, total: str) -> None:
    assert yuan(await preview(stub, asked)) == total


async def test_v7_shows_the_order_of_its_steps(stub: "Stub") -> None:
    result = await preview(stub, facts(line("AC-INSTALL-HIGH"), place=INSIDE))
    steps = [(step.phase, step.amount_after.amount_minor) for step in result.lines[0].steps]
    assert steps == [("base", 30000), ("premium", 36000), ("coefficient", 43200)]
    assert (
        result.lines[0].steps[1].explanation == "五环内城区服务溢价：基础费 ¥300.00 × 20% = ¥60.00"
    )


async def quote(stub: "Stub", key: str, asked: pb.QuoteFacts) -> pb.QuoteResult:
    return await stub.Quote(pb.QuoteRequest(idempotency_key=key, case_id="ca_1", facts=asked))


async def test_a_quote_is_kept_as_it_was_given(stub: "Stub", clock: FixedClock) -> None:
    given = await quote(stub, "kept", facts(line("AC-INSTALL-STD", quantity=2)))
    assert given.quote_id.startswith("qt_")
    assert given.facts.priced_at.ToDatetime(tzinfo=UTC) == clock.now()
    assert given.facts.price_book_code == "standard"
    assert (given.price_book_version, given.evaluator_version) == (1, 1)
    assert await stub.GetQuote(pb.GetQuoteRequest(quote_id=given.quote_id)) == given


async def test_a_quote_of_a_case_is_an_event_of_that_case(pricing: Served, stub: "Stub") -> None:
    given = await quote(stub, "event", facts(line("AC-INSTALL-STD")))
    answer = await pricing.as_().call(
        "events.v1.EventService/ReadEvents", events_pb2.ReadEventsRequest(limit=1000)
    )
    assert isinstance(answer, events_pb2.ReadEventsResponse)
    event = next(event for event in answer.events if event.aggregate_id == given.quote_id)
    payload = pb.Quoted()
    assert event.payload.Unpack(payload)
    assert (event.case_id, payload.total.amount_minor) == ("ca_1", 20000)


async def test_the_customer_sees_the_fee_list_and_nothing_internal(
    pricing: Served, stub: "Stub"
) -> None:
    asked = facts(line("AC-INSTALL-HIGH", "RING5-PREMIUM"), place=OUTSIDE)
    given = await quote(stub, "views", asked)
    assert given.settlement_total.amount_minor == 21600
    assert given.lines[0].rejected
    customer = pricing.stub(
        pricing_pb2_grpc.PricingServiceStub, Actor("cu_1", frozenset({"customer"}))
    )
    seen = await customer.GetQuote(pb.GetQuoteRequest(quote_id=given.quote_id))  # type: ignore[misc]  # aio
    assert seen.total == given.total
    assert seen.lines[0].steps == given.lines[0].steps
    assert not seen.HasField("settlement_total")
    assert not seen.lines[0].HasField("settlement_amount")
    assert not seen.lines[0].settlement_steps
    assert not seen.lines[0].rejected
    assert "21600" not in str(seen)


@pytest.mark.parametrize("role", ["technician", "finance", "supervisor", "dispatcher"])
async def test_those_who_settle_see_the_settlement_price(
    pricing: Served, stub: "Stub", role: str
) -> None:
    actor = pricing.stub(pricing_pb2_grpc.PricingServiceStub, Actor("pe_1", frozenset({role})))
    request = pb.PreviewQuoteRequest(facts=facts(line("AC-INSTALL-STD")))
    seen = await actor.PreviewQuote(request)  # type: ignore[misc]  # aio
    assert seen.settlement_total.amount_minor == 12000


@pytest.mark.parametrize("role", ["sales", "agent", "customer_service", "customer"])
async def test_others_do_not(pricing: Served, stub: "Stub", role: str) -> None:
    actor = pricing.stub(pricing_pb2_grpc.PricingServiceStub, Actor("pe_1", frozenset({role})))
    request = pb.PreviewQuoteRequest(facts=facts(line("AC-INSTALL-STD")))
    seen = await actor.PreviewQuote(request)  # type: ignore[misc]  # aio
    assert seen.total.amount_minor == 20000
    assert not seen.HasField("settlement_total")


async def test_a_case_has_its_quotes_newest_first(stub: "Stub", clock: FixedClock) -> None:
    given = []
    for number in range(3):
        clock.advance(timedelta(seconds=1))
        request = pb.QuoteRequest(
            idempotency_key=f"list {number}", case_id="ca_listed",
            facts=facts(line("AC-INSTALL-STD", quantity=number + 1)),
        )  # fmt: skip
        given.append((await stub.Quote(request)).quote_id)
    request_ = pb.ListQuotesRequest(case_id="ca_listed")
    request_.page.page_size = 2
    first = await stub.ListQuotes(request_)
    request_.page.page_token = first.page.next_page_token
    second = await stub.ListQuotes(request_)
    listed = [*first.quotes, *second.quotes]
    assert [quote.quote_id for quote in listed] == given[::-1]
    assert not second.page.next_page_token
    assert not any(line.steps for quote in listed for line in quote.lines)


async def test_every_stored_quote_computed_again_is_the_same_text(
    pricing: Served, stub: "Stub", library: "Library"
) -> None:
    await quote(stub, "replay 1", facts(line("AC-INSTALL-STD", "WORK-AT-HEIGHT"), place=INSIDE))
    await quote(stub, "replay 2", facts(line("COPPER-PIPE", "NIGHT-SURCHARGE", quantity=7)))
    # Renaming the item later changes nothing of what was quoted.
    renamed = library_pb2.Item(
        item_code="COPPER-PIPE",
        catalogue=library_pb2.CATALOGUE_SPARE_PART_LIBRARY,
        name="铜管",
        unit="根",
    )
    await library.PutItem(library_pb2.PutItemRequest(idempotency_key="rename", item=renamed))
    async with await psycopg.AsyncConnection.connect(
        pricing.database_url, row_factory=dict_row
    ) as connection:
        rows = await (await connection.execute("SELECT * FROM pricing.quote")).fetchall()
    assert len(rows) >= 2
    database = Database.connect(pricing.database_url, "pricing")
    for row in rows:
        asked = json_format.Parse(row["facts"], pb.QuoteFacts())
        inputs = json_format.Parse(row["result"], pb.QuoteResult()).inputs
        async with database.transaction(read_only=True) as session:
            version = await stored.version(
                session, row["price_book_code"], row["price_book_version"]
            )
            book = await load_book(version)
        again = quotes.quoted_to_proto(
            evaluate(book, quotes.question_from_proto(asked, inputs)),
            asked,
            inputs,
            book,
            quoted_at=row["quoted_at"],
            quote_id=row["quote_id"],
            case_id=row["case_id"],
        )
        assert quotes.canonical(again) == row["result"]
    await database.close()


async def test_yesterdays_quote_is_unchanged_by_todays_publishing(
    stub: "Stub", pricing: Served, standard: book_pb2.PriceBookVersion, clock: FixedClock
) -> None:
    asked = facts(line("AC-INSTALL-STD"))
    asked.price_book_code = "moving"
    book = book_pb2.PriceBookVersion()
    book.CopyFrom(standard)
    book.price_book_code = "moving"
    book.ClearField("effective_from")
    await publish(pricing, book)
    given = await quote(stub, "yesterday", asked)

    clock.advance(timedelta(days=1))
    book.rates[0].list_price.amount_minor = 99900
    await publish(pricing, book)

    assert yuan(await preview(stub, asked)) == "999.00"
    assert await stub.GetQuote(pb.GetQuoteRequest(quote_id=given.quote_id)) == given
    asked.priced_at.CopyFrom(given.facts.priced_at)
    as_of_yesterday = await preview(stub, asked)
    assert as_of_yesterday.lines == given.lines
    assert as_of_yesterday.price_book_version == 1


async def test_a_correction_reaches_back_and_what_was_known_before_it_can_still_be_asked(
    stub: "Stub", pricing: Served, standard: book_pb2.PriceBookVersion, clock: FixedClock
) -> None:
    asked = facts(line("AC-INSTALL-STD"), price_book_code="corrected")
    book = book_pb2.PriceBookVersion()
    book.CopyFrom(standard)
    book.price_book_code = "corrected"
    book.ClearField("effective_from")
    await publish(pricing, book)
    quoted_on_the_third = clock.now()
    asked.priced_at.FromDatetime(quoted_on_the_third)

    clock.advance(timedelta(days=1))
    asked.known_at.FromDatetime(clock.now())
    clock.advance(timedelta(days=1))
    book.rates[0].list_price.amount_minor = 18000
    book.effective_from.FromDatetime(quoted_on_the_third)
    book.correction_reason = "录入错误"
    await publish(pricing, book)

    assert yuan(await preview(stub, asked)) == "200.00"  # as known on the day after
    asked.ClearField("known_at")
    assert yuan(await preview(stub, asked)) == "180.00"


async def test_a_zone_is_finer_than_the_district_it_lies_in(
    stub: "Stub", pricing: Served, standard: book_pb2.PriceBookVersion
) -> None:
    book = book_pb2.PriceBookVersion()
    book.CopyFrom(standard)
    book.price_book_code = "zoned"
    for place_code, price in (("110105", 21000), ("BJ-RING5", 22000)):
        rate = book.rates.add()
        rate.CopyFrom(standard.rates[0])
        rate.rate_id, rate.place_code, rate.list_price.amount_minor = "", place_code, price
    await publish(pricing, book)
    inside = facts(line("AC-INSTALL-STD"), place=INSIDE, price_book_code="zoned")
    outside = facts(line("AC-INSTALL-STD"), place=OUTSIDE, price_book_code="zoned")
    assert (await preview(stub, inside)).lines[0].steps[0].amount_after.amount_minor == 22000
    assert (await preview(stub, outside)).lines[0].steps[0].amount_after.amount_minor == 21000


async def test_a_version_is_in_force_from_its_instant_on(
    stub: "Stub", pricing: Served, standard: book_pb2.PriceBookVersion, clock: FixedClock
) -> None:
    book = book_pb2.PriceBookVersion()
    book.CopyFrom(standard)
    book.price_book_code = "summer"
    book.effective_from.FromDatetime(datetime(2026, 1, 1, tzinfo=UTC))
    await publish(pricing, book)
    begins = clock.now() + timedelta(days=30)
    book.effective_from.FromDatetime(begins)
    book.rates[0].list_price.amount_minor = 15000
    await publish(pricing, book)

    async def price_at(at: datetime) -> str:
        asked = facts(line("AC-INSTALL-STD"), price_book_code="summer")
        asked.priced_at.FromDatetime(at)
        return yuan(await preview(stub, asked))

    assert await price_at(begins - timedelta(microseconds=1)) == "200.00"
    assert await price_at(begins) == "150.00"
    with pytest.raises(FailedPrecondition, match="PRICING_BOOK_NOT_IN_FORCE"):
        await price_at(datetime(2025, 12, 31, tzinfo=UTC))


@pytest.mark.parametrize(
    ("asked", "error", "reason", "field"),
    [
        (
            facts(line("AC-INSTALL-STD"), line("GHOST")),
            FailedPrecondition,
            "PRICING_RATE_MISSING",
            "facts.lines[1].item_code",
        ),
        (
            facts(line("AC-INSTALL-STD"), place=Place(adcode="999999")),
            InvalidArgument,
            "PRICING_PLACE_UNKNOWN",
            "facts.place",
        ),
        (
            facts(line("AC-INSTALL-STD"), place=Place(adcode="110105", adcode_path=["310115"])),
            InvalidArgument,
            "PRICING_PLACE_UNKNOWN",
            "facts.place",
        ),
        (
            facts(line("AC-INSTALL-STD", quantity=-1)),
            InvalidArgument,
            "PRICING_QUANTITY_INVALID",
            "facts.lines[0].quantity",
        ),
        (
            facts(line("AC-INSTALL-STD", "NO-SUCH")),
            InvalidArgument,
            "PRICING_MODIFIER_UNKNOWN",
            "facts.lines[0].modifier_codes[0]",
        ),
        (facts(), InvalidArgument, "PRICING_LINES_INVALID", "facts.lines"),
        (
            facts(line("AC-INSTALL-STD"), priced_at=Timestamp(seconds=10**15)),
            InvalidArgument,
            "INSTANT_INVALID",
            "facts.priced_at",
        ),
        (
            facts(line("AC-INSTALL-STD"), price_book_code="nowhere"),
            NotFound,
            "PRICING_BOOK_UNKNOWN",
            "facts.price_book_code",
        ),
        (
            facts(line("AC-INSTALL-STD"), priced_at=Timestamp(seconds=0)),
            FailedPrecondition,
            "PRICING_BOOK_NOT_IN_FORCE",
            "facts.price_book_code",
        ),
    ],
)
async def test_what_cannot_be_quoted_names_its_field_and_is_not_kept(
    stub: "Stub",
    asked: pb.QuoteFacts,
    error: type[InvalidArgument | FailedPrecondition | NotFound],
    reason: str,
    field: str,
) -> None:
    with pytest.raises(error) as refusal:
        await stub.Quote(
            pb.QuoteRequest(idempotency_key=f"bad {field} {reason}", case_id="ca_bad", facts=asked)
        )
    assert (refusal.value.reason, refusal.value.field) == (reason, field)
    kept = await stub.ListQuotes(pb.ListQuotesRequest(case_id="ca_bad"))
    assert not kept.quotes


async def test_customers_do_not_make_quotes(pricing: Served) -> None:
    customer = pricing.stub(
        pricing_pb2_grpc.PricingServiceStub, Actor("cu_1", frozenset({"customer"}))
    )
    request = pb.QuoteRequest(idempotency_key="mine", case_id="ca_1")
    with pytest.raises(PermissionDenied, match="ROLE_REQUIRED"):
        await customer.Quote(request)  # type: ignore[misc]  # aio


async def test_an_unknown_quote_is_not_found(stub: "Stub") -> None:
    with pytest.raises(NotFound, match="PRICING_QUOTE_UNKNOWN"):
        await stub.GetQuote(pb.GetQuoteRequest(quote_id="qt_nothing"))
