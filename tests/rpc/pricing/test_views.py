"""Four views of one computation, many quotes at once, and why one costs what it costs."""

from typing import TYPE_CHECKING

import pytest

from kit.authn import Actor
from kit.errors import InvalidArgument, NotFound, PermissionDenied, Unauthenticated
from protos.pricing.v1 import book_pb2, pricing_pb2_grpc
from protos.pricing.v1 import pricing_pb2 as pb
from tests.rpc.conftest import Served
from tests.rpc.pricing.test_quotes import INSIDE, facts, line

if TYPE_CHECKING:
    from protos.pricing.v1.book_pb2_grpc import PriceBookServiceAsyncStub as Books
    from protos.pricing.v1.pricing_pb2_grpc import PricingServiceAsyncStub as Stub

pytestmark = pytest.mark.usefixtures("standard")

ASKED = facts(line("AC-INSTALL-STD", "WORK-AT-HEIGHT"), place=INSIDE)
CUSTOMER, TECHNICIAN = pb.QUOTE_VIEW_CUSTOMER, pb.QUOTE_VIEW_TECHNICIAN
OUTLET, FINANCE = pb.QUOTE_VIEW_OUTLET, pb.QUOTE_VIEW_FINANCE


def stub_of(pricing: Served, role: str) -> "Stub":
    actor = Actor(f"pe_{role}", frozenset({role}))
    return pricing.stub(pricing_pb2_grpc.PricingServiceStub, actor)  # type: ignore[return-value]  # aio


def shown(result: pb.QuoteResult) -> set[str]:
    """Which parts of a quote are there."""
    [quoted] = result.lines
    parts = {
        "list": (result.HasField("total"), quoted.HasField("amount"), bool(quoted.steps)),
        "settlement": (
            result.HasField("settlement_total"),
            quoted.HasField("settlement_amount"),
            bool(quoted.settlement_steps),
        ),
        "margin": (result.HasField("margin"),),
    }
    for name, there in parts.items():
        assert all(there) or not any(there), name
    return {name for name, there in parts.items() if all(there)}


@pytest.mark.parametrize(
    ("view", "parts"),
    [
        (CUSTOMER, {"list"}),
        (TECHNICIAN, {"settlement"}),
        (OUTLET, {"list", "settlement"}),
        (FINANCE, {"list", "settlement", "margin"}),
    ],
)
async def test_a_view_shows_its_part_of_the_one_computation(
    stub: "Stub", view: pb.QuoteView.ValueType, parts: set[str]
) -> None:
    whole = await stub.PreviewQuote(pb.PreviewQuoteRequest(facts=ASKED))
    seen = await stub.PreviewQuote(pb.PreviewQuoteRequest(facts=ASKED, view=view))
    assert shown(seen) == parts
    if "list" in parts:
        assert (seen.total, seen.lines[0].steps) == (whole.total, whole.lines[0].steps)
    if "settlement" in parts:
        assert seen.settlement_total == whole.settlement_total


@pytest.mark.parametrize(
    ("role", "parts"),
    [
        ("finance", {"list", "settlement", "margin"}),
        ("pricing_manager", {"list", "settlement", "margin"}),
        ("technician", {"list", "settlement"}),
        ("outlet_manager", {"list", "settlement"}),
        ("customer_service", {"list"}),
        ("sales", {"list"}),
    ],
)
async def test_without_asking_one_sees_what_one_may_see(
    pricing: Served, role: str, parts: set[str]
) -> None:
    seen = await stub_of(pricing, role).PreviewQuote(pb.PreviewQuoteRequest(facts=ASKED))
    assert shown(seen) == parts


@pytest.mark.parametrize(
    ("role", "view"),
    [
        ("technician", FINANCE),
        ("outlet_manager", FINANCE),
        ("sales", TECHNICIAN),
        ("sales", OUTLET),
    ],
)
async def test_nobody_asks_for_more_than_they_may_see(
    pricing: Served, role: str, view: pb.QuoteView.ValueType
) -> None:
    stub = stub_of(pricing, role)
    with pytest.raises(PermissionDenied, match="PRICING_VIEW_FORBIDDEN"):
        await stub.PreviewQuote(pb.PreviewQuoteRequest(facts=ASKED, view=view))
    with pytest.raises(PermissionDenied, match="PRICING_VIEW_FORBIDDEN"):
        await stub.ExplainQuote(pb.ExplainQuoteRequest(facts=ASKED, view=view))


# Many at once


async def outcomes(stub: "Stub", request: pb.QuoteBatchRequest) -> list[pb.QuoteOutcome]:
    return [outcome async for answer in stub.QuoteBatch(request) for outcome in answer.outcomes]


async def test_a_batch_answers_each_in_order_and_what_cannot_be_quoted_says_why(
    stub: "Stub",
) -> None:
    ghost = facts(line("GHOST"))
    many = [ASKED if n % 7 else ghost for n in range(250)]
    answers = await outcomes(stub, pb.QuoteBatchRequest(facts=many))
    assert [answer.index for answer in answers] == list(range(250))
    one = await stub.PreviewQuote(pb.PreviewQuoteRequest(facts=ASKED))
    for answer in answers:
        if answer.index % 7:
            assert answer.result.total == one.total
            assert answer.result.settlement_total == one.settlement_total
            assert not answer.result.lines[0].steps
        else:
            assert answer.problem.reason == "PRICING_RATE_MISSING"
            assert answer.problem.field == "facts.lines[0].item_code"


