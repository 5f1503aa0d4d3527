from datetime import date
from typing import Any

import pytest

from kit.errors import FailedPrecondition, InvalidArgument
from kit.money import Rounding
from services.pricing.domain.book import (
    Choice,
    CombineMode,
    ExclusivityGroup,
    Favours,
    Opening,
    Side,
    months_open,
)
from services.pricing.domain.conditions import Range, Situation
from services.pricing.domain.modifiers import Line
from tests.unit.pricing.books import (
    INSIDE,
    MONDAY,
    OUTSIDE,
    ask,
    book_of,
    modifier,
    one,
    rate,
    when,
    yuan,
)

MULTIPLY, ON_BASE = CombineMode.MULTIPLY, CombineMode.ADD_RATIO_OF_BASE
FIXED = CombineMode.ADD_AMOUNT


def at(*places: str) -> Situation:
    return OUTSIDE._replace(places=places)


# Which rate wins


def test_the_more_specific_place_wins_and_a_zone_is_finer_than_any_code() -> None:
    book = book_of(
        rate(1), rate(2, when("CN")), rate(3, when("CN-NORTH")), rate(4, when("110000")),
        rate(5, when("110105")), rate(6, when("BJ-RING5")), rate(7, when("310000")),
    )  # fmt: skip
    assert ask(book, one(), situation=INSIDE).total == 6
    assert ask(book, one(), situation=OUTSIDE).total == 5
    assert ask(book, one(), situation=at("130100", "130000", "CN-NORTH", "CN")).total == 3
    assert ask(book, one(), situation=at("440300", "440000", "CN-SOUTH", "CN")).total == 2
    assert ask(book, one(), situation=at("abroad")).total == 1


def test_which_dimension_decides_is_the_books_declaration() -> None:
    city, level = rate(100, when("110100")), rate(80, when(customer_level="vip"))
    vip = OUTSIDE._replace(customer_level="vip")
    by_level = book_of(city, level, resolution_order=("customer_level", "place"))
    by_place = book_of(city, level, resolution_order=("place", "customer_level"))
    assert ask(by_level, one(), situation=vip).total == 80
    assert ask(by_place, one(), situation=vip).total == 100


@pytest.mark.parametrize(
    "said",
    [
        {"city_tier": "tier1"},
        {"cooperation_mode": "direct"},
        {"customer_level": "vip"},
        {"customer_type": "shop"},
        {"sales_channel": "tmall"},
        {"outlet_id": "ou_1"},
        {"urgency": "urgent"},
        {"day_kind": "holiday"},
        {"price_mode": "promotion_season"},
    ],
)
def test_every_equality_is_a_dimension_of_rates(said: dict[str, Any]) -> None:
    [(dimension, value)] = said.items()
    others: dict[str, Any] = {dimension: f"not {value}"}
    silent: dict[str, Any] = {dimension: ""}
    book = book_of(rate(1), rate(2, when(**said)))
    assert ask(book, one(), situation=OUTSIDE._replace(**said)).total == 2
    elsewhere = OUTSIDE._replace(**others)
    assert ask(book, one(), situation=elsewhere).total == 1
    assert ask(book, one(), situation=OUTSIDE._replace(**silent)).total == 1


def test_a_line_says_its_stock_state() -> None:
    book = book_of(rate(100), rate(150, when(stock_state="low")))
    assert ask(book, one(), one(stock_state="low")).amounts() == [100, 150]


@pytest.mark.parametrize(
    ("limits", "holds", "breaks"),
    [
        ({"first_day": MONDAY, "last_day": MONDAY}, {}, {"day": MONDAY + 1}),
        ({"first_day": MONDAY}, {}, {"day": MONDAY - 1}),
        ({"weekdays": (1, 5)}, {}, {"day": MONDAY + 1}),
        ({"from_minute": 480, "until_minute": 600}, {"minute": 480}, {"minute": 600}),
        ({"from_minute": 1320, "until_minute": 360}, {"minute": 1330}, {"minute": 360}),
        ({"from_minute": 1320, "until_minute": 360}, {"minute": 359}, {"minute": 1319}),
        ({"floor": Range(3, None)}, {"floor": 3}, {"floor": 2}),
        ({"floor": Range(3, None)}, {"floor": 30}, {"floor": None}),
        ({"months_open": Range(1, 3)}, {"months_open": 3}, {"months_open": 4}),
    ],
)
def test_every_limit_is_a_dimension_of_rates(
    limits: dict[str, Any], holds: dict[str, Any], breaks: dict[str, Any]
) -> None:
    book = book_of(rate(1), rate(2, when(limits=limits)))
    assert ask(book, one(), situation=OUTSIDE._replace(**holds)).total == 2
    assert ask(book, one(), situation=OUTSIDE._replace(**breaks)).total == 1


