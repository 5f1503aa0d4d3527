"""What holds for every book, checked on generated ones against a plain evaluator."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.errors import FailedPrecondition
from services.pricing.domain.book import (
    Amount,
    BookContent,
    Choice,
    CombineMode,
    Modifier,
    Rate,
    Side,
)
from services.pricing.domain.charges import Graduated, PerUnit, Volume
from services.pricing.domain.conditions import ANY, Situation
from services.pricing.domain.modifiers import Line
from services.pricing.domain.price_book import PriceBook
from services.pricing.domain.publishing import check_content
from tests.unit.pricing import oracle
from tests.unit.pricing.books import Answer, ask, yuan
from tests.unit.pricing.generated import ITEMS, asked, modifiers, rates


def quote(content: BookContent, lines: list[Line], situation: Situation) -> Answer:
    return ask(PriceBook.of(1, "", content), *lines, situation=situation)


@settings(max_examples=100)
@given(asked(answerable=False))
def test_the_evaluator_agrees_with_the_plain_one(question: Any) -> None:
    content, lines, situation = question
    check_content(content, set(ITEMS))
    expected = oracle.totals(content, lines, situation)
    if expected is None:
        with pytest.raises(FailedPrecondition, match="PRICING_RATE_MISSING"):
            quote(content, lines, situation)
    else:
        answer = quote(content, lines, situation)
        assert (answer.total, answer.settlement_total) == expected


@settings(max_examples=25)
@given(asked())
def test_lines_sum_to_the_total_and_steps_hang_together(question: Any) -> None:
    answer = quote(*question)
    numbers = range(len(answer.quoted.lines))
    taxes = dict.fromkeys(Side, 0)
    for tax in answer.quoted.taxes:
        taxes[tax.rule.side] += tax.added
    for total, added, said in (
        (answer.total, taxes[Side.LIST], [answer.steps(number) for number in numbers]),
        (
            answer.settlement_total,
            taxes[Side.SETTLEMENT],
            [answer.settlement_steps(number) for number in numbers],
        ),
    ):
        assert total == sum(steps[-1].after.amount_minor for steps in said) + added
        for steps in said:
            assert steps[0].before.amount_minor == 0
            assert all(step.explanation for step in steps)
            for earlier, later in pairwise(steps):
                assert earlier.after == later.before


@settings(max_examples=25)
@given(asked(), st.randoms(use_true_random=False))
def test_the_order_in_which_rules_are_listed_does_not_matter(question: Any, random: Any) -> None:
    content, lines, situation = question
    rates_, modifiers_ = list(content.rates), list(content.modifiers)
    random.shuffle(rates_)
    random.shuffle(modifiers_)
    shuffled = replace(content, rates=tuple(rates_), modifiers=tuple(modifiers_))
    one, other = quote(shuffled, lines, situation), quote(content, lines, situation)
    for number in range(len(lines)):
        assert one.steps(number) == other.steps(number)
        assert one.rejected(number) == other.rejected(number)


@settings(max_examples=25)
@given(asked(), rates)
def test_a_rate_of_another_place_changes_nothing(question: Any, rate: Rate) -> None:
    content, lines, situation = question
    stranger = replace(rate, conditions=replace(rate.conditions, place_code="440300"))
    wider = replace(content, rates=(*content.rates, stranger))
    one, other = quote(wider, lines, situation), quote(content, lines, situation)
    for number in range(len(lines)):
        assert one.steps(number) == other.steps(number)
        assert one.rejected(number) == other.rejected(number)


@settings(max_examples=25)
@given(asked())
def test_without_the_winner_the_first_that_lost_wins(question: Any) -> None:
    content, lines, situation = question
    book = PriceBook.of(1, "", content)
    answer = ask(book, lines[0], situation=situation)
    [line] = answer.quoted.lines
    [winner] = [r for r in content.rates if r.item_code == line.item.item_code
                and r.conditions == book.rates.conditions(line.rate)]  # fmt: skip
    rest = replace(content, rates=tuple(r for r in content.rates if r is not winner))
    losers = [each.rule_id for each in answer.rejected() if each.why == "less_specific"]
    if losers:
        assert quote(rest, lines[:1], situation).steps()[0].rule_id == losers[0]
    else:
        with pytest.raises(FailedPrecondition, match="PRICING_RATE_MISSING"):
            quote(rest, lines[:1], situation)


@settings(max_examples=25)
@given(asked(), st.integers(0, 10**6))
def test_a_dearer_book_never_makes_a_quote_cheaper(question: Any, more: int) -> None:
    content, lines, situation = question
    # Of a group another one may be the best then, for whom it favours; and a premium may be negative.
    content = replace(
        content,
        promotions=(),  # a threshold may be reached only by the dearer one
        modifiers=tuple(
            replace(modifier, exclusivity_group="", ratio=modifier.ratio.removeprefix("-"))
            for modifier in content.modifiers
        ),
    )
    dearer = replace(
        content,
        rates=tuple(
            replace(rate, list_price=yuan(rate.list_price.amount_minor + more))
            for rate in content.rates
        ),
    )
    assert quote(dearer, lines, situation).total >= quote(content, lines, situation).total


@settings(max_examples=25)
@given(asked(), modifiers())
def test_the_best_of_a_group_is_never_worse_for_whom_it_favours(
    question: Any, modifier: Modifier
) -> None:
    content, lines, situation = question
    group = content.head.groups[0]
    rival = replace(
        modifier, modifier_code="RIVAL", phase=group.group_code,
        exclusivity_group=group.group_code, automatic=True, priority=9,
    )  # fmt: skip
    lines = [line._replace(modifier_codes=()) for line in lines]
    alone = replace(content, modifiers=tuple(
        m for m in content.modifiers if m.exclusivity_group == group.group_code))  # fmt: skip
    more = replace(alone, modifiers=(*alone.modifiers, rival))
    one, other = quote(alone, lines, situation), quote(more, lines, situation)
    for number, line in enumerate(one.quoted.lines):
        if not line.effects:
            continue  # no choice to be better than
        before, after = line.amounts, other.quoted.lines[number].amounts
        if group.choice is Choice.BEST_FOR_CUSTOMER:
            assert after.list_price <= before.list_price
        if group.choice is Choice.BEST_FOR_PAYEE:
            assert after.settlement_price >= before.settlement_price


@settings(max_examples=25)
@given(
    asked(),
    st.sampled_from([CombineMode.MULTIPLY, CombineMode.ADD_RATIO_OF_BASE, CombineMode.ADD_AMOUNT]),
)
def test_what_costs_nothing_changes_nothing(question: Any, mode: CombineMode) -> None:
    content, lines, situation = question
    neutrals: dict[CombineMode, dict[str, Any]] = {
        CombineMode.MULTIPLY: {"ratio": "1"},
        CombineMode.ADD_RATIO_OF_BASE: {"ratio": "0"},
        CombineMode.ADD_AMOUNT: {"amount": yuan(0)},
    }
    neutral = neutrals[mode]
    nothing = Modifier("NOTHING", "无", content.head.phases[0], mode, automatic=True, **neutral)
    wider = replace(content, modifiers=(*content.modifiers, nothing))
    assert quote(wider, lines, situation).amounts() == quote(content, lines, situation).amounts()


@settings(max_examples=25)
@given(asked(), st.integers(1, 20))
def test_more_of_it_never_costs_less_where_nothing_depends_on_how_much(
    question: Any, more: int
) -> None:
    content, lines, situation = question
    content = replace(
        content,
        promotions=(),
        rates=tuple(
            replace(rate, charge=PerUnit()) if isinstance(rate.charge, Graduated | Volume) else rate
            for rate in content.rates
            if rate.conditions.limits.quantity == ANY
        ),
        modifiers=tuple(
            replace(
                modifier,
                exclusivity_group="",
                ratio=modifier.ratio.removeprefix("-"),
                amount=Amount(modifier.amount.currency, abs(modifier.amount.amount_minor)),
            )
            for modifier in content.modifiers
            if modifier.conditions.limits.quantity == ANY
        ),
    )
    kept = {modifier.modifier_code for modifier in content.modifiers}
    asked_for = [
        line._replace(modifier_codes=tuple(code for code in line.modifier_codes if code in kept))
        for line in lines
    ]
    larger = [line._replace(quantity=line.quantity + more) for line in asked_for]
    before, after = quote(content, asked_for, situation), quote(content, larger, situation)
    for one, other in zip(before.quoted.lines, after.quoted.lines, strict=True):
        assert other.amounts.list_price >= one.amounts.list_price
        assert other.amounts.settlement_price >= one.amounts.settlement_price
