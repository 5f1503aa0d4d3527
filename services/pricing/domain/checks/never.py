"""Rules that can never apply: their conditions meet nowhere, or nothing they are meant for is priced."""

from __future__ import annotations

from collections.abc import Iterator

from services.pricing.domain.book import Modifier, Promotion, PromotionKind, Rate, TaxRule
from services.pricing.domain.charges import PER_UNIT
from services.pricing.domain.checks.examples import items_of, priced_where
from services.pricing.domain.checks.findings import Finding, Words
from services.pricing.domain.checks.grid import AXES, MONTHS_OPEN
from services.pricing.domain.checks.survey import Conditioned, Survey, rule_of


def never_applying(survey: Survey) -> Iterator[Finding]:
    """Every rule whose conditions can never hold, and why."""
    content = survey.content
    for each in (
        p for places in survey.listed.values() for rates in places.values() for p in rates
    ):
        yield from _of_conditions(survey, "rate", each.number, each.rate)
    for number, modifier in enumerate(content.modifiers):
        yield from _of_rule(survey, "modifier", number, modifier)
    for number, promotion in enumerate(content.promotions):
        yield from _of_rule(survey, "promotion", number, promotion)
    for number, tax in enumerate(content.taxes):
        yield from _of_rule(survey, "tax", number, tax)


def _of_rule(
    survey: Survey, kind: str, number: int, rule: Modifier | Promotion | TaxRule
) -> Iterator[Finding]:
    found = list(_of_conditions(survey, kind, number, rule))
    if not found and isinstance(rule, Promotion):
        found = list(_unreachable(survey, number, rule))
    if not found and not _is_priced(survey, rule):
        found = [
            _never(
                kind,
                number,
                rule,
                Words("它所用于的项目在其条件下都没有价格", "none of its items has a rate where it holds"),
            )
        ]  # fmt: skip
    yield from found


def _of_conditions(survey: Survey, kind: str, number: int, rule: Conditioned) -> Iterator[Finding]:
    limits, place = rule.conditions.limits, rule.conditions.place_code
    if limits.last_day < survey.context.first_day:
        named = rule_of(kind, number, rule)
        words = Words(
            f"{named.rule_id} 在生效日之前已结束",
            f"{named.rule_id} ends before the book takes effect",
        )
        yield Finding("PRICE_RULE_PAST", words, rules=(named,), item_codes=_items(rule))  # fmt: skip
        return
    if place and survey.territory.known and place not in survey.territory:
        words = Words(f"服务区域内没有地区 {place}", f"the territory has no place {place}")
        yield _never(kind, number, rule, words)
        return
    box = survey.grid.box(rule.conditions)
    empty = [axis for axis, mask in enumerate(box) if not mask & survey.grid.everything[axis]]
    if MONTHS_OPEN in empty:
        words = Words("价目没有登记任何地区的开业日期", "the book has no opening of any place")
        yield _never(kind, number, rule, words)
    elif empty:
        name = AXES[empty[0]]
        yield _never(
            kind, number, rule, Words(f"条件相互矛盾：{name}", f"its {name} never come together")
        )
    retired = survey.context.retired_item_codes & set(_items(rule))
    if retired and retired == set(_items(rule)):
        words = Words(
            f"项目 {'、'.join(sorted(retired))} 已停用", f"{', '.join(sorted(retired))} is retired"
        )
        yield _never(kind, number, rule, words)  # fmt: skip


def _is_priced(survey: Survey, rule: Modifier | Promotion | TaxRule) -> bool:
    together = isinstance(rule, Promotion)
    items = items_of(survey, rule)
    found = priced_where(survey, rule.conditions, items, any_quantity=together)
    if isinstance(rule, Promotion) and rule.kind in (PromotionKind.BUNDLE, PromotionKind.GIFT):
        needed = {part.item_code for part in (*rule.bundle, rule.gift) if part.item_code}
        return needed <= set(survey.listed)
    return next(found, None) is not None


def _unreachable(survey: Survey, number: int, promotion: Promotion) -> Iterator[Finding]:
    """Of a promotion that is limited to so many units, a rule that takes more."""
    most = promotion.conditions.limits.quantity.most
    if most is None:
        return
    needed = 0
    match promotion.kind:
        case PromotionKind.NTH_ITEM:
            needed = promotion.nth
        case PromotionKind.BUNDLE:
            needed = sum(part.quantity for part in promotion.bundle)
        case PromotionKind.THRESHOLD:
            needed = _units_for(survey, promotion, most)
        case _:
            return
    if needed > most:
        words = Words(f"需要 {needed} 件才能达到，而条件限于 {most} 件",
                      f"it takes {needed} units, and its conditions allow {most}")  # fmt: skip
        yield _never("promotion", number, promotion, words)


def _units_for(survey: Survey, promotion: Promotion, most: int) -> int:
    """How many units of the dearest item reach a threshold; ``most`` when something else than the
    rates' prices may decide."""
    items = {item.item_code for item in items_of(survey, promotion)}
    rates = [rate for rate in survey.content.rates if rate.item_code in items]
    if survey.content.modifiers or any(rate.charge is not PER_UNIT for rate in rates):
        return most
    dearest = max((rate.list_price.amount_minor for rate in rates), default=0)
    return -(-promotion.threshold.amount_minor // dearest) if dearest else most + 1


def _items(rule: Conditioned) -> tuple[str, ...]:
    return (rule.item_code,) if isinstance(rule, Rate) else rule.item_codes


def _never(kind: str, number: int, rule: Conditioned, why: Words) -> Finding:
    named = rule_of(kind, number, rule)
    return Finding(
        "PRICE_RULE_NEVER_APPLIES",
        Words(
            f"{named.rule_id} 永远不会生效：{why.chinese}",
            f"{named.rule_id} never applies: {why.english}",
        ),
        rules=(named,),
        item_codes=_items(rule),
    )
