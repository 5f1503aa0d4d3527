"""Promotions: what they take off, off which line, and which of them count."""

from typing import Any

import pytest

from services.pricing.domain.book import (
    Choice,
    Component,
    ExclusivityGroup,
    Promotion,
    PromotionKind,
)
from services.pricing.domain.conditions import Conditions
from tests.unit.pricing.books import OUTSIDE, ask, book_of, one, rate, when, yuan

NORTH = OUTSIDE
SOUTH = OUTSIDE._replace(places=("440305", "440300", "440000", "CN-SOUTH", "CN"))


def threshold(code: str = "FULL", over: int = 20000, less: int = 3000, **more: Any) -> Promotion:
    return Promotion(
        code, f"{code}", PromotionKind.THRESHOLD, threshold=yuan(over), reduction=yuan(less), **more
    )


def second_half(conditions: Conditions | None = None, **more: Any) -> Promotion:
    return Promotion(
        "SECOND", "第二件半价", PromotionKind.NTH_ITEM, conditions or Conditions(), nth=2,
        ratio="0.5", **more,
    )  # fmt: skip


def percent(code: str, ratio: str, **more: Any) -> Promotion:
    return Promotion(code, code, PromotionKind.PERCENT, ratio=ratio, **more)


def test_v15_the_region_decides_which_of_two_promotions_counts_never_both() -> None:
    book = book_of(
        rate(15000),
        threshold("满200减30", conditions=when("CN-NORTH")),
        second_half(when("CN-SOUTH"), repeats=True),
    )
    north, south = ask(book, one(2), situation=NORTH), ask(book, one(2), situation=SOUTH)
    assert (north.total, south.total) == (27000, 22500)
    assert north.said()[-1] == "满200减30：合计 ¥300.00，满 ¥200.00 减 ¥30.00"
    assert north.missed() == {"SECOND": "第二件半价：不在 CN-SOUTH 内"}
    assert south.missed() == {"满200减30": "满200减30：不在 CN-NORTH 内"}


def test_what_the_work_earns_others_stays_as_it_is() -> None:
    answer = ask(book_of(rate(30000, settlement=20000), threshold()), one())
    assert (answer.total, answer.settlement_total) == (27000, 20000)


@pytest.mark.parametrize(
    ("amount", "repeats", "total"),
    [(19999, True, 19999), (20000, True, 17000), (60000, True, 51000), (60000, False, 57000)],
)
def test_a_threshold_counts_once_or_each_time(amount: int, repeats: bool, total: int) -> None:
    assert ask(book_of(rate(amount), threshold(repeats=repeats)), one()).total == total


def test_a_reduction_is_dealt_to_its_lines_and_sums_to_the_fen() -> None:
    book = book_of(rate(10000), rate(10001, item="Y"), rate(9999, item="Z"), threshold(less=1000))
    answer = ask(book, one(), one(item="Y"), one(item="Z"))
    assert sum(answer.amounts()) == answer.total == 29000
    assert answer.amounts() == [9667, 9667, 9666]
    assert answer.said(0)[-1].endswith("本行分摊 ¥3.33")


def test_only_the_items_that_are_meant_count_and_are_reduced() -> None:
    book = book_of(rate(15000), rate(15000, item="Y"), threshold(item_codes=("X",)))
    assert ask(book, one(), one(item="Y")).total == 30000
    assert ask(book, one(2), one(item="Y")).amounts() == [27000, 15000]


@pytest.mark.parametrize(
    ("quantities", "total"),
    [([1], 100), ([2], 150), ([3], 250), ([5], 400), ([1, 1, 1], 250), ([2, 3], 400)],
)
def test_every_second_unit_is_half_price_however_the_lines_are_split(
    quantities: list[int], total: int
) -> None:
    book = book_of(rate(100), second_half(repeats=True))
    assert ask(book, *(one(quantity) for quantity in quantities)).total == total


def test_a_second_item_is_of_the_same_item() -> None:
    book = book_of(rate(100), rate(100, item="Y"), second_half(repeats=True))
    answer = ask(book, one(), one(item="Y"))
    assert answer.total == 200
    assert answer.missed() == {"SECOND": "第二件半价：未达到活动条件"}