async def test_a_batch_with_steps_is_the_quotes_themselves(stub: "Stub") -> None:
    one = await stub.PreviewQuote(pb.PreviewQuoteRequest(facts=ASKED))
    [answer] = await outcomes(stub, pb.QuoteBatchRequest(facts=[ASKED], with_steps=True))
    assert answer.result == one


async def test_a_batch_is_checked_like_any_other_call(pricing: Served, stub: "Stub") -> None:
    with pytest.raises(InvalidArgument, match="PRICING_BATCH_INVALID"):
        await outcomes(stub, pb.QuoteBatchRequest())
    with pytest.raises(PermissionDenied, match="ROLE_REQUIRED"):
        await outcomes(stub_of(pricing, "customer"), pb.QuoteBatchRequest(facts=[ASKED]))
    request = pb.QuoteBatchRequest(facts=[ASKED], view=FINANCE)
    with pytest.raises(PermissionDenied, match="PRICING_VIEW_FORBIDDEN"):
        await outcomes(stub_of(pricing, "technician"), request)
    [seen] = await outcomes(stub_of(pricing, "sales"), pb.QuoteBatchRequest(facts=[ASKED]))
    assert not seen.result.HasField("settlement_total")


async def test_a_stream_needs_a_token(pricing: Served) -> None:
    anonymous: Stub = pricing.stub(pricing_pb2_grpc.PricingServiceStub, None)  # type: ignore[assignment]  # aio
    with pytest.raises(Unauthenticated, match="TOKEN_MISSING"):
        await outcomes(anonymous, pb.QuoteBatchRequest(facts=[ASKED]))


# Why


async def test_an_explanation_says_every_step_and_what_each_rule_added(stub: "Stub") -> None:
    request = pb.QuoteRequest(idempotency_key="why", case_id="ca_why", facts=ASKED)
    given = await stub.Quote(request)
    told = await stub.ExplainQuote(pb.ExplainQuoteRequest(quote_id=given.quote_id, view=CUSTOMER))
    assert told.quote_id == given.quote_id
    assert told.total == given.total
    assert told.sentences[0] == "按价目 standard 第 1 版，2026-03-02 09:00，110105。"
    assert "五环内城区服务溢价：基础费 ¥200.00 × 20% = ¥40.00。" in told.sentences
    assert told.sentences[-1] == "合计 ¥288.00。"
    assert not any("结算" in sentence for sentence in told.sentences)
    [quoted] = told.lines
    assert [(part.rule_id, part.amount.amount_minor) for part in quoted.parts] == [
        ("AC-INSTALL-STD", 20000),
        ("RING5-PREMIUM", 4000),
        ("WORK-AT-HEIGHT", 4800),
    ]
    assert sum(part.share_basis_points for part in quoted.parts) == 10_000


async def test_v8_the_shares_of_the_fee_lines(stub: "Stub", books: "Books") -> None:
    book = book_pb2.PriceBookVersion(
        price_book_code="v8", currency="CNY", resolution_order=["place"], phases=["fee"]
    )
    rate = book.rates.add(item_code="AC-INSTALL-STD")
    for price in (rate.list_price, rate.settlement_price):
        price.currency, price.amount_minor = "CNY", 12000
    for code, minor in (("HEIGHT", 3000), ("NIGHT-RUSH", 5000)):
        fee = book.modifiers.add(
            modifier_code=code, label=code, phase="fee", automatic=True,
            combine_mode=book_pb2.COMBINE_MODE_ADD_AMOUNT,
        )  # fmt: skip
        fee.amount.currency, fee.amount.amount_minor = "CNY", minor
    request = book_pb2.PublishPriceBookRequest(idempotency_key="v8", price_book=book)
    await books.PublishPriceBook(request)
    asked = facts(line("AC-INSTALL-STD"), price_book_code="v8")
    told = await stub.ExplainQuote(pb.ExplainQuoteRequest(facts=asked))
    assert told.total.amount_minor == 20000
    assert [part.share_basis_points for part in told.lines[0].parts] == [6000, 1500, 2500]


async def test_a_technician_is_told_what_the_work_earns(pricing: Served) -> None:
    stub = stub_of(pricing, "technician")
    told = await stub.ExplainQuote(pb.ExplainQuoteRequest(facts=ASKED, view=TECHNICIAN))
    assert told.sentences[-1] == "结算合计 ¥172.80。"  # (120 + 24) × 1.2
    assert not any(sentence.startswith("合计") for sentence in told.sentences)


async def test_a_quote_is_told_in_english_too(stub: "Stub") -> None:
    request = pb.QuoteRequest(idempotency_key="english", case_id="ca_why", facts=ASKED)
    given = await stub.Quote(request)
    told = await stub.ExplainQuote(pb.ExplainQuoteRequest(quote_id=given.quote_id, language="en"))
    assert told.sentences[0] == "By price book standard version 1, 2026-03-02 09:00, 110105."
    assert "五环内城区服务溢价: base fee ¥200.00 × 20% = ¥40.00." in told.sentences
    assert told.sentences[-3:] == [
        "Total ¥288.00.",
        "Settlement total ¥172.80.",
        "Margin ¥115.20.",
    ]
    with pytest.raises(InvalidArgument, match="PRICING_LANGUAGE_UNKNOWN"):
        await stub.ExplainQuote(pb.ExplainQuoteRequest(quote_id=given.quote_id, language="fr"))


async def test_only_what_is_there_can_be_explained(stub: "Stub") -> None:
    with pytest.raises(NotFound, match="PRICING_QUOTE_UNKNOWN"):
        await stub.ExplainQuote(pb.ExplainQuoteRequest(quote_id="qt_none"))
