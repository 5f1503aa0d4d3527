"""What is proved of a decision's conditions, and that nothing is claimed that is not so."""

from __future__ import annotations

import random
import re
import time
from itertools import product
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflows.compiler.conditions.analysis import Findings, Overlap, Vain, analyse
from workflows.language.evaluate import compile_code
from workflows.language.expression import check_expression
from workflows.language.typed import Code, Scope
from workflows.language.types import (
    BOOL,
    DATE,
    DECIMAL,
    DURATION,
    INT,
    MONEY,
    STRING,
    TIMESTAMP,
    EnumOf,
    Field,
    ListOf,
    MapOf,
    Record,
)

QUOTE = Record(
    (
        Field("total", MONEY),
        Field("deposit", MONEY),
        Field("budget", MONEY, optional=True),
        Field("lines", ListOf(Record((Field("quantity", INT),), "Line"))),
        Field("labels", MapOf(STRING)),
        Field("tags", ListOf(STRING)),
        Field("level", EnumOf(("gold", "silver"))),
        Field("state", EnumOf(("STATE_NEW", "STATE_DONE"), "State")),
        Field("city", STRING),
        Field("urgent", BOOL),
        Field("ratio", DECIMAL),
        Field("floor", INT),
        Field("day", DATE),
        Field("quoted_at", TIMESTAMP),
        Field("took", DURATION),
        Field("place", Record((Field("adcode", STRING),), "Place"), optional=True),
    ),
    "quote",
)
SCOPE = Scope(
    {"quote": QUOTE, "director": Record((Field("opinion", STRING),), "director")},
    frozenset({("director",)}),
)


def code_of(text: str, scope: Scope = SCOPE) -> Code:
    checked, findings = check_expression(text, scope, BOOL)
    assert checked is not None, (text, findings)
    return checked.code


def analysed(*texts: str) -> Findings:
    return analyse([code_of(text) for text in texts], SCOPE)


@pytest.mark.parametrize(
    "texts",
    [
        ('quote.total > cny("50000.00")', 'quote.total <= cny("50000.00")'),
        ("quote.level == 'gold'", "quote.level == 'silver'"),
        ("quote.level in ['silver', 'gold']",),
        ("quote.urgent", "!quote.urgent"),
        ("quote.urgent == true", "quote.urgent != true"),
        ("quote.city == '北京'", "quote.city != '北京'"),
        ("quote.floor < 3", "quote.floor in [3, 4]", "quote.floor > 4"),
        ("quote.floor < 2.5", "quote.floor >= 3"),
        ("quote.ratio < 0.5", "quote.ratio >= 0.5"),
        ("quote.day < date('2026-10-01')", "quote.day > date('2026-09-30')"),
        ("quote.took > duration('2h')", "!(quote.took > duration('2h'))"),
        ("has(quote.budget)", "quote.budget == null"),
        ("has(quote.place.adcode)", "!has(quote.place)"),
        ("'floor' in quote.labels", "quote.labels.floor == null"),
        ("has(quote.labels['floor'])", "!('floor' in quote.labels)"),
        ("coalesce(quote.budget, cny('0')) >= cny('1')", "coalesce(quote.budget, cny('0')) < cny('1')"),
        ("quote.total > quote.deposit", "quote.deposit >= quote.total"),
        ("weekday(quote.day) <= 5", "weekday(quote.day) in [6, 7]"),
        ("has(director)", "!has(director)"),
        ("quote.lines.exists(a, a.quantity > 1)", "!quote.lines.exists(a, a.quantity > 1)"),
        ("quote.urgent ? quote.floor > 3 : quote.floor > 5", "quote.floor <= 5"),
        ("cny('100') * 5 < quote.total", "quote.total <= cny('500.00')"),
    ],
)  # fmt: skip
def test_conditions_that_leave_nothing_need_no_otherwise(texts: tuple[str, ...]) -> None:
    assert analysed(*texts).covering


