"""Currencies at dated rates."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from kit.authn import Actor
from kit.clock import FixedClock
from kit.errors import (
    FailedPrecondition,
)
from protos.common.v1.place_pb2 import Place
from protos.pricing.v1 import book_pb2, policy_pb2_grpc, pricing_pb2
from protos.pricing.v1 import policy_pb2 as pb
from tests.rpc.conftest import Served
from tests.rpc.pricing.policies.asking import (
    DAY,
    asked,
    key,
    preview,
    rate,
    refused,
    stamp,
    total,
    yuan,
)

if TYPE_CHECKING:
    from protos.pricing.v1.policy_pb2_grpc import PolicyServiceAsyncStub as Policies
    from protos.pricing.v1.pricing_pb2_grpc import PricingServiceAsyncStub as Quotes


def put_rate(policies: "Policies", pair: str, ratio: str, **said: Any) -> Any:
    made = pb.ExchangeRate(
        from_currency=pair[:3], to_currency=pair[3:], ratio=ratio, source="中国人民银行", **said
    )
    return policies.PutExchangeRate(
        pb.PutExchangeRateRequest(idempotency_key=key(), exchange_rate=made)
    )


BANGKOK = Place(adcode="TH-10", adcode_path=["TH-10", "TH"])
BERLIN = Place(adcode="DE-BE", adcode_path=["DE-BE", "DE", "EU"])


async def test_v20_per_visit_in_baht_and_an_annual_plan_in_euro_each_with_its_rate_and_its_refund(
    stub: "Quotes", policies: "Policies", publish: Any, clock: FixedClock
) -> None:
    book = await publish(
        "abroad",
        rates=[
            rate(
                "DEVICE-TUNING", 120, place_code="TH",
                charge=book_pb2.Charge(per_visit=book_pb2.Charge.PerVisit()),
            ),
            rate(
                "DEVICE-TUNING", 900, place_code="EU",
                charge=book_pb2.Charge(
                    annual_plan=book_pb2.Charge.AnnualPlan(
                        included_visits=4,
                        extra_visit_list_price=yuan(100),
                        extra_visit_settlement_price=yuan(50),
                    )
                ),
            ),
        ],
        taxes=[
            book_pb2.TaxRule(
                tax_code="VAT-TH", label="泰国增值税", side=book_pb2.SIDE_LIST, ratio="0.07",
                refundable_ratio="1", place_code="TH",
            ),
            book_pb2.TaxRule(
                tax_code="VAT-EU", label="欧盟增值税", side=book_pb2.SIDE_LIST, ratio="0.19",
                refundable_ratio="0.5", place_code="EU",
            ),
        ],
    )  # fmt: skip
    now = clock.now()
    baht = await put_rate(policies, "CNYTHB", "4.8", valid_from=stamp(now - DAY))
    euro = await put_rate(policies, "EURCNY", "8", valid_from=stamp(now), inverse_too=True)
    visits = [pricing_pb2.QuoteMeasure(measure="visits", measured=3)]
    thai = await preview(
        stub, asked(book, "DEVICE-TUNING", place=BANGKOK, currency="THB", measures=visits)
    )
    european = await preview(stub, asked(book, "DEVICE-TUNING", place=BERLIN, currency="EUR"))

    # 120 × 3 visits = ¥360 = ฿1728.00; ¥900 = €112.50
    for result, rate_put, since, line, tax, refund in (
        (thai, baht, "（2026-", 172800, 12096, -12096),
        (european, euro, "（2026-", 11250, 2138, -1069),
    ):
        currency = result.facts.currency
        (only,) = result.lines
        step = only.steps[-1]
        assert (step.phase, step.rule_id) == ("currency", rate_put.exchange_rate_id)
        assert since in step.explanation, "the rate's time stands on the line"
        assert step.amount_before.currency == "CNY"
        assert (only.amount.currency, only.amount.amount_minor) == (currency, line)
        assert result.inputs.exchange_valid_from == rate_put.valid_from
        amounts = [each.amount for each in result.taxes]
        assert [each.amount_minor for each in amounts] == [tax, refund]
        assert {each.currency for each in amounts} == {currency}
        assert result.total.amount_minor == line + tax + refund
    assert european.inputs.exchange_ratio == "1/8"


async def test_without_a_rate_the_currency_is_named(
    stub: "Quotes", publish: Any, policies: "Policies", clock: FixedClock
) -> None:
    book = await publish("rateless")
    await put_rate(policies, "CNYMYR", "0.6", valid_from=stamp(clock.now() + DAY))
    for currency in ("SGD", "XYZ", "MYR"):
        refusal = await refused(preview(stub, asked(book, currency=currency)), FailedPrecondition)
        assert (refusal.reason, refusal.field) == (
            "PRICING_EXCHANGE_RATE_MISSING", "facts.currency",
        )  # fmt: skip


async def test_a_corrected_rate_leaves_what_was_known_before(
    stub: "Quotes", policies: "Policies", publish: Any, clock: FixedClock
) -> None:
    book, since = await publish("corrected_rate"), clock.now()
    wrong = await put_rate(policies, "CNYUSD", "0.41", valid_from=stamp(since))
    clock.advance(DAY)
    right = await put_rate(policies, "CNYUSD", "0.14", valid_from=stamp(since))
    facts = asked(book, currency="USD", priced_at=stamp(since))
    assert await total(stub, facts) == 2100
    facts.known_at.CopyFrom(stamp(since))
    assert await total(stub, facts) == 6150

    async def at(known: datetime) -> str:
        found = await policies.GetExchangeRate(
            pb.GetExchangeRateRequest(
                from_currency="CNY", to_currency="USD", at=stamp(since), known_at=stamp(known)
            )
        )
        return found.exchange_rate_id

    assert await at(since) == wrong.exchange_rate_id
    assert await at(clock.now()) == right.exchange_rate_id
    listed = await policies.ListExchangeRates(pb.ListExchangeRatesRequest(to_currency="USD"))
    assert [each.ratio for each in listed.exchange_rates] == ["0.14", "0.41"]


async def test_open_quotes_are_revalued_at_todays_rate_page_by_page(
    pricing: Served, stub: "Quotes", policies: "Policies", publish: Any, clock: FixedClock
) -> None:
    book = await publish("revalued")
    await put_rate(policies, "CNYGBP", "0.11")
    given = []
    for quantity in (1, 2, 3):
        clock.advance(timedelta(seconds=1))
        request = pricing_pb2.QuoteRequest(
            idempotency_key=key(), case_id="ca_pound",
            facts=asked(book, currency="GBP", quantity=quantity),
        )  # fmt: skip
        given.append(await stub.Quote(request))
    own = pricing_pb2.QuoteRequest(idempotency_key=key(), case_id="ca_pound", facts=asked(book))
    await stub.Quote(own)  # in the book's own currency: no rate moves it
    clock.advance(DAY)
    rate_now = await put_rate(policies, "CNYGBP", "0.12")
    request_ = pb.RevalueQuotesRequest(currency="GBP")
    request_.page.page_size = 2
    first = await policies.RevalueQuotes(request_)
    request_.page.page_token = first.page.next_page_token
    second = await policies.RevalueQuotes(request_)
    found = [*first.quotes, *second.quotes]
    assert [each.quote_id for each in found] == [each.quote_id for each in given[::-1]]
    assert [each.total.amount_minor for each in found] == [4950, 3300, 1650]
    assert [each.difference.amount_minor for each in found] == [450, 300, 150]
    assert [each.settlement_difference.amount_minor for each in found] == [225, 150, 75]
    assert {each.revalued_exchange_rate_id for each in found} == {rate_now.exchange_rate_id}
    assert (found[0].ratio, found[0].revalued_ratio) == ("0.11", "0.12")
    sales = pricing.stub(policy_pb2_grpc.PolicyServiceStub, Actor("pe_1", frozenset({"sales"})))
    seen = await sales.RevalueQuotes(pb.RevalueQuotesRequest(currency="GBP"))  # type: ignore[misc]  # aio
    assert not any(each.HasField("settlement_difference") for each in seen.quotes)
    clock.advance(40 * DAY)
    assert not (await policies.RevalueQuotes(pb.RevalueQuotesRequest(currency="GBP"))).quotes
