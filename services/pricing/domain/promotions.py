"""Promotions: what they take off what the customer pays, and off which line how much.

A promotion looks at the lines as the ones before it left them. What it takes off is computed for all
of its lines together and dealt to them by largest remainder, so that lines sum to the total to the
minor unit, and a part that is given back later gives back its own share.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from kit.money import Rounding, round_minor, round_quotient, split_minor
from services.pricing.domain.book import (
    Choice,
    Component,
    Policies,
    Promotion,
    PromotionKind,
)
from services.pricing.domain.conditions import Situation
from services.pricing.domain.ratios import exact_ratio, quotient

#: By line, what a reduction is dealt by.
_Weights = Mapping[int, Fraction | int]


class Basket(NamedTuple):
    """The lines as promotions see them; amounts in minor units, as they are now."""

    item_codes: tuple[str, ...]
    quantities: tuple[int, ...]
    amounts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Discount:
    """What a promotion takes off.

    Attributes:
        off: of each line of the quote, zero or more.
        times: how often its rule was reached.
        counted: what the eligible lines came to before it.
    """

    promotion: Promotion
    off: tuple[int, ...]
    times: int
    counted: int

    @property
    def total_off(self) -> int:
        """Of all lines together."""
        return sum(self.off)


class Missed(NamedTuple):
    """A promotion that does not count.

    Attributes:
        why: a dimension, "frozen", "coupon", "items" (no line is meant), "reach" (the rule was not
            reached) or "group".
        instead: the promotion of its group that counts.
    """

    promotion: Promotion
    why: str
    instead: Promotion | None = None


def apply_promotions(
    policies: Policies,
    basket: Basket,
    situation: Situation,
    coupon_promotions: Collection[str],
    rounding: Rounding,
) -> tuple[list[Discount], list[Missed]]:
    """The promotions that count, in order, each on what the ones before it left; and those that do
    not, and why.

    Args:
        coupon_promotions: the promotions of which a coupon was given.
    """
    counting: list[Promotion] = []
    missed: list[Missed] = []
    for promotion in policies.promotions:
        why = _why_not(promotion, basket, situation, coupon_promotions)
        if why:
            missed.append(Missed(promotion, why))
        else:
            counting.append(promotion)
    discounts: list[Discount] = []
    settled: set[str] = set()
    for promotion in counting:
        group = promotion.exclusivity_group
        if group in settled:
            continue
        rivals = [p for p in counting if p.exclusivity_group == group] if group else [promotion]
        offers = [discount_of(rival, basket, rounding) for rival in rivals]
        reached = [offer for offer in offers if offer.total_off]
        missed += [Missed(o.promotion, "reach") for o in offers if not o.total_off]
        settled |= {group} if group else set()
        if not reached:
            continue
        best = reached[0] if not group else _chosen(reached, policies.groups[group])
        missed += [Missed(o.promotion, "group", best.promotion) for o in reached if o is not best]
        discounts.append(best)
        left = tuple(a - off for a, off in zip(basket.amounts, best.off, strict=True))
        basket = basket._replace(amounts=left)
    return discounts, missed


def discount_of(promotion: Promotion, basket: Basket, rounding: Rounding) -> Discount:
    """What a promotion whose conditions hold takes off; nothing when its rule is not reached."""
    eligible = [n for n, code in enumerate(basket.item_codes) if _means(promotion, code)]
    weights: _Weights = {n: basket.amounts[n] for n in eligible}
    counted = sum(basket.amounts[n] for n in eligible)
    times, off = 1, 0
    match promotion.kind:
        case PromotionKind.THRESHOLD:
            times = _times(promotion, counted // promotion.threshold.amount_minor)
            off = min(counted, promotion.reduction.amount_minor * times)
        case PromotionKind.PERCENT:
            numerator, denominator = quotient(promotion.ratio)
            off = counted - round_quotient(counted * numerator, denominator, rounding)
        case PromotionKind.NTH_ITEM:
            times, weights = _nth_items(promotion, basket, eligible)
            off = round_minor(sum(weights.values(), Fraction(0)), rounding)
        case PromotionKind.BUNDLE:
            times, weights = _bundled(promotion, basket)
            cost = round_minor(sum(weights.values(), Fraction(0)), rounding)
            off = max(0, cost - promotion.bundle_price.amount_minor * times)
        case PromotionKind.GIFT:
            times, weights = _given(promotion, basket)
            off = round_minor(sum(weights.values(), Fraction(0)), rounding)
        case None:
            raise AssertionError("no book is published with a promotion that gives nothing")
    return Discount(promotion, _dealt(off, weights, len(basket.amounts)), times, counted)


def _why_not(
    promotion: Promotion,
    basket: Basket,
    situation: Situation,
    coupon_promotions: Collection[str],
) -> str:
    eligible = [
        quantity
        for code, quantity in zip(basket.item_codes, basket.quantities, strict=True)
        if _means(promotion, code)
    ]
    if not eligible:
        return "items"
    broken = promotion.conditions.broken(situation, sum(eligible))
    if broken:
        return broken
    if promotion.special and situation.frozen_places:
        return "frozen"
    if promotion.needs_coupon and promotion.promotion_code not in coupon_promotions:
        return "coupon"
    return ""


def _means(promotion: Promotion, item_code: str) -> bool:
    if promotion.item_codes:
        return item_code in promotion.item_codes
    if not promotion.bundle:
        return True
    return any(component.item_code == item_code for component in promotion.bundle)


def _times(promotion: Promotion, reached: int) -> int:
    return reached if promotion.repeats else min(1, reached)


def _chosen(offers: Sequence[Discount], choice: Choice) -> Discount:
    """The one of a group; of equals the first by priority."""
    if choice is Choice.BEST_FOR_CUSTOMER:
        return max(offers, key=lambda offer: offer.total_off)
    return offers[0]


def _nth_items(
    promotion: Promotion, basket: Basket, eligible: Sequence[int]
) -> tuple[int, dict[int, Fraction]]:
    """The cheapest units are the reduced ones, so that it does not matter how lines are split."""
    part = 1 - exact_ratio(promotion.ratio)
    times, weights = 0, {n: Fraction(0) for n in eligible}
    for code in dict.fromkeys(basket.item_codes[n] for n in eligible):
        of_item = [n for n in eligible if basket.item_codes[n] == code]
        units = sum(basket.quantities[n] for n in of_item)
        reduced = _times(promotion, units // promotion.nth)
        times += reduced
        for n, count, unit in _cheapest(basket, of_item, reduced):
            weights[n] += unit * count * part
    return times, weights


def _bundled(promotion: Promotion, basket: Basket) -> tuple[int, dict[int, Fraction]]:
    times = _times(
        promotion,
        min(_units(basket, part.item_code) // part.quantity for part in promotion.bundle),
    )
    weights: dict[int, Fraction] = {}
    for part in promotion.bundle:
        of_item = _lines(basket, part.item_code)
        for n, count, unit in _cheapest(basket, of_item, part.quantity * times):
            weights[n] = weights.get(n, Fraction(0)) + unit * count
    return times, weights


def _given(promotion: Promotion, basket: Basket) -> tuple[int, dict[int, Fraction]]:
    """Bought is what the bundle names; units that are given are not bought too."""
    gift = promotion.gift
    bought = promotion.bundle or (Component(gift.item_code, 1),)
    times = _times(promotion, min(_units(basket, p.item_code) // _needed(p, gift) for p in bought))
    weights: dict[int, Fraction] = {}
    of_item = _lines(basket, gift.item_code)
    free = min(gift.quantity * times, _units(basket, gift.item_code))
    for n, count, unit in _cheapest(basket, of_item, free):
        weights[n] = weights.get(n, Fraction(0)) + unit * count
    return times, weights


def _needed(part: Component, gift: Component) -> int:
    return part.quantity + (gift.quantity if part.item_code == gift.item_code else 0)


def _lines(basket: Basket, item_code: str) -> list[int]:
    return [n for n, code in enumerate(basket.item_codes) if code == item_code]


def _units(basket: Basket, item_code: str) -> int:
    return sum(basket.quantities[n] for n in _lines(basket, item_code))


def _cheapest(
    basket: Basket, lines: Sequence[int], count: int
) -> Iterator[tuple[int, int, Fraction]]:
    """So many of the cheapest units: the line, how many of it, and what one costs."""
    units = sorted((Fraction(basket.amounts[n], basket.quantities[n]), n) for n in lines)
    for unit, n in units:
        taken = min(count, basket.quantities[n])
        count -= taken
        if taken:
            yield n, taken, unit


def _dealt(off: int, weights: _Weights, lines: int) -> tuple[int, ...]:
    if not off:
        return (0,) * lines
    by_line = dict(zip(weights, split_minor(off, list(weights.values())), strict=True))
    return tuple(by_line.get(n, 0) for n in range(lines))
