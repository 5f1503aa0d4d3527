from dataclasses import replace

import pytest

from kit.errors import FailedPrecondition, InvalidArgument
from kit.money import Money, Rounding
from services.pricing.domain.book import (
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
from services.pricing.domain.quote import evaluate
from services.pricing.domain.selection import Line, Situation
from tests.unit.pricing.test_vectors import INSIDE, OUTSIDE

NO_AMOUNT = Amount("", 0)


def rate(list_minor: int, *conditions: str) -> Rate:
    key = RateKey("X", *conditions)
    amount = Amount("CNY", list_minor)
    return Rate(name_rate(key), key, amount, amount)


def modifier(code: str, mode: CombineMode, ratio: str, **more: object) -> Modifier:
    made = Modifier(code, code, "coefficient", mode, ratio, NO_AMOUNT, (), "", automatic=True)
    return replace(made, **more)  # type: ignore[arg-type]  # by name


def book_of(*rules: Rate | Modifier, order: tuple[str, ...] = ()) -> PriceBook:
    content = BookContent(
        price_book_code="standard",
        currency="CNY",
        resolution_order=order or ("customer_level", "cooperation_mode", "city_tier", "place"),
        phases=("premium", "coefficient", "surcharge"),
        items=(PricedItem("X", "项目", "project_library", "次"),),
        rates=tuple(rule for rule in rules if isinstance(rule, Rate)),
        modifiers=tuple(rule for rule in rules if isinstance(rule, Modifier)),
    )
    return PriceBook(1, "", content)


def total(book: PriceBook, situation: Situation, quantity: int = 1, *codes: str) -> int:
    return evaluate(book, [Line("X", quantity, codes)], situation).total.amount_minor


def test_the_more_specific_place_wins_and_a_zone_is_finer_than_any_code() -> None:
    book = book_of(
        rate(1), rate(2, "CN"), rate(3, "CN-NORTH"), rate(4, "110000"), rate(5, "110105"),
        rate(6, "BJ-RING5"), rate(7, "310000"),
    )  # fmt: skip
    assert total(book, INSIDE) == 6
    assert total(book, OUTSIDE) == 5
    assert total(book, replace(OUTSIDE, places=("130100", "130000", "CN-NORTH", "CN"))) == 3
    assert total(book, replace(OUTSIDE, places=("440300", "440000", "CN-SOUTH", "CN"))) == 2
    assert total(book, replace(OUTSIDE, places=("abroad",))) == 1


def test_which_dimension_decides_is_the_books_declaration() -> None:
    city_price, vip_price = rate(100, "110100"), rate(80, "", "", "", "vip")
    vip = replace(OUTSIDE, customer_level="vip")
    level_first = book_of(city_price, vip_price)
    place_first = book_of(
        city_price,
        vip_price,
        order=("place", "city_tier", "cooperation_mode", "customer_level"),
    )
    assert total(level_first, vip) == 80
    assert total(place_first, vip) == 100


def test_a_rate_that_lost_says_in_which_dimension() -> None:
    book = book_of(rate(1), rate(2, "110100"), rate(3, "110100", "tier1"))
    [line] = evaluate(book, [Line("X", 1, ())], OUTSIDE).lines
    assert line.steps[0].rule_id == "X@110100/tier1/*/*"
    assert line.rejected == (
        ("X@110100/*/*/*", "按城市档位：不限 不如 tier1 具体"),
        ("X", "按城市档位：不限 不如 tier1 具体"),
    )


def test_a_modifier_kept_out_by_its_place_or_item_says_so() -> None:
    premium = modifier("RING5", CombineMode.ADD_RATIO_OF_BASE, "0.2", place_code="BJ-RING5")
    height = modifier("HEIGHT", CombineMode.MULTIPLY, "2", item_codes=("Y",), automatic=False)
    book = book_of(rate(100), premium, height)
    [line] = evaluate(book, [Line("X", 1, ("HEIGHT",))], OUTSIDE).lines
    assert line.amount == Money("CNY", 100)
    assert dict(line.rejected) == {
        "HEIGHT": "HEIGHT：不用于项目 X",
        "RING5": "RING5：不在 BJ-RING5 内",
    }


def test_a_modifier_asked_for_twice_or_asked_for_though_automatic_applies_once() -> None:
    double = modifier("DOUBLE", CombineMode.MULTIPLY, "2")
    assert total(book_of(rate(100), double), OUTSIDE, 1, "DOUBLE", "DOUBLE") == 200


def test_quantity_comes_before_modifiers_and_fixed_sums_are_a_unit() -> None:
    fixed = modifier("NIGHT", CombineMode.ADD_AMOUNT, "", amount=Amount("CNY", 50),
                     phase="surcharge")  # fmt: skip
    book = book_of(
        rate(100),
        modifier("PREMIUM", CombineMode.ADD_RATIO_OF_BASE, "0.2", phase="premium"),
        modifier("FACTOR", CombineMode.MULTIPLY, "1.5"),
        fixed,
    )
    [line] = evaluate(book, [Line("X", 3, ())], OUTSIDE).lines
    assert [(s.phase, s.before.amount_minor, s.after.amount_minor) for s in line.steps] == [
        ("base", 0, 100),
        ("quantity", 100, 300),
        ("premium", 300, 360),
        ("coefficient", 360, 540),
        ("surcharge", 540, 690),
    ]
    assert line.steps[1].explanation == "数量：¥1.00 × 3 = ¥3.00"
    assert line.steps[4].explanation == "NIGHT：+¥0.50 × 3"


def test_a_premium_is_always_on_the_base_even_behind_a_coefficient() -> None:
    book = book_of(
        rate(100),
        modifier("A", CombineMode.MULTIPLY, "3", phase="premium"),
        modifier("B", CombineMode.ADD_RATIO_OF_BASE, "0.5"),
    )
    assert total(book, OUTSIDE) == 350


def test_a_fraction_of_a_fen_is_rounded_half_up_once_and_named() -> None:
    book = book_of(rate(5), modifier("TENTH", CombineMode.MULTIPLY, "1.1"))
    [line] = evaluate(book, [Line("X", 1, ())], OUTSIDE).lines
    assert line.amount == Money("CNY", 6)  # 5.5
    assert line.steps[1].rounding is Rounding.HALF_UP
    assert line.steps[1].explanation.endswith("（四舍五入）")
    assert line.steps[0].rounding is None


def test_without_a_rate_the_line_is_named() -> None:
    with pytest.raises(FailedPrecondition) as refusal:
        evaluate(book_of(rate(1)), [Line("X", 1, ()), Line("Y", 1, ())], OUTSIDE)
    assert refusal.value.reason == "PRICING_RATE_MISSING"
    assert refusal.value.field == "facts.lines[1].item_code"


@pytest.mark.parametrize(
    ("lines", "situation", "reason", "field"),
    [
        ([], OUTSIDE, "PRICING_LINES_INVALID", "facts.lines"),
        ([Line("X", 1, ())] * 201, OUTSIDE, "PRICING_LINES_INVALID", "facts.lines"),
        ([Line("X", -1, ())], OUTSIDE, "PRICING_QUANTITY_INVALID", "facts.lines[0].quantity"),
        ([Line("X", 10**7, ())], OUTSIDE, "PRICING_QUANTITY_INVALID", "facts.lines[0].quantity"),
        ([Line("X", 1, ())], replace(OUTSIDE, places=()), "PRICING_PLACE_UNKNOWN", "facts.place"),
        (
            [Line("X", 1, ("CHEAPER",))],
            OUTSIDE,
            "PRICING_MODIFIER_UNKNOWN",
            "facts.lines[0].modifier_codes[0]",
        ),
    ],
)
def test_a_request_that_cannot_be_quoted_names_its_field(
    lines: list[Line], situation: Situation, reason: str, field: str
) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        evaluate(book_of(rate(1)), lines, situation)
    assert (refusal.value.reason, refusal.value.field) == (reason, field)
