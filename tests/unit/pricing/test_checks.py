"""What the checks tell of a book before it is published, each with a question that shows it."""

from dataclasses import replace
from typing import Any

import pytest

from services.pricing.domain.book import (
    BookContent,
    Choice,
    CombineMode,
    Component,
    ExclusivityGroup,
    PricedItem,
    Promotion,
    PromotionKind,
    Side,
)
from services.pricing.domain.charges import Graduated, Hourly, Pair, PriceStep
from services.pricing.domain.checks import (
    Context,
    Finding,
    Place,
    Severity,
    findings,
    refusing,
    unacknowledged,
)
from services.pricing.domain.conditions import Range
from tests.unit.pricing.books import MONDAY, content_of, modifier, rate, when, yuan

RING = Place(("BJ-RING5", "110105", "110100", "110000", "CN-NORTH", "CN"), "tier1")
CHAOYANG = Place(("110105", "110100", "110000", "CN-NORTH", "CN"), "tier1")
XUHUI = Place(("310104", "310100", "310000", "CN-EAST", "CN"), "tier1")
YANQING = Place(("110119", "110100", "110000", "CN-NORTH", "CN"), "tier3")
TERRITORY = (RING, CHAOYANG, XUHUI, YANQING)
ANYWHERE = rate(20_000, settlement=14_000)


def found(content: BookContent, code: str, **context: Any) -> list[Finding]:
    known = {"first_day": MONDAY, "territory": TERRITORY, **context}
    return [each for each in findings(content, Context(**known)) if each.code == code]


def the_only(content: BookContent, code: str, **context: Any) -> Finding:
    [finding] = found(content, code, **context)
    return finding


def promotion(code: str, kind: PromotionKind, **more: Any) -> Promotion:
    return Promotion(code, code, kind, **more)


def full(code: str, threshold: int, reduction: int, **more: Any) -> Promotion:
    sums = {"threshold": yuan(threshold), "reduction": yuan(reduction)}
    return promotion(code, PromotionKind.THRESHOLD, **sums, **more)


def test_nothing_is_told_of_a_book_that_says_one_price_for_all() -> None:
    context = Context(MONDAY, territory=TERRITORY)
    assert findings(content_of(ANYWHERE), context) == []


def test_a_gap_is_told_once_for_the_widest_region_and_all_items_that_have_it() -> None:
    content = content_of(
        *(rate(1, when("110000"), item=item) for item in "XYZ"),
        rate(1, when("310000"), item="Z"),
    )
    gap = the_only(content, "PRICE_GAP")
    assert gap.item_codes == ("X", "Y")
    assert gap.message.chinese == "项目 X、Y 没有价格：CN-EAST"
    assert gap.message.english == "no rate for X, Y: CN-EAST"
    assert gap.count == 2
    assert gap.example is not None
    assert gap.example.question.situation.places == XUHUI.codes
    assert gap.example.after.refused == "PRICING_RATE_MISSING"


def test_a_gap_says_in_which_tier_and_for_what_numbers_nothing_holds() -> None:
    content = content_of(
        rate(1, when(city_tier="tier1")),
        rate(1, when(city_tier="tier3", limits={"quantity": Range(None, 10)})),
        rate(1, when(city_tier="tier3", limits={"quantity": Range(21, None)})),
    )
    gap = the_only(content, "PRICE_GAP")
    assert gap.message.chinese == "项目 X 没有价格：110119，数量 11～20"
    assert gap.example is not None
    assert gap.example.question.lines[0].quantity == 11


def test_a_price_that_ends_leaves_a_gap_from_the_next_day_on() -> None:
    content = content_of(rate(1, when(limits={"last_day": MONDAY + 30})))
    gap = the_only(content, "PRICE_GAP", days=60)
    assert gap.message.chinese == "项目 X 没有价格：所有地区，日期 2026-04-02～2026-04-30"


def test_questions_without_an_urgency_need_a_price_where_only_urgent_work_has_one() -> None:
    content = content_of(rate(1, when(urgency="urgent")))
    assert "未注明或其他" in the_only(content, "PRICE_GAP").message.chinese
    assert found(content, "PRICE_GAP", always_said=("urgency",)) == []


def test_without_a_territory_the_adcodes_of_the_book_stand_for_it() -> None:
    content = content_of(rate(1, when("110105"), item="X"), rate(1, when("310000"), item="Y"))
    gaps = found(content, "PRICE_GAP", territory=())
    assert {gap.item_codes: gap.message.chinese for gap in gaps} == {
        ("X",): "项目 X 没有价格：310000",
        ("Y",): "项目 Y 没有价格：110105",
    }


