"""What a draft would have made of orders."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from services.pricing.domain.book import BookContent, CombineMode
from services.pricing.domain.checks import Context, Place
from services.pricing.domain.price_book import PriceBook
from services.pricing.domain.quote import Question, evaluate
from services.pricing.domain.sample_orders import city_of, sample_orders
from services.pricing.domain.what_if import Change, Order, Totals, change_of, outcome
from tests.unit.pricing.books import (
    CHAOYANG,
    MONDAY,
    OUTSIDE,
    book_of,
    content_of,
    modifier,
    one,
    rate,
    when,
)
from tests.unit.pricing.generated import contents

IN_FORCE = book_of(rate(10_000, settlement=7_000), rate(20_000, item="Y", settlement=15_000))
DRAFT = book_of(rate(11_000, settlement=6_000), rate(19_000, item="Y", settlement=15_000))
PEKING, SHANGHAI = Place(CHAOYANG, "tier1"), Place(("310104", "310100", "310000", "CN"), "tier1")


def order(number: int, item: str, technician: str, before: Totals | None = None) -> Order:
    question = Question([one(item=item)], OUTSIDE)
    return Order(f"qt-{number}", {"technician": technician}, question, before=before)


def change(*orders: Order, draft: PriceBook = DRAFT) -> Change:
    return change_of((outcome(each, IN_FORCE, draft) for each in orders), "technician")


def test_differences_are_summed_by_group_and_who_loses_most_comes_first() -> None:
    told = change(order(1, "Y", "ann"), order(2, "X", "bob"), order(3, "X", "bob"))
    assert [(row.group, row.orders, row.change.total, row.change.settlement) for row in told.groups] == [
        ("bob", 2, 2_000, -2_000),
        ("ann", 1, -1_000, 0),
    ]  # fmt: skip
    [totals] = told.totals
    assert (totals.before, totals.after) == (Totals(40_000, 29_000), Totals(41_000, 27_000))
    assert totals.change.margin == 3_000
    assert (totals.dearer, totals.cheaper, totals.earning_less) == (2, 1, 2)


def test_orders_that_have_no_price_in_the_draft_are_listed_and_not_summed() -> None:
    told = change(order(1, "X", "ann"), order(2, "Y", "ann"), draft=book_of(rate(11_000)))
    assert [(each.order.order_id, each.refused) for each in told.unpriced] == [
        ("qt-2", "PRICING_RATE_MISSING")
    ]
    [row] = told.groups
    assert (row.orders, row.unpriced, row.change.total) == (1, 1, 1_000)


def test_orders_that_had_no_price_before_are_counted_apart() -> None:
    draft = book_of(rate(1), rate(1, item="Y"), rate(1, item="Z"))
    assert change(order(1, "Z", "ann"), draft=draft).newly_priced == 1


def test_what_an_order_came_to_counts_whatever_the_version_in_force_says() -> None:
    [row] = change(order(1, "X", "ann", before=Totals(9_000, 1))).groups
    assert row.before == Totals(9_000, 1)


def test_changes_are_dealt_out_by_how_large_they_are() -> None:
    told = change(order(1, "X", "ann"), order(2, "Y", "ann"))
    counted = {(each.least, each.most): each.orders for each in told.distribution if each.orders}
    assert counted == {(501, 1_000): 1, (-999, -500): 1}
    assert [each.order.order_id for each in told.dearest] == ["qt-1"]
    assert [each.order.order_id for each in told.cheapest] == ["qt-2"]


@settings(max_examples=30, deadline=None)
@given(contents, contents, st.integers(0, 9))
def test_the_groups_and_the_distribution_say_together_what_the_totals_say(
    content: BookContent, draft: BookContent, seed: int
) -> None:
    books = (PriceBook.of(1, "", content), PriceBook.of(2, "", draft))
    orders = sample_orders(content, Context(MONDAY, territory=(PEKING, SHANGHAI)), 30, seed)
    outcomes = [outcome(each, *books) for each in orders]
    told = change_of(outcomes, "item")
    for row in told.totals:
        assert row.before.total == sum(group.before.total for group in told.groups)
        assert row.change.margin == sum(group.change.margin for group in told.groups)
        assert row.orders == sum(each.orders for each in told.distribution)
    assert sum(row.unpriced for row in told.totals) == sum(e.after is None for e in outcomes)


@settings(max_examples=30, deadline=None)
@given(contents, st.integers(0, 9))
def test_sample_orders_are_the_same_for_the_same_seed_and_have_a_price(
    content: BookContent, seed: int
) -> None:
    content = replace(content, modifiers=())
    context = Context(MONDAY, territory=(PEKING, SHANGHAI))
    orders = list(sample_orders(content, context, 20, seed))
    assert orders == list(sample_orders(content, context, 20, seed))
    book = PriceBook.of(1, "", content)
    for each in orders:
        assert evaluate(book, each.asked).lines


def test_sample_orders_ask_for_modifiers_now_and_then() -> None:
    height = replace(modifier("HEIGHT", CombineMode.MULTIPLY, "1.2"), automatic=False)
    content = content_of(rate(1, when("110000")), rate(1, when("310000")), height)
    orders = list(sample_orders(content, Context(MONDAY, territory=(PEKING, SHANGHAI)), 200, 1))
    asking = [each for each in orders if each.asked.lines[0].modifier_codes]
    assert 10 < len(asking) < 90
    assert {each.labels["city"] for each in orders} == {"110100", "310100"}


def test_the_city_of_a_path_is_the_code_of_its_level() -> None:
    assert city_of(("BJ-RING5", *CHAOYANG)) == "110100"
    assert city_of(("110000", "CN")) == "110000"
    assert city_of(("TH-10", "TH")) == "TH-10"
