"""What holds for every book, checked on generated ones against a plain evaluator."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.errors import FailedPrecondition
from services.pricing.domain.book import (
    DIMENSIONS,
    Amount,
    BookContent,
    CombineMode,
    Modifier,
    PriceBook,
    PricedItem,
    Rate,
    RateKey,
    name_rate,
)
from services.pricing.domain.publishing import check_content
from services.pricing.domain.quote import Quoted, evaluate
from services.pricing.domain.selection import Line, Situation
from tests.unit.pricing import oracle

ITEMS = ("A", "B")
PLACES = ("ZONE", "110105", "110100", "110000", "CN")
PHASES = ("premium", "coefficient", "surcharge")
ELSEWHERE = ("310115", "310100")

amounts = st.integers(0, 10**7).map(lambda minor: Amount("CNY", minor))
keys = st.builds(
    RateKey,
    st.sampled_from(ITEMS),
    st.sampled_from(("", *PLACES, *ELSEWHERE)),
    st.sampled_from(("", "tier1", "tier2")),
    st.sampled_from(("", "direct", "franchise")),
    st.sampled_from(("", "vip", "standard")),
)
rates = st.builds(
    lambda key, list_price, settlement: Rate(name_rate(key), key, list_price, settlement),
    keys,
    amounts,
    amounts,
)
ratios = st.one_of(
    st.decimals("0.01", "3", places=2).map(str),
    st.tuples(st.integers(1, 20), st.integers(1, 20)).map(lambda pair: f"{pair[0]}/{pair[1]}"),
)


@st.composite
def modifiers(draw: st.DrawFn) -> Modifier:
    mode = draw(st.sampled_from(CombineMode))
    fixed = mode is CombineMode.ADD_AMOUNT
    code = draw(st.sampled_from(["M1", "M2", "M3", "M4", "M5"]))
    return Modifier(
        modifier_code=code,
        label=f"规则{code}",
        phase=draw(st.sampled_from(PHASES)),
        combine_mode=mode,
        ratio="" if fixed else draw(ratios),
        amount=draw(amounts) if fixed else Amount("", 0),
        item_codes=tuple(draw(st.lists(st.sampled_from(ITEMS), max_size=2, unique=True))),
        place_code=draw(st.sampled_from(("", "ZONE", "310100"))),
        automatic=draw(st.booleans()),
    )


contents = st.builds(
    BookContent,
    price_book_code=st.just("generated"),
    currency=st.just("CNY"),
    resolution_order=st.permutations(DIMENSIONS).map(tuple),
    phases=st.permutations(PHASES).map(tuple),
    items=st.just(tuple(PricedItem(code, code, "project_library", "次") for code in ITEMS)),
    rates=st.lists(rates, min_size=1, max_size=8, unique_by=lambda rate: rate.key).map(tuple),
    modifiers=st.lists(modifiers(), max_size=4, unique_by=lambda m: m.modifier_code).map(tuple),
)
situations = st.builds(
    Situation,
    places=st.sampled_from([PLACES, PLACES[1:], (*ELSEWHERE, "CN")]),
    city_tier=st.sampled_from(("", "tier1", "tier2")),
    cooperation_mode=st.sampled_from(("", "direct", "franchise")),
    customer_level=st.sampled_from(("", "vip", "standard")),
)


@st.composite
def asked(draw: st.DrawFn, *, answerable: bool = True) -> tuple[BookContent, list[Line], Situation]:
    content = draw(contents)
    if answerable:
        anywhere = [
            Rate(code, RateKey(code), Amount("CNY", 700), Amount("CNY", 500)) for code in ITEMS
        ]
        missing = [rate for rate in anywhere if rate.key not in {r.key for r in content.rates}]
        content = replace(content, rates=(*content.rates, *missing))
    codes = [modifier.modifier_code for modifier in content.modifiers]
    lines = st.builds(
        Line,
        st.sampled_from(ITEMS),
        st.integers(1, 50),
        st.lists(st.sampled_from(codes), unique=True).map(tuple) if codes else st.just(()),
    )
    return content, draw(st.lists(lines, min_size=1, max_size=4)), draw(situations)


def quote(content: BookContent, lines: list[Line], situation: Situation) -> Quoted:
    return evaluate(PriceBook(1, "", content), lines, situation)


@settings(max_examples=120)
@given(asked(answerable=False))
def test_the_evaluator_agrees_with_the_plain_one(question: Any) -> None:
    content, lines, situation = question
    check_content(content, set(ITEMS))
    expected = oracle.total(content, lines, situation)
    if expected is None:
        with pytest.raises(FailedPrecondition, match="PRICING_RATE_MISSING"):
            quote(content, lines, situation)
    else:
        assert quote(content, lines, situation).total.amount_minor == expected


@settings(max_examples=40)
@given(asked())
def test_lines_sum_to_the_total_and_steps_hang_together(question: Any) -> None:
    quoted = quote(*question)
    for total, steps_of_lines in (
        (quoted.total, [line.steps for line in quoted.lines]),
        (quoted.settlement_total, [line.settlement_steps for line in quoted.lines]),
    ):
        assert total.amount_minor == sum(steps[-1].after.amount_minor for steps in steps_of_lines)
        for steps in steps_of_lines:
            assert steps[0].before.amount_minor == 0
            for earlier, later in pairwise(steps):
                assert earlier.after == later.before


@settings(max_examples=40)
@given(asked(), st.randoms(use_true_random=False))
def test_the_order_in_which_rules_are_listed_does_not_matter(question: Any, random: Any) -> None:
    content, lines, situation = question
    rates_, modifiers_ = list(content.rates), list(content.modifiers)
    random.shuffle(rates_)
    random.shuffle(modifiers_)
    shuffled = replace(content, rates=tuple(rates_), modifiers=tuple(modifiers_))
    assert quote(shuffled, lines, situation) == quote(content, lines, situation)


@settings(max_examples=40)
@given(asked(), rates)
def test_a_rate_of_another_place_changes_nothing(question: Any, rate: Rate) -> None:
    content, lines, situation = question
    stranger = replace(rate, rate_id="STRANGER", key=rate.key._replace(place_code="440300"))
    wider = replace(content, rates=(*content.rates, stranger))
    assert quote(wider, lines, situation) == quote(content, lines, situation)


@settings(max_examples=40)
@given(asked())
def test_without_the_winner_the_first_that_lost_wins(question: Any) -> None:
    content, lines, situation = question
    [line] = quote(content, lines[:1], situation).lines
    winner = line.steps[0].rule_id
    rest = replace(content, rates=tuple(r for r in content.rates if r.rate_id != winner))
    rate_ids = {rate.rate_id for rate in rest.rates}
    losers = [rejected.rule_id for rejected in line.rejected if rejected.rule_id in rate_ids]
    if losers:
        assert quote(rest, lines[:1], situation).lines[0].steps[0].rule_id == losers[0]
    else:
        with pytest.raises(FailedPrecondition, match="PRICING_RATE_MISSING"):
            quote(rest, lines[:1], situation)


@settings(max_examples=40)
@given(asked(), st.integers(0, 10**6))
def test_a_dearer_book_never_makes_a_quote_cheaper(question: Any, more: int) -> None:
    content, lines, situation = question
    dearer = replace(
        content,
        rates=tuple(
            replace(rate, list_price=Amount("CNY", rate.list_price.amount_minor + more))
            for rate in content.rates
        ),
    )
    assert quote(dearer, lines, situation).total >= quote(content, lines, situation).total
