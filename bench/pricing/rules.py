"""The full rule set on top of a book's rates, and questions that touch all of it.

Every third district is a zone with a premium of its own on the base. Work from the third floor on,
urgent orders, and the smaller two of four city tiers have coefficients. A night or a holiday costs a
fixed sum a unit, the holiday alone when it is both (an exclusivity group); each started kilometre
beyond ten costs two yuan; diamond customers pay 5 % of the base less, while the work earns the same.
Of promotions, three macro-regions have 满200减30 for each 200 yuan, two the second piece at half
price, and what is ordered online is 5 % cheaper after these. Value-added tax of 6 % is added to what
the customer pays; in one macro-region half of it is paid back.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from bench.pricing import ours, places
from bench.pricing.book import SEED, Row
from bench.pricing.questions import Question, questions
from services.pricing.domain import quote
from services.pricing.domain.book import (
    Amount,
    BookHead,
    Choice,
    CombineMode,
    ExclusivityGroup,
    Modifier,
    Promotion,
    PromotionKind,
    Side,
    TaxRule,
)
from services.pricing.domain.conditions import Conditions, Limits, Range
from services.pricing.domain.price_book import PriceBook

NIGHT_FROM: Final = 22 * 60
NIGHT_UNTIL: Final = 6 * 60
HEIGHT_FROM_FLOOR: Final = 3
FREE_METRES: Final = 10_000
_COEFFICIENTS_OF_TIERS: Final = {"tier3": "0.95", "tier4": "0.9"}
_TIERS: Final = 4

#: Which macro-regions, by their number, have which promotion; and the one that pays tax back.
MONEY_OFF_IN: Final = (0, 1, 2)
HALF_PRICE_IN: Final = (3, 4)
REFUND_IN: Final = 6


class Asked(NamedTuple):
    """A question with all that the full rule set looks at."""

    question: Question
    minute: int
    floor: int
    urgency: str
    day_kind: str
    sales_channel: str
    distance_metres: int


def asked(rows: Sequence[Row], count: int, seed: int = SEED) -> list[Asked]:
    """So many questions about a book with the full rule set."""
    chance = random.Random(seed)
    return [
        Asked(
            question=question,
            minute=chance.randrange(24 * 60),
            floor=chance.randint(1, 6),
            urgency=chance.choice(("", "urgent")),
            day_kind=chance.choice(("workday", "workday", "weekend", "holiday")),
            sales_channel=chance.choice(("shop", "online")),
            distance_metres=chance.randrange(30_000),
        )
        for question in questions(rows, count, seed)
    ]


def tier_of(circle: int) -> str:
    """The tier of the city in which a business circle lies."""
    city = places.path_of(circle)[2]
    return f"tier{city % _TIERS + 1}"


def premiums() -> Iterator[tuple[str, str]]:
    """The zones that have a premium on the base, and its ratio."""
    for number, district in enumerate(places.of_depth(places.FINEST - 1)[::3]):
        yield places.code_of(district), f"0.{5 + number % 26:02}"


def price_book(rows: Sequence[Row]) -> PriceBook:
    """The book in memory with the full rule set."""
    return PriceBook(
        1,
        "",
        head(),
        items=ours.items_of(rows),
        rates=ours.rates_of(rows),
        modifiers=modifiers(),
        promotions=promotions(),
        taxes=taxes(),
    )


def head() -> BookHead:
    """What the book says beside its rules."""
    return replace(
        ours.head(),
        phases=("premium", "coefficient", "surcharge"),
        groups=(ExclusivityGroup("hours", Choice.FIRST),),
    )


def modifiers() -> Iterator[Modifier]:
    """Premiums, coefficients and surcharges; all apply by themselves."""
    for zone, ratio in premiums():
        yield _premium(f"PREMIUM-{zone}", "城区服务溢价", ratio, Conditions(place_code=zone))
    yield replace(
        _premium("DIAMOND", "钻石客户优惠", "-0.05", Conditions(customer_level="diamond")),
        side=Side.LIST,
        priority=1,
    )
    for tier, ratio in _COEFFICIENTS_OF_TIERS.items():
        yield _coefficient(f"CITY-{tier}", "城市消费水平", ratio, Conditions(city_tier=tier))
    at_height = Conditions(limits=Limits(floor=Range(HEIGHT_FROM_FLOOR)))
    yield _coefficient("WORK-AT-HEIGHT", "高空作业", "1.2", at_height)
    yield _coefficient("URGENT", "加急", "1.3", Conditions(urgency="urgent"))
    night = Limits(from_minute=NIGHT_FROM, until_minute=NIGHT_UNTIL)
    yield replace(
        _surcharge("HOLIDAY", "节假日服务费", 8_000, 6_000, Conditions(day_kind="holiday")),
        exclusivity_group="hours",
    )
    yield replace(
        _surcharge("NIGHT", "夜间服务费", 5_000, 4_000, Conditions(limits=night)),
        exclusivity_group="hours",
        priority=1,
    )
    yield replace(
        _surcharge("DISTANCE", "远程交通费", 200, 200, Conditions()),
        measure="distance_metres",
        free_measure=FREE_METRES,
        measure_step=1_000,
        priority=2,
    )


def _premium(code: str, label: str, ratio: str, conditions: Conditions) -> Modifier:
    return Modifier(
        code,
        label,
        "premium",
        CombineMode.ADD_RATIO_OF_BASE,
        ratio=ratio,
        conditions=conditions,
        automatic=True,
    )


def _coefficient(code: str, label: str, ratio: str, conditions: Conditions) -> Modifier:
    return Modifier(
        code,
        label,
        "coefficient",
        CombineMode.MULTIPLY,
        ratio=ratio,
        conditions=conditions,
        automatic=True,
    )


def _surcharge(
    code: str, label: str, amount: int, settlement_amount: int, conditions: Conditions
) -> Modifier:
    return Modifier(
        code,
        label,
        "surcharge",
        CombineMode.ADD_AMOUNT,
        amount=Amount(ours.CURRENCY, amount),
        settlement_amount=Amount(ours.CURRENCY, settlement_amount),
        conditions=conditions,
        automatic=True,
    )


def promotions() -> Iterator[Promotion]:
    """Reductions by macro-region, then the one by channel."""
    macro_regions = places.of_depth(1)
    for number in MONEY_OFF_IN:
        yield Promotion(
            f"OFF-30-OF-200-{number}",
            "满200减30",
            PromotionKind.THRESHOLD,
            Conditions(place_code=places.code_of(macro_regions[number])),
            threshold=Amount(ours.CURRENCY, 20_000),
            reduction=Amount(ours.CURRENCY, 3_000),
            repeats=True,
        )
    for number in HALF_PRICE_IN:
        yield Promotion(
            f"SECOND-HALF-PRICE-{number}",
            "第二件半价",
            PromotionKind.NTH_ITEM,
            Conditions(place_code=places.code_of(macro_regions[number])),
            nth=2,
            ratio="0.5",
            repeats=True,
        )
    yield Promotion(
        "ONLINE",
        "线上九五折",
        PromotionKind.PERCENT,
        Conditions(sales_channel="online"),
        ratio="0.95",
        priority=1,
    )


def taxes() -> Iterator[TaxRule]:
    """Value-added tax, of which one macro-region's half is paid back."""
    for number, place in enumerate(places.of_depth(1)):
        yield TaxRule(
            f"VAT-{number}",
            "增值税",
            Side.LIST,
            "0.06",
            inclusive=False,
            refundable_ratio="0.5" if number == REFUND_IN else "",
            conditions=Conditions(place_code=places.code_of(place)),
        )


def question_of(asking: Asked) -> quote.Question:
    """A question as the evaluator takes it."""
    plain = ours.question_of(asking.question)
    situation = plain.situation._replace(
        city_tier=tier_of(asking.question.circle),
        minute=asking.minute,
        floor=asking.floor,
        urgency=asking.urgency,
        day_kind=asking.day_kind,
        sales_channel=asking.sales_channel,
    )
    (line,) = plain.lines
    measured = line._replace(measures={"distance_metres": asking.distance_metres})
    return quote.Question([measured], situation)
