"""From HTTP's JSON and query to a request message, and back; what does not fit is named."""

from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct

from kit.errors import InvalidArgument
from protos.cases.v1 import cases_pb2
from protos.common.v1 import money_pb2
from protos.directory.v1 import directory_pb2
from protos.notify.v1 import notify_pb2
from protos.pricing.v1 import book_pb2, pricing_pb2
from services.gateway.transcoding import from_query, parse, query_fields, read_json, to_json


def refusal(value: Any) -> InvalidArgument:
    with pytest.raises(InvalidArgument) as refused:
        parse(value, pricing_pb2.QuoteRequest())
    return refused.value


def test_a_body_becomes_the_message_it_says() -> None:
    message = pricing_pb2.QuoteRequest()
    parse({"facts": {"lines": [{"item_code": "AC", "quantity": 2}]}}, message)
    assert message.facts.lines[0].quantity == 2


def test_an_unknown_field_is_refused_by_its_path_and_told_what_is_known() -> None:
    refused = refusal({"facts": {"lines": [{"item_code": "A"}, {"item": "B"}]}})
    assert (refused.reason, refused.field) == ("FIELD_UNKNOWN", "facts.lines[1].item")
    assert "item_code" in refused.message


def test_names_are_those_of_the_contract_and_no_others() -> None:
    assert refusal({"facts": {"lines": [{"itemCode": "A"}]}}).field == "facts.lines[0].itemCode"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"facts": {"lines": [{}, {"quantity": "two"}]}}, "facts.lines[1].quantity"),
        ({"facts": {"lines": [{"quantity": 1.5}]}}, "facts.lines[0].quantity"),
        ({"facts": {"lines": [{"quantity": 10**30}]}}, "facts.lines[0].quantity"),
        ({"facts": {"lines": 5}}, "facts.lines"),
        ({"facts": {"lines": [None]}}, "facts.lines[0]"),
        ({"facts": {"priced_at": "yesterday"}}, "facts.priced_at"),
        ({"facts": {"place": {"adcode": 110105}}}, "facts.place.adcode"),
        ({"facts": []}, "facts"),
        ([], "body"),
        ("text", "body"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_by_its_path(body: Any, field: str) -> None:
    refused = refusal(body)
    assert (refused.reason, refused.field) == ("FIELD_MALFORMED", field)


def test_a_map_and_a_struct_take_any_names() -> None:
    message = notify_pb2.SendRequest()
    parse({"variables": {"anything": "goes"}}, message)
    assert message.variables["anything"] == "goes"


@pytest.mark.parametrize("body", [b"{", b"NaN", b'{"a": Infinity}', b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidArgument, match="not JSON") as refused:
        read_json(body)
    assert refused.value.reason == "BODY_NOT_JSON"


def test_an_empty_body_is_an_empty_object() -> None:
    assert read_json(b" ") == {}


def test_a_query_fills_the_request_and_its_page() -> None:
    request = cases_pb2.ListCasesRequest.DESCRIPTOR
    plain = from_query(request, {"flow_code": ["a"], "page_size": ["5"]}, ())
    message = cases_pb2.ListCasesRequest()
    parse(plain, message)
    assert (message.flow_code, message.page.page_size) == ("a", 5)


def test_an_unknown_query_parameter_is_refused() -> None:
    with pytest.raises(InvalidArgument) as refused:
        from_query(cases_pb2.ListCasesRequest.DESCRIPTOR, {"flow": ["a"]}, ())
    assert (refused.value.reason, refused.value.field) == ("FIELD_UNKNOWN", "flow")


def test_a_parameter_given_twice_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="once"):
        from_query(cases_pb2.ListCasesRequest.DESCRIPTOR, {"stage": ["a", "b"]}, ())


def test_a_yes_or_no_in_a_query_is_true_or_false() -> None:
    request = directory_pb2.PutCalendarRequest.DESCRIPTOR
    assert from_query(request, {"chinese_holidays": ["true"]}, ()) == {"chinese_holidays": True}
    with pytest.raises(InvalidArgument, match="true or false"):
        from_query(request, {"chinese_holidays": ["yes"]}, ())


def test_what_the_path_says_is_no_query_parameter() -> None:
    request = book_pb2.GetPriceBookVersionRequest.DESCRIPTOR
    assert set(query_fields(request, ["price_book_code"])) == {"version", "fields"}


def test_amounts_are_json_numbers() -> None:
    money = money_pb2.Money(currency="CNY", amount_minor=5_000_001)
    assert to_json(money) == {"currency": "CNY", "amount_minor": 5_000_001}


def test_whole_numbers_in_a_struct_stay_whole() -> None:
    struct = Struct()
    struct.update({"quantity": 1, "ratio": 1.5, "lines": [{"floor": -2}]})
    told = to_json(cases_pb2.UserTask(context=struct))["context"]
    assert repr(told["quantity"]) == "1"
    assert told == {"quantity": 1, "ratio": 1.5, "lines": [{"floor": -2}]}