def test_gaps_refuse_publishing_where_the_book_must_have_none() -> None:
    content = content_of(rate(1, when("110000")))
    context = Context(MONDAY, territory=TERRITORY)
    assert refusing(findings(content, context)) == []
    refused = refusing(findings(content, replace(context, refuse_gaps=True)))
    assert [each.code for each in refused] == ["PRICE_GAP"]


def test_what_needs_a_reason_goes_on_with_one() -> None:
    told = findings(content_of(rate(1, when("110000"))), Context(MONDAY, territory=TERRITORY))
    assert [each.code for each in unacknowledged(told, [])] == ["PRICE_GAP"]
    assert unacknowledged(told, ["PRICE_GAP"]) == []


def test_what_was_priced_before_and_is_not_any_more_is_told_with_both_answers() -> None:
    before = content_of(rate(1, when("110000")), rate(1, when("310000")))
    gone = the_only(content_of(rate(1, when("110000"))), "PRICE_NO_LONGER_PRICED", in_force=before)
    assert gone.example is not None
    assert gone.example.before is not None
    assert gone.example.before.quoted is not None
    assert gone.example.after.refused == "PRICING_RATE_MISSING"


def test_a_rate_to_which_a_more_specific_one_is_preferred_everywhere_always_loses() -> None:
    content = content_of(
        ANYWHERE,
        rate(2, when("110105", city_tier="tier1")),
        rate(3, when("110105", city_tier="tier1", limits={"quantity": Range(1, 5)})),
        rate(4, when("110105", city_tier="tier1", limits={"floor": Range(None, 3)})),
        rate(5, when("110000", limits={"weekdays": (6, 7)})),
        rate(6, when("110000", limits={"weekdays": (1, 2, 3, 4, 5)})),
        rate(7, when("110000", limits={"weekdays": (1, 2, 3, 4, 5, 6, 7), "last_day": MONDAY - 1})),
        rate(8, when("310000", limits={"weekdays": (1, 2, 3, 4, 5, 6, 7)})),
        rate(9, when("310000")),
    )
    loser = the_only(content, "PRICE_RULE_ALWAYS_LOSES")
    assert [rule.number for rule in loser.rules] == [8, 7]
    assert loser.example is not None
    assert loser.example.after.quoted is not None
    assert loser.example.after.quoted.total == 8
    assert [each.rules[0].number for each in found(content, "PRICE_RULE_PAST")] == [6]


def test_of_a_group_that_takes_the_first_a_later_one_may_never_come_to_count() -> None:
    urgent = modifier("URGENT", CombineMode.MULTIPLY, "1.3", exclusivity_group="g", priority=1)
    night = modifier(
        "NIGHT", CombineMode.MULTIPLY, "1.2", exclusivity_group="g", priority=2,
        conditions=when("110105", limits={"from_minute": 1320, "until_minute": 360}),
    )  # fmt: skip
    first = (ExclusivityGroup("g", Choice.FIRST),)
    loser = the_only(content_of(ANYWHERE, urgent, night, groups=first), "PRICE_RULE_ALWAYS_LOSES")
    assert [rule.rule_id for rule in loser.rules] == ["NIGHT", "URGENT"]
    assert loser.example is not None
    assert loser.example.after.quoted is not None
    assert loser.example.after.quoted.total == 26_000
    asked_for = replace(urgent, automatic=False)
    best = (ExclusivityGroup("g", Choice.BEST_FOR_CUSTOMER),)
    for content in (
        content_of(ANYWHERE, asked_for, night, groups=first),
        content_of(ANYWHERE, urgent, night, groups=best),
        content_of(ANYWHERE, replace(urgent, special=True), night, groups=first),
    ):
        assert found(content, "PRICE_RULE_ALWAYS_LOSES") == []


def test_of_two_thresholds_in_a_group_the_higher_never_counts_behind_the_lower() -> None:
    low = full("LOW", 10_000, 1_000, exclusivity_group="g", priority=1)
    high = full("HIGH", 20_000, 3_000, exclusivity_group="g", priority=2)
    first = (ExclusivityGroup("g", Choice.FIRST),)
    content = content_of(ANYWHERE, low, high, groups=first)
    assert the_only(content, "PRICE_RULE_ALWAYS_LOSES").rules[0].rule_id == "HIGH"
    sound = content_of(ANYWHERE, replace(low, priority=3), high, groups=first)
    assert found(sound, "PRICE_RULE_ALWAYS_LOSES") == []


