"""What a technician is promised, line by line, with the worked examples of the business."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import InvalidArgument
from services.settlement.domain.earnings.earning import (
    EarningFacts,
    Promise,
    SettlementLine,
    check_origin,
    promise,
    shares_of_whole,
)
from services.settlement.domain.splits.rule import SplitRule
from services.settlement.domain.splits.scheme import fresh_memory
from services.settlement.domain.splits.split import PartyKind
from tests.unit.settlement.words import cny, facts, line, rule

OWN = rule(("technician", "1"))
SEVENTY = rule(("technician", "0.7"), ("platform", "…"))


def promised(of: SplitRule, facts: EarningFacts) -> Promise:
    return promise(of, facts, fresh_memory(of.scheme))[0]


def amounts(of: Promise) -> list[int]:
    return [line.amount.amount_minor for line in of.lines]


def test_base_height_and_night_rush_are_60_15_and_25_percent() -> None:
    earned = promised(
        OWN, facts(line("base", 120_00), line("surcharge", 30_00), line("surcharge", 50_00))
    )
    assert shares_of_whole([line.settlement_amount.amount_minor for line in earned.lines]) == [
        6000,
        1500,
        2500,
    ]
    assert amounts(earned) == [120_00, 30_00, 50_00]
    assert earned.total == cny(200_00)


def test_lines_of_333_33_sum_to_it_by_largest_remainder() -> None:
    # 60 / 15 / 25 % of 476.19 leave the technician 333.33, which does not divide that way.
    earned = promised(
        SEVENTY, facts(line("base", 285_71), line("surcharge", 71_43), line("surcharge", 119_05))
    )
    assert earned.total == cny(333_33)
    assert amounts(earned) == [200_00, 50_00, 83_33]
    assert shares_of_whole([line.settlement_amount.amount_minor for line in earned.lines]) == [
        6000,
        1500,
        2500,
    ]


def test_each_line_keeps_its_rule_and_says_how_it_came_to_be() -> None:
    earned = promised(
        SEVENTY, facts(line("coefficient", 40_00, "基础费 200.00 × 0.2 高空作业"), line("base", 1))
    )
    assert [line.rule_id for line in earned.lines] == ["r-coefficient", "r-base"]
    assert [line.explanation for line in earned.lines] == [
        "基础费 200.00 × 0.2 高空作业；分成 ¥40.00 × 70% = ¥28.00",
        "base费 ¥0.01；分成 ¥0.01 × 70% ≈ ¥0.01",
    ]


def test_a_portion_without_a_decimal_is_explained_as_a_fraction() -> None:
    thirds = rule(("technician", "1/3"), ("platform", "…"))
    earned = promised(thirds, facts(line("base", 3_00)))
    assert earned.lines[0].explanation.endswith("分成 ¥3.00 × 1/3 = ¥1.00")


def test_a_deduction_is_a_negative_line_and_shares_are_of_the_rest() -> None:
    earned = promised(SEVENTY, facts(line("base", 200_00), line("deduction", -50_00)))
    assert amounts(earned) == [140_00, -35_00]
    assert shares_of_whole([line.settlement_amount.amount_minor for line in earned.lines]) == [
        13333,
        -3333,
    ]
    assert earned.settlement_total == cny(150_00)


def test_a_discount_of_a_cheap_city_is_a_negative_coefficient() -> None:
    earned = promised(SEVENTY, facts(line("base", 200_00), line("coefficient", -20_00)))
    assert earned.total == cny(126_00)


def test_shares_are_the_parties_of_the_rule_in_its_order() -> None:
    three = rule(("outlet", "0.2"), ("technician", "0.7"), ("platform", "…"))
    earned = promised(three, facts(line("base", 200_00), outlet="ou_east"))
    assert [(share.party_kind, share.party_id, share.amount) for share in earned.shares] == [
        (PartyKind.OUTLET, "ou_east", cny(40_00)),
        (PartyKind.TECHNICIAN, "pe_zhang", cny(140_00)),
        (PartyKind.PLATFORM, "platform", cny(20_00)),
    ]


@pytest.mark.parametrize(
    ("given_facts", "reason", "field"),
    [
        (facts(), "SETTLEMENT_LINES_MISSING", "facts.lines"),
        (facts(line("base", 1_00), line("deduction", -1_01)), "SETTLEMENT_AMOUNT_NEGATIVE", "facts.lines"),
        (facts(line("base", 1_00), line("refundable_tax", 1)), "SETTLEMENT_LINE_INVALID", "facts.lines[1].amount.amount_minor"),
        (facts(line("base", 1_00), line("tax", -1)), "SETTLEMENT_LINE_INVALID", "facts.lines[1].amount.amount_minor"),
        (facts(line("base", -1)), "SETTLEMENT_LINE_INVALID", "facts.lines[0].amount.amount_minor"),
        (facts(line("base", 9), line("deduction", 1)), "SETTLEMENT_LINE_INVALID", "facts.lines[1].amount.amount_minor"),
        (facts(line("tip", 1)), "SETTLEMENT_LINE_INVALID", "facts.lines[0].line_kind"),
        (facts(line("base", 1), line("base", 1, currency="THB")), "SETTLEMENT_LINE_INVALID", "facts.lines[1].amount.currency"),
        (facts(line("base", 1), technician=""), "SETTLEMENT_PARTY_MISSING", "facts.technician_id"),
        (facts(line("base", 1), technician="pe:1"), "SETTLEMENT_PARTY_MALFORMED", "facts.technician_id"),
    ],
)  # fmt: skip
def test_facts_that_make_no_earning_are_refused_where_they_are_wrong(
    given_facts: EarningFacts, reason: str, field: str
) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        promised(SEVENTY, given_facts)
    assert (refusal.value.reason, refusal.value.field) == (reason, field)


def test_a_rule_with_an_outlet_needs_one() -> None:
    with pytest.raises(InvalidArgument, match="gives a portion to the outlet: name it") as refusal:
        promised(rule(("technician", "0.7"), ("outlet", "…")), facts(line("base", 1)))
    assert refusal.value.field == "facts.outlet_id"


def test_a_promise_is_made_for_a_case_a_work_order_and_a_quote() -> None:
    made_for_nothing = EarningFacts("", "wo_1", "pe_zhang", "", "", "", "", (line("base", 1),))
    with pytest.raises(InvalidArgument, match="give case_id"):
        check_origin(made_for_nothing)


@given(
    st.lists(st.integers(0, 10**7), min_size=1, max_size=8),
    st.integers(0, 10**6),
    st.integers(0, 100),
)
def test_lines_and_shares_always_sum_exactly(fees: list[int], deduction: int, percent: int) -> None:
    lines: list[SettlementLine] = [line("base", fee) for fee in fees]
    lines.append(line("deduction", -min(deduction, sum(fees))))
    three = rule(
        ("technician", f"{percent}/100"),
        ("outlet", f"{(100 - percent) // 2}/100"),
        ("platform", "…"),
    )
    earned = promised(three, facts(*lines, outlet="ou_1"))
    assert sum(amounts(earned)) == earned.total.amount_minor
    assert sum(share.amount.amount_minor for share in earned.shares) == (
        earned.settlement_total.amount_minor
    )
    whole = 10_000 if earned.settlement_total.amount_minor else 0
    points = shares_of_whole([line.settlement_amount.amount_minor for line in earned.lines])
    assert sum(points) == whole
