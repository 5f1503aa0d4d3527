"""What holds for every book, checked on generated ones against a plain evaluator."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import assume, given, settings
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
    rates=st.lists(rates, min_size=1, max_size=12, unique_by=lambda rate: rate.key).map(tuple),
    modifiers=st.lists(modifiers(), max_size=5, unique_by=lambda m: m.modifier_code).map(tuple),
)
situations = st.builds(
    Situation,
    places=st.sampled_from([PLACES, PLACES[1:], (*ELSEWHERE, "CN")]),
    city_tier=st.sampled_from(("", "tier1", "tier2")),
    cooperation_mode=st.sampled_from(("", "direct", "franchise")),
    customer_level=st.sampled_from(("", "vip", "standard")),
)


@st.composite
def asked(draw: st.DrawFn) -> tuple[BookContent, list[Line], Situation]:
    content = draw(contents)
    codes = [modifier.modifier_code for modifier in content.modifiers]
    lines = st.builds(
        Line,
        st.sampled_from(ITEMS),
        st.integers(1, 50),
        st.lists(st.sampled_from(codes), unique=True).map(tuple) if codes else st.just(()),
    )
    return content, draw(st.lists(lines, min_size=1, max_size=4)), draw(situations)


def quoted_or_none(content: BookContent, lines: list[Line], situation: Situation) -> Quoted | None:
    try:
        return evaluate(PriceBook(1, "", content), lines, situation)
    except FailedPrecondition:  # PRICING_RATE_MISSING, the only one there is
        return None


@settings(max_examples=300)
@given(asked())
def test_the_evaluator_agrees_with_the_plain_one(question: Any) -> None:
    content, lines, situation = question
    check_content(content, set(ITEMS))
    quoted = quoted_or_none(content, lines, situation)
    expected = oracle.total(content, lines, situation)
    assert (quoted.total.amount_minor if quoted else None) == expected


@given(asked())
def test_lines_sum_to_the_total_and_steps_hang_together(question: Any) -> None:
    quoted = quoted_or_none(*question)
    assume(quoted is not None)
    assert quoted is not None
    for total, amounts_of in (
        (quoted.total, [line.steps for line in quoted.lines]),
        (quoted.settlement_total, [line.settlement_steps for line in quoted.lines]),
    ):
        assert total.amount_minor == sum(steps[-1].after.amount_minor for steps in amounts_of)
        for steps in amounts_of:
            assert steps[0].before.amount_minor == 0
            for earlier, later in pairwise(steps):
                assert earlier.after == later.before


@given(asked(), st.randoms(use_true_random=False))
def test_the_order_in_which_rules_are_listed_does_not_matter(question: Any, random: Any) -> None:
    content, lines, situation = question
    rates_, modifiers_ = list(content.rates), list(content.modifiers)
    random.shuffle(rates_)
    random.shuffle(modifiers_)
    shuffled = replace(content, rates=tuple(rates_), modifiers=tuple(modifiers_))
    assert quoted_or_none(shuffled, lines, situation) == quoted_or_none(content, lines, situation)


@given(asked(), rates)
def test_a_rate_that_does_not_hold_changes_nothing(question: Any, stranger: Rate) -> None:
    content, lines, situation = question
    assume(all(not oracle.holds(stranger, line, situation) for line in lines))
    assume(all(rate.key != stranger.key for rate in content.rates))
    wider = replace(content, rates=(*content.rates, stranger))
    assert quoted_or_none(wider, lines, situation) == quoted_or_none(content, lines, situation)


@given(asked())
def test_without_the_winner_the_first_that_lost_wins(question: Any) -> None:
    content, lines, situation = question
    quoted = quoted_or_none(content, lines[:1], situation)
    assume(quoted is not None)
    assert quoted is not None
    [line] = quoted.lines
    losers = [r.rule_id for r in line.rejected if not r.rule_id.startswith("M")]
    winner = line.steps[0].rule_id
    rest = replace(content, rates=tuple(r for r in content.rates if r.rate_id != winner))
    runner_up = quoted_or_none(rest, lines[:1], situation)
    if losers:
        assert runner_up is not None
        assert runner_up.lines[0].steps[0].rule_id == losers[0]
    else:
        assert runner_up is None


@given(asked(), st.integers(0, 10**6))
def test_a_dearer_rate_never_makes_a_quote_cheaper(question: Any, more: int) -> None:
    content, lines, situation = question
    before = quoted_or_none(content, lines, situation)
    assume(before is not None)
    dearer = replace(
        content,
        rates=tuple(
            replace(r, list_price=Amount("CNY", r.list_price.amount_minor + more))
            for r in content.rates
        ),
    )
    after = quoted_or_none(dearer, lines, situation)
    assert before is not None
    assert after is not None
    assert after.total >= before.total