def test_percent_off() -> None:
    answer = ask(book_of(rate(999), percent("八折", "0.8")), one())
    assert answer.total == 799  # 799.2
    assert answer.said()[-1] == "八折：合计 ¥9.99 按 80% 计，减 ¥2.00"


@pytest.mark.parametrize(("x", "y", "total"), [(1, 1, 150), (2, 1, 250), (2, 2, 300), (1, 0, 100)])
def test_a_bundle_costs_its_price_together(x: int, y: int, total: int) -> None:
    bundle = Promotion(
        "SET", "套餐", PromotionKind.BUNDLE, bundle=(Component("X", 1), Component("Y", 1)),
        bundle_price=yuan(150), repeats=True,
    )  # fmt: skip
    book = book_of(rate(100), rate(80, item="Y"), bundle)
    lines = [one(x)] + ([one(y, "Y")] if y else [])
    assert ask(book, *lines).total == total


def test_a_bundle_dearer_than_its_parts_is_not_applied() -> None:
    bundle = Promotion(
        "SET", "套餐", PromotionKind.BUNDLE, bundle=(Component("X", 1),), bundle_price=yuan(150)
    )
    answer = ask(book_of(rate(100), bundle), one())
    assert answer.total == 100
    assert answer.missed() == {"SET": "套餐：未达到活动条件"}


@pytest.mark.parametrize(("quantity", "total"), [(2, 200), (3, 200), (5, 400), (6, 400)])
def test_buy_two_get_one(quantity: int, total: int) -> None:
    gift = Promotion(
        "GIFT", "买二送一", PromotionKind.GIFT, bundle=(Component("X", 2),), gift=Component("X", 1),
        repeats=True,
    )  # fmt: skip
    assert ask(book_of(rate(100), gift), one(quantity)).total == total


def test_a_gift_of_another_item_is_free_when_the_quote_holds_it() -> None:
    gift = Promotion(
        "GIFT", "赠送", PromotionKind.GIFT, bundle=(Component("X", 1),), gift=Component("Y", 1)
    )
    book = book_of(rate(100), rate(30, item="Y"), gift)
    assert ask(book, one(), one(2, "Y")).amounts() == [100, 30]
    assert ask(book, one()).missed() == {"GIFT": "赠送：未达到活动条件"}


def test_promotions_stack_in_order_each_on_what_is_left() -> None:
    book = book_of(
        rate(30000), percent("PERCENT", "0.5", priority=2), threshold("FULL", priority=1)
    )
    answer = ask(book, one())
    assert answer.total == 13500
    assert [step.rule_id for step in answer.steps()] == ["X", "FULL", "PERCENT"]


@pytest.mark.parametrize(
    ("choice", "total", "missed"),
    [(Choice.FIRST, 27000, "PERCENT"), (Choice.BEST_FOR_CUSTOMER, 15000, "FULL")],
)
def test_of_a_group_one_promotion_counts(choice: Choice, total: int, missed: str) -> None:
    book = book_of(
        rate(30000),
        percent("PERCENT", "0.5", priority=2, exclusivity_group="G"),
        threshold("FULL", priority=1, exclusivity_group="G"),
        groups=(ExclusivityGroup("G", choice),),
    )
    answer = ask(book, one())
    assert answer.total == total
    assert list(answer.missed()) == [missed]
    assert answer.missed()[missed].endswith("互斥，未采用")


def test_a_coupon_is_needed_where_it_is_said() -> None:
    book = book_of(rate(30000), threshold(needs_coupon=True))
    without = ask(book, one())
    assert (without.total, without.missed()) == (30000, {"FULL": "FULL：未使用优惠券"})
    assert ask(book, one(), coupon_promotions=("FULL",)).total == 27000


def test_a_freeze_puts_special_promotions_aside() -> None:
    book = book_of(rate(30000), threshold(special=True))
    frozen = OUTSIDE._replace(frozen_places=frozenset({"110000"}))
    answer = ask(book, one(), situation=frozen)
    assert (answer.total, answer.missed()) == (30000, {"FULL": "FULL：该地区特惠政策已冻结"})
