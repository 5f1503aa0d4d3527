from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from kit.errors import InvalidArgument
from services.pricing.domain.book import (
    Amount,
    BookContent,
    Choice,
    CombineMode,
    Component,
    ExclusivityGroup,
    Opening,
    Promotion,
    PromotionKind,
    Side,
    TaxRule,
)
from services.pricing.domain.charges import (
    AnnualPlan,
    Charge,
    Graduated,
    Hourly,
    Package,
    Pair,
    PercentOfParts,
    PriceStep,
    Ratios,
    Volume,
)
from services.pricing.domain.conditions import Range
from services.pricing.domain.publishing import check_content, check_effective, hash_content
from tests.unit.pricing.books import content_of, modifier, rate, when, yuan

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def known(content: BookContent) -> set[str]:
    return {item.item_code for item in content.items}


def refusal_of(content: BookContent, *unknown: str) -> InvalidArgument:
    with pytest.raises(InvalidArgument) as refusal:
        check_content(content, known(content) - set(unknown))
    return refusal.value


def with_rate(content: BookContent, number: int, **changes: Any) -> BookContent:
    rates = list(content.rates)
    rates[number] = replace(rates[number], **changes)
    return replace(content, rates=tuple(rates))


def with_modifier(content: BookContent, number: int, **changes: Any) -> BookContent:
    modifiers = list(content.modifiers)
    modifiers[number] = replace(modifiers[number], **changes)
    return replace(content, modifiers=tuple(modifiers))


def with_head(content: BookContent, **changes: Any) -> BookContent:
    return replace(content, head=replace(content.head, **changes))


def test_the_book_that_ships_can_be_published(content: BookContent) -> None:
    check_content(content, known(content))


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"list_price": Amount("CNY", -1)}, "PRICING_AMOUNT_NEGATIVE", "rates[3].list_price"),
        (
            {"settlement_price": Amount("CNY", -1)},
            "PRICING_AMOUNT_NEGATIVE",
            "rates[3].settlement_price",
        ),
        ({"list_price": Amount("USD", 1)}, "PRICING_CURRENCY_MISMATCH", "rates[3].list_price"),
        ({"list_price": Amount("", 0)}, "PRICING_AMOUNT_MISSING", "rates[3].list_price"),
        ({"list_price": Amount("CNY", 10**15)}, "MONEY_OUT_OF_RANGE", "rates[3].list_price"),
        ({"rate_id": "AC-INSTALL-STD"}, "PRICING_RATE_REPEATED", "rates[3].rate_id"),
    ],
)
def test_a_wrong_rate_is_refused_at_its_place(
    content: BookContent, changes: dict[str, Any], reason: str, field: str
) -> None:
    refusal = refusal_of(with_rate(content, 3, **changes))
    assert (refusal.reason, refusal.field) == (reason, f"price_book.{field}")


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"phase": "discount"}, "PRICING_PHASE_UNKNOWN", "phase"),
        ({"ratio": "120%"}, "PRICING_RATIO_INVALID", "ratio"),
        ({"ratio": ""}, "PRICING_RATIO_INVALID", "ratio"),
        ({"ratio": "0"}, "PRICING_RATIO_INVALID", "ratio"),
        ({"ratio": "-1.2"}, "PRICING_RATIO_INVALID", "ratio"),
        ({"ratio": "1/0"}, "PRICING_RATIO_INVALID", "ratio"),
        ({"ratio": "1e999999999"}, "PRICING_RATIO_INVALID", "ratio"),
        ({"ratio": "100.5"}, "PRICING_RATIO_INVALID", "ratio"),
        ({"amount": Amount("CNY", 5)}, "PRICING_AMOUNT_UNUSED", "amount"),
        ({"combine_mode": None}, "PRICING_COMBINE_MODE_MISSING", "combine_mode"),
        ({"combine_mode": CombineMode.ADD_AMOUNT}, "PRICING_RATIO_INVALID", "ratio"),
        ({"label": " "}, "PRICING_LABEL_MISSING", "label"),
        ({"modifier_code": "WORK-AT-HEIGHT"}, "PRICING_MODIFIER_REPEATED", "modifier_code"),
        ({"modifier_code": ""}, "PRICING_CODE_INVALID", "modifier_code"),
        (
            {"item_codes": ("AC-INSTALL-STD", "AC")},
            "PRICING_ITEM_UNKNOWN",
            "item_codes[1]",
        ),
    ],
)
def test_a_wrong_modifier_is_refused_at_its_place(
    content: BookContent, changes: dict[str, Any], reason: str, field: str
) -> None:
    refusal = refusal_of(with_modifier(content, 2, **changes))
    assert (refusal.reason, refusal.field) == (reason, f"price_book.modifiers[2].{field}")


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"price_book_code": ""}, "PRICING_CODE_INVALID", "price_book_code"),
        ({"currency": "YUAN"}, "MONEY_CURRENCY_UNKNOWN", "currency"),
        (
            {"resolution_order": ("city_tier", "customer_level")},
            "PRICING_RESOLUTION_ORDER_INCOMPLETE",
            "resolution_order",
        ),
        (
            {"resolution_order": ("place", "place")},
            "PRICING_RESOLUTION_ORDER_INVALID",
            "resolution_order[1]",
        ),
        (
            {"resolution_order": ("place", "weather")},
            "PRICING_RESOLUTION_ORDER_INVALID",
            "resolution_order[1]",
        ),
        (
            {"phases": ("premium", "coefficient", "surcharge", "premium")},
            "PRICING_PHASE_INVALID",
            "phases[3]",
        ),
        (
            {"phases": ("premium", "coefficient", "surcharge", "base")},
            "PRICING_PHASE_INVALID",
            "phases[3]",
        ),
        (
            {"groups": (ExclusivityGroup("G", Choice.FIRST),) * 2},
            "PRICING_CODE_INVALID",
            "groups[1].group_code",
        ),
        (
            {"openings": (Opening("", date(2026, 1, 1)),)},
            "PRICING_OPENING_INVALID",
            "openings[0].place_code",
        ),
    ],
)
def test_a_wrong_head_is_refused_at_its_place(
    content: BookContent, changes: dict[str, Any], reason: str, field: str
) -> None:
    refusal = refusal_of(with_head(content, **changes))
    assert (refusal.reason, refusal.field) == (reason, f"price_book.{field}")


