"""Books, lines and situations drawn at random, such as may be published."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from services.pricing.domain.book import (
    Amount,
    BookContent,
    BookHead,
    Choice,
    CombineMode,
    ExclusivityGroup,
    Favours,
    Modifier,
    PricedItem,
    Promotion,
    PromotionKind,
    Rate,
    Side,
    TaxRule,
)
from services.pricing.domain.charges import (
    PER_UNIT,
    Graduated,
    Hourly,
    Package,
    Pair,
    PriceStep,
    Volume,
)
from services.pricing.domain.conditions import (
    ALWAYS,
    DIMENSIONS,
    Conditions,
    Limits,
    Range,
    Situation,
)
from services.pricing.domain.modifiers import Line
from tests.unit.pricing.books import MONDAY, yuan

ITEMS = ("A", "B")
PLACES = ("ZONE", "110105", "110100", "110000", "CN")
PHASES = ("premium", "coefficient", "surcharge")
ELSEWHERE = ("310115", "310100")
DAYS = range(MONDAY - 3, MONDAY + 4)

amounts = st.integers(0, 10**7).map(yuan)
pairs = st.builds(Pair, st.integers(0, 10**6), st.integers(0, 10**6))
ranges = st.one_of(
    st.builds(Range, st.integers(1, 6), st.none()),
    st.builds(Range, st.none(), st.integers(1, 6)),
    st.tuples(st.integers(1, 6), st.integers(0, 6)).map(lambda r: Range(r[0], r[0] + r[1])),
)
windows = st.tuples(st.sampled_from(DAYS), st.integers(0, 3))
limits = st.one_of(
    windows.map(lambda window: Limits(first_day=window[0], last_day=window[0] + window[1])),
    st.sets(st.integers(1, 7), min_size=1).map(lambda days: Limits(weekdays=tuple(sorted(days)))),
    st.sampled_from([(480, 720), (1320, 360), (0, 1), (720, 480)]).map(
        lambda hours: Limits(from_minute=hours[0], until_minute=hours[1])
    ),
    ranges.map(lambda numbers: Limits(quantity=numbers)),
    ranges.map(lambda numbers: Limits(floor=numbers)),
    ranges.map(lambda numbers: Limits(months_open=numbers)),
    st.builds(Limits, quantity=ranges, weekdays=st.just((1, 2, 3)), floor=ranges),
)
TIERS, MODES, LEVELS, CHANNELS, STOCK = (
    ("", "tier1", "tier2"),
    ("", "direct", "franchise"),
    ("", "vip", "standard"),
    ("", "tmall"),
    ("", "low"),
)
conditions = st.builds(
    Conditions,
    place_code=st.sampled_from(("", *PLACES, *ELSEWHERE)),
    city_tier=st.sampled_from(TIERS),
    cooperation_mode=st.sampled_from(MODES),
    customer_level=st.sampled_from(LEVELS),
    sales_channel=st.sampled_from(CHANNELS),
    stock_state=st.sampled_from(STOCK),
    limits=st.one_of(st.just(ALWAYS.limits), limits),
)
price_steps = st.builds(
    lambda first, more, one, other: (PriceStep(first, one), PriceStep(first + more, other)),
    st.integers(2, 6),
    st.integers(1, 6),
    pairs,
    pairs,
)
charges = st.one_of(
    st.just(PER_UNIT),
    st.builds(Hourly, pairs, st.integers(1, 60), st.integers(0, 60)),
    st.builds(Package, st.integers(0, 5)),
    price_steps.map(Graduated),
    price_steps.map(Volume),
)
rates = st.builds(Rate, st.just(""), st.sampled_from(ITEMS), conditions, amounts, amounts, charges)
ratios = st.one_of(
    st.decimals("0.01", "3", places=2).map(str),
    st.tuples(st.integers(1, 20), st.integers(1, 20)).map(lambda pair: f"{pair[0]}/{pair[1]}"),
)


@st.composite
def modifiers(draw: st.DrawFn) -> Modifier:
    mode = draw(st.sampled_from(CombineMode))
    by_ratio = mode in (CombineMode.MULTIPLY, CombineMode.ADD_RATIO_OF_BASE)
    code, phase = (
        draw(st.sampled_from(["M1", "M2", "M3", "M4", "M5"])),
        draw(st.sampled_from(PHASES)),
    )
    ratio = draw(ratios) if by_ratio else ""
    if mode is CombineMode.ADD_RATIO_OF_BASE and draw(st.booleans()):
        ratio = draw(st.decimals("-1", "0", places=2).map(lambda d: str(d + 0)))
    amount = Amount("", 0) if by_ratio else draw(amounts)
    if mode is CombineMode.ADD_AMOUNT and draw(st.booleans()):
        amount = yuan(-amount.amount_minor)
    return Modifier(
        modifier_code=code,
        label=f"规则{code}",
        phase=phase,
        combine_mode=mode,
        ratio=ratio,
        amount=amount,
        item_codes=tuple(draw(st.lists(st.sampled_from(ITEMS), max_size=2, unique=True))),
        conditions=draw(st.one_of(st.just(ALWAYS), conditions)),
        automatic=draw(st.booleans()),
        side=draw(st.sampled_from(Side)),
        settlement_ratio=draw(st.one_of(st.just(""), ratios)) if by_ratio else "",
        settlement_amount=Amount("", 0)
        if by_ratio
        else draw(st.one_of(st.just(Amount("", 0)), amounts)),
        exclusivity_group=draw(st.sampled_from(("", phase))),
        priority=draw(st.integers(0, 2)),
        measure=draw(st.sampled_from(("", "minutes"))),
        free_measure=draw(st.integers(0, 30)),
        measure_step=draw(st.integers(1, 30)),
        favours=draw(st.sampled_from(Favours)),
        special=draw(st.booleans()),
    )


@st.composite
def promotions(draw: st.DrawFn) -> Promotion:
    kind = draw(
        st.sampled_from((PromotionKind.THRESHOLD, PromotionKind.PERCENT, PromotionKind.NTH_ITEM))
    )
    threshold = draw(st.integers(1, 10**7))
    code = draw(st.sampled_from(["P1", "P2", "P3", "P4"]))
    return Promotion(
        promotion_code=code,
        label=f"活动{code}",
        kind=kind,
        conditions=draw(st.one_of(st.just(ALWAYS), conditions)),
        item_codes=tuple(draw(st.lists(st.sampled_from(ITEMS), max_size=2, unique=True))),
        threshold=yuan(threshold) if kind is PromotionKind.THRESHOLD else Amount("", 0),
        reduction=yuan(draw(st.integers(1, threshold)))
        if kind is PromotionKind.THRESHOLD
        else Amount("", 0),
        repeats=draw(st.booleans()),
        nth=draw(st.integers(2, 4)),
        ratio=draw(st.sampled_from(("0", "0.5", "0.8", "1/3", "1"))),
        needs_coupon=draw(st.sampled_from((False, False, True))),
        exclusivity_group=draw(st.sampled_from(("", "offers"))),
        priority=draw(st.integers(0, 2)),
        special=draw(st.booleans()),
    )


tax_rules = st.builds(
    TaxRule,
    tax_code=st.sampled_from(("T1", "T2", "T3")),
    label=st.just("税"),
    side=st.sampled_from((Side.LIST, Side.SETTLEMENT)),
    ratio=st.sampled_from(("0.06", "0.13", "1/7", "0")),
    inclusive=st.booleans(),
    refundable_ratio=st.sampled_from(("", "0.5", "1")),
    payee_kind=st.just(""),
    conditions=st.one_of(st.just(ALWAYS), conditions),
    item_codes=st.lists(st.sampled_from(ITEMS), max_size=1).map(tuple),
    catalogue=st.just(""),
)


heads = st.builds(
    BookHead,
    price_book_code=st.just("generated"),
    currency=st.just("CNY"),
    resolution_order=st.permutations(DIMENSIONS).map(tuple),
    phases=st.permutations(PHASES).map(tuple),
    groups=st.tuples(
        *(
            st.builds(ExclusivityGroup, st.just(group), st.sampled_from(Choice))
            for group in (*PHASES, "offers")
        )
    ),
)


def without_rivals(drawn: list[Rate]) -> tuple[Rate, ...]:
    """Those of the rates that never rank alike; the earlier stay."""
    kept: list[Rate] = []
    for rate in drawn:
        if not any(rank_alike(rate, other) for other in kept):
            kept.append(rate)
    return tuple(kept)


def rank_alike(one: Rate, other: Rate) -> bool:
    mine, theirs = one.conditions, other.conditions
    return (
        one.item_code == other.item_code
        and replace(mine, limits=ALWAYS.limits) == replace(theirs, limits=ALWAYS.limits)
        and mine.limits.said() == theirs.limits.said()
        and mine.limits.meet(theirs.limits)
    )


contents = st.builds(
    BookContent,
    head=heads,
    items=st.just(tuple(PricedItem(code, code, "project_library", "次") for code in ITEMS)),
    rates=st.lists(rates, min_size=1, max_size=8).map(without_rivals),
    modifiers=st.lists(modifiers(), max_size=5, unique_by=lambda m: m.modifier_code).map(tuple),
    promotions=st.lists(promotions(), max_size=3, unique_by=lambda p: p.promotion_code).map(tuple),
    taxes=st.lists(tax_rules, max_size=2, unique_by=lambda tax: tax.tax_code).map(tuple),
)
described: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "places": st.sampled_from([PLACES, PLACES[1:], (*ELSEWHERE, "CN")]),
        "city_tier": st.sampled_from(TIERS),
        "cooperation_mode": st.sampled_from(MODES),
        "customer_level": st.sampled_from(LEVELS),
        "sales_channel": st.sampled_from(CHANNELS),
        "day": st.sampled_from(DAYS),
        "minute": st.sampled_from((0, 359, 360, 480, 719, 720, 1320)),
        "floor": st.one_of(st.none(), st.integers(1, 8)),
        "months_open": st.one_of(st.none(), st.integers(1, 8)),
        "frozen_places": st.sampled_from([frozenset(), frozenset({"110100"})]),
    }
)
situations = described.map(lambda said: Situation(**said))


@st.composite
def asked(draw: st.DrawFn, *, answerable: bool = True) -> tuple[BookContent, list[Line], Situation]:
    """A book, lines of its items, a situation; answerable: every item has a rate that always holds."""
    content = draw(contents)
    if answerable:
        anywhere = [Rate("", code, ALWAYS, yuan(700), yuan(500)) for code in ITEMS]
        content = replace(content, rates=without_rivals([*content.rates, *anywhere]))
    codes = [modifier.modifier_code for modifier in content.modifiers]
    lines: Any = st.builds(
        Line,
        st.sampled_from(ITEMS),
        st.integers(1, 20),
        st.lists(st.sampled_from(codes), unique=True).map(tuple) if codes else st.just(()),
        measures=st.one_of(
            st.none(), st.integers(0, 200).map(lambda minutes: {"minutes": minutes})
        ),
        ratios=st.none(),
        stock_state=st.sampled_from(STOCK),
    )
    return content, draw(st.lists(lines, min_size=1, max_size=4)), draw(situations)