def test_a_season_has_its_price_and_the_standing_one_returns_after_it() -> None:
    season = {"first_day": MONDAY, "last_day": MONDAY + 6}
    book = book_of(rate(100), rate(80, when(limits=season)))
    days = range(MONDAY - 1, MONDAY + 8)
    totals = [ask(book, one(), situation=OUTSIDE._replace(day=day)).total for day in days]
    assert totals == [100, *[80] * 7, 100]


def test_rates_that_lost_say_in_which_dimension_the_nearest_first() -> None:
    book = book_of(
        rate(1), rate(2, when("110100")), rate(3, when("110100", city_tier="tier1")),
        resolution_order=("customer_level", "cooperation_mode", "city_tier", "place"),
    )  # fmt: skip
    answer = ask(book, one())
    assert answer.steps()[0].rule_id == "X@110100/tier1/*/*"
    said = "按城市档位：不限 不如 tier1 具体"
    assert answer.rejected() == [
        ("X@110100/*/*/*", said, "less_specific", "city_tier", ""),
        ("X", said, "less_specific", "city_tier", ""),
    ]


def test_without_a_rate_the_line_is_named() -> None:
    with pytest.raises(FailedPrecondition) as refusal:
        ask(book_of(rate(1)), one(), one(item="Y"))
    assert refusal.value.reason == "PRICING_RATE_MISSING"
    assert refusal.value.field == "facts.lines[1].item_code"


# What modifiers make of it


def test_quantity_comes_before_modifiers_and_fixed_sums_are_a_unit() -> None:
    book = book_of(
        rate(100),
        modifier("PREMIUM", ON_BASE, "0.2", phase="premium"),
        modifier("FACTOR", MULTIPLY, "1.5"),
        modifier("NIGHT", FIXED, amount=yuan(50), phase="surcharge"),
    )
    answer = ask(book, one(3))
    assert [(s.phase, s.before.amount_minor, s.after.amount_minor) for s in answer.steps()] == [
        ("base", 0, 100),
        ("quantity", 100, 300),
        ("premium", 300, 360),
        ("coefficient", 360, 540),
        ("surcharge", 540, 690),
    ]
    assert answer.said()[1] == "数量：¥1.00 × 3 = ¥3.00"
    assert answer.said()[4] == "NIGHT：+¥0.50 × 3"


def test_a_premium_is_always_on_the_base_even_behind_a_coefficient() -> None:
    book = book_of(
        rate(100), modifier("A", MULTIPLY, "3", phase="premium"), modifier("B", ON_BASE, "0.5")
    )
    assert ask(book, one()).total == 350


def test_within_a_phase_the_lower_priority_comes_first() -> None:
    book = book_of(
        rate(100),
        modifier("A", MULTIPLY, "2", priority=2),
        modifier("B", FIXED, amount=yuan(10), priority=1),
    )
    assert ask(book, one()).total == 220


def test_a_modifier_kept_out_says_why() -> None:
    book = book_of(
        rate(100),
        rate(1, item="Y"),
        modifier("RING5", ON_BASE, "0.2", conditions=when("BJ-RING5")),
        modifier("HEIGHT", MULTIPLY, "2", item_codes=("Y",), automatic=False),
        modifier("HIGH", MULTIPLY, "2", conditions=when(limits={"floor": Range(3, None)})),
        modifier("URGENT", MULTIPLY, "2", conditions=when(urgency="urgent")),
    )
    assert "RING5" not in ask(book, one()).reasons(), "elsewhere it is no candidate"
    answer = ask(book, one(1, "X", "HEIGHT", "RING5"))
    assert answer.total == 100
    assert answer.reasons() == {
        "RING5": "RING5：不在 BJ-RING5 内",
        "HEIGHT": "HEIGHT：不用于项目 X",
        "HIGH": "HIGH：楼层不是 3 及以上",
        "URGENT": "URGENT：紧急程度不是 urgent",
    }
    data = {each.rule_id: each[2:] for each in answer.rejected()}
    assert data == {
        "HEIGHT": ("item", "", ""),
        "RING5": ("condition", "place", "BJ-RING5"),
        "HIGH": ("condition", "floor", "3 及以上"),
        "URGENT": ("condition", "urgency", "urgent"),
    }


def test_a_modifier_asked_for_twice_or_asked_for_though_automatic_applies_once() -> None:
    book = book_of(rate(100), modifier("DOUBLE", MULTIPLY, "2"))
    assert ask(book, one(1, "X", "DOUBLE", "DOUBLE")).total == 200


def test_a_modifier_may_be_meant_for_one_library() -> None:
    book = book_of(
        rate(100), rate(100, item="P"), modifier("M", MULTIPLY, "2", catalogue="spare_part_library"),
        parts=("P",),
    )  # fmt: skip
    assert ask(book, one(), one(item="P")).amounts() == [100, 200]


