"""The acceptance vectors of prices, on the book that ships with the flow."""

import pytest

from kit.money import Money
from services.pricing.domain.conditions import Situation
from services.pricing.domain.modifiers import Line
from services.pricing.domain.price_book import PriceBook
from tests.unit.pricing.books import INSIDE, OUTSIDE, Answer, ask


def quote(
    book: PriceBook, item_code: str, *modifiers: str, situation: Situation = OUTSIDE
) -> Answer:
    return ask(book, Line(item_code, 1, modifiers), situation=situation)


@pytest.mark.parametrize(
    ("item_code", "modifiers", "amount"),
    [
        pytest.param("AC-INSTALL-STD", ["WORK-AT-HEIGHT"], "240.00", id="V1"),
        pytest.param("AC-INSTALL-STD", [], "200.00", id="V2"),
        pytest.param("AC-INSTALL-HIGH", [], "360.00", id="V3"),
        pytest.param("DEVICE-TUNING", [], "600.00", id="V4"),
        pytest.param("URGENT-INSTALL", [], "455.00", id="V5"),
    ],
)
def test_base_fee_times_coefficient(
    book: PriceBook, item_code: str, modifiers: list[str], amount: str
) -> None:
    assert quote(book, item_code, *modifiers).total == Money.of("CNY", amount).amount_minor


def test_v6_the_fifth_ring_adds_a_fifth_to_the_base_fee(book: PriceBook) -> None:
    assert (
        quote(book, "AC-INSTALL-STD", situation=INSIDE).total
        == Money.of("CNY", "240.00").amount_minor
    )
    assert quote(book, "AC-INSTALL-STD").total == Money.of("CNY", "200.00").amount_minor


def test_v7_the_premium_comes_before_the_coefficient_and_the_steps_show_it(
    book: PriceBook,
) -> None:
    quoted = quote(book, "AC-INSTALL-HIGH", situation=INSIDE)
    assert quoted.total == 43200
    assert [(step.phase, str(step.after)) for step in quoted.steps()] == [
        ("base", "¥300.00"),
        ("premium", "¥360.00"),
        ("coefficient", "¥432.00"),
    ]
    assert [step.explanation for step in quoted.steps()] == [
        "高空空调安装(3楼及以上)：基础费 ¥300.00/台",
        "五环内城区服务溢价：基础费 ¥300.00 × 20% = ¥60.00",
        "高空安装系数：¥360.00 × 1.2 = ¥432.00",
    ]


def test_the_settlement_price_goes_through_the_same_steps(book: PriceBook) -> None:
    answer = quote(book, "AC-INSTALL-HIGH", situation=INSIDE)
    assert [s.rule_id for s in answer.settlement_steps()] == [s.rule_id for s in answer.steps()]
    assert answer.earned() == [25920]  # (180 + 36) × 1.2


def test_v10_v11_amounts_around_fifty_thousand_can_be_quoted_to_the_fen(book: PriceBook) -> None:
    overhaul, washer = Line("HOUSE-OVERHAUL", 1), Line("SEAL-WASHER", 1)
    assert ask(book, overhaul, situation=INSIDE).total == 5000000
    assert ask(book, overhaul, washer, situation=INSIDE).total == 5000001
    assert ask(book, Line("CENTRAL-AC", 3), situation=INSIDE).total == 5000001