@pytest.mark.parametrize(
    ("texts", "witness"),
    [
        (('quote.total > cny("5")', 'quote.total < cny("5")'), "quote.total = ¥5.00"),
        (("quote.level == 'gold'",), 'quote.level = "silver"'),
        (("quote.state in ['STATE_NEW', 'STATE_DONE']",), "quote.state = any other"),
        (("quote.urgent && quote.floor > 3", "!quote.urgent"), "quote.floor = 3, quote.urgent = true"),
        (("quote.ratio > 0.5", "quote.ratio < 0.4"), "quote.ratio = 0.4"),
        (("quote.ratio > 0.4", "quote.ratio < 0.4"), "quote.ratio = 0.4"),
        (("quote.ratio >= 0.5", "quote.ratio <= 0.4"), "quote.ratio = 0.45"),
        (("quote.day != date('2026-10-01')",), "quote.day = 2026-10-01"),
        (
            ("quote.quoted_at < timestamp('2026-10-01T09:00:00+08:00')",),
            "quote.quoted_at = 2026-10-01T09:00:00+08:00",
        ),
        (("quote.took != duration('2h')",), "quote.took = 7200s"),
        (("has(quote.budget) && quote.budget >= cny('1')",), "quote.budget = ¥0.99"),
        (("has(quote.budget)",), "quote.budget is left empty"),
        (("quote.total > quote.deposit", "quote.total < quote.deposit"), "quote.deposit = quote.total"),
        (("hourOf(quote.quoted_at) >= 6",), "hourOf(quote.quoted_at) = 5"),
        (("false",), "whatever is given"),
    ],
)  # fmt: skip
def test_a_gap_is_told_by_what_falls_into_it(texts: tuple[str, ...], witness: str) -> None:
    found = analysed(*texts)
    assert found.gap is not None
    assert sorted(found.gap.split(", ")) == sorted(witness.split(", "))
    assert not found.covering


@pytest.mark.parametrize(
    ("texts", "vain"),
    [
        (("quote.floor > 3 && quote.floor < 4",), Vain(0, ())),
        (("quote.level == 'gold' && quote.level == 'silver'",), Vain(0, ())),
        (("weekday(quote.day) > 7",), Vain(0, ())),
        (("quote.urgent && !quote.urgent",), Vain(0, ())),
        (("quote.total > cny('5')", "quote.total > cny('6')"), Vain(1, (0,))),
        (("quote.urgent", "quote.floor > 3", "quote.urgent || quote.floor > 3"), Vain(2, (0, 1))),
        (("quote.floor > 9", "quote.floor < 5", "quote.urgent", "quote.floor in [1, 2]"), Vain(3, (1,))),
        (("has(quote.place)", "has(quote.place) && quote.place.adcode == '1'"), Vain(1, (0,))),
        (("sum(quote.lines.map(a, a.quantity), 0) > 3", "sum(quote.lines.map(a, a.quantity), 0) > 4"),
         Vain(1, (0,))),
    ],
)  # fmt: skip
def test_a_condition_in_vain_names_those_that_hold_before_it(
    texts: tuple[str, ...], vain: Vain
) -> None:
    assert analysed(*texts).vain == (vain,)


def test_an_overlap_names_what_both_take() -> None:
    found = analysed("quote.floor >= 3", "quote.floor <= 3")
    assert found.overlaps == (Overlap(0, 1, "quote.floor = 3", nested=False),)


def test_a_ladder_from_the_special_to_the_general_is_told_apart() -> None:
    (overlap,) = analysed("quote.floor > 10", "quote.floor > 3").overlaps
    assert overlap.nested


@pytest.mark.parametrize(
    "texts",
    [
        ("quote.total > cny('5')", "quote.total <= money('USD', '5')"),
        ("quote.city.startsWith('北')", "quote.city == '北京'"),
        ("quote.city < '北京'",),
        ("quote.lines.exists(a, a.quantity > 1)", "quote.lines.all(a, a.quantity > 0)"),
        ("1 / quote.floor > 0",),
        ("has(director)", "quote.floor > 3"),
        ("quote.ratio > 0.1234567890123456789012345",),
        ("quote.total > quote.deposit", "quote.total < cny('5')"),
        ("quote.labels['floor'] == '3'",),
        ("'a' in quote.tags", "size(quote.tags) == 0"),
    ],
)
def test_nothing_is_claimed_outside_the_fragment(texts: tuple[str, ...]) -> None:
    assert analysed(*texts) == Findings(vain=(), overlaps=(), gap=None, covering=False)


# -- against trying everything

SMALL: Final = Record(
    (
        Field("n", INT),
        Field("m", INT, optional=True),
        Field("b", BOOL),
        Field("e", EnumOf(("u", "v", "w"))),
        Field("s", STRING),
    ),
    "x",
)
SMALL_SCOPE: Final = Scope({"x": SMALL})
#: One value beyond each constant that conditions name.
VALUES: Final[dict[str, list[Any]]] = {
    "n": [0, 1, 2, 3, 4],
    "m": [None, 0, 1, 2, 3],
    "b": [True, False],
    "e": ["u", "v", "w"],
    "s": ["p", "q", "another"],
}
WORLD: Final = [
    {"x": {name: value for name, value in zip(VALUES, row, strict=True) if value is not None}}
    for row in product(*VALUES.values())
]

