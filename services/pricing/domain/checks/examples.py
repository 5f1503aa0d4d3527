"""Questions that show what a rule does: a place, a situation and lines to which it applies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from services.pricing.domain.book import (
    Modifier,
    PricedItem,
    Promotion,
    PromotionKind,
    TaxRule,
    covers,
    name_rate,
)
from services.pricing.domain.checks.findings import Example, Rule
from services.pricing.domain.checks.grid import QUANTITY, Box, meet
from services.pricing.domain.checks.survey import Listed, Survey, Where
from services.pricing.domain.conditions import Conditions
from services.pricing.domain.modifiers import Line
from services.pricing.domain.quote import Question


class Priced(NamedTuple):
    """An item where a rate of it and a rule both hold."""

    item: PricedItem
    listed: Listed
    where: Where


def priced_where(
    survey: Survey,
    conditions: Conditions,
    items: Sequence[PricedItem],
    *,
    any_quantity: bool = False,
) -> Iterator[Priced]:
    """For each of the items the first place and situation in which it has a rate and the conditions
    hold.

    Args:
        any_quantity: the conditions' quantity is that of all lines together, not of a line.
    """
    box = meet(survey.grid.box(conditions), survey.grid.everything)
    if box is None:
        return
    if any_quantity:
        box = (*box[:QUANTITY], survey.grid.everything[QUANTITY], *box[QUANTITY + 1 :])
    for item in items:
        found = _first(survey, conditions.place_code, box, item)
        if found is not None:
            yield found


def _first(survey: Survey, place: str, box: Box, item: PricedItem) -> Priced | None:
    territory, fallback = survey.territory, None
    for rate_place, rates in survey.listed.get(item.item_code, {}).items():
        if not territory.may_meet(place, rate_place):
            continue
        codes = territory.path_in_both(place, rate_place) or (survey.elsewhere,)
        tried = set()
        for each in rates:
            if each.cell.box in tried:
                continue
            tried.add(each.cell.box)
            both = meet(box, each.cell.box)
            if both is None:
                continue
            likely = meet(both, survey.expected)
            if likely is not None:
                return Priced(item, each, Where(codes, likely))
            fallback = fallback or Priced(item, each, Where(codes, both))
    return fallback


def items_of(survey: Survey, rule: Modifier | Promotion | TaxRule) -> list[PricedItem]:
    """The items of the book that a rule is meant for."""
    if isinstance(rule, Promotion):
        meant = {*rule.item_codes, *(part.item_code for part in rule.bundle)}
        return [item for item in survey.content.items if not meant or item.item_code in meant]
    return [item for item in survey.content.items if covers(rule, item)]


def example_of(survey: Survey, rule: Modifier | Promotion | TaxRule) -> Example | None:
    """A question to which a rule would apply; None: none of its items has a rate there."""
    if isinstance(rule, Promotion):
        question = basket_for(survey, rule)
        return survey.example(question) if question else None
    found = next(priced_where(survey, rule.conditions, items_of(survey, rule)), None)
    return survey.example(asked(survey, found, rule)) if found else None


def asked(survey: Survey, found: Priced, *rules: Modifier | TaxRule) -> Question:
    """One line of an item, with those of the rules that have to be asked for."""
    codes = tuple(
        rule.modifier_code for rule in rules if isinstance(rule, Modifier) and not rule.automatic
    )
    line = Line(found.item.item_code, survey.quantity(found.where.box), codes)
    return survey.question(found.where, line)


def basket_for(survey: Survey, promotion: Promotion) -> Question | None:
    """Lines for which a promotion's rule is reached, every other promotion's coupon given too."""
    found = next(
        priced_where(survey, promotion.conditions, items_of(survey, promotion), any_quantity=True),
        None,
    )
    if found is None:
        return None
    lines = _basket(survey, promotion, found)
    coupons = tuple(p.promotion_code for p in survey.content.promotions if p.needs_coupon)
    return survey.question(found.where, *lines, coupons=coupons)


def _basket(survey: Survey, promotion: Promotion, found: Priced) -> list[Line]:
    least = max(
        survey.quantity(found.where.box),
        survey.quantity(survey.grid.box(promotion.conditions)),
    )
    code, unit = found.item.item_code, found.listed.rate.list_price.amount_minor
    match promotion.kind:
        case PromotionKind.BUNDLE:
            return [Line(part.item_code, part.quantity) for part in promotion.bundle]
        case PromotionKind.GIFT:
            bought = promotion.bundle or (promotion.gift,)
            return [
                *(Line(part.item_code, part.quantity) for part in bought),
                Line(promotion.gift.item_code, promotion.gift.quantity),
            ]
        case PromotionKind.THRESHOLD:
            threshold = promotion.threshold.amount_minor
            return [Line(code, max(least, -(-threshold // unit) if unit else 1))]
        case PromotionKind.NTH_ITEM:
            return [Line(code, max(least, promotion.nth))]
        case _:
            return [Line(code, least)]


def winning_rate(survey: Survey, example: Example) -> Rule | None:
    """The rate that won for an example's first line."""
    if example.after.quoted is None:
        return None
    [line, *_] = example.after.quoted.lines
    conditions = survey.book.rates.conditions(line.rate)
    for each in survey.listed[line.item.item_code].get(line.rate.place_code, ()):
        if each.rate.conditions == conditions:
            named = each.rate.rate_id or name_rate(line.item.item_code, conditions)
            return Rule("rate", named, each.number)
    return None
