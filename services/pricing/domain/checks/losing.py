"""Rules that hold and still never count, because others always come before them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from services.pricing.domain.book import (
    Choice,
    Modifier,
    Promotion,
    PromotionKind,
    covers,
)
from services.pricing.domain.checks.boxes import uncovered
from services.pricing.domain.checks.examples import example_of, winning_rate
from services.pricing.domain.checks.findings import Finding, Words
from services.pricing.domain.checks.grid import meet
from services.pricing.domain.checks.survey import Listed, Survey, Where, rule_of
from services.pricing.domain.modifiers import Line


def always_losing(survey: Survey) -> Iterator[Finding]:
    """Rates to which others are preferred wherever they hold, and members of a group of which an
    earlier one always applies."""
    for each, where in survey.winners():
        if where is None and _holds_somewhere(survey, each):
            yield _losing_rate(survey, each)
    yield from _losing_modifiers(survey)
    yield from _losing_promotions(survey)


def _holds_somewhere(survey: Survey, each: Listed) -> bool:
    return meet(each.cell.box, survey.grid.everything) is not None


def _losing_rate(survey: Survey, each: Listed) -> Finding:
    """The example is the rate's own situation, where another one wins."""
    rate, place = each.rate, each.rate.conditions.place_code
    box = meet(each.cell.box, survey.expected) or each.cell.box
    where = Where(survey.territory.path(place) or (survey.elsewhere,), box)
    example = survey.example(survey.question(where, Line(rate.item_code, survey.quantity(box))))
    rule = rule_of("rate", each.number, rate)
    winner = winning_rate(survey, example)
    said = winner.rule_id if winner else ""
    return Finding(
        "PRICE_RULE_ALWAYS_LOSES",
        Words(
            f"价格 {rule.rule_id} 在任何情况下都被更具体的价格取代，例如 {said}",
            f"wherever rate {rule.rule_id} holds, a more specific one wins, such as {said}",
        ),
        rules=(rule, winner) if winner else (rule,),
        item_codes=(rate.item_code,),
        example=example,
    )


def _losing_modifiers(survey: Survey) -> Iterator[Finding]:
    choices = survey.book.policies.groups
    in_order = list(survey.book.policies.modifiers.values())
    for number, modifier in enumerate(survey.content.modifiers):
        group = modifier.exclusivity_group
        if choices.get(group) is not Choice.FIRST:
            continue
        before = in_order[: in_order.index(modifier)]
        first = [m for m in before if m.exclusivity_group == group and _always(survey, m, modifier)]
        box = survey.grid.box(modifier.conditions)
        if meet(box, survey.grid.everything) and _are_covering(survey, modifier, first):
            yield _losing_member(survey, modifier, number, first)


def _always(survey: Survey, earlier: Modifier, later: Modifier) -> bool:
    """Whether one applies by itself to every item for which another might."""
    return (
        earlier.automatic
        and (later.special or not earlier.special)
        and all(covers(earlier, i) for i in survey.content.items if covers(later, i))
    )


def _losing_promotions(survey: Survey) -> Iterator[Finding]:
    choices = survey.book.policies.groups
    in_order = survey.book.policies.promotions
    for number, promotion in enumerate(survey.content.promotions):
        group = promotion.exclusivity_group
        if choices.get(group, Choice.BEST_FOR_CUSTOMER) is Choice.BEST_FOR_CUSTOMER:
            continue
        before = in_order[: in_order.index(promotion)]
        first = [p for p in before if p.exclusivity_group == group and _reached(p, promotion)]
        box = survey.grid.box(promotion.conditions)
        if meet(box, survey.grid.everything) and _are_covering(survey, promotion, first):
            yield _losing_member(survey, promotion, number, first)


def _reached(earlier: Promotion, later: Promotion) -> bool:
    """Whether a promotion is reached whenever another of the same items is."""
    easier = earlier.kind is later.kind is PromotionKind.THRESHOLD and (
        earlier.threshold.amount_minor <= later.threshold.amount_minor
    )
    return (
        easier
        and earlier.item_codes == later.item_codes
        and not earlier.needs_coupon
        and (later.special or not earlier.special)
    )


def _are_covering(
    survey: Survey, rule: Modifier | Promotion, others: Sequence[Modifier | Promotion]
) -> bool:
    """Whether some of the others hold wherever a rule does."""
    within = ("", *survey.territory.path(rule.conditions.place_code))
    boxes = [
        survey.grid.box(other.conditions)
        for other in others
        if other.conditions.place_code in within
    ]
    inside = meet(survey.grid.box(rule.conditions), survey.grid.everything)
    return inside is not None and next(uncovered(inside, boxes), None) is None


def _losing_member(
    survey: Survey, rule: Modifier | Promotion, number: int, first: Sequence[Modifier | Promotion]
) -> Finding:
    kind = "modifier" if isinstance(rule, Modifier) else "promotion"
    listed = survey.content.modifiers if isinstance(rule, Modifier) else survey.content.promotions
    others = tuple(rule_of(kind, listed.index(each), each) for each in first)
    names = "、".join(each.label for each in first)
    return Finding(
        "PRICE_RULE_ALWAYS_LOSES",
        Words(
            f"「{rule.label}」永远轮不到：同组中排在前面的「{names}」总是先生效",
            f"{rule.label} never comes to count: {names} of its group always comes first",
        ),
        rules=(rule_of(kind, number, rule), *others),
        item_codes=rule.item_codes,
        example=example_of(survey, rule),
    )
