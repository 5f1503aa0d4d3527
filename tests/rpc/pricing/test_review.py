"""What a price book's publisher is told before it is published."""

from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook

from kit.authn import Actor
from kit.errors import InvalidArgument, NotFound, PermissionDenied
from protos.common.v1 import money_pb2, page_pb2, place_pb2
from protos.pricing.v1 import book_pb2, draft_pb2, draft_pb2_grpc, pricing_pb2, review_pb2_grpc
from protos.pricing.v1 import review_pb2 as pb
from tests.rpc.conftest import Served
from tests.rpc.pricing.test_quotes import INSIDE, facts, line
from tests.unit.pricing.conftest import shipped_book

if TYPE_CHECKING:
    from protos.pricing.v1.draft_pb2_grpc import PriceDraftServiceAsyncStub as Drafts
    from protos.pricing.v1.pricing_pb2_grpc import PricingServiceAsyncStub as Stub
    from protos.pricing.v1.review_pb2_grpc import PriceReviewServiceAsyncStub as Reviews

pytestmark = pytest.mark.usefixtures("standard")

PEKING = place_pb2.Place(adcode="110105", adcode_path=["110105", "110100", "110000", "CN"],
                         zone_codes=["BJ-RING5"], city_tier="tier1")  # fmt: skip


def reviews_of(pricing: Served, role: str) -> "Reviews":
    actor = Actor(f"pe_{role}", frozenset({role}))
    return pricing.stub(review_pb2_grpc.PriceReviewServiceStub, actor)  # type: ignore[return-value]  # aio


@pytest.fixture(scope="module")
async def reviews(pricing: Served) -> "Reviews":
    return reviews_of(pricing, "pricing_manager")


def yuan(minor: int) -> money_pb2.Money:
    return money_pb2.Money(currency="CNY", amount_minor=minor)


def dearer() -> pb.ReviewedPriceBook:
    """The shipped book with one price raised by half, and one that pays less."""
    book = shipped_book()
    book.rates[0].list_price.amount_minor = 30_000
    book.rates[1].settlement_price.amount_minor = 17_000
    return pb.ReviewedPriceBook(content=book)


async def changed(reviews: "Reviews", request: pb.PreviewPriceChangeRequest) -> pb.PriceChange:
    told = [progress async for progress in reviews.PreviewPriceChange(request)]
    assert [each.HasField("change") for each in told] == [*([False] * (len(told) - 1)), True]
    return told[-1].change


async def test_a_price_raised_beyond_the_limit_is_told_with_both_quotes(reviews: "Reviews") -> None:
    request = pb.CheckPriceBookRequest(price_book=dearer(), territory=[PEKING])
    told = await reviews.CheckPriceBook(request)
    jump = next(each for each in told.findings if each.code == "PRICE_JUMP")
    assert jump.severity == pb.PRICE_FINDING_SEVERITY_ACKNOWLEDGE
    assert jump.change_basis_points == 5_000
    assert jump.rules[0].field == "price_book.rates[0]"
    assert jump.example.facts.place.zone_codes == ["BJ-RING5"]
    assert jump.example.before.total == yuan(24_000)
    assert jump.example.after.total == yuan(36_000)
    assert jump.example.after.lines[0].steps[0].explanation
    assert told.to_acknowledge >= 1
    assert told.refusing == 0


async def test_the_question_of_an_example_can_be_asked_again(
    reviews: "Reviews", stub: "Stub"
) -> None:
    version = pb.ReviewedPriceBook(source=book_pb2.PriceBookSource(price_book_code="standard"))
    book = shipped_book()
    del book.rates[0]
    request = pb.CheckPriceBookRequest(price_book=pb.ReviewedPriceBook(content=book))
    told = await reviews.CheckPriceBook(request)
    gone = next(each for each in told.findings if each.code == "PRICE_NO_LONGER_PRICED")
    assert gone.example.refused_after == "PRICING_RATE_MISSING"
    again = await stub.PreviewQuote(pricing_pb2.PreviewQuoteRequest(facts=gone.example.facts))
    assert again.total == gone.example.before.total
    sound = await reviews.CheckPriceBook(pb.CheckPriceBookRequest(price_book=version))
    assert "PRICE_NO_LONGER_PRICED" not in {each.code for each in sound.findings}


async def test_findings_come_page_by_page(reviews: "Reviews") -> None:
    book = shipped_book()
    for rate in book.rates:
        rate.list_price.amount_minor *= 2
    wanted = pb.ReviewedPriceBook(content=book)
    codes, token = list[str](), ""
    while True:
        page = page_pb2.PageRequest(page_size=3, page_token=token)
        told = await reviews.CheckPriceBook(pb.CheckPriceBookRequest(price_book=wanted, page=page))
        codes += [rule.rule_id for each in told.findings for rule in each.rules[:1]]
        token = told.page.next_page_token
        if not token:
            break
        assert len(told.findings) == 3
    assert len(codes) == told.refusing + told.to_acknowledge + told.told


