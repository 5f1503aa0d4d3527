"""Trying an expression out on JSON data, with no server anywhere."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app

QUOTE = {"quote": {"total": {"currency": "CNY", "amount_minor": 5_000_001}, "budget": None}}


def tried(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, ["flow", "expr", *arguments], input=stdin)


def test_value_type_and_what_was_read_are_shown(tmp_path: Path) -> None:
    file = tmp_path / "data.json"
    file.write_text(json.dumps(QUOTE))
    result = tried('quote.total > cny("50000.00")', "--data", str(file))
    assert result.exit_code == 0
    assert result.stdout.split() == [
        "value", "true", "type", "bool", "reads", "quote.total", "=", "¥50,000.01",
    ]  # fmt: skip


def test_the_same_as_json_from_a_pipe() -> None:
    result = tried("has(quote.budget) || n > 0.1", "--data", "-", "--set", "n=0.10000000000000000001",
                   "--json", stdin=json.dumps(QUOTE))  # fmt: skip
    assert json.loads(result.stdout) == {
        "value": True,
        "type": "bool",
        "reads": {"n": "0.10000000000000000001", "quote.budget": None},
    }


def test_a_dotted_name_sets_one_field_beside_the_others() -> None:
    result = tried("a.b + a.c", "--set", "a.b=1", "--set", "a.c=2", "--json")
    assert json.loads(result.stdout)["value"] == 3


def test_a_caret_stands_under_the_character_that_is_wrong() -> None:
    result = tried("'五环' == quot.place", "--data", "-", stdin=json.dumps(QUOTE))
    assert result.exit_code == 1
    line, caret, message, hint = result.stdout.splitlines()
    assert line == "'五环' == quot.place"
    assert caret == " " * 10 + "^"  # two Chinese characters are as wide as four others
    assert message == "FLOW_VARIABLE_UNKNOWN there is no 'quot' here"
    assert hint.strip() == "→ did you mean 'quote'?"


def test_in_an_expression_of_several_lines_the_caret_stands_below_its_own() -> None:
    result = tried("1 > 2\n  || 1 > 'a'")
    assert result.stdout.splitlines()[:2] == ["  || 1 > 'a'", "       ^"]


def test_findings_come_as_json() -> None:
    result = tried("1 +", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["findings"] == [
        {
            "code": "FLOW_EXPRESSION_SYNTAX",
            "message": "expected a value, found the end",
            "hint": "",
            "offset": 3,
        }
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("1 / n", "--set", "n=0"), "EXPRESSION_DIVISION_BY_ZERO"),
        (("n", "--set", "n=gold"), "n is no JSON"),
        (("n", "--set", "n"), "n is no NAME=JSON"),
        (("n", "--set", "n=NaN"), "NaN is no number"),
        (("n", "--set", 'n={"a":1,"a":2}'), "given twice"),
        (("n", "--set", "n=[1,true]"), "n[1]"),
        (("n", "--set", "n=99999999999999999999"), "beyond 64 bits"),
        (("n", "--set", "a=1", "--set", "a.b=1"), "a has no parts"),
        (("n", "--data", "/nowhere/at/all.json"), "cannot be read"),
    ],
)
def test_what_cannot_be_computed_says_why(arguments: tuple[str, ...], said: str) -> None:
    result = tried(*arguments)
    assert result.exit_code == 1
    assert said in result.stderr


def test_data_that_is_no_object_is_refused() -> None:
    assert tried("1", "--data", "-", stdin="[1]").exit_code == 1
