"""A plain evaluator that is right by looking at it: every rule is asked, nothing is indexed."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor

from services.pricing.domain.book import (
    Amount,
    BookContent,
    Choice,
    CombineMode,
    Favours,
    Modifier,
    Promotion,
    PromotionKind,
    Rate,
    Side,
)
from services.pricing.domain.charges import Graduated, Hourly, Package, PerUnit, Volume
from services.pricing.domain.conditions import EQUALITIES, Conditions, Situation
from services.pricing.domain.modifiers import Line

#: The customer's amount and the settlement side's.
Both = tuple[int, int]


def totals(content: BookContent, lines: list[Line], situation: Situation) -> Both | None:
    """Both totals in minor units; None when a line has no rate."""
    amounts = [amount(content, line, situation) for line in lines]
    if None in amounts:
        return None
    before = [each for each in amounts if each is not None]
    customer = discounted(content, lines, [each[0] for each in before], situation)
    settlement = [each[1] for each in before]
    return (
        sum(customer) + taxes(content, lines, customer, situation, Side.LIST),
        sum(settlement) + taxes(content, lines, settlement, situation, Side.SETTLEMENT),
    )


def discounted(
    content: BookContent, lines: list[Line], amounts: list[int], situation: Situation
) -> list[int]:
    done: set[str] = set()
    counting = [
        promotion
        for promotion in sorted(content.promotions, key=lambda p: (p.priority, p.promotion_code))
        if counts(promotion, lines, situation)
    ]
    for promotion in counting:
        group = promotion.exclusivity_group
        if group in done:
            continue
        rivals = [p for p in counting if p.exclusivity_group == group] if group else [promotion]
        offers = [offer for rival in rivals if sum(offer := off(rival, lines, amounts))]
        done |= {group} - {""}
        if offers:
            choices = {each.group_code: each.choice for each in content.head.groups}
            by_best = choices.get(group) is Choice.BEST_FOR_CUSTOMER
            best = max(offers, key=sum) if by_best else offers[0]
            amounts = [amount - less for amount, less in zip(amounts, best, strict=True)]
    return amounts


def counts(promotion: Promotion, lines: list[Line], situation: Situation) -> bool:
    units = sum(line.quantity for line in lines if means(promotion, line))
    return (
        units > 0
        and holds(promotion.conditions, situation, units)
        and not (promotion.special and situation.frozen_places)
        and not promotion.needs_coupon
    )


def means(promotion: Promotion, line: Line) -> bool:
    return not promotion.item_codes or line.item_code in promotion.item_codes


def off(promotion: Promotion, lines: list[Line], amounts: list[int]) -> list[int]:
    """What a promotion takes off each line."""
    meant = [means(promotion, line) for line in lines]
    counted = sum(amount for amount, is_meant in zip(amounts, meant, strict=True) if is_meant)
    shares = [Fraction(a if is_meant else 0) for a, is_meant in zip(amounts, meant, strict=True)]
    match promotion.kind:
        case PromotionKind.THRESHOLD:
            reached = counted // promotion.threshold.amount_minor
            times = reached if promotion.repeats else min(reached, 1)
            total = min(counted, times * promotion.reduction.amount_minor)
        case PromotionKind.PERCENT:
            total = counted - half_up(counted * Fraction(promotion.ratio))
        case PromotionKind.NTH_ITEM:
            shares = [Fraction(0)] * len(lines)
            for code in {
                line.item_code for line, is_meant in zip(lines, meant, strict=True) if is_meant
            }:
                of_item = [n for n, line in enumerate(lines) if line.item_code == code]
                units = sorted(
                    (Fraction(amounts[n], lines[n].quantity), n)
                    for n in of_item
                    for _ in range(lines[n].quantity)
                )
                reached = len(units) // promotion.nth
                for unit, n in units[: reached if promotion.repeats else min(reached, 1)]:
                    shares[n] += unit * (1 - Fraction(promotion.ratio))
            total = half_up(sum(shares, Fraction(0)))
        case _:
            raise AssertionError(promotion.kind)
    return dealt(total, shares)


def dealt(total: int, shares: list[Fraction]) -> list[int]:
    """By largest remainder, earlier lines first on a tie."""
    whole = sum(shares, Fraction(0))
    if not total or not whole:
        return [0] * len(shares)
    exact = [total * share / whole for share in shares]
    given = [floor(each) for each in exact]
    in_order = sorted(range(len(exact)), key=lambda n: (given[n] - exact[n], n))
    for n in in_order[: total - sum(given)]:
        given[n] += 1
    return given


def taxes(
    content: BookContent, lines: list[Line], amounts: list[int], situation: Situation, side: Side
) -> int:
    """What taxes add to a side beside its lines."""
    added = 0
    for rule in content.taxes:
        for line, amount_ in zip(lines, amounts, strict=True):
            meant = not rule.item_codes or line.item_code in rule.item_codes
            if (
                rule.side is side
                and meant
                and not rule.payee_kind
                and holds(rule.conditions, situation, line.quantity)
            ):
                ratio = Fraction(rule.ratio)
                tax = half_up(amount_ * ratio / (1 + ratio) if rule.inclusive else amount_ * ratio)
                refund = half_up(tax * Fraction(rule.refundable_ratio or "0"))
                added += (0 if rule.inclusive else tax) - refund
    return added


def amount(content: BookContent, line: Line, situation: Situation) -> Both | None:
    if line.stock_state:
        situation = situation._replace(stock_state=line.stock_state)
    rate = best_rate(content, line, situation)
    if rate is None:
        return None
    base = charged(rate, line)
    now = base
    done: set[str] = set()
    applying = [m for m in in_order(content) if applies(m, line, situation)]
    for modifier in applying:
        group = modifier.exclusivity_group
        if group in done:
            continue
        rivals = [m for m in applying if m.exclusivity_group == group] if group else [modifier]
        now = choose(content, group, [changed(m, now, base, line) for m in rivals])
        done |= {group} - {""}
    return now


def best_rate(content: BookContent, line: Line, situation: Situation) -> Rate | None:
    rates = [
        rate
        for rate in content.rates
        if rate.item_code == line.item_code and holds(rate.conditions, situation, line.quantity)
    ]
    for dimension in content.head.resolution_order:
        best = min((distance(rate, situation, dimension) for rate in rates), default=0)
        rates = [rate for rate in rates if distance(rate, situation, dimension) == best]
    if not rates:
        return None
    [rate] = rates
    return rate


def holds(conditions: Conditions, situation: Situation, quantity: int) -> bool:
    limits = conditions.limits
    minute_holds = (
        limits.from_minute <= situation.minute < limits.until_minute
        if limits.from_minute <= limits.until_minute
        else not limits.until_minute <= situation.minute < limits.from_minute
    )
    return (
        conditions.place_code in ("", *situation.places)
        and all(getattr(conditions, d) in ("", getattr(situation, d)) for d in EQUALITIES)
        and limits.first_day <= situation.day <= limits.last_day
        and (not limits.weekdays or situation.weekday in limits.weekdays)
        and ((limits.from_minute, limits.until_minute) == (0, 0) or minute_holds)
        and within(limits.quantity, quantity)
        and within(limits.floor, situation.floor)
        and within(limits.months_open, situation.months_open)
    )


def within(limits: tuple[int | None, int | None], number: int | None) -> bool:
    least, most = limits
    if (least, most) == (None, None):
        return True
    return number is not None and (
        (least is None or least <= number) and (most is None or number <= most)
    )


def distance(rate: Rate, situation: Situation, dimension: str) -> int:
    if dimension == "place":
        return (*situation.places, "").index(rate.conditions.place_code)
    return 0 if dimension in rate.conditions.said() else 1


def charged(rate: Rate, line: Line) -> Both:
    prices = (rate.list_price.amount_minor, rate.settlement_price.amount_minor)
    return (charged_side(rate, prices[0], 0, line), charged_side(rate, prices[1], 1, line))


def charged_side(rate: Rate, price: int, side: int, line: Line) -> int:
    match rate.charge:
        case PerUnit():
            return price * line.quantity
        case Hourly(step_price, step, included):
            over = (line.measures or {}).get("minutes", 0) - included
            return price * line.quantity + step_price[side] * max(0, ceil(Fraction(over, step)))
        case Package(size):
            return price * (ceil(Fraction(line.quantity, size)) if size else 1)
        case Graduated(steps):
            return sum(
                next((s.price[side] for s in reversed(steps) if unit >= s.from_quantity), price)
                for unit in range(1, line.quantity + 1)
            )
        case Volume(steps):
            reached = (s.price[side] for s in reversed(steps) if line.quantity >= s.from_quantity)
            return line.quantity * next(reached, price)
        case _:
            raise AssertionError(rate.charge)


def in_order(content: BookContent) -> list[Modifier]:
    phases = content.head.phases
    return sorted(
        content.modifiers, key=lambda m: (phases.index(m.phase), m.priority, m.modifier_code)
    )


def applies(modifier: Modifier, line: Line, situation: Situation) -> bool:
    return (
        (modifier.automatic or modifier.modifier_code in line.modifier_codes)
        and (not modifier.item_codes or line.item_code in modifier.item_codes)
        and holds(modifier.conditions, situation, line.quantity)
        and not (modifier.special and situation.frozen_places)
        and (not modifier.measure or counted(modifier, line) > 0)
    )


def counted(modifier: Modifier, line: Line) -> int:
    if not modifier.measure:
        return line.quantity
    over = (line.measures or {}).get(modifier.measure, 0) - modifier.free_measure
    return max(0, ceil(Fraction(over, modifier.measure_step)))


def choose(content: BookContent, group: str, results: list[Both]) -> Both:
    choices = {each.group_code: each.choice for each in content.head.groups}
    pick: Callable[[list[Both]], Both] = {
        None: lambda found: found[0],
        Choice.FIRST: lambda found: found[0],
        Choice.BEST_FOR_CUSTOMER: lambda found: min(found, key=lambda both: both[0]),
        Choice.BEST_FOR_PAYEE: lambda found: max(found, key=lambda both: both[1]),
    }[choices.get(group)]
    return pick(results)


def changed(modifier: Modifier, now: Both, base: Both, line: Line) -> Both:
    customer, payee = now
    if modifier.side is not Side.SETTLEMENT:
        customer = changed_side(modifier, customer, base[0], line, modifier.ratio, modifier.amount)
    if modifier.side is not Side.LIST:
        ratio = modifier.settlement_ratio or modifier.ratio
        own = modifier.settlement_amount.currency
        fixed = modifier.settlement_amount if own else modifier.amount
        payee = changed_side(modifier, payee, base[1], line, ratio, fixed)
    return customer, payee


def changed_side(
    modifier: Modifier, before: int, base: int, line: Line, ratio: str, fixed: Amount
) -> int:
    sum_of_all = fixed.amount_minor * counted(modifier, line)
    match modifier.combine_mode:
        case CombineMode.MULTIPLY:
            return max(0, half_up(before * Fraction(ratio)))
        case CombineMode.ADD_RATIO_OF_BASE:
            return max(0, before + half_up(base * Fraction(ratio)))
        case CombineMode.ADD_AMOUNT:
            return max(0, before + sum_of_all)
        case CombineMode.OVERRIDE:
            return sum_of_all
        case CombineMode.BEST_OF if modifier.favours is Favours.CUSTOMER:
            return min(before, sum_of_all)
        case CombineMode.BEST_OF:
            return max(before, sum_of_all)
        case None:
            raise AssertionError("no book is published with such a modifier")


def half_up(exact: Fraction) -> int:
    """Away from zero on a tie."""
    return floor(exact + Fraction(1, 2)) if exact > 0 else -floor(-exact + Fraction(1, 2))
