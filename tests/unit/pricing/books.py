"""Small books, said in a line each, and answers as tests read them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from services.pricing.domain.book import (
    Amount,
    BookContent,
    BookHead,
    CombineMode,
    Modifier,
    PricedItem,
    Promotion,
    Rate,
    Side,
    TaxRule,
)
from services.pricing.domain.charges import PER_UNIT, Charge
from services.pricing.domain.conditions import DIMENSIONS, Conditions, Limits, Situation
from services.pricing.domain.modifiers import Line
from services.pricing.domain.price_book import PriceBook
from services.pricing.domain.quote import Question, Quoted, evaluate
from services.pricing.domain.steps import Rejected, Step, missed_promotions, rejected, steps

CHAOYANG = ("110105", "110100", "110000", "CN-NORTH", "CN")
MONDAY = date(2026, 3, 2).toordinal()
OUTSIDE = Situation(
    places=CHAOYANG,
    city_tier="tier1",
    cooperation_mode="direct",
    customer_level="standard",
    day=MONDAY,
)
INSIDE = OUTSIDE._replace(places=("BJ-RING5", *CHAOYANG))
PROJECTS, PARTS = "project_library", "spare_part_library"

#: What a book may hold.
Rule = Rate | Modifier | Promotion | TaxRule


def yuan(minor: int) -> Amount:
    return Amount("CNY", minor)


def when(place: str = "", limits: dict[str, Any] | None = None, **equal: str) -> Conditions:
    """Conditions; limits by their names."""
    ranges = Limits(**(limits or {}))
    return Conditions(place_code=place, limits=ranges, **equal)


def rate(
    list_minor: int,
    conditions: Conditions | None = None,
    *,
    item: str = "X",
    settlement: int | None = None,
    charge: Charge = PER_UNIT,
) -> Rate:
    earns = list_minor if settlement is None else settlement
    return Rate("", item, conditions or Conditions(), yuan(list_minor), yuan(earns), charge)


def modifier(code: str, mode: CombineMode, ratio: str = "", **more: Any) -> Modifier:
    made = Modifier(code, code, "coefficient", mode, ratio, automatic=True)
    return replace(made, **more)


def head_of(**said: Any) -> BookHead:
    head = BookHead("standard", "CNY", DIMENSIONS, ("premium", "coefficient", "surcharge"))
    return replace(head, **said)


def content_of(*rules: Rule, parts: tuple[str, ...] = (), **head: Any) -> BookContent:
    """A book of these rules; its items are those of its rates, ``parts`` of the spare parts."""
    rates = tuple(rule for rule in rules if isinstance(rule, Rate))
    codes = sorted({each.item_code for each in rates})
    return BookContent(
        head=head_of(**head),
        items=tuple(
            PricedItem(code, f"项目{code}", PARTS if code in parts else PROJECTS, "次")
            for code in codes
        ),
        rates=rates,
        modifiers=tuple(rule for rule in rules if isinstance(rule, Modifier)),
        promotions=tuple(rule for rule in rules if isinstance(rule, Promotion)),
        taxes=tuple(rule for rule in rules if isinstance(rule, TaxRule)),
    )


def book_of(*rules: Rule, parts: tuple[str, ...] = (), **head: Any) -> PriceBook:
    return PriceBook.of(1, "", content_of(*rules, parts=parts, **head))


@dataclass(frozen=True)
class Answer:
    """A quote and the book it was asked of."""

    book: PriceBook
    quoted: Quoted
    situation: Situation

    @property
    def total(self) -> int:
        return self.quoted.total

    @property
    def settlement_total(self) -> int:
        return self.quoted.settlement_total

    def amounts(self) -> list[int]:
        return [line.amounts.list_price for line in self.quoted.lines]

    def earned(self) -> list[int]:
        return [line.amounts.settlement_price for line in self.quoted.lines]

    def steps(self, number: int = 0) -> list[Step]:
        return list(steps(self.book, self.quoted, number, Side.LIST))

    def settlement_steps(self, number: int = 0) -> list[Step]:
        return list(steps(self.book, self.quoted, number, Side.SETTLEMENT))

    def said(self, number: int = 0) -> list[str]:
        return [step.explanation for step in self.steps(number)]

    def rejected(self, number: int = 0) -> list[Rejected]:
        return list(rejected(self.book, self.quoted.lines[number], self.situation))

    def reasons(self, number: int = 0) -> dict[str, str]:
        return {each.rule_id: each.reason for each in self.rejected(number)}

    def missed(self) -> dict[str, str]:
        return {each.rule_id: each.reason for each in missed_promotions(self.quoted)}


def ask(book: PriceBook, *lines: Line, situation: Situation = OUTSIDE, **question: Any) -> Answer:
    asked = Question(lines, situation, **question)
    return Answer(book, evaluate(book, asked), situation)


def one(quantity: int = 1, item: str = "X", *codes: str, **more: Any) -> Line:
    return Line(item, quantity, codes, **more)