def test_a_book_without_rates_is_refused(content: BookContent) -> None:
    refusal = refusal_of(replace(content, rates=()))
    assert (refusal.reason, refusal.field) == ("PRICING_BOOK_EMPTY", "price_book.rates")


def test_every_dimension_that_a_rate_uses_has_its_place_in_the_order() -> None:
    content = content_of(
        rate(1, when(sales_channel="tmall")), resolution_order=("place", "city_tier")
    )
    refusal = refusal_of(content)
    assert refusal.reason == "PRICING_RESOLUTION_ORDER_INCOMPLETE"
    assert "sales_channel" in refusal.message


@pytest.mark.parametrize(
    ("one", "other", "refused"),
    [
        ({"last_day": 10}, {"first_day": 11}, False),
        ({"last_day": 10}, {"first_day": 10}, True),
        ({}, {"first_day": 10}, False),  # the one with a window is the more specific
        ({"weekdays": (1, 2)}, {"weekdays": (3,)}, False),
        ({"weekdays": (1, 2)}, {"weekdays": (2, 3)}, True),
        (
            {"from_minute": 1320, "until_minute": 360},
            {"from_minute": 360, "until_minute": 1320},
            False,
        ),
        (
            {"from_minute": 1320, "until_minute": 361},
            {"from_minute": 360, "until_minute": 1320},
            True,
        ),
        ({"quantity": Range(1, 5)}, {"quantity": Range(6, None)}, False),
        ({"quantity": Range(None, 5)}, {"quantity": Range(5, None)}, True),
        ({"floor": Range(7, None)}, {"quantity": Range(7, None)}, False),
    ],
)
def test_two_rates_that_could_hold_at_once_and_rank_alike_are_refused(
    one: dict[str, Any], other: dict[str, Any], refused: bool
) -> None:
    content = content_of(rate(1, when(limits=one)), rate(2, when(limits=other)))
    if not refused:
        check_content(content, known(content))
        return
    refusal = refusal_of(content)
    assert (refusal.reason, refusal.field) == ("PRICING_RATE_OVERLAP", "price_book.rates[1]")