_leaves = st.one_of(
    st.builds(
        "x.n {} {}".format, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), st.integers(1, 3)
    ),
    st.builds("(has(x.m) && x.m {} {})".format, st.sampled_from(["<", "=="]), st.integers(1, 2)),
    st.builds("(x.m == null || x.m {} {})".format, st.sampled_from([">", "!="]), st.integers(1, 2)),
    st.builds("coalesce(x.m, {}) > {}".format, st.integers(0, 3), st.integers(1, 2)),
    st.builds("{} in [{}]".format, st.just("x.e"), st.sampled_from(["'u'", "'u', 'v'", "'w'"])),
    st.builds("x.s {} '{}'".format, st.sampled_from(["==", "!="]), st.sampled_from("pq")),
    st.sampled_from(["x.b", "has(x.m)", "true", "(x.b ? x.n : 2) > 1", "x.b == false"]),
)
small_conditions = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        st.builds("({} && {})".format, inner, inner),
        st.builds("({} || {})".format, inner, inner),
        st.builds("!({})".format, inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
    ),
    max_leaves=6,
)


def worlds_of(witness: str) -> list[dict[str, Any]]:
    """All data that a witness in words describes."""
    kept = WORLD
    for words in [] if witness == "whatever is given" else witness.split(", "):
        match = re.fullmatch(r"x\.(\w) (?:= (.*)|is (given|left empty))", words)
        assert match is not None, words
        name, value, presence = match.groups()
        if presence:
            kept = [data for data in kept if (name in data["x"]) == (presence == "given")]
            continue
        wanted = {"true": True, "false": False, "any other": "another"}.get(value, value.strip('"'))
        number = int(value) if re.fullmatch(r"-?\d+", value) else None
        kept = [data for data in kept if data["x"].get(name) in (wanted, number)]
    return kept


@settings(max_examples=150, deadline=None)
@given(st.lists(small_conditions, min_size=1, max_size=4))
def test_every_finding_agrees_with_trying_everything(texts: list[str]) -> None:
    codes = [code_of(text, SMALL_SCOPE) for text in texts]
    found = analyse(codes, SMALL_SCOPE)
    closures = [compile_code(code) for code in codes]
    truth = {id(data): [run(data) for run in closures] for data in WORLD}
    table = list(truth.values())

    live: list[int] = []
    expected: list[int] = []
    for index in range(len(codes)):
        reached = any(row[index] and not any(row[:index]) for row in table)
        (live if reached else expected).append(index)
    assert [vain.condition for vain in found.vain] == expected
    for vain in found.vain:
        assert all(any(row[one] for one in vain.behind) for row in table if row[vain.condition])
    assert {(o.first, o.second) for o in found.overlaps} == {
        (a, b) for a in live for b in live if a < b and any(row[a] and row[b] for row in table)
    }
    for overlap in found.overlaps:
        rows = [truth[id(data)] for data in worlds_of(overlap.witness)]
        assert rows
        assert all(row[overlap.first] and row[overlap.second] for row in rows)
        assert overlap.nested == all(row[overlap.second] for row in table if row[overlap.first])
    assert found.covering == all(any(row) for row in table)
    assert (found.gap is None) == found.covering
    if found.gap is not None:
        rows = [truth[id(data)] for data in worlds_of(found.gap)]
        assert rows
        assert not any(any(row) for row in rows)


def test_what_would_take_too_long_is_left_open() -> None:
    chance = random.Random(7)
    names = [f"b{i}" for i in range(60)]
    scope = Scope({"x": Record(tuple(Field(name, BOOL) for name in names), "x")})
    # Each condition is a clause turned round, so that a gap would be a solution of hard 3-SAT.
    texts = [
        " && ".join(f"{chance.choice(('', '!'))}x.{name}" for name in chance.sample(names, 3))
        for _ in range(255)
    ]
    codes = [code_of(text, scope) for text in texts]
    started = time.process_time()
    found = analyse(codes, scope)
    assert time.process_time() - started < 5
    assert not found.covering


def test_a_tower_of_choices_is_not_climbed() -> None:
    tower = "quote.urgent"
    for floor in range(50):
        tower = f"({tower} ? quote.floor > {floor} : quote.floor < {floor})"
    started = time.process_time()
    found = analysed(tower, f"!({tower})")
    assert time.process_time() - started < 5
    assert found.covering
