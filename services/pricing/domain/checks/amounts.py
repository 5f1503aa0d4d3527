"""Prices that nobody can have meant: work that earns more than the customer pays, promotions that go
below it, totals that change too much."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from services.pricing.domain.book import Modifier, Promotion, Rate
from services.pricing.domain.charges import (
    AnnualPlan,
    Graduated,
    Hourly,
    Package,
    Pair,
    PerUnit,
    PerVisit,
    Volume,
)  # fmt: skip
from services.pricing.domain.checks.examples import asked, basket_for, items_of, priced_where
from services.pricing.domain.checks.findings import Finding, Rule, Words
from services.pricing.domain.checks.survey import Listed, Survey, Where, answer, rule_of
from services.pricing.domain.modifiers import Line
from services.pricing.domain.quote import Question, Quoted

#: Basis points of a whole.
WHOLE: Final = 10_000
_MOST_RULES: Final = 20


def amounts(survey: Survey) -> Iterator[Finding]:
    """What the quotes show where each rate wins, with each modifier, and with each promotion."""
    yield from _settlement_above_list(survey)
    for number, modifier in enumerate(survey.content.modifiers):
        yield from _of_modifier(survey, number, modifier)
    for promotion in survey.content.promotions:
        yield from _below_cost(survey, promotion)


def jumps(survey: Survey) -> Iterator[Finding]:
    """Rates where whose use a total changes by more than the limit, the largest change first."""
    if survey.replaced is None:
        return
    found: list[tuple[int, Listed, Question]] = []
    for each, where in survey.winners():
        if where is None or each.rate.item_code in survey.unchanged:
            continue
        for question in _asked_once(survey, each, where):
            after, before = answer(survey.book, question), answer(survey.replaced, question)
            change = changed(before.quoted, after.quoted)
            if abs(change) > survey.context.most_change:
                found.append((change, each, question))
    found.sort(key=lambda jump: (-abs(jump[0]), jump[1].number))
    limit = percent(survey.context.most_change).lstrip("+")
    for change, each, question in found:
        rule = rule_of("rate", each.number, each.rate)
        said = percent(change)
        yield Finding(
            "PRICE_JUMP",
            Words(
                f"价格 {rule.rule_id} 的总价变化 {said}，超过 {limit}",
                f"by rate {rule.rule_id} a total changes by {said}, more than {limit}",
            ),
            rules=(rule,),
            item_codes=(each.rate.item_code,),
            example=survey.example(question, compared=True),
            change=change,
        )


def changed(before: Quoted | None, after: Quoted | None) -> int:
    """By how many basis points a total changes, rounded down; 0 where the two cannot be compared."""
    if before is None or after is None or before.currency != after.currency:
        return 0
    if before.total == 0:
        return WHOLE if after.total else 0
    return (after.total - before.total) * WHOLE // before.total


def percent(basis_points: int) -> str:
    """「+12.5%」."""
    whole, part = divmod(abs(basis_points), 100)
    sign = "-" if basis_points < 0 else "+"
    return f"{sign}{whole}{f'.{part:02}'.rstrip('0') if part else ''}%"


def _asked_once(survey: Survey, each: Listed, where: Where) -> Iterator[Question]:
    """A rate where it wins: at its least quantity, and where a step of its charge begins and ends,
    the last one at ten times its beginning."""
    least = survey.quantity(where.box)
    yield survey.question(where, Line(each.rate.item_code, least))
    match each.rate.charge:
        case Graduated(steps) | Volume(steps):
            quantities = each.rate.conditions.limits.quantity
            begins = [step.from_quantity for step in steps]
            for quantity in (*begins, *(begin - 1 for begin in begins[1:]), 10 * begins[-1]):
                if quantity > least and quantity in quantities:
                    yield survey.question(where, Line(each.rate.item_code, quantity))
        case Hourly() as hourly:
            minutes = hourly.included_minutes + hourly.step_minutes
            line = Line(each.rate.item_code, least, measures={"minutes": minutes})
            yield survey.question(where, line)
        case AnnualPlan() as plan:
            used = {"visits_used": plan.included_visits, "visits": 1}
            yield survey.question(where, Line(each.rate.item_code, least, measures=used))
        case _:
            pass


def _settlement_above_list(survey: Survey) -> Iterator[Finding]:
    """Rates of an item by which the work earns more than the customer pays, before modifiers."""
    found: dict[str, list[tuple[int, Rule, Question]]] = {}
    for each, where in survey.winners():
        if where is None or not _may_lose(each.rate):
            continue
        for question in _asked_once(survey, each, where):
            quoted = answer(survey.book, question).quoted
            if quoted is not None and (margin := _margin(quoted.lines[0].base)) < 0:
                rule = rule_of("rate", each.number, each.rate)
                found.setdefault(each.rate.item_code, []).append((margin, rule, question))
                break
    for item_code, rates in found.items():
        rates.sort(key=lambda each: each[0])
        yield Finding(
            "PRICE_SETTLEMENT_ABOVE_LIST",
            Words(
                f"项目 {item_code} 有 {len(rates)} 条价格的结算价高于标价",
                f"by {len(rates)} rate(s) of {item_code} the work earns more than the customer pays",
            ),
            rules=tuple(rule for _, rule, _ in rates[:_MOST_RULES]),
            item_codes=(item_code,),
            example=survey.example(rates[0][2]),
            count=len(rates),
        )


def _may_lose(rate: Rate) -> bool:
    """Whether there is anything to ask: a price that is only ever multiplied says it itself."""
    multiplied = isinstance(rate.charge, (PerUnit, Package, PerVisit))
    return not multiplied or rate.settlement_price.amount_minor > rate.list_price.amount_minor


def _of_modifier(survey: Survey, number: int, modifier: Modifier) -> Iterator[Finding]:
    """A modifier with which the work earns more than the customer pays, where without it does not."""
    for found in priced_where(survey, modifier.conditions, items_of(survey, modifier)):
        question = asked(survey, found, modifier)
        quoted = answer(survey.book, question).quoted
        if quoted is None:
            continue
        [line] = quoted.lines
        effect = next((e for e in line.effects if e.modifier is modifier), None)
        if effect is None or _margin(effect.before) < 0 or _margin(effect.after) >= 0:
            continue
        yield Finding(
            "PRICE_SETTLEMENT_ABOVE_LIST",
            Words(
                f"「{modifier.label}」使项目 {found.item.item_code} 的结算价高于标价",
                f"{modifier.label} makes the work on {found.item.item_code} earn more than the"
                " customer pays",
            ),
            rules=(rule_of("modifier", number, modifier),),
            item_codes=(found.item.item_code,),
            example=survey.example(question),
        )
        return


def _below_cost(survey: Survey, promotion: Promotion) -> Iterator[Finding]:
    """A promotion, with all that stack with it, after which less is paid than the work earns."""
    question = basket_for(survey, promotion)
    quoted = answer(survey.book, question).quoted if question else None
    if question is None or quoted is None:
        return
    before = sum(_margin(line.modified) for line in quoted.lines)
    after = sum(_margin(line.discounted) for line in quoted.lines)
    counted = [discount.promotion for discount in quoted.discounts]
    if promotion not in counted or before < 0 or after >= 0:
        return
    names = "、".join(each.label for each in counted)
    listed = survey.content.promotions
    yield Finding(
        "PRICE_PROMOTION_BELOW_COST",
        Words(
            f"「{names}」叠加后，客户所付低于结算价",
            f"after {names} the customer pays less than the work earns",
        ),
        rules=tuple(rule_of("promotion", listed.index(each), each) for each in counted),
        item_codes=tuple(dict.fromkeys(line.item.item_code for line in quoted.lines)),
        example=survey.example(question),
    )


def _margin(pair: Pair) -> int:
    return pair.list_price - pair.settlement_price