@pytest.mark.parametrize(
    ("charge", "wanted"),
    [
        (Graduated(()), "steps from 2 on"),
        (Graduated((PriceStep(1, Pair(1, 1)),)), "steps from 2 on"),
        (Volume((PriceStep(5, Pair(1, 1)), PriceStep(5, Pair(1, 1)))), "ascending"),
        (Hourly(Pair(-1, 0)), "zero or more"),
        (Hourly(Pair(1, 0), step_minutes=0), "a step"),
        (Package(-1), "a size"),
        (AnnualPlan(-1, Pair(1, 1)), "visits"),
        (PercentOfParts(Ratios("1.5", "0.1")), "ratios from 0 to 1"),
    ],
)
def test_a_charge_that_cannot_be_computed_is_refused(charge: Charge, wanted: str) -> None:
    refusal = refusal_of(content_of(rate(1, charge=charge)))
    assert (refusal.reason, refusal.field) == (
        "PRICING_CHARGE_INVALID",
        "price_book.rates[0].charge",
    )
    assert wanted in refusal.message


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"kind": None}, "PRICING_PROMOTION_INCOMPLETE", "rule"),
        ({"threshold": yuan(0)}, "PRICING_PROMOTION_INCOMPLETE", "threshold.reduction"),
        ({"reduction": yuan(20001)}, "PRICING_PROMOTION_INCOMPLETE", "threshold.reduction"),
        ({"reduction": Amount("USD", 5)}, "PRICING_CURRENCY_MISMATCH", "threshold.reduction"),
        ({"exclusivity_group": "none"}, "PRICING_GROUP_UNKNOWN", "exclusivity_group"),
        ({"item_codes": ("Y",)}, "PRICING_ITEM_UNKNOWN", "item_codes[0]"),
        ({"label": ""}, "PRICING_LABEL_MISSING", "label"),
        (
            {"kind": PromotionKind.NTH_ITEM, "nth": 1, "ratio": "0.5"},
            "PRICING_PROMOTION_INCOMPLETE",
            "nth_item.nth",
        ),
        ({"kind": PromotionKind.PERCENT, "ratio": "1.2"}, "PRICING_RATIO_INVALID", "percent.ratio"),
        (
            {"kind": PromotionKind.BUNDLE, "bundle_price": yuan(5)},
            "PRICING_PROMOTION_INCOMPLETE",
            "bundle.components",
        ),
        (
            {"kind": PromotionKind.GIFT, "gift": Component("X", 0)},
            "PRICING_PROMOTION_INCOMPLETE",
            "gift.gift.quantity",
        ),
    ],
)
def test_a_wrong_promotion_is_refused_at_its_place(
    changes: dict[str, Any], reason: str, field: str
) -> None:
    sound = Promotion(
        "P", "满200减30", PromotionKind.THRESHOLD, threshold=yuan(20000), reduction=yuan(3000)
    )
    check_content(content_of(rate(1), sound), {"X"})
    wrong = replace(sound, **changes)
    refusal = refusal_of(content_of(rate(1), wrong))
    assert (refusal.reason, refusal.field) == (reason, f"price_book.promotions[0].{field}")


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"least_ratio": "0.3", "most_ratio": "0.4"}, "PRICING_BAND_INVALID", "least_ratio"),
        ({"least_ratio": "0.1"}, "PRICING_BAND_INVALID", "least_ratio"),
        ({"measure": "weather"}, "PRICING_MEASURE_UNKNOWN", "measure"),
        ({"measure_step": 0}, "PRICING_MEASURE_INVALID", "measure_step"),
        ({"exclusivity_group": "none"}, "PRICING_GROUP_UNKNOWN", "exclusivity_group"),
        ({"settlement_ratio": "much"}, "PRICING_RATIO_INVALID", "settlement_ratio"),
    ],
)
def test_what_a_modifier_says_beyond_its_effect_is_checked(
    changes: dict[str, Any], reason: str, field: str
) -> None:
    wrong = modifier("M", CombineMode.ADD_RATIO_OF_BASE, "0.2", **changes)
    refusal = refusal_of(content_of(rate(1), wrong))
    assert (refusal.reason, refusal.field) == (reason, f"price_book.modifiers[0].{field}")