def test_a_modifier_of_one_side_leaves_the_other_and_has_no_step_there() -> None:
    book = book_of(
        rate(100, settlement=60),
        modifier("SUBSIDY", FIXED, amount=yuan(20), side=Side.SETTLEMENT),
        modifier("DEDUCTION", FIXED, amount=yuan(-10), side=Side.LIST, phase="surcharge"),
    )
    answer = ask(book, one())
    assert (answer.amounts(), answer.earned()) == ([90], [80])
    assert [step.rule_id for step in answer.steps()] == ["X", "DEDUCTION"]
    assert [step.rule_id for step in answer.settlement_steps()] == ["X", "SUBSIDY"]
    assert answer.said()[1] == "DEDUCTION：-¥0.10"


def test_the_settlement_side_may_have_its_own_ratio_and_sum() -> None:
    book = book_of(
        rate(100),
        modifier("A", MULTIPLY, "1.5", settlement_ratio="1.2"),
        modifier("B", FIXED, amount=yuan(50), settlement_amount=yuan(40), phase="surcharge"),
    )
    answer = ask(book, one())
    assert (answer.total, answer.settlement_total) == (200, 160)


def test_nothing_falls_below_nothing() -> None:
    book = book_of(rate(100), modifier("DEDUCTION", FIXED, amount=yuan(-150)))
    answer = ask(book, one())
    assert answer.total == 0
    assert answer.said()[1] == "DEDUCTION：-¥1.50，不低于零"


def test_an_override_and_the_better_of_two() -> None:
    book = book_of(
        rate(1000),
        modifier("FLAT", CombineMode.OVERRIDE, amount=yuan(700), phase="premium"),
        modifier("CAP", CombineMode.BEST_OF, amount=yuan(600)),
        modifier("FLOOR", CombineMode.BEST_OF, amount=yuan(650), favours=Favours.PAYEE,
                 phase="surcharge"),
    )  # fmt: skip
    assert ask(book, one()).said()[1:] == [
        "FLAT：改为 ¥7.00",
        "CAP：¥7.00 与 ¥6.00 取低",
        "FLOOR：¥6.00 与 ¥6.50 取高",
    ]
    assert ask(book, one()).total == 650


@pytest.mark.parametrize(
    ("measured", "total"), [(0, 100), (20_000, 100), (20_001, 300), (21_000, 300), (23_500, 900)]
)
def test_a_surcharge_counts_started_steps_beyond_what_is_free(measured: int, total: int) -> None:
    distance = modifier(
        "DISTANCE", FIXED, amount=yuan(200), measure="distance_metres", free_measure=20_000,
        measure_step=1_000,
    )  # fmt: skip
    line = one(measures={"distance_metres": measured})
    assert ask(book_of(rate(100), distance), line).total == total


@pytest.mark.parametrize(
    ("choice", "total", "winner"),
    [
        (Choice.FIRST, 130, "NIGHT"),
        (Choice.BEST_FOR_CUSTOMER, 120, "HOLIDAY"),
        (Choice.BEST_FOR_PAYEE, 150, "URGENT"),
    ],
)
def test_of_an_exclusivity_group_one_applies_and_the_others_say_which(
    choice: Choice, total: int, winner: str
) -> None:
    group = {"exclusivity_group": "time"}
    book = book_of(
        rate(100),
        modifier("HOLIDAY", MULTIPLY, "1.2", priority=3, **group),
        modifier("NIGHT", MULTIPLY, "1.3", priority=1, **group),
        modifier("URGENT", MULTIPLY, "1.5", priority=2, **group),
        modifier("OTHER", FIXED, amount=yuan(0), phase="surcharge"),
        groups=(ExclusivityGroup("time", choice),),
    )
    answer = ask(book, one())
    assert answer.total == total
    assert [step.rule_id for step in answer.steps()] == ["X", winner, "OTHER"]
    losers = {"HOLIDAY", "NIGHT", "URGENT"} - {winner}
    assert answer.reasons() == {code: f"{code}：与「{winner}」互斥，未采用" for code in losers}


@pytest.mark.parametrize("ratio", ["0.10", "0.125", "3/20"])
def test_v17_a_line_sets_a_ratio_within_its_band(ratio: str) -> None:
    band = modifier("BAND", ON_BASE, "0.1", least_ratio="0.10", most_ratio="0.15")
    line = one(ratios={"BAND": ratio})
    added = {"0.10": 1000, "0.125": 1250, "3/20": 1500}[ratio]
    assert ask(book_of(rate(10000), band), line).total == 10000 + added
    assert ask(book_of(rate(10000), band), one()).total == 11000


