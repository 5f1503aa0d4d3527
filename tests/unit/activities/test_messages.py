"""Plain JSON and protobuf messages, both ways."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kit.errors import InvalidArgument, NotFound
from protos.cases.v1 import cases_pb2
from protos.notify.v1 import notify_pb2
from protos.pricing.v1 import pricing_pb2
from workflows.activities.messages import message_to_json, request_from_json
from workflows.catalog import load_catalog

QUOTE = "pricing.v1.PricingService/Quote"


@pytest.fixture(autouse=True, scope="module")
def contracts() -> None:
    load_catalog()


def test_money_stays_whole_fen_however_large() -> None:
    quote = pricing_pb2.QuoteResult()
    quote.total.amount_minor = 2**60 + 1
    assert message_to_json(quote)["total"]["amount_minor"] == 2**60 + 1


def test_what_has_its_default_is_written_all_the_same_and_an_unset_message_is_not() -> None:
    plain = message_to_json(pricing_pb2.QuoteResult())
    assert plain["quote_id"] == ""
    assert plain["lines"] == []
    assert plain["price_book_version"] == 0
    assert "total" not in plain


def test_enums_are_names_and_instants_rfc_3339() -> None:
    case = cases_pb2.Case(state=cases_pb2.CASE_STATE_COMPLETED)
    case.ended_at.FromDatetime(datetime(2026, 3, 2, 1, 0, tzinfo=UTC))
    plain = message_to_json(case)
    assert plain["state"] == "CASE_STATE_COMPLETED"
    assert plain["ended_at"] == "2026-03-02T01:00:00Z"


def test_numbers_are_restored_inside_lists_and_messages() -> None:
    line = pricing_pb2.QuoteLine(quantity=3)
    line.steps.add().amount_after.amount_minor = 7
    plain = message_to_json(pricing_pb2.QuoteResult(lines=[line]))
    assert plain["lines"][0]["quantity"] == 3
    assert plain["lines"][0]["steps"][0]["amount_after"]["amount_minor"] == 7


def test_a_reply_read_back_as_a_request_is_the_same_message() -> None:
    sent = notify_pb2.SendRequest(
        template_code="sla_alert",
        recipient_person_ids=["pe_1"],
        variables={"node": "量房"},
        urgency=notify_pb2.URGENCY_URGENT,
    )
    assert request_from_json("notify.v1.NotifyService/Send", message_to_json(sent)) == sent


@pytest.mark.parametrize(
    "plain",
    [
        {"case": "ca_1"},
        {"facts": {"lines": [{"quantity": "three"}]}},
        {"facts": {"priced_at": "yesterday"}},
        {"case_id": 7},
    ],
)
def test_a_request_that_does_not_fit_is_refused(plain: dict[str, object]) -> None:
    with pytest.raises(InvalidArgument) as refused:
        request_from_json(QUOTE, plain)
    assert refused.value.reason == "RPC_REQUEST_MALFORMED"


def test_an_rpc_that_there_is_not_is_not_found() -> None:
    with pytest.raises(NotFound) as refused:
        request_from_json("pricing.v1.PricingService/Guess", {})
    assert refused.value.reason == "RPC_UNKNOWN"