def test_a_group_decides_within_one_phase() -> None:
    group = {"exclusivity_group": "G"}
    refusal = refusal_of(
        content_of(
            rate(1),
            modifier("A", CombineMode.MULTIPLY, "2", **group),
            modifier("B", CombineMode.MULTIPLY, "2", phase="premium", **group),
            groups=(ExclusivityGroup("G", Choice.FIRST),),
        )
    )
    assert refusal.reason == "PRICING_GROUP_ACROSS_PHASES"


def test_a_tax_is_on_one_side() -> None:
    tax = TaxRule("VAT", "增值税", Side.BOTH, "0.06", inclusive=True)
    refusal = refusal_of(content_of(rate(1), tax))
    assert (refusal.reason, refusal.field) == ("PRICING_SIDE_MISSING", "price_book.taxes[0].side")


def test_two_rates_with_the_same_conditions_are_refused(content: BookContent) -> None:
    refusal = refusal_of(replace(content, rates=(*content.rates, content.rates[0])))
    assert (refusal.reason, refusal.field) == ("PRICING_RATE_REPEATED", "price_book.rates[8]")
    assert "rates[0]" in refusal.message


def test_an_item_of_neither_library_is_refused(content: BookContent) -> None:
    refusal = refusal_of(content, "HOUSE-OVERHAUL")
    assert (refusal.reason, refusal.field) == (
        "PRICING_ITEM_UNKNOWN",
        "price_book.rates[5].item_code",
    )


def test_everything_that_is_wrong_is_told_at_once(content: BookContent) -> None:
    wrong = with_rate(content, 3, list_price=Amount("USD", -5))
    wrong = with_modifier(wrong, 0, phase="discount", ratio="much")
    refusal = refusal_of(wrong)
    assert set(refusal.details) == {
        "price_book.rates[3].list_price",
        "price_book.modifiers[0].phase",
        "price_book.modifiers[0].ratio",
    }
    assert "PRICING_CURRENCY_MISMATCH" in refusal.details["price_book.rates[3].list_price"]
    assert "PRICING_AMOUNT_NEGATIVE" in refusal.details["price_book.rates[3].list_price"]
    assert "3 more" in refusal.message


def test_what_was_in_force_cannot_be_changed_but_a_first_version_may_begin_in_the_past() -> None:
    past = NOW - timedelta(seconds=1)
    check_effective(NOW - timedelta(days=60), NOW, 1, "")
    check_effective(NOW, NOW, 2, "")
    check_effective(past, NOW, 2, "录入错误")
    with pytest.raises(InvalidArgument) as refusal:
        check_effective(past, NOW, 2, " ")
    assert refusal.value.reason == "PRICING_EFFECTIVE_IN_PAST"
    assert refusal.value.field == "price_book.effective_from"


def test_the_hash_names_the_content_not_the_order_it_was_listed_in(content: BookContent) -> None:
    shuffled = replace(
        content, rates=content.rates[::-1], modifiers=content.modifiers[::-1],
        items=content.items[::-1],
    )  # fmt: skip
    assert hash_content(shuffled) == hash_content(content)
    dearer = with_rate(content, 0, list_price=Amount("CNY", 20001))
    assert hash_content(dearer) != hash_content(content)
    assert hash_content(with_head(content, phases=content.head.phases[::-1])) != hash_content(
        content
    )
