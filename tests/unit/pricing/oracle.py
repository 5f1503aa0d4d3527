"""A plain evaluator that is right by looking at it: every rule is asked, nothing is indexed."""

from fractions import Fraction
from math import floor

from services.pricing.domain.book import BookContent, CombineMode, Modifier, Rate
from services.pricing.domain.selection import Line, Situation


def total(content: BookContent, lines: list[Line], situation: Situation) -> int | None:
    """The customer's total in minor units; None when a line has no rate."""
    amounts = [amount(content, line, situation) for line in lines]
    return None if None in amounts else sum(a for a in amounts if a is not None)


def amount(content: BookContent, line: Line, situation: Situation) -> int | None:
    rates = [rate for rate in content.rates if holds(rate, line, situation)]
    for dimension in content.resolution_order:
        best = min((distance(rate, situation, dimension) for rate in rates), default=0)
        rates = [rate for rate in rates if distance(rate, situation, dimension) == best]
    if not rates:
        return None
    [rate] = rates
    base = rate.list_price.amount_minor * line.quantity
    result = base
    for phase in content.phases:
        for modifier in sorted(content.modifiers, key=lambda m: m.modifier_code):
            if modifier.phase == phase and applies(modifier, line, situation):
                result = changed(modifier, result, base, line.quantity)
    return result


def holds(rate: Rate, line: Line, situation: Situation) -> bool:
    key = rate.key
    return (
        key.item_code == line.item_code
        and key.place_code in ("", *situation.places)
        and key.city_tier in ("", situation.city_tier)
        and key.cooperation_mode in ("", situation.cooperation_mode)
        and key.customer_level in ("", situation.customer_level)
    )


def distance(rate: Rate, situation: Situation, dimension: str) -> int:
    if dimension == "place":
        return (*situation.places, "").index(rate.key.place_code)
    return 0 if getattr(rate.key, dimension) else 1


def applies(modifier: Modifier, line: Line, situation: Situation) -> bool:
    return (
        (modifier.automatic or modifier.modifier_code in line.modifier_codes)
        and (not modifier.item_codes or line.item_code in modifier.item_codes)
        and modifier.place_code in ("", *situation.places)
    )


def changed(modifier: Modifier, before: int, base: int, quantity: int) -> int:
    match modifier.combine_mode:
        case CombineMode.MULTIPLY:
            return half_up(before * Fraction(modifier.ratio))
        case CombineMode.ADD_RATIO_OF_BASE:
            return before + half_up(base * Fraction(modifier.ratio))
        case _:
            return before + modifier.amount.amount_minor * quantity


def half_up(exact: Fraction) -> int:
    return floor(exact + Fraction(1, 2))