async def test_a_draft_is_checked_as_it_would_be_published(
    pricing: Served, reviews: "Reviews"
) -> None:
    keeper = Actor("pe_keeper", frozenset({"pricing_manager"}))
    drafts: Drafts = pricing.stub(draft_pb2_grpc.PriceDraftServiceStub, keeper)  # type: ignore[assignment]  # aio
    draft = await drafts.CreatePriceDraft(
        draft_pb2.CreatePriceDraftRequest(
            idempotency_key="checked", price_book_code="standard", title="涨价"
        )
    )
    rate = book_pb2.Rate(
        item_code="AC-INSTALL-STD", list_price=yuan(50_000), settlement_price=yuan(12_000)
    )
    edit = draft_pb2.PriceRuleEdit(put=book_pb2.PriceRule(rate=rate))
    await drafts.EditPriceDraft(
        draft_pb2.EditPriceDraftRequest(
            idempotency_key="checked-1", draft_id=draft.draft_id, edits=[edit]
        )
    )
    wanted = pb.ReviewedPriceBook(source=book_pb2.PriceBookSource(draft_id=draft.draft_id))
    told = await reviews.CheckPriceBook(pb.CheckPriceBookRequest(price_book=wanted))
    assert [each.change_basis_points for each in told.findings if each.code == "PRICE_JUMP"] == [
        15_000
    ]


async def test_the_quotes_of_a_month_are_asked_of_the_draft(
    reviews: "Reviews", stub: "Stub"
) -> None:
    for key, case, code in (
        ("w1", "ca_one", "AC-INSTALL-HIGH"),
        ("w2", "ca_one", "AC-INSTALL-HIGH"),
        ("w3", "ca_two", "AC-INSTALL-STD"),
    ):
        asked = facts(line(code), place=INSIDE)
        await stub.Quote(pricing_pb2.QuoteRequest(idempotency_key=key, case_id=case, facts=asked))
    technicians = [
        pb.CaseTechnician(case_id="ca_one", technician_id="pe_ann"),
        pb.CaseTechnician(case_id="ca_two", technician_id="pe_bob"),
    ]
    request = pb.PreviewPriceChangeRequest(
        price_book=dearer(),
        month="2026-03",
        group_by=pb.PRICE_CHANGE_GROUPING_TECHNICIAN,
        technicians=technicians,
    )
    change = await changed(reviews, request)
    by_group = {row.group: row for row in change.groups}
    assert [row.group for row in change.groups] == ["pe_ann", "pe_bob"]
    assert by_group["pe_ann"].orders == 1
    ann = by_group["pe_ann"]
    assert ann.settlement_after.amount_minor < ann.settlement_before.amount_minor
    assert ann.earning_less == 1
    bob = by_group["pe_bob"]
    assert bob.total_before == yuan(24_000)
    assert bob.total_after == yuan(36_000)
    assert bob.margin_after.amount_minor - bob.margin_before.amount_minor == 12_000
    assert sum(each.orders for each in change.distribution) == 2
    assert change.dearest[0].total_after == yuan(36_000)

    exported = await reviews.ExportPriceChange(pb.ExportPriceChangeRequest(change=request))
    book = load_workbook(BytesIO(exported.content))
    groups = book["分组 groups"]
    assert groups["A2"].value == "pe_ann"
    assert len(groups._charts) == 1  # type: ignore[attr-defined]  # read back, not offered
    empty = pb.PreviewPriceChangeRequest(price_book=dearer(), month="2025-12")
    assert list((await changed(reviews, empty)).groups) == []


async def test_made_up_orders_are_the_same_for_the_same_seed(reviews: "Reviews") -> None:
    def sampled(seed: int) -> pb.PreviewPriceChangeRequest:
        sample = pb.PreviewPriceChangeRequest.SampleOrders(orders=700, seed=seed)
        return pb.PreviewPriceChangeRequest(
            price_book=dearer(), sample=sample, territory=[PEKING],
            group_by=pb.PRICE_CHANGE_GROUPING_ITEM,
        )  # fmt: skip

    one, again = await changed(reviews, sampled(1)), await changed(reviews, sampled(1))
    assert one == again
    assert one != await changed(reviews, sampled(2))
    [totals] = one.totals
    assert totals.orders == 700
    moved = {row.group for row in one.groups if row.dearer or row.earning_less}
    assert moved == {"AC-INSTALL-STD", "AC-INSTALL-HIGH"}


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (pb.PreviewPriceChangeRequest(price_book=dearer(), month="03/2026"), "month"),
        (pb.PreviewPriceChangeRequest(price_book=dearer()), "sample.orders"),
        (pb.PreviewPriceChangeRequest(month="2026-03"), "price_book.source"),
    ],
)
async def test_what_cannot_be_asked_is_refused_by_its_field(
    reviews: "Reviews", request_: pb.PreviewPriceChangeRequest, field: str
) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await changed(reviews, request_)
    assert refused.value.field == field


async def test_a_check_that_makes_no_sense_is_refused(reviews: "Reviews") -> None:
    for wrong in ({"days": -1}, {"most_change_basis_points": -1}, {"always_said": ["mood"]}):
        with pytest.raises(InvalidArgument, match="PRICING_CHECK_INVALID"):
            await reviews.CheckPriceBook(pb.CheckPriceBookRequest(price_book=dearer(), **wrong))
    unknown = pb.ReviewedPriceBook(source=book_pb2.PriceBookSource(price_book_code="none"))
    with pytest.raises(NotFound):
        await reviews.CheckPriceBook(pb.CheckPriceBookRequest(price_book=unknown))


async def test_margins_are_not_for_everybody(pricing: Served) -> None:
    technician = reviews_of(pricing, "technician")
    with pytest.raises(PermissionDenied):
        await technician.CheckPriceBook(pb.CheckPriceBookRequest(price_book=dearer()))
    with pytest.raises(PermissionDenied):
        await changed(
            technician, pb.PreviewPriceChangeRequest(price_book=dearer(), month="2026-03")
        )
