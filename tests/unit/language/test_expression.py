"""Expressions: what they compute, what they refuse, and that nothing else can happen."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.language.evaluate import compile_code
from workflows.language.expression import check_expression
from workflows.language.failure import EvaluationError
from workflows.language.typed import Scope
from workflows.language.types import (
    BOOL,
    DATE,
    DECIMAL,
    INT,
    MONEY,
    STRING,
    TIMESTAMP,
    EnumOf,
    Field,
    ListOf,
    MapOf,
    Record,
    Type,
)

LINE = Record(
    (
        Field("item_code", STRING),
        Field("quantity", INT),
        Field("amount", MONEY),
        Field("note", STRING, optional=True),
    ),
    "Line",
)
QUOTE = Record(
    (
        Field("total", MONEY),
        Field("lines", ListOf(LINE)),
        Field("level", EnumOf(("gold", "silver"))),
        Field("ratio", DECIMAL),
        Field("count", INT),
        Field("quoted_at", TIMESTAMP),
        Field("day", DATE),
        Field("labels", MapOf(STRING)),
        Field("urgent", BOOL),
        Field("budget", MONEY, optional=True),
        Field("place", Record((Field("adcode", STRING),), "Place"), optional=True),
    ),
    "Quote",
)
OPINION = Record((Field("opinion", STRING),), "director")
SCOPE = Scope({"quote": QUOTE, "director": OPINION}, frozenset({("director",)}))


def cny(minor: int) -> dict[str, Any]:
    return {"currency": "CNY", "amount_minor": minor}


DATA: dict[str, Any] = {
    "quote": {
        "total": cny(5_000_001),
        "lines": [
            {"item_code": "AC-INSTALL-STD", "quantity": 2, "amount": cny(4_000_000)},
            {"item_code": "COPPER-PIPE", "quantity": 3, "amount": cny(1_000_001)},
        ],
        "level": "gold",
        "ratio": "0.1",
        "count": 7,
        "quoted_at": "2026-03-02T17:30:00Z",
        "day": "2026-10-01",
        "labels": {"floor": "15"},
        "urgent": True,
    }
}


def value_of(text: str, data: dict[str, Any] | None = None, wanted: Type | None = None) -> Any:
    checked, findings = check_expression(text, SCOPE, wanted)
    assert checked is not None, findings
    return compile_code(checked.json_code)(DATA if data is None else data)


def codes_of(text: str, wanted: Type | None = None) -> list[str]:
    checked, findings = check_expression(text, SCOPE, wanted)
    assert (checked is None) == bool(findings)
    return [finding.code for finding in findings]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("7 / 2", 3),
        ("-7 / 2", -3),
        ("-7 % 3", -1),
        ("7 / 2.0", "3.5"),
        ("0.1 + 0.2 == 0.3", True),
        ("quote.ratio + 0.2", "0.3"),
        ("1 == 1.0", True),
        ("2 > 1.5 && !(1 > 2) || false", True),
        ("quote.count > 5 ? 'many' : 'few'", "many"),
        ('quote.total + cny("0.99")', cny(5_000_100)),
        ("quote.total * 2", cny(10_000_002)),
        ("2 * quote.total", cny(10_000_002)),
        ("scale(quote.total, 0.5)", cny(2_500_001)),
        ("amount(quote.total)", "50000.01"),
        ("string(quote.total)", "¥50,000.01"),
        ("currency(quote.total)", "CNY"),
        ("-quote.total < quote.total", True),
        ("quote.lines.size()", 2),
        ("quote.lines[1].item_code", "COPPER-PIPE"),
        ("quote.lines.exists(line, line.quantity > 2)", True),
        ("quote.lines.all(line, line.quantity > 2)", False),
        ("quote.lines.existsOne(line, line.item_code.startsWith('AC-'))", True),
        ("quote.lines.map(line, line.quantity)", [2, 3]),
        ("quote.lines.filter(line, line.quantity == 3).size()", 1),
        ("sum(quote.lines.map(line, line.amount), cny('0.00'))", cny(5_000_001)),
        ("sum([1, 2, 3], 0)", 6),
        ("join(['a', 'b'], '、')", "a、b"),
        ("max(quote.total, cny('9.00'))", cny(5_000_001)),
        ("quote.level in ['gold', 'silver']", True),
        ("quote.level == 'silver'", False),
        ("quote.labels['floor']", "15"),
        ("'floor' in quote.labels", True),
        ("quote.ratio in [0.1, 0.5]", True),
        ("dateOf(quote.quoted_at)", "2026-03-03"),
        ("hourOf(quote.quoted_at)", 1),
        ("quote.quoted_at + duration('2h')", "2026-03-02T19:30:00Z"),
        ("weekday(quote.day)", 4),
        ("addDays(quote.day, 7)", "2026-10-08"),
        ("daysBetween(quote.day, date('2026-10-08'))", 7),
        ("string(duration('26h30m'))", "1天2小时30分钟"),
        ("floor(2.7) + ceil(2.1)", 5),
        ("round(2.345, 2)", "2.35"),
        ("abs(-3)", 3),
        ("has(quote.budget)", False),
        ("coalesce(quote.budget, quote.total)", cny(5_000_001)),
        ("coalesce(director.opinion, 'none')", "none"),
        ("has(director) ? director.opinion : 'none'", "none"),
        ("quote.budget == null || quote.budget > quote.total", True),
        ("quote.budget != null && quote.budget > quote.total", False),
        ("has(quote.place.adcode) && quote.place.adcode == '110105'", False),
        ("'\\u4e94\\n' + \"环\"", "五\n环"),
        ("quote.lines.exists(line, has(line.note) && line.note == 'x')", False),
        ("quote.lines.map(line, coalesce(line.note, '-'))", ["-", "-"]),
        ("coalesce(null, 1)", 1),
        ("coalesce(quote.budget, quote.lines[0].amount)", cny(4_000_000)),
        # maps
        ("{'gold': 0.85, 'silver': 0.9}[quote.level]", "0.85"),
        ("coalesce({'bronze': 0.9}[quote.level], 1)", "1"),
        ("{'a': 1, 'b': 2,}.size()", 2),
        ("{'b': 1, 'a': 2}.map(k, k)", ["a", "b"]),
        ("quote.labels.all(k, k == 'floor')", True),
        ("has(quote.labels['roof'])", False),
        ("coalesce(quote.labels['roof'], 'flat')", "flat"),
        ("'floor' in quote.labels && quote.labels.floor == '15'", True),
        ("{'a': 1.0} == {'a': 1.00}", True),
        # lists
        ("[1, 2,] + [3]", [1, 2, 3]),
        ("[] + [1]", [1]),
        ("coalesce(quote.lines[9].item_code, 'none')", "none"),
        ("quote.lines == quote.lines.filter(line, true)", True),
        ("[1.0] == [1.00] && [1.5] in [[1.50]]", True),
        ("distinct([1.0, 1.00, 2.0])", ["1.0", "2.0"]),
        ("sort(['b', 'a'])", ["a", "b"]),
        ("quote.lines.sortBy(line, line.amount)[0].item_code", "COPPER-PIPE"),
        ("max(quote.lines.map(line, line.amount))", cny(4_000_000)),
        ("min([2.5, 1])", "1"),
        # texts
        ("' 五环 '.trim() + 'ab'.upperAscii() + 'ÄB'.lowerAscii()", "五环ABÄb"),
        ("'AC-12'.replace('-', '').substring(2)", "12"),
        ("'AC-12'.substring(0, 'AC-12'.indexOf('-'))", "AC"),
        ("'a,b'.split(',')", ["a", "b"]),
        ("string(quote.urgent)", "true"),
        # values read from texts, and numbers
        ("int('42') + int(7.9) + int(-7.9)", 42),
        ("decimal('0.85') * decimal(quote.count)", "5.95"),
        ("round(2.5) + round(-2.5)", 0),
        ("cny(50000) == cny('50000.00')", True),
        ("cny(floor(amount(quote.total)))", cny(5_000_000)),
        ("money('USD', 9.99) == money('USD', '9.99')", True),
        ("money(currency(quote.total), quote.ratio)", cny(10)),
        ("-9223372036854775808 < 0", True),
        ("-0.0", "0.0"),
        ("1.5 * -0.0", "0.00"),
        ("1.0 / 3", "0.3333333333333333333333333333"),
        # days and times
        ("addMonths(date('2026-01-31'), 1)", "2026-02-28"),
        ("addMonths(date('2026-01-31'), -13)", "2024-12-31"),
        ("year(quote.day) * 100 + month(quote.day) + day(quote.day)", 202611),
        ("startOf(quote.day) + duration('9h')", "2026-10-01T01:00:00Z"),
        ("minuteOf(quote.quoted_at)", 30),
        ("(quote.quoted_at - startOf(dateOf(quote.quoted_at))).getMinutes()", 90),
        ("getHours(duration('90m')) + getSeconds(duration('1m'))", 61),
        ("getHours(-duration('90m'))", -1),
        ("date(string(quote.day)) == quote.day", True),
        # as in CEL, what decides decides, whatever fails beside it
        ("1 / 0 > 1 || true", True),
        ("true || 1 / 0 > 1", True),
        ("1 / 0 > 1 && false", False),
        ("[0, 1].exists(x, 1 / x > 0)", True),
        ("[0, 1].all(x, 1 / x < 0)", False),
    ],
)
def test_an_expression_computes(text: str, value: Any) -> None:
    assert value_of(text) == value


def test_over_fifty_thousand_is_strict() -> None:
    exactly = {"quote": {**DATA["quote"], "total": cny(5_000_000)}}
    assert value_of('quote.total > cny("50000.00")', exactly) is False
    assert value_of('quote.total > cny("50000.00")') is True


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "FLOW_EXPRESSION_SYNTAX"),
        ("1 +", "FLOW_EXPRESSION_SYNTAX"),
        ("a = 1", "FLOW_EXPRESSION_SYNTAX"),
        ("1 < 2 < 3", "FLOW_EXPRESSION_SYNTAX"),
        ("'open", "FLOW_EXPRESSION_SYNTAX"),
        ("'\\q'", "FLOW_EXPRESSION_SYNTAX"),
        ("1e9", "FLOW_EXPRESSION_SYNTAX"),
        ("{'a' 1}", "FLOW_EXPRESSION_SYNTAX"),
        ("{'a': 1, 'a': 2}", "FLOW_EXPRESSION_TYPE"),
        ("{1: 'a'}", "FLOW_EXPRESSION_TYPE"),
        ("{'a': 1, 'b': 'c'}", "FLOW_EXPRESSION_TYPE"),
        ("{}", "FLOW_EXPRESSION_TYPE"),
        ("99999999999999999999", "FLOW_EXPRESSION_SYNTAX"),
        ("（1）", "FLOW_EXPRESSION_SYNTAX"),
        ("(" * 61 + "1" + ")" * 61, "FLOW_EXPRESSION_TOO_BIG"),
        ("+".join(["1"] * 80), "FLOW_EXPRESSION_TOO_BIG"),
        ("'" + "x" * 5_000 + "'", "FLOW_EXPRESSION_TOO_BIG"),
        (
            "quote.lines.all(a, quote.lines.all(b, quote.lines.all(c, true)))",
            "FLOW_EXPRESSION_TOO_BIG",
        ),
        ("qoute.total", "FLOW_VARIABLE_UNKNOWN"),
        ("quote.totl", "FLOW_FIELD_UNKNOWN"),
        ("siz('x')", "FLOW_FUNCTION_UNKNOWN"),
        ("quote.budget > quote.total", "FLOW_VALUE_OPTIONAL"),
        ("has(quote.budget) || quote.budget > quote.total", "FLOW_VALUE_OPTIONAL"),
        ("quote.place.adcode == 'x'", "FLOW_VALUE_OPTIONAL"),
        ("director.opinion", "FLOW_VARIABLE_UNSET"),
        ("quote.total > 50000", "FLOW_EXPRESSION_TYPE"),
        ("quote.total * 1.5", "FLOW_EXPRESSION_TYPE"),
        ("quote.total / 2", "FLOW_EXPRESSION_TYPE"),
        ("cny(50000.001)", "FLOW_EXPRESSION_TYPE"),
        ("cny(true)", "FLOW_EXPRESSION_TYPE"),
        ("duration(3)", "FLOW_EXPRESSION_TYPE"),
        ("decimal('1,5')", "FLOW_EXPRESSION_TYPE"),
        ("1." + "0" * 41, "FLOW_EXPRESSION_TYPE"),
        ("quote.lines.sortBy(a, a)", "FLOW_EXPRESSION_TYPE"),
        ("'x' in quote.level", "FLOW_EXPRESSION_TYPE"),
        ("quote.lines.all(line, line.note == 'x')", "FLOW_VALUE_OPTIONAL"),
        ("has(quote.labels.floor) || quote.labels.floor == '15'", "FLOW_VALUE_OPTIONAL"),
        ("cny('1.001')", "FLOW_EXPRESSION_TYPE"),
        ("money('XXX', '1')", "FLOW_EXPRESSION_TYPE"),
        ("date('2026-02-30')", "FLOW_EXPRESSION_TYPE"),
        ("timestamp('2026-01-01T00:00:00')", "FLOW_EXPRESSION_TYPE"),
        ("quote.level == 'bronze'", "FLOW_EXPRESSION_TYPE"),
        ("quote.count && true", "FLOW_EXPRESSION_TYPE"),
        ("true ? 1 : 'a'", "FLOW_EXPRESSION_TYPE"),
        ("[1, 'a']", "FLOW_EXPRESSION_TYPE"),
        ("[]", "FLOW_EXPRESSION_TYPE"),
        ("null", "FLOW_EXPRESSION_TYPE"),
        ("coalesce(null, null)", "FLOW_EXPRESSION_TYPE"),
        ("[][0] > 5", "FLOW_EXPRESSION_TYPE"),
        ("[].map(x, x)", "FLOW_EXPRESSION_TYPE"),
        ("[[]].all(x, x[0] > 5)", "FLOW_EXPRESSION_TYPE"),
        ("quote.lines.all(quote, true)", "FLOW_EXPRESSION_TYPE"),
        ("has(1 + 2)", "FLOW_EXPRESSION_TYPE"),
        ("quote.count[0]", "FLOW_EXPRESSION_TYPE"),
    ],
)
def test_a_wrong_expression_is_refused_before_it_runs(text: str, code: str) -> None:
    assert codes_of(text) == [code]


def test_all_findings_of_an_expression_come_at_once() -> None:
    assert codes_of("quot.total > 1 && quote.totl > 2 && siz(3) == 4") == [
        "FLOW_VARIABLE_UNKNOWN",
        "FLOW_FIELD_UNKNOWN",
        "FLOW_FUNCTION_UNKNOWN",
    ]


def test_a_finding_names_its_character_and_the_nearest_word() -> None:
    _, findings = check_expression("1 > 2 || quote.totl > quote.total", SCOPE)
    assert findings[0].offset == 15
    assert findings[0].hint == "did you mean 'total'?"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1 / 0", "EXPRESSION_DIVISION_BY_ZERO"),
        ("1 % 0", "EXPRESSION_DIVISION_BY_ZERO"),
        ("1.5 / 0.0", "EXPRESSION_DIVISION_BY_ZERO"),
        ("quote.total + money('USD', '1.00')", "EXPRESSION_CURRENCY_MISMATCH"),
        ("quote.total > money('USD', '1.00')", "EXPRESSION_CURRENCY_MISMATCH"),
        ("quote.lines[9].quantity", "EXPRESSION_OUT_OF_RANGE"),
        ("quote.lines[-1].quantity", "EXPRESSION_OUT_OF_RANGE"),
        ("quote.labels['roof']", "EXPRESSION_OUT_OF_RANGE"),
        ("min(quote.lines.filter(line, false).map(line, line.amount))", "EXPRESSION_OUT_OF_RANGE"),
        ("'abc'.substring(2, 1)", "EXPRESSION_OUT_OF_RANGE"),
        ("addMonths(quote.day, 999999)", "EXPRESSION_OUT_OF_RANGE"),
        ("duration('3660d') * 100000", "EXPRESSION_OUT_OF_RANGE"),
        ("cny(quote.ratio / 3)", "EXPRESSION_OUT_OF_RANGE"),
        ("int(quote.labels['floor'] + 'F')", "EXPRESSION_TEXT_UNREADABLE"),
        ("date(quote.labels['floor'])", "EXPRESSION_TEXT_UNREADABLE"),
        ("timestamp('2026-01-01' + 'T00:00:00')", "EXPRESSION_TEXT_UNREADABLE"),
        ("duration('' + '2x')", "EXPRESSION_TEXT_UNREADABLE"),
        ("cny('a' + 'b')", "EXPRESSION_TEXT_UNREADABLE"),
        ("1 / 0 > 1 || false", "EXPRESSION_DIVISION_BY_ZERO"),
        ("false || 1 / 0 > 1", "EXPRESSION_DIVISION_BY_ZERO"),
        ("[0, 1].all(x, 1 / x > 0)", "EXPRESSION_DIVISION_BY_ZERO"),
        ("[0, 1].existsOne(x, 1 / x > 0)", "EXPRESSION_DIVISION_BY_ZERO"),
        ("9223372036854775807 + 1", "EXPRESSION_OUT_OF_RANGE"),
        ("-(-9223372036854775808)", "EXPRESSION_OUT_OF_RANGE"),
        ("quote.total * 9223372036854775807", "EXPRESSION_OUT_OF_RANGE"),
        ("addDays(quote.day, 9999999)", "EXPRESSION_OUT_OF_RANGE"),
        (
            "0.1234567890123456789012345678 * 0.1234567890123456789012345678",
            "EXPRESSION_OUT_OF_RANGE",
        ),
    ],
)
def test_what_has_no_value_says_why(text: str, reason: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        value_of(text)
    assert caught.value.reason == reason


def test_a_list_longer_than_a_thousand_is_not_gone_through() -> None:
    data = {"quote": {**DATA["quote"], "lines": DATA["quote"]["lines"] * 501}}
    with pytest.raises(EvaluationError) as caught:
        value_of("quote.lines.all(line, line.quantity > 0)", data)
    assert caught.value.reason == "EXPRESSION_TOO_MUCH"


@pytest.mark.parametrize(
    "text",
    [
        "quote.lines.all(a, quote.lines.all(b, a.quantity + b.quantity > 0))",
        "quote.lines.all(a, quote.lines.all(b, true)) || true",
        "quote.lines.all(a, quote.lines == quote.lines)",
        "quote.lines.map(a, quote.labels['floor'].split('')).size() > 0",
        "(quote.labels['floor'] + 'x').size() > 0",
        "(quote.lines + quote.lines).size() > 0",
    ],
)
def test_what_would_take_too_long_is_given_up(text: str) -> None:
    lines = DATA["quote"]["lines"] * 500
    data = {"quote": {**DATA["quote"], "lines": lines, "labels": {"floor": "x" * 100_000}}}
    with pytest.raises(EvaluationError) as caught:
        value_of(text, data)
    assert caught.value.reason == "EXPRESSION_TOO_MUCH"


decimals = st.decimals(
    allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9
)


@given(decimals, decimals)
def test_decimals_add_and_multiply_exactly(left: Decimal, right: Decimal) -> None:
    scope = Scope({"x": Record((Field("a", DECIMAL), Field("b", DECIMAL)))})
    data = {"x": {"a": str(left), "b": str(right)}}
    for operator, exact in (("+", left + right), ("-", left - right), ("*", left * right)):
        checked, _ = check_expression(f"x.a {operator} x.b", scope)
        assert checked is not None
        assert compile_code(checked.code)(data) == exact


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> str:
    if depth == 0:
        leaves = [
            "1", "0", "2.50", "'a'", "true", "null", "quote.total", "quote.count", "quote.ratio",
            "quote.lines", "quote.budget", "director.opinion", "quote.level", "cny('3.00')",
            "date('2026-01-01')", "duration('3h')", "quote.quoted_at", "[]", "[1, 2]", "quote.nix",
        ]  # fmt: skip
        return draw(st.sampled_from(leaves))
    inner = expressions(depth=depth - 1)
    a, b, c = draw(inner), draw(inner), draw(inner)
    shapes = [
        f"({a}) + ({b})", f"({a}) - ({b})", f"({a}) * ({b})", f"({a}) / ({b})", f"({a}) % ({b})",
        f"({a}) < ({b})", f"({a}) == ({b})", f"({a}) in ({b})", f"!({a})", f"-({a})",
        f"({a}) && ({b})", f"({a}) || ({b})", f"({a}) ? ({b}) : ({c})", f"({a})[{b}]",
        f"has({a})", f"coalesce({a}, {b})", f"size({a})", f"[{a}, {b}]", f"max({a}, {b})",
        f"string({a})", f"scale({a}, {b})", f"sum({a}, {b})", f"({a}).map(x, ({b}))",
        f"({a}).filter(x, ({b}) == ({c}))", f"round({a}, {b})", f"addDays({a}, {b})", f"floor({a})",
    ]  # fmt: skip
    return draw(st.sampled_from(shapes))


@given(expressions())
def test_an_expression_is_refused_or_computes_or_says_why_it_cannot(text: str) -> None:
    checked, findings = check_expression(text, SCOPE)
    assert (checked is None) == bool(findings)
    if checked is None:
        return
    run = compile_code(checked.json_code)
    try:
        first = run(DATA)
    except EvaluationError:
        return
    assert run(DATA) == first
    assert not contains_float(first)


def contains_float(value: Any) -> bool:
    if isinstance(value, dict):
        return any(contains_float(part) for part in value.values())
    if isinstance(value, list):
        return any(contains_float(part) for part in value)
    return isinstance(value, float)


@given(st.text(max_size=200))
def test_no_text_makes_the_parser_fail_otherwise(text: str) -> None:
    checked, findings = check_expression(text, SCOPE)
    assert (checked is None) == bool(findings)