@pytest.mark.parametrize(
    ("conditions", "why"),
    [
        (when("440300"), "服务区域内没有地区 440300"),
        (when(limits={"months_open": Range(1, 3)}), "价目没有登记任何地区的开业日期"),
        (
            when(limits={"first_day": MONDAY, "last_day": MONDAY + 1, "weekdays": (7,)}),
            "条件相互矛盾：days",
        ),
        (when("310000"), "它所用于的项目在其条件下都没有价格"),
        (when(limits={"quantity": Range(None, 0)}), "条件相互矛盾：quantity"),
    ],
)
def test_a_rule_whose_conditions_can_never_hold_is_told_with_the_reason(
    conditions: Any, why: str
) -> None:
    surcharge = modifier("M", CombineMode.MULTIPLY, "1.2", conditions=conditions)
    content = content_of(rate(1, when("110000")), surcharge)
    never = the_only(content, "PRICE_RULE_NEVER_APPLIES")
    assert never.message.chinese == f"M 永远不会生效：{why}"


def test_a_rule_for_items_without_a_rate_never_applies() -> None:
    content = content_of(ANYWHERE, modifier("M", CombineMode.MULTIPLY, "1.2", item_codes=("Y",)))
    content = replace(
        content, items=(*content.items, PricedItem("Y", "Y", "project_library", "次"))
    )
    assert the_only(content, "PRICE_RULE_NEVER_APPLIES").rules[0].rule_id == "M"


def test_a_retired_item_is_priced_in_vain() -> None:
    retired = frozenset({"X"})
    never = the_only(content_of(ANYWHERE), "PRICE_RULE_NEVER_APPLIES", retired_item_codes=retired)
    assert "项目 X 已停用" in never.message.chinese


def test_a_rule_that_ended_before_the_book_begins_is_past() -> None:
    past = modifier(
        "M", CombineMode.MULTIPLY, "1.2", conditions=when(limits={"last_day": MONDAY - 1})
    )
    assert the_only(content_of(ANYWHERE, past), "PRICE_RULE_PAST").rules[0].rule_id == "M"


@pytest.mark.parametrize(
    ("unreachable", "needed"),
    [
        (promotion("P", PromotionKind.NTH_ITEM, nth=3, ratio="0.5"), 3),
        (
            promotion("P", PromotionKind.BUNDLE, bundle=(Component("X", 4),), bundle_price=yuan(1)),
            4,
        ),
        (full("P", 50_000, 100), 3),
    ],
)
def test_a_promotion_that_takes_more_units_than_it_allows_is_never_reached(
    unreachable: Promotion, needed: int
) -> None:
    limited = replace(unreachable, conditions=when(limits={"quantity": Range(None, 2)}))
    never = the_only(content_of(ANYWHERE, limited), "PRICE_RULE_NEVER_APPLIES")
    assert never.message.chinese == f"P 永远不会生效：需要 {needed} 件才能达到，而条件限于 2 件"
    allowed = replace(unreachable, conditions=when(limits={"quantity": Range(None, needed)}))
    assert found(content_of(ANYWHERE, allowed), "PRICE_RULE_NEVER_APPLIES") == []


def test_two_overrides_of_one_phase_that_meet_refuse_publishing() -> None:
    ring = modifier("RING", CombineMode.OVERRIDE, amount=yuan(300), conditions=when("BJ-RING5"))
    north = modifier("NORTH", CombineMode.OVERRIDE, amount=yuan(200), conditions=when("CN-NORTH"))
    east = replace(north, modifier_code="EAST", conditions=when("CN-EAST"))
    both = the_only(content_of(ANYWHERE, ring, north, east), "PRICE_CONTRADICTION")
    assert {rule.rule_id for rule in both.rules} == {"RING", "NORTH"}
    assert both.severity is Severity.REFUSES
    assert both.example is not None
    assert both.example.question.situation.places == RING.codes
    assert both.example.after.quoted is not None
    assert len(both.example.after.quoted.lines[0].effects) == 2
    for sound in (
        (ring, replace(north, phase="surcharge")),
        (ring, replace(north, automatic=False)),
        (replace(ring, side=Side.LIST), replace(north, side=Side.SETTLEMENT)),
    ):
        assert found(content_of(ANYWHERE, *sound), "PRICE_CONTRADICTION") == []


