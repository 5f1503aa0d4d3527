"""What is quoted in another currency is settled in it, with its taxes as lines of their own."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf import json_format

from kit.clock import FixedClock
from kit.money import Money
from protos.pricing.v1 import book_pb2, pricing_pb2
from protos.settlement.v1 import settlement_pb2
from protos.settlement.v1.settlement_pb2 import PreviewEarningRequest
from services.settlement.main import mounts as settlement_mounts
from tests.rpc.conftest import Serve
from tests.rpc.pricing.policies.asking import DAY, asked, preview, rate, stamp, yuan
from tests.rpc.pricing.policies.test_exchange_rates import BANGKOK, BERLIN, put_rate
from tests.rpc.settlement.conftest import Desk
from tests.rpc.settlement.words import portion
from workflows.activities.messages import message_to_json
from workflows.runtime.field_work.lines import settlement_lines

if TYPE_CHECKING:
    from protos.pricing.v1.policy_pb2_grpc import PolicyServiceAsyncStub as Policies
    from protos.pricing.v1.pricing_pb2_grpc import PricingServiceAsyncStub as Quotes


def tax(code: str, ratio: str, refundable: str, place: str, **more: Any) -> book_pb2.TaxRule:
    return book_pb2.TaxRule(
        tax_code=code, label=code, side=book_pb2.SIDE_SETTLEMENT, ratio=ratio,
        refundable_ratio=refundable, place_code=place, **more,
    )  # fmt: skip


@pytest.fixture
async def abroad(policies: "Policies", publish: Any, clock: FixedClock) -> str:
    """A book with a price a visit in Thailand, an annual plan in the EU, and taxes on both."""
    since: datetime = clock.now() - DAY
    await put_rate(policies, "CNYTHB", "4.8125", valid_from=stamp(since))
    await put_rate(policies, "CNYEUR", "0.125", valid_from=stamp(since))
    code: str = await publish(
        "settled_abroad",
        rates=[
            rate(
                "DEVICE-TUNING", 121, place_code="TH",
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
            tax("VAT-TH", "0.07", "1", "TH"),
            tax("VAT-EU", "0.19", "0.5", "EU", inclusive=True),
            tax("COMPANY-EU", "0.02", "", "EU", payee_kind="company"),
        ],
    )  # fmt: skip
    return code


@pytest.fixture
async def settlement(serve: Serve, clock: FixedClock) -> Desk:
    desk = Desk(await serve("settlement", settlement_mounts(clock)))
    await desk.put_rule(
        "all", "", portion("technician", "0.7"), portion("platform", remaining=True)
    )
    return desk


async def test_v20_each_currency_is_settled_apart_with_its_rate_and_its_refundable_tax(
    stub: "Quotes", abroad: str, settlement: Desk
) -> None:
    visits = [pricing_pb2.QuoteMeasure(measure="visits", measured=3)]
    thai = await preview(
        stub, asked(abroad, "DEVICE-TUNING", place=BANGKOK, currency="THB", measures=visits)
    )
    plan = await preview(stub, asked(abroad, "DEVICE-TUNING", place=BERLIN, currency="EUR"))
    # 60 × 3 visits = ¥180 = ฿866.25; ¥450 = €56.25
    for quoted, expected in (
        (thai, [("base", 866_25), ("tax", 60_64), ("refundable_tax", -60_64)]),
        (plan, [("base", 56_25), ("refundable_tax", -4_49)]),
    ):
        currency = quoted.facts.currency
        lines = settlement_lines(message_to_json(quoted))
        summed: dict[str, int] = {}
        for each in lines:
            kind, amount = each["line_kind"], each["amount"]
            assert amount["currency"] == currency
            summed[kind] = summed.get(kind, 0) + amount["amount_minor"]
        assert list(summed.items()) == expected
        priced = [each for each in lines if each["line_kind"] == "base"]
        for each in priced:
            assert quoted.inputs.exchange_rate_id in each["explanation"]
            assert "（2026-" in each["explanation"], "since when the rate is valid"

        facts = settlement_pb2.EarningFacts(technician_id="pe_zhang")
        for each in lines:
            json_format.ParseDict(each, facts.lines.add())
        earning = await settlement.stub.PreviewEarning(PreviewEarningRequest(facts=facts))
        total = Money(currency, sum(summed.values()))
        assert earning.settlement_total.amount_minor == total.amount_minor
        assert earning.total.currency == currency
        kinds = {line.line_kind for line in earning.lines}
        assert "refundable_tax" in kinds
