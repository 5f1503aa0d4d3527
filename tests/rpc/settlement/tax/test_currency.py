"""Balances in other currencies: previewed, converted at the rate that was previewed, posted."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime

import pytest
from google.protobuf.any_pb2 import Any as AnyMessage

from kit.errors import ServiceError
from kit.money import Money
from kit.rpc.convert import instant_to_proto
from protos.common.v1.money_pb2 import Money as MoneyMessage
from protos.events.v1 import events_pb2
from protos.pricing.v1 import policy_pb2
from protos.settlement.v1 import currency_pb2 as pb
from protos.settlement.v1 import ledger_pb2
from services.settlement.domain.ledger.transfers import LedgerAccount
from tests.rpc.settlement.tax.conftest import Office

MARCH, APRIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)


def baht(amount: int) -> MoneyMessage:
    return MoneyMessage(currency="THB", amount_minor=amount * 100)


def rate_put(number: int, ratio: str, since: datetime) -> events_pb2.DomainEvent:
    payload = AnyMessage()
    payload.Pack(
        policy_pb2.ExchangeRatePut(
            exchange_rate=policy_pb2.ExchangeRate(
                exchange_rate_id=f"er_{number}",
                from_currency="THB",
                to_currency="CNY",
                ratio=ratio,
                valid_from=instant_to_proto(since),
                source="中国人民银行中间价",
                recorded_at=instant_to_proto(since),
            )
        )
    )
    return events_pb2.DomainEvent(
        event_id=f"ev_{number}",
        aggregate_type="exchange_rate",
        aggregate_id="THB/CNY",
        aggregate_sequence=number,
        payload=payload,
    )


async def tell(office: Office, *events: events_pb2.DomainEvent) -> int:
    request = events_pb2.ApplyEventsRequest(source="pricing", events=events)
    answer = await office.call("system", "events.v1.ProjectionService/ApplyEvents", request)
    applied: int = answer.applied_count
    return applied


@pytest.fixture(scope="module")
async def rated(office: Office) -> Office:
    """Baht earned in March and in April, when the rate was another."""
    await tell(office, rate_put(1, "0.2045", MARCH), rate_put(2, "0.2100", APRIL))
    zhang = LedgerAccount("technician", "pe_zhang", "earning")
    await office.fund(zhang, Money("THB", 10_000_00), MARCH)
    await office.fund(zhang, Money("THB", 5_000_00), APRIL)
    return office


def asked(amount: int) -> pb.PreviewConversionRequest:
    return pb.PreviewConversionRequest(
        party_kind="technician", party_id="pe_zhang", amount=baht(amount), to_currency="CNY"
    )


def order(amount: int, rate_id: str, **more: str) -> pb.ConvertBalanceRequest:
    values = {"party_kind": "technician", "to_currency": "CNY", "reason": "付人民币"}
    return pb.ConvertBalanceRequest(
        **{**values, **more}, party_id="pe_zhang", amount=baht(amount), exchange_rate_id=rate_id
    )


async def reason_of(office: Office, person: str, rpc: str, request: object) -> str:
    with pytest.raises(ServiceError) as refused:
        await office.call(person, f"CurrencyService/{rpc}", request)
    return refused.value.reason


async def test_a_rate_is_kept_once_however_often_it_is_told(rated: Office) -> None:
    assert await tell(rated, rate_put(1, "0.2045", MARCH), rate_put(2, "0.2100", APRIL)) == 0


async def test_a_conversion_is_what_was_previewed_and_its_loss_is_posted(rated: Office) -> None:
    exposed = await rated.call(
        "finance", "CurrencyService/ListExposures", pb.ListExposuresRequest()
    )
    (exposure,) = exposed.exposures
    assert (exposure.booked.amount_minor, exposure.now.amount_minor) == (3_095_00, 3_150_00)
    assert exposure.unrealised_gain.amount_minor == -55_00

    preview = await rated.call("finance", "CurrencyService/PreviewConversion", asked(12_000))
    assert preview.received.amount_minor == 2_520_00
    assert [(lot.exchange_rate_id, lot.booked.amount_minor) for lot in preview.lots] == [
        ("er_1", 2_045_00),
        ("er_2", 420_00),
    ]
    made = await rated.call(
        "finance", "CurrencyService/ConvertBalance", order(12_000, preview.exchange_rate_id)
    )
    assert made.conversion_id.startswith("ex_")
    assert (made.gain.amount_minor, made.received) == (-55_00, preview.received)

    balances = await rated.call(
        "finance", "LedgerService/GetLedgerBalances", ledger_pb2.GetLedgerBalancesRequest()
    )
    posted = {
        (each.ledger_account, each.posted.currency): each.posted.amount_minor
        for each in balances.balances
    }
    assert posted["technician:pe_zhang:earning", "THB"] == 3_000_00
    assert posted["technician:pe_zhang:earning", "CNY"] == 2_520_00
    assert posted["platform:exchange", "CNY"] == -55_00
    assert posted["platform:clearing", "CNY"] == -2_465_00
    verdict = await rated.call(
        "finance", "LedgerService/VerifyLedger", ledger_pb2.VerifyLedgerRequest()
    )
    assert verdict.sound

    listed = await rated.call(
        "hq", "CurrencyService/ListConversions", pb.ListConversionsRequest(party_id="pe_zhang")
    )
    assert [each.conversion_id for each in listed.conversions] == [made.conversion_id]


async def test_what_is_not_there_or_not_previewed_is_not_converted(rated: Office) -> None:
    convert = "ConvertBalance"
    assert await reason_of(rated, "finance", convert, order(1, "er_1")) == (
        "SETTLEMENT_EXCHANGE_RATE_CHANGED"
    )
    assert await reason_of(rated, "finance", convert, order(10**6, "er_2")) == (
        "SETTLEMENT_BALANCE_TOO_SMALL"
    )
    assert await reason_of(rated, "finance", convert, order(1, "er_2", to_currency="EUR")) == (
        "SETTLEMENT_EXCHANGE_RATE_MISSING"
    )
    assert await reason_of(rated, "finance", convert, order(1, "er_2", reason="")) == (
        "SETTLEMENT_TEXT_MISSING"
    )


async def test_two_conversions_at_once_never_take_more_than_there_is(rated: Office) -> None:
    await rated.fund(LedgerAccount("technician", "pe_rush", "earning"), Money("THB", 100_00), MARCH)

    def take(amount: int) -> Awaitable[object]:
        request = order(amount, "er_2")
        request.party_id = "pe_rush"
        return rated.call("finance", "CurrencyService/ConvertBalance", request)

    answers = await asyncio.gather(take(60), take(60), take(60), return_exceptions=True)
    refused = [each for each in answers if isinstance(each, ServiceError)]
    assert [each.reason for each in refused] == ["SETTLEMENT_BALANCE_TOO_SMALL"] * 2


async def test_what_is_on_its_way_to_a_payee_is_not_converted(rated: Office) -> None:
    account = LedgerAccount("technician", "pe_busy", "earning")
    await rated.fund(account, Money("THB", 100_00), MARCH)
    await rated.hold(account, Money("THB", 90_00))
    request = order(11, "er_2")
    request.party_id = "pe_busy"
    assert await reason_of(rated, "finance", "ConvertBalance", request) == (
        "SETTLEMENT_BALANCE_TOO_SMALL"
    )


@pytest.mark.parametrize("person", ["zhang", "supervisor", "customer"])
async def test_only_finance_converts(rated: Office, person: str) -> None:
    assert await reason_of(rated, person, "ConvertBalance", order(1, "er_2")) == "ROLE_REQUIRED"
    assert await reason_of(rated, person, "PreviewConversion", asked(1)) == "ROLE_REQUIRED"
    assert await reason_of(rated, "hq", "ConvertBalance", order(1, "er_2")) == "ROLE_REQUIRED"