def test_two_of_a_group_with_one_priority_are_decided_by_nothing_anybody_chose() -> None:
    first = (ExclusivityGroup("g", Choice.FIRST),)
    one = modifier("ONE", CombineMode.MULTIPLY, "1.2", exclusivity_group="g")
    other = replace(one, modifier_code="OTHER", priority=1)
    tie = the_only(
        content_of(ANYWHERE, one, replace(other, priority=0), groups=first), "PRICE_GROUP_TIE"
    )
    assert [rule.rule_id for rule in tie.rules] == ["ONE", "OTHER"]
    assert found(content_of(ANYWHERE, one, other, groups=first), "PRICE_GROUP_TIE") == []
    offers = (full("A", 100, 10, exclusivity_group="g"), full("B", 200, 30, exclusivity_group="g"))
    assert found(content_of(ANYWHERE, *offers, groups=first), "PRICE_GROUP_TIE")


def test_one_label_for_a_surcharge_and_a_deduction_is_told() -> None:
    more = modifier("MORE", CombineMode.ADD_AMOUNT, amount=yuan(100), label="路费")
    less = modifier("LESS", CombineMode.ADD_AMOUNT, amount=yuan(-50), label="路费")
    assert found(content_of(ANYWHERE, more, less), "PRICE_LABEL_AMBIGUOUS")
    assert not found(
        content_of(ANYWHERE, more, replace(less, label="减免")), "PRICE_LABEL_AMBIGUOUS"
    )


def test_a_group_that_excludes_nothing_is_told() -> None:
    groups = (ExclusivityGroup("g", Choice.FIRST),)
    alone = modifier("M", CombineMode.MULTIPLY, "1.2", exclusivity_group="g")
    assert the_only(content_of(ANYWHERE, alone, groups=groups), "PRICE_GROUP_OF_ONE").rules


@pytest.mark.parametrize(
    "loss",
    [
        rate(100, settlement=101),
        rate(100, settlement=90, charge=Graduated((PriceStep(5, Pair(80, 95)),))),
        rate(100, settlement=90, charge=Hourly(Pair(10, 60), 60, 30)),
    ],
)
def test_work_that_earns_more_than_the_customer_pays_is_told(loss: Any) -> None:
    told = the_only(content_of(loss), "PRICE_SETTLEMENT_ABOVE_LIST")
    assert told.example is not None
    quoted = told.example.after.quoted
    assert quoted is not None
    assert quoted.lines[0].base.settlement_price > 0


def test_a_modifier_that_takes_the_margin_is_named() -> None:
    deduction = modifier("HALF", CombineMode.MULTIPLY, "0.5", side=Side.LIST)
    told = the_only(content_of(ANYWHERE, deduction), "PRICE_SETTLEMENT_ABOVE_LIST")
    assert told.rules[0].rule_id == "HALF"
    assert told.example is not None
    assert told.example.after.quoted is not None
    assert told.example.after.quoted.total < told.example.after.quoted.settlement_total


def test_promotions_that_stack_below_the_settlement_price_are_named_together() -> None:
    off = promotion("OFF", PromotionKind.PERCENT, ratio="0.8")
    reduced = full("FULL", 15_000, 3_000, priority=1)
    assert found(content_of(ANYWHERE, off), "PRICE_PROMOTION_BELOW_COST") == []
    told = found(content_of(ANYWHERE, off, reduced), "PRICE_PROMOTION_BELOW_COST")
    assert {rule.rule_id for each in told for rule in each.rules} == {"OFF", "FULL"}


def test_changes_beyond_the_limit_come_with_the_largest_first() -> None:
    before = content_of(*(rate(10_000, item=item, settlement=1) for item in "XYZ"))
    after = content_of(
        rate(12_500, item="X", settlement=1), rate(6_000, item="Y", settlement=1),
        rate(12_000, item="Z", settlement=1),
    )  # fmt: skip
    jumps = found(after, "PRICE_JUMP", in_force=before)
    assert [(each.item_codes, each.change) for each in jumps] == [(("Y",), -4_000), (("X",), 2_500)]
    assert jumps[1].message.chinese == "价格 X 的总价变化 +25%，超过 20%"
    assert jumps[0].example is not None
    assert jumps[0].example.before is not None
    assert jumps[0].example.before.quoted is not None
    assert jumps[0].example.before.quoted.total == 10_000
    assert len(found(after, "PRICE_JUMP", in_force=before, most_change=1_000)) == 3


def test_a_change_of_a_modifier_counts_for_every_rate_it_reaches() -> None:
    dearer = modifier("M", CombineMode.MULTIPLY, "1.5")
    jumps = found(content_of(ANYWHERE, dearer), "PRICE_JUMP", in_force=content_of(ANYWHERE))
    assert [each.change for each in jumps] == [5_000]