@pytest.mark.parametrize("ratio", ["0.0999", "0.16", "much", "-0.1"])
def test_v17_a_ratio_outside_the_band_is_refused(ratio: str) -> None:
    band = modifier("BAND", ON_BASE, "0.1", least_ratio="0.10", most_ratio="0.15")
    with pytest.raises(InvalidArgument) as refusal:
        ask(book_of(rate(100), band), one(ratios={"BAND": ratio}))
    assert refusal.value.reason == "PRICING_OUTSIDE_BAND"
    assert refusal.value.field == "facts.lines[0].ratios[BAND]"


def test_a_ratio_without_a_band_cannot_be_set() -> None:
    with pytest.raises(InvalidArgument, match="PRICING_RATIO_FIXED"):
        ask(book_of(rate(100), modifier("M", MULTIPLY, "2")), one(ratios={"M": "1"}))
    with pytest.raises(InvalidArgument, match="PRICING_RATIO_FIXED"):
        ask(book_of(rate(100)), one(ratios={"M": "1"}))


def test_v16_a_frozen_region_puts_its_special_policies_aside_and_keeps_the_standard_price() -> None:
    special = modifier("OFFER", ON_BASE, "-0.2", special=True)
    book = book_of(rate(10000), special, modifier("ORDINARY", FIXED, amount=yuan(0)))
    frozen = OUTSIDE._replace(frozen_places=frozenset({"110105"}))
    assert ask(book, one()).total == 8000
    answer = ask(book, one(), situation=frozen)
    assert answer.total == 10000
    assert answer.reasons() == {"OFFER": "OFFER：该地区特惠政策已冻结"}


def test_v18_a_new_region_pays_more_in_its_first_three_months() -> None:
    rises = [
        modifier(f"M{n}", ON_BASE, ratio, conditions=when(limits={"months_open": Range(n, n)}))
        for n, ratio in enumerate(("0.05", "0.10", "0.15"), start=1)
    ]
    openings = (Opening("110100", date(2026, 1, 31)),)
    book = book_of(rate(10000), *rises, openings=openings)
    totals = []
    for day in (date(2026, 1, 31), date(2026, 3, 1), date(2026, 3, 31), date(2026, 5, 1)):
        month = months_open(book.head.openings, OUTSIDE.places, day)
        totals.append(ask(book, one(), situation=OUTSIDE._replace(months_open=month)).total)
    assert totals == [10500, 11000, 11500, 10000]
    assert months_open(openings, OUTSIDE.places, date(2026, 1, 30)) is None
    assert months_open(openings, ("310100",), date(2026, 3, 1)) is None


# Rounding and refusals


@pytest.mark.parametrize(
    ("rounding", "amount", "said"),
    [
        (Rounding.HALF_UP, 6, "（四舍五入）"),
        (Rounding.HALF_EVEN, 6, "（四舍六入五成双）"),
        (Rounding.DOWN, 5, "（舍去尾数）"),
    ],
)
def test_a_fraction_of_a_fen_is_rounded_once_as_the_book_declares_and_named(
    rounding: Rounding, amount: int, said: str
) -> None:
    book = book_of(rate(5), modifier("TENTH", MULTIPLY, "1.1"), rounding=rounding)
    answer = ask(book, one())
    assert answer.total == amount  # of 5.5
    assert answer.steps()[1].rounding is rounding
    assert answer.said()[1].endswith(said)
    assert answer.steps()[0].rounding is None


@pytest.mark.parametrize(
    ("lines", "situation", "reason", "field"),
    [
        ([], OUTSIDE, "PRICING_LINES_INVALID", "facts.lines"),
        ([one()] * 201, OUTSIDE, "PRICING_LINES_INVALID", "facts.lines"),
        ([one(-1)], OUTSIDE, "PRICING_QUANTITY_INVALID", "facts.lines[0].quantity"),
        ([one(10**7)], OUTSIDE, "PRICING_QUANTITY_INVALID", "facts.lines[0].quantity"),
        ([one()], at(), "PRICING_PLACE_UNKNOWN", "facts.place"),
        (
            [one(1, "X", "CHEAPER")],
            OUTSIDE,
            "PRICING_MODIFIER_UNKNOWN",
            "facts.lines[0].modifier_codes[0]",
        ),
        (
            [one(measures={"weather": 1})],
            OUTSIDE,
            "PRICING_MEASURE_UNKNOWN",
            "facts.lines[0].measures[weather]",
        ),
        (
            [one(measures={"minutes": -1})],
            OUTSIDE,
            "PRICING_MEASURE_INVALID",
            "facts.lines[0].measures[minutes]",
        ),
    ],
)
def test_a_request_that_cannot_be_quoted_names_its_field(
    lines: list[Line], situation: Situation, reason: str, field: str
) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        ask(book_of(rate(1)), *lines, situation=situation)
    assert (refusal.value.reason, refusal.value.field) == (reason, field)
