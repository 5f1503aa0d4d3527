from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kit.errors import InvalidArgument
from services.pricing.domain.book import Amount, BookContent, CombineMode
from services.pricing.domain.publishing import check_content, check_effective, hash_content

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def known(content: BookContent) -> set[str]:
    return {item.item_code for item in content.items}


def refusal_of(content: BookContent, *unknown: str) -> InvalidArgument:
    with pytest.raises(InvalidArgument) as refusal:
        check_content(content, known(content) - set(unknown))
    return refusal.value


def with_rate(content: BookContent, number: int, **changes: object) -> BookContent:
    rates = list(content.rates)
    rates[number] = replace(rates[number], **changes)  # type: ignore[arg-type]  # by name
    return replace(content, rates=tuple(rates))


def with_modifier(content: BookContent, number: int, **changes: object) -> BookContent:
    modifiers = list(content.modifiers)
    modifiers[number] = replace(modifiers[number], **changes)  # type: ignore[arg-type]  # by name
    return replace(content, modifiers=tuple(modifiers))


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
    content: BookContent, changes: dict[str, object], reason: str, field: str
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
    content: BookContent, changes: dict[str, object], reason: str, field: str
) -> None:
    refusal = refusal_of(with_modifier(content, 2, **changes))
    assert (refusal.reason, refusal.field) == (reason, f"price_book.modifiers[2].{field}")


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"price_book_code": ""}, "PRICING_CODE_INVALID", "price_book_code"),
        ({"currency": "YUAN"}, "MONEY_CURRENCY_UNKNOWN", "currency"),
        (
            {"resolution_order": ("place", "city_tier", "customer_level")},
            "PRICING_RESOLUTION_ORDER_INCOMPLETE",
            "resolution_order",
        ),
        (
            {"resolution_order": ("place", "place", "city_tier", "customer_level")},
            "PRICING_RESOLUTION_ORDER_INCOMPLETE",
            "resolution_order",
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
        ({"rates": ()}, "PRICING_BOOK_EMPTY", "rates"),
    ],
)
def test_a_wrong_head_is_refused_at_its_place(
    content: BookContent, changes: dict[str, object], reason: str, field: str
) -> None:
    refusal = refusal_of(replace(content, **changes))  # type: ignore[arg-type]  # by name
    assert (refusal.reason, refusal.field) == (reason, f"price_book.{field}")


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
    wrong = replace(with_rate(content, 3, list_price=Amount("USD", -5)), currency="CNY")
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
    check_effective(NOW - timedelta(days=60), NOW, version=1)
    check_effective(NOW, NOW, version=2)
    with pytest.raises(InvalidArgument) as refusal:
        check_effective(NOW - timedelta(seconds=1), NOW, version=2)
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
    assert hash_content(replace(content, phases=content.phases[::-1])) != hash_content(content)
