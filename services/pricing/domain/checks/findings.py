"""What checks find in a price book, each kind with its code, and what it is measured by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from services.pricing.domain.book import BookContent
from services.pricing.domain.checks.territory import Place
from services.pricing.domain.quote import Question, Quoted


class Severity(StrEnum):
    """What becomes of publishing."""

    REFUSES = "refuses"
    #: Whoever publishes says why it is meant.
    ACKNOWLEDGE = "acknowledge"
    TOLD = "told"


class Kind(NamedTuple):
    """What a code means."""

    severity: Severity
    chinese: str
    english: str


#: Every code; `docs/price-checks.md` says more of each.
KINDS: Final[Mapping[str, Kind]] = {
    "PRICE_GAP": Kind(
        Severity.ACKNOWLEDGE, "没有价格", "no rate holds for an item somewhere in the territory"
    ),
    "PRICE_NO_LONGER_PRICED": Kind(
        Severity.ACKNOWLEDGE, "原来有价格，现在没有", "what the version in force prices is not priced"
    ),
    "PRICE_CONTRADICTION": Kind(
        Severity.REFUSES, "规则矛盾", "two overrides of one phase hold at once, of no group"
    ),
    "PRICE_GROUP_TIE": Kind(
        Severity.ACKNOWLEDGE,
        "互斥组内优先级相同",
        "two of a group have one priority, so that their codes decide",
    ),
    "PRICE_RULE_NEVER_APPLIES": Kind(
        Severity.ACKNOWLEDGE, "规则永远不会生效", "a rule's conditions can never hold"
    ),
    "PRICE_RULE_ALWAYS_LOSES": Kind(
        Severity.ACKNOWLEDGE, "规则总是落选", "wherever a rule holds, others win"
    ),
    "PRICE_SETTLEMENT_ABOVE_LIST": Kind(
        Severity.ACKNOWLEDGE, "结算价高于标价", "the work earns more than the customer pays"
    ),
    "PRICE_PROMOTION_BELOW_COST": Kind(
        Severity.ACKNOWLEDGE, "促销后低于结算价", "promotions take the price below the settlement price"
    ),
    "PRICE_JUMP": Kind(
        Severity.ACKNOWLEDGE, "价格变化超过限度", "a total changes by more than the limit"
    ),
    "PRICE_RULE_PAST": Kind(
        Severity.TOLD, "规则已过期", "a rule ended before the book takes effect"
    ),
    "PRICE_LABEL_AMBIGUOUS": Kind(
        Severity.TOLD, "同名的加价和扣减", "a surcharge and a deduction have one label"
    ),
    "PRICE_GROUP_OF_ONE": Kind(
        Severity.TOLD, "互斥组不足两条规则", "an exclusivity group has fewer than two rules"
    ),
    "PRICE_CHECK_INCOMPLETE": Kind(
        Severity.TOLD, "未能全部检查", "too many conditions are interwoven to check all of them"
    ),
}  # fmt: skip


class Words(NamedTuple):
    """Something said twice."""

    chinese: str
    english: str


class Rule(NamedTuple):
    """A rule that a finding is about.

    Attributes:
        kind: "rate", "modifier", "promotion", "tax" or "group".
        number: where it stands in the book's list of its kind.
    """

    kind: str
    rule_id: str
    number: int


class Side(NamedTuple):
    """A quote, or the reason for which there is none."""

    quoted: Quoted | None
    refused: str = ""


class Example(NamedTuple):
    """A question that shows a finding, answered by the evaluator.

    Attributes:
        before: under the version in force, where the finding compares.
    """

    question: Question
    after: Side
    before: Side | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something found.

    Attributes:
        message: where and what, in Chinese and English.
        item_codes: the items it is about.
        count: of how many places or rules it is told at once.
        change: of `PRICE_JUMP`, the change of the total in basis points, negative for less.
    """

    code: str
    message: Words
    rules: tuple[Rule, ...] = ()
    item_codes: tuple[str, ...] = ()
    example: Example | None = None
    count: int = 1
    change: int = 0
    severity: Severity = Severity.TOLD


@dataclass(frozen=True, slots=True)
class Context:
    """What a book is checked against.

    Attributes:
        first_day: the day it takes effect, as an ordinal.
        days: for how many days from then on it must answer.
        territory: where the company works; empty: the adcodes that the book names.
        always_said: dimensions that every question has a value of.
        in_force: the version that it replaces.
        most_change: by how much a total may change, in basis points.
        refuse_gaps: whether a gap refuses publishing.
        retired_item_codes: items that new books do not use.
    """

    first_day: int
    days: int = 366
    territory: tuple[Place, ...] = ()
    always_said: tuple[str, ...] = (
        "city_tier", "cooperation_mode", "customer_level", "day_kind",
    )  # fmt: skip
    in_force: BookContent | None = None
    most_change: int = 2_000
    refuse_gaps: bool = False
    retired_item_codes: frozenset[str] = frozenset()
