"""What is typed after ``--input``, and how amounts and times are shown."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from cli.api import Api, Refused, part
from cli.output import local, money, place, state, time
from cli.quote import _line
from cli.values import read_values
from protos.common.v1 import money_pb2, place_pb2
from protos.settlement.v1 import settlement_pb2

SCHEMA = {
    "properties": {
        "floor": {"type": "integer"},
        "phone": {"type": "string"},
        "budget": {
            "type": "object",
            "properties": {"currency": {"const": "CNY"}, "amount_minor": {"type": "integer"}},
        },
    }
}


def test_pairs_become_what_the_form_wants() -> None:
    values = read_values(["floor=15", "phone=13800138000", "budget=800"], SCHEMA)
    assert values == {
        "floor": 15,
        "phone": "13800138000",
        "budget": {"currency": "CNY", "amount_minor": 80_000},
    }


def test_a_value_may_hold_an_equals_sign() -> None:
    assert read_values(["phone=a=b"], SCHEMA) == {"phone": "a=b"}


def test_a_file_is_read_and_pairs_come_after_it(tmp_path: Path) -> None:
    file = tmp_path / "inputs.json"
    file.write_text(json.dumps({"floor": 2, "phone": "1"}))
    assert read_values([str(file), "floor=3"], SCHEMA) == {"floor": 3, "phone": "1"}


@pytest.mark.parametrize("content", ["{", "[1]", ""])
def test_a_file_that_holds_no_object_is_named(tmp_path: Path, content: str) -> None:
    file = tmp_path / "inputs.json"
    file.write_text(content)
    with pytest.raises(Refused) as refused:
        read_values([str(file)], SCHEMA)
    assert str(file) in refused.value.message
    assert refused.value.reason == "INPUT_FILE_UNREADABLE"


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(Refused, match="nothing-here"):
        read_values(["nothing-here"], SCHEMA)


def test_amounts_are_written_as_people_write_them() -> None:
    assert money(money_pb2.Money(currency="CNY", amount_minor=123_450)) == "¥1,234.50"
    assert money(money_pb2.Money(currency="CNY", amount_minor=-5)) == "[red]-¥0.05[/]"
    assert money(money_pb2.Money()) == ""


def test_times_are_shanghais() -> None:
    instant = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    stamp = Timestamp()
    stamp.FromDatetime(instant)
    assert time(stamp) == local(instant) == "03-03 07:30:00"
    assert time(Timestamp()) == ""


def test_a_state_is_said_in_both_languages() -> None:
    earning = settlement_pb2.Earning(state=settlement_pb2.EARNING_STATE_LOCKED)
    assert state(earning) == "已锁定 [dim]locked[/]"


def test_a_place_is_said_in_words_with_its_code() -> None:
    where = place_pb2.Place(adcode="110105", place_name="北京市朝阳区", zone_codes=["BJ-RING5"])
    assert place(where) == "北京市朝阳区 110105 BJ-RING5"


def test_a_quote_line_is_typed_in_one_word() -> None:
    assert _line("AC*2+HEIGHT+NIGHT") == {
        "item_code": "AC",
        "quantity": 2,
        "modifier_codes": ["HEIGHT", "NIGHT"],
    }
    assert _line("AC") == {"item_code": "AC", "quantity": 1, "modifier_codes": []}


def test_an_id_in_a_path_leads_nowhere_else() -> None:
    assert part("../people?x#y") == "..%2Fpeople%3Fx%23y"


def test_the_stacks_token_is_for_the_stack_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "bootstrap.token").write_text("secret\n")
    monkeypatch.setenv("GONGDAN_BOOTSTRAP_TOKEN_FILE", str(tmp_path / "bootstrap.token"))
    monkeypatch.setenv("GONGDAN_GATEWAY_URL", "http://127.0.0.1:1")
    monkeypatch.delenv("GONGDAN_URL", raising=False)
    monkeypatch.delenv("GONGDAN_TOKEN", raising=False)
    with Api.from_environment() as here:
        assert here._client.headers["Authorization"] == "Bearer secret"
        assert here.url == "http://127.0.0.1:1"
    monkeypatch.setenv("GONGDAN_URL", "http://example.test")
    with Api.from_environment() as elsewhere:
        assert "Authorization" not in elsewhere._client.headers
