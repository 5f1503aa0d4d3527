"""Rules are tables with exact ratios; a version holds from its day until the next one's."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import FailedPrecondition, InvalidArgument, NotFound
from kit.money import Money
from services.settlement.domain.adjustments.performance import Band, Facts, performance
from services.settlement.domain.adjustments.rule import (
    AdjustmentRule,
    FlatTerms,
    HoldbackTerms,
    RuleKind,
    RuleState,
    check_decision,
    check_rule,
    choose,
    holdback_rules_for,
    month_before,
    terms_of,
    version_on,
)
from services.settlement.domain.adjustments.wording import performance_words

BANDS = [
    {"rating_at_least": "4.8", "duration_at_most": "1", "ratio": "0.05", "cap_minor": 10_00},
    {"rating_at_least": "4.8", "ratio": "1/40"},
    {"rating_below": "3", "ratio": "-0.02"},
]


def rule(kind: RuleKind = RuleKind.PERFORMANCE, **given: Any) -> AdjustmentRule:
    said: dict[str, Any] = {
        "rule_code": "rating_bonus",
        "version": 1,
        "rule_kind": kind,
        "label": "好评奖",
        "currency": "CNY",
        "effective_from": date(2026, 3, 1),
        "automatic_limit_minor": 0,
        "terms": {"bands": BANDS},
        "state": RuleState.APPROVED,
        "put_by_person_id": "pe_qian",
    }
    return AdjustmentRule(**(said | given))


def bands() -> tuple[Band, ...]:
    found = terms_of(rule())
    assert isinstance(found, tuple)
    return found


@pytest.mark.parametrize(
    ("rating", "took", "amount"),
    [
        ("4.8", 120, 7_00),
        ("5", 100, 7_00),
        ("4.9", 121, 3_50),
        ("4.9", 0, 3_50),
        ("4.79", 60, 0),
        ("2.99", 60, -2_80),
        ("3", 60, 0),
        (None, 60, 0),
    ],
)
def test_the_first_row_that_fits_gives_its_part_of_the_base(
    rating: str | None, took: int, amount: int
) -> None:
    facts = Facts(Fraction(rating) if rating else None, took, 120)
    assert performance(Money("CNY", 140_00), bands(), facts)[0] == Money("CNY", amount)


def test_a_cap_holds_and_the_words_say_it() -> None:
    base, facts = Money("CNY", 1000_00), Facts(Fraction("4.9"), 95, 120)
    amount, band = performance(base, bands(), facts)
    assert amount == Money("CNY", 10_00)
    assert performance_words(base, band, facts, amount) == (
        "评分 4.9，用时 95/120 分钟：¥1,000.00 × 5%（封顶 ¥10.00） → ¥10.00"
    )


@given(st.integers(0, 10**9), st.fractions(0, 5, max_denominator=100), st.integers(1, 600))
def test_what_a_table_gives_is_exact_to_half_a_fen(base: int, rating: Fraction, took: int) -> None:
    amount, band = performance(Money("CNY", base), bands(), Facts(rating, took, 120))
    if band is None:
        assert amount.amount_minor == 0
    elif band.cap_minor and abs(amount.amount_minor) == band.cap_minor:
        assert abs(base * band.ratio) >= band.cap_minor - Fraction(1, 2)
    else:
        assert abs(amount.amount_minor - base * band.ratio) <= Fraction(1, 2)


def test_a_version_holds_from_its_day_until_the_next_ones() -> None:
    first, second = rule(), rule(version=2, effective_from=date(2026, 4, 1))
    waiting = rule(version=3, effective_from=date(2026, 4, 1), state=RuleState.PROPOSED)
    refused = rule(version=4, effective_from=date(2026, 3, 15), state=RuleState.REJECTED)
    known = [first, second, waiting, refused]
    assert version_on(known, date(2026, 2, 28)) is None
    assert version_on(known, date(2026, 3, 31)) == first
    assert version_on(known, date(2026, 4, 1)) == second
    # Of two that begin on one day the newer one: that is how a mistake is put right at once.
    assert version_on([*known, replace(waiting, state=RuleState.APPROVED)], date(2026, 5, 1)) == (
        replace(waiting, state=RuleState.APPROVED)
    )


def test_a_rule_is_found_by_its_code_or_as_the_only_one() -> None:
    one, other = rule(), rule(rule_code="speed_bonus")
    day = date(2026, 3, 2)
    assert choose([one], RuleKind.PERFORMANCE, "", day) == one
    assert choose([one, other], RuleKind.PERFORMANCE, "speed_bonus", day) == other
    with pytest.raises(FailedPrecondition) as several:
        choose([one, other], RuleKind.PERFORMANCE, "", day)
    assert several.value.reason == "SETTLEMENT_ADJUSTMENT_RULE_AMBIGUOUS"
    with pytest.raises(NotFound):
        choose([one], RuleKind.SLA_PENALTY, "", day)


def test_a_cooperation_modes_own_hold_back_goes_before_the_one_for_all() -> None:
    def kept(code: str, mode: str, ratio: str = "0.05") -> AdjustmentRule:
        terms = {"ratio": ratio, "release_after_days": 90, "cooperation_mode": mode}
        return rule(RuleKind.HOLDBACK, rule_code=code, terms=terms)

    known = [kept("all", ""), kept("franchised", "franchise")]
    day = date(2026, 3, 2)
    assert holdback_rules_for(known, "franchise", day)["technician"].rule_code == "franchised"
    assert holdback_rules_for(known, "direct", day)["technician"].rule_code == "all"
    assert holdback_rules_for(known, "direct", date(2026, 2, 1)) == {}


def test_a_fraction_of_a_fen_is_not_kept() -> None:
    terms = terms_of(rule(RuleKind.HOLDBACK, terms={"ratio": "1/3", "release_after_days": 1}))
    assert isinstance(terms, HoldbackTerms)
    assert terms.kept_of(Money("CNY", 100)) == Money("CNY", 33)
    assert terms.kept_of(Money("CNY", 2)) == Money("CNY", 0)


def test_a_flat_rule_gives_an_amount_or_a_capped_part_of_the_earning() -> None:
    amount = terms_of(rule(RuleKind.SUBSIDY, terms={"amount_minor": 15_00}))
    part = terms_of(rule(RuleKind.SUBSIDY, terms={"ratio": "0.1", "cap_minor": 12_00}))
    assert isinstance(amount, FlatTerms)
    assert isinstance(part, FlatTerms)
    assert amount.of(None, "CNY") == Money("CNY", 15_00)
    assert part.of(Money("CNY", 100_00), "CNY") == Money("CNY", 10_00)
    assert part.of(Money("CNY", 140_00), "CNY") == Money("CNY", 12_00)
    with pytest.raises(InvalidArgument):
        part.of(None, "CNY")


@pytest.mark.parametrize(
    ("kind", "terms", "field"),
    [
        ("performance", {"bands": []}, "rule.performance.bands"),
        ("performance", {"bands": [{"ratio": ""}]}, "rule.performance.bands[0].ratio"),
        ("performance", {"bands": [{"ratio": "1/0"}]}, "rule.performance.bands[0].ratio"),
        ("performance", {"bands": [{"ratio": "1e9"}]}, "rule.performance.bands[0].ratio"),
        ("subsidy", {}, "rule.subsidy"),
        ("subsidy", {"amount_minor": 1, "ratio": "0.1"}, "rule.subsidy"),
        ("deduction", {"ratio": "-0.1"}, "rule.deduction.ratio"),
        ("sla_penalty", {}, "rule.sla_penalty.per_started_hour_minor"),
        ("sla_penalty", {"per_started_hour_minor": -1}, "rule.sla_penalty.per_started_hour_minor"),
        ("holdback", {"ratio": "1", "release_after_days": 1}, "rule.holdback.ratio"),
        ("holdback", {"ratio": "0.1"}, "rule.holdback.release_after_days"),
        (
            "holdback",
            {"ratio": "0.1", "release_after_days": 9, "party_kind": "customer"},
            "rule.holdback.party_kind",
        ),
    ],
)
def test_a_rule_that_cannot_be_applied_names_its_field(
    kind: str, terms: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        check_rule(rule(RuleKind(kind), terms=terms))
    assert refusal.value.reason == "SETTLEMENT_ADJUSTMENT_RULE_INVALID"
    assert refusal.value.field == field


def test_whoever_put_a_rule_does_not_approve_it_and_it_is_decided_once() -> None:
    proposed = rule(state=RuleState.PROPOSED)
    check_decision(proposed, "pe_zhao")
    for asked, person, reason in (
        (proposed, "pe_qian", "SETTLEMENT_FOUR_EYES"),
        (rule(), "pe_zhao", "SETTLEMENT_ADJUSTMENT_RULE_STATE"),
    ):
        with pytest.raises(FailedPrecondition) as refusal:
            check_decision(asked, person)
        assert refusal.value.reason == reason


def test_last_month_ends_before_this_one() -> None:
    assert month_before(date(2026, 3, 1)) == (date(2026, 2, 1), date(2026, 2, 28))
    assert month_before(date(2026, 1, 31)) == (date(2025, 12, 1), date(2025, 12, 31))
