"""Rules that hold at once and should not: what decides between them is nothing anybody chose."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from services.pricing.domain.book import Choice, CombineMode, Modifier, Promotion, Side, covers
from services.pricing.domain.checks.examples import (
    Priced,
    asked,
    basket_for,
    items_of,
    priced_where,
)
from services.pricing.domain.checks.findings import Finding, Rule, Words
from services.pricing.domain.checks.grid import meet
from services.pricing.domain.checks.survey import Survey, Where, rule_of
from services.pricing.domain.ratios import exact_ratio


def contradictions(survey: Survey) -> Iterator[Finding]:
    """Two overrides at once, ties within a group, one label for more and for less, groups of one."""
    modifiers = list(enumerate(survey.content.modifiers))
    for one, other in combinations(modifiers, 2):
        found = _of_two(survey, one, other)
        if found:
            yield found
    yield from _promotion_ties(survey)
    yield from _groups_of_one(survey)


def _of_two(
    survey: Survey, one: tuple[int, Modifier], other: tuple[int, Modifier]
) -> Finding | None:
    (_, first), (_, second) = one, other
    grouped = bool(first.exclusivity_group) and first.exclusivity_group == second.exclusivity_group
    code, words = "", Words("", "")
    both = (first.label, second.label)
    if grouped and survey.book.policies.groups.get(first.exclusivity_group) is Choice.FIRST:
        if first.priority == second.priority:
            code = "PRICE_GROUP_TIE"
            words = Words(
                f"互斥组 {first.exclusivity_group} 中「{both[0]}」与「{both[1]}」优先级相同，只凭编码先后决定",
                f"{both[0]} and {both[1]} of group {first.exclusivity_group} have one priority;"
                " their codes decide",
            )
    elif not grouped and _override_each_other(first, second):
        code = "PRICE_CONTRADICTION"
        words = Words(
            f"「{both[0]}」与「{both[1]}」在同一阶段都改写价格，后者使前者无效",
            f"{both[0]} and {both[1]} both override the price in one phase; the later undoes the"
            " other",
        )
    elif first.label == second.label and _sign(first) * _sign(second) < 0:
        code = "PRICE_LABEL_AMBIGUOUS"
        words = Words(
            f"「{both[0]}」既有加价又有扣减，费用单上无法分辨",
            f"{both[0]} is the label of a surcharge and of a deduction; a fee list cannot tell them"
            " apart",
        )
    met = _met(survey, first, second) if code else None
    if met is None:
        return None
    question = asked(survey, met, first, second)
    rules = tuple(rule_of("modifier", number, each) for number, each in (one, other))
    return Finding(code, words, rules, (met.item.item_code,), survey.example(question))


def _override_each_other(one: Modifier, other: Modifier) -> bool:
    return (
        one.combine_mode is other.combine_mode is CombineMode.OVERRIDE
        and one.phase == other.phase
        and one.automatic
        and other.automatic
        and (Side.BOTH in (one.side, other.side) or one.side is other.side)
    )


def _sign(modifier: Modifier) -> int:
    """1: it adds, -1: it takes away, 0: neither."""
    match modifier.combine_mode:
        case CombineMode.ADD_AMOUNT:
            changed = modifier.amount.amount_minor
        case CombineMode.ADD_RATIO_OF_BASE:
            changed = exact_ratio(modifier.ratio).numerator
        case CombineMode.MULTIPLY:
            changed = (exact_ratio(modifier.ratio) - 1).numerator
        case _:
            changed = 0
    return (changed > 0) - (changed < 0)


def _met(survey: Survey, one: Modifier, other: Modifier) -> Priced | None:
    """An item, a place and a situation to which both apply."""
    place, other_place = one.conditions.place_code, other.conditions.place_code
    both = meet(survey.grid.box(one.conditions), survey.grid.box(other.conditions))
    if both is None or not survey.territory.may_meet(place, other_place):
        return None
    path = survey.territory.path_in_both(place, other_place)
    items = [item for item in survey.content.items if covers(one, item) and covers(other, item)]
    for found in priced_where(survey, one.conditions, items):
        box = meet(both, found.where.box)
        if box is not None:
            codes = max(path, found.where.codes, key=len)
            return found._replace(where=Where(codes, box))
    return None


def _promotion_ties(survey: Survey) -> Iterator[Finding]:
    groups = survey.book.policies.groups
    of_groups = [(n, p) for n, p in enumerate(survey.content.promotions) if p.exclusivity_group]
    for (number, one), (other_number, other) in combinations(of_groups, 2):
        if (
            one.exclusivity_group != other.exclusivity_group
            or one.priority != other.priority
            or groups.get(one.exclusivity_group) is Choice.BEST_FOR_CUSTOMER
            or not _promotions_meet(survey, one, other)
        ):
            continue
        question = basket_for(survey, one)
        yield Finding(
            "PRICE_GROUP_TIE",
            Words(
                f"互斥组 {one.exclusivity_group} 中「{one.label}」与「{other.label}」优先级相同，只凭编码先后决定",
                f"{one.label} and {other.label} of group {one.exclusivity_group} have one priority;"
                " their codes decide",
            ),
            (rule_of("promotion", number, one), rule_of("promotion", other_number, other)),
            example=survey.example(question) if question else None,
        )


def _promotions_meet(survey: Survey, one: Promotion, other: Promotion) -> bool:
    shared = {i.item_code for i in items_of(survey, one)} & {
        i.item_code for i in items_of(survey, other)
    }
    box = meet(survey.grid.box(one.conditions), survey.grid.box(other.conditions))
    return (
        bool(shared)
        and box is not None
        and survey.territory.may_meet(one.conditions.place_code, other.conditions.place_code)
    )


def _groups_of_one(survey: Survey) -> Iterator[Finding]:
    content = survey.content
    for number, group in enumerate(content.head.groups):
        members = [
            rule_of("modifier", n, m)
            for n, m in enumerate(content.modifiers)
            if m.exclusivity_group == group.group_code
        ] + [
            rule_of("promotion", n, p)
            for n, p in enumerate(content.promotions)
            if p.exclusivity_group == group.group_code
        ]
        if len(members) < 2:
            yield Finding(
                "PRICE_GROUP_OF_ONE",
                Words(
                    f"互斥组 {group.group_code} 只有 {len(members)} 条规则",
                    f"group {group.group_code} has {len(members)} rule(s); nothing is excluded",
                ),
                (Rule("group", group.group_code, number), *members),
            )
