"""Charge models: how a price becomes an amount, on both sides."""

import pytest

from services.pricing.domain.charges import (
    AnnualPlan,
    Charge,
    Graduated,
    Hourly,
    Package,
    Pair,
    PercentOfParts,
    PerVisit,
    PriceStep,
    Ratios,
    Volume,
)
from tests.unit.pricing.books import OUTSIDE, ask, book_of, one, rate, when

STEPS = (PriceStep(6, Pair(4000, 3000)), PriceStep(11, Pair(3000, 2500)))


@pytest.mark.parametrize(
    ("minutes", "amount", "earned"),
    [
        (0, 20000, 12000),
        (60, 20000, 12000),
        (61, 23000, 14000),
        (90, 23000, 14000),
        (121, 29000, 18000),
    ],
)
def test_base_fee_and_hours(minutes: int, amount: int, earned: int) -> None:
    hourly = Hourly(Pair(3000, 2000), step_minutes=30, included_minutes=60)
    book = book_of(rate(20000, settlement=12000, charge=hourly))
    answer = ask(book, one(measures={"minutes": minutes}))
    assert (answer.amounts(), answer.earned()) == ([amount], [earned])


def test_the_hours_are_a_step_of_their_own() -> None:
    book = book_of(rate(20000, charge=Hourly(Pair(3000, 2000), 30, 60)))
    assert ask(book, one(measures={"minutes": 121})).said() == [
        "项目X：基础费 ¥200.00/次",
        "工时费：121 分钟，含 60 分钟，每 30 分钟 ¥30.00 × 3",
    ]


def test_v19_each_city_gets_its_own_model_of_the_same_item() -> None:
    book = book_of(
        rate(20000, when(city_tier="tier1"), charge=Hourly(Pair(3000, 2000), 30)),
        rate(29900, when(city_tier="lower"), charge=Package()),
    )
    line = one(measures={"minutes": 60})
    first_tier = ask(book, line)
    lower = ask(book, line, situation=OUTSIDE._replace(city_tier="lower"))
    assert first_tier.total == 26000
    assert lower.total == 29900
    assert lower.said() == ["项目X：一口价 ¥299.00"]


@pytest.mark.parametrize(("quantity", "total"), [(1, 5000), (3, 5000), (4, 10000), (6, 10000)])
def test_a_package_is_charged_once_for_each_started_size(quantity: int, total: int) -> None:
    assert ask(book_of(rate(5000, charge=Package(3))), one(quantity)).total == total


@pytest.mark.parametrize(
    ("quantity", "total"),
    [(1, 5000), (5, 25000), (6, 29000), (10, 45000), (11, 48000), (20, 75000)],
)
def test_graduated_units_cost_what_their_step_says(quantity: int, total: int) -> None:
    assert ask(book_of(rate(5000, charge=Graduated(STEPS))), one(quantity)).total == total


def test_graduated_steps_are_told_one_by_one() -> None:
    assert ask(book_of(rate(5000, charge=Graduated(STEPS))), one(12)).said() == [
        "项目X：第 1–5 次 ¥50.00 × 5",
        "项目X：第 6–10 次 ¥40.00 × 5",
        "项目X：第 11–12 次 ¥30.00 × 2",
    ]


@pytest.mark.parametrize(("quantity", "total"), [(5, 25000), (6, 24000), (10, 40000), (11, 33000)])
def test_by_volume_all_units_cost_what_the_reached_step_says(quantity: int, total: int) -> None:
    assert ask(book_of(rate(5000, charge=Volume(STEPS))), one(quantity)).total == total


@pytest.mark.parametrize(
    ("measures", "total"), [(None, 8000), ({"visits": 3}, 24000), ({"visits": 0}, 0)]
)
def test_per_visit(measures: dict[str, int] | None, total: int) -> None:
    assert ask(book_of(rate(8000, charge=PerVisit())), one(measures=measures)).total == total


@pytest.mark.parametrize(
    ("measures", "total"),
    [
        (None, 120000),  # the plan is bought
        ({"visits_used": 0}, 0),
        ({"visits_used": 3}, 0),
        ({"visits_used": 4}, 9000),
        ({"visits_used": 3, "visits": 3}, 18000),
        ({"visits_used": 9, "visits": 2}, 18000),
    ],
)
def test_a_years_plan_includes_visits_and_charges_those_beyond(
    measures: dict[str, int] | None, total: int
) -> None:
    plan = AnnualPlan(4, Pair(9000, 6000))
    assert ask(book_of(rate(120000, charge=plan)), one(measures=measures)).total == total


def test_a_share_of_the_spare_parts_wherever_they_stand_in_the_quote() -> None:
    share = PercentOfParts(Ratios("0.1", "0.05"))
    book = book_of(
        rate(0, charge=share), rate(1005, item="P"), rate(700, item="OTHER"), parts=("P",)
    )
    answer = ask(book, one(), one(3, "P"), one(1, "OTHER"))
    assert answer.amounts() == [302, 3015, 700]  # 301.5
    assert answer.earned()[0] == 151  # 150.75
    assert answer.said() == ["项目X：配件合计 ¥30.15 × 10%（四舍五入）"]


@pytest.mark.parametrize("charge", [Hourly(Pair(1, 1)), Package(2), Graduated(STEPS), PerVisit()])
def test_the_last_step_is_the_amount(charge: Charge) -> None:
    answer = ask(
        book_of(rate(5000, settlement=4000, charge=charge)), one(7, measures={"minutes": 90})
    )
    assert answer.steps()[-1].after.amount_minor == answer.total
    assert answer.settlement_steps()[-1].after.amount_minor == answer.settlement_total
