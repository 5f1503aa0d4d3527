"""What modifiers, promotions and taxes must satisfy before a book is published."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from kit.errors import InvalidArgument
from services.pricing.domain.book import (
    Amount,
    BookContent,
    CombineMode,
    Component,
    Modifier,
    Promotion,
    PromotionKind,
    Side,
)
from services.pricing.domain.charges import MEASURES
from services.pricing.domain.ratios import exact_ratio, is_ratio

CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_LARGEST_RATIO: Final = 100
_LARGEST_AMOUNT: Final = 10**12


def modifier_problems(content: BookContent, known: Collection[str]) -> Iterator[InvalidArgument]:
    """Every problem of the modifiers, each with its place."""
    head, seen = content.head, set[str]()
    phase_of_group: dict[str, str] = {}
    groups = {group.group_code for group in head.groups}
    for number, modifier in enumerate(content.modifiers):
        at = f"price_book.modifiers[{number}]"
        yield from _name_problems(modifier.modifier_code, modifier.label, seen, at, "modifier")
        if modifier.phase not in head.phases:
            yield InvalidArgument(
                "PRICING_PHASE_UNKNOWN",
                f"{modifier.phase!r} is none of the book's phases: {', '.join(head.phases)}",
                field=f"{at}.phase",
            )
        yield from _item_problems(modifier.item_codes, known, at)
        group = modifier.exclusivity_group
        yield from _group_problems(group, groups, at)
        if group and phase_of_group.setdefault(group, modifier.phase) != modifier.phase:
            yield InvalidArgument(
                "PRICING_GROUP_ACROSS_PHASES",
                f"group {group!r} has modifiers of phase {phase_of_group[group]!r} too; a group"
                " decides within one phase",
                field=f"{at}.exclusivity_group",
            )
        yield from _effect_problems(modifier, head.currency, at)
        yield from _band_problems(modifier, at)


def promotion_problems(content: BookContent, known: Collection[str]) -> Iterator[InvalidArgument]:
    """Every problem of the promotions, each with its place."""
    seen = set[str]()
    groups = {group.group_code for group in content.head.groups}
    for number, promotion in enumerate(content.promotions):
        at = f"price_book.promotions[{number}]"
        yield from _name_problems(promotion.promotion_code, promotion.label, seen, at, "promotion")
        yield from _item_problems(promotion.item_codes, known, at)
        yield from _group_problems(promotion.exclusivity_group, groups, at)
        yield from _rule_problems(promotion, content.head.currency, known, at)


def tax_problems(content: BookContent, known: Collection[str]) -> Iterator[InvalidArgument]:
    """Every problem of the taxes, each with its place."""
    seen = set[str]()
    for number, tax in enumerate(content.taxes):
        at = f"price_book.taxes[{number}]"
        yield from _name_problems(tax.tax_code, tax.label, seen, at, "tax")
        yield from _item_problems(tax.item_codes, known, at)
        if tax.side is Side.BOTH:
            yield InvalidArgument(
                "PRICING_SIDE_MISSING",
                "say which side it is on; a tax of both is two",
                field=f"{at}.side",
            )
        if tax.payee_kind and tax.side is Side.LIST:
            yield InvalidArgument(
                "PRICING_SIDE_MISSING",
                "the customer's side has no payee",
                field=f"{at}.payee_kind",
            )
        yield from ratio_problems(tax.ratio, f"{at}.ratio", least=0, most=1)
        if tax.refundable_ratio:
            at_refund = f"{at}.refundable_ratio"
            yield from ratio_problems(tax.refundable_ratio, at_refund, least=0, most=1)


def amount_problems(
    amount: Amount, currency: str, at: str, *, may_be_negative: bool = False
) -> Iterator[InvalidArgument]:
    """What is wrong with an amount of a book."""
    if not amount.currency:
        yield InvalidArgument("PRICING_AMOUNT_MISSING", "say how much, with its currency", field=at)
    elif amount.currency != currency:
        yield InvalidArgument(
            "PRICING_CURRENCY_MISMATCH", f"{amount.currency} in a book of {currency}", field=at
        )
    if amount.amount_minor < 0 and not may_be_negative:
        yield InvalidArgument("PRICING_AMOUNT_NEGATIVE", "an amount here is zero or more", field=at)
    elif abs(amount.amount_minor) >= _LARGEST_AMOUNT:
        yield InvalidArgument(
            "MONEY_OUT_OF_RANGE", f"below {_LARGEST_AMOUNT} minor units", field=at
        )


def ratio_problems(
    ratio: str, at: str, *, least: int, most: int = _LARGEST_RATIO, above: bool = False
) -> Iterator[InvalidArgument]:
    """What is wrong with a ratio: it is exact, and from ``least`` (or above it) to ``most``."""
    if not is_ratio(ratio) or not (
        least <= exact_ratio(ratio) <= most and not (above and exact_ratio(ratio) == least)
    ):
        bound = f"above {least}" if above else f"from {least}"
        yield InvalidArgument(
            "PRICING_RATIO_INVALID",
            f"{ratio!r} is no ratio {bound} up to {most}; write it as '1.2' or '1/3'",
            field=at,
        )


def unknown_item(at: str, item_code: str) -> InvalidArgument:
    """An item that is in neither library."""
    return InvalidArgument(
        "PRICING_ITEM_UNKNOWN", f"{item_code!r} is in neither library; put the item first", field=at
    )


def _name_problems(
    code: str, label: str, seen: set[str], at: str, noun: str
) -> Iterator[InvalidArgument]:
    if not CODE.fullmatch(code):
        yield InvalidArgument(
            "PRICING_CODE_INVALID", "letters, digits, '-', '_' and '.'", field=f"{at}.{noun}_code"
        )
    if code in seen:
        yield InvalidArgument(
            f"PRICING_{noun.upper()}_REPEATED",
            f"{code!r} is there already",
            field=f"{at}.{noun}_code",
        )
    seen.add(code)
    if not label.strip():
        yield InvalidArgument(
            "PRICING_LABEL_MISSING", "the explanation names it by its label", field=f"{at}.label"
        )


def _item_problems(
    item_codes: Iterable[str], known: Collection[str], at: str
) -> Iterator[InvalidArgument]:
    for number, item_code in enumerate(item_codes):
        if item_code not in known:
            yield unknown_item(f"{at}.item_codes[{number}]", item_code)


def _group_problems(group: str, groups: Collection[str], at: str) -> Iterator[InvalidArgument]:
    if group and group not in groups:
        yield InvalidArgument(
            "PRICING_GROUP_UNKNOWN",
            f"{group!r} is none of the book's groups: {', '.join(sorted(groups)) or 'it has none'}",
            field=f"{at}.exclusivity_group",
        )


def _effect_problems(modifier: Modifier, currency: str, at: str) -> Iterator[InvalidArgument]:
    if modifier.measure and modifier.measure not in MEASURES:
        yield InvalidArgument(
            "PRICING_MEASURE_UNKNOWN",
            f"{modifier.measure!r} is none of {', '.join(MEASURES)}",
            field=f"{at}.measure",
        )
    if modifier.free_measure < 0 or modifier.measure_step < 1:
        yield InvalidArgument(
            "PRICING_MEASURE_INVALID", "free from zero, steps from one", field=f"{at}.measure_step"
        )
    match modifier.combine_mode:
        case None:
            yield InvalidArgument(
                "PRICING_COMBINE_MODE_MISSING",
                "say how it changes an amount",
                field=f"{at}.combine_mode",
            )
        case CombineMode.MULTIPLY:
            yield from _written_ratio_problems(modifier, at, least=0, above=True)
        case CombineMode.ADD_RATIO_OF_BASE:
            yield from _written_ratio_problems(modifier, at, least=-1, above=False)
        case CombineMode.ADD_AMOUNT:
            yield from _fixed_sum_problems(modifier, currency, at, may_be_negative=True)
        case CombineMode.OVERRIDE | CombineMode.BEST_OF:
            yield from _fixed_sum_problems(modifier, currency, at, may_be_negative=False)


def _written_ratio_problems(
    modifier: Modifier, at: str, *, least: int, above: bool
) -> Iterator[InvalidArgument]:
    if modifier.amount.currency or modifier.settlement_amount.currency:
        yield InvalidArgument(
            "PRICING_AMOUNT_UNUSED", "a ratio takes no fixed sum", field=f"{at}.amount"
        )
    yield from ratio_problems(modifier.ratio, f"{at}.ratio", least=least, above=above)
    if modifier.settlement_ratio:
        at_other = f"{at}.settlement_ratio"
        yield from ratio_problems(modifier.settlement_ratio, at_other, least=least, above=above)


def _fixed_sum_problems(
    modifier: Modifier, currency: str, at: str, *, may_be_negative: bool
) -> Iterator[InvalidArgument]:
    if modifier.ratio or modifier.settlement_ratio:
        yield InvalidArgument(
            "PRICING_RATIO_INVALID", "a fixed sum takes no ratio", field=f"{at}.ratio"
        )
    sums = {"amount": modifier.amount}
    if modifier.settlement_amount.currency:
        sums["settlement_amount"] = modifier.settlement_amount
    for name, fixed in sums.items():
        yield from amount_problems(fixed, currency, f"{at}.{name}", may_be_negative=may_be_negative)


def _band_problems(modifier: Modifier, at: str) -> Iterator[InvalidArgument]:
    least, most = modifier.least_ratio, modifier.most_ratio
    if not least and not most:
        return
    sound = all(is_ratio(text) for text in (least, most, modifier.ratio)) and (
        exact_ratio(least) <= exact_ratio(modifier.ratio) <= exact_ratio(most)
    )
    if not sound:
        yield InvalidArgument(
            "PRICING_BAND_INVALID",
            f"a band from {least!r} to {most!r} does not hold the ratio {modifier.ratio!r} itself",
            field=f"{at}.least_ratio",
        )


def _rule_problems(
    promotion: Promotion, currency: str, known: Collection[str], at: str
) -> Iterator[InvalidArgument]:
    for number, part in enumerate(promotion.bundle):
        yield from _component_problems(part, known, f"{at}.components[{number}]")
    match promotion.kind:
        case None:
            yield _incomplete(f"{at}.rule", "what it gives")
        case PromotionKind.THRESHOLD:
            yield from _threshold_problems(promotion, currency, f"{at}.threshold")
        case PromotionKind.NTH_ITEM:
            if promotion.nth < 2:
                yield _incomplete(f"{at}.nth_item.nth", "the second item or a later one")
            yield from ratio_problems(promotion.ratio, f"{at}.nth_item.ratio", least=0, most=1)
        case PromotionKind.PERCENT:
            yield from ratio_problems(promotion.ratio, f"{at}.percent.ratio", least=0, most=1)
        case PromotionKind.BUNDLE:
            yield from amount_problems(
                promotion.bundle_price, currency, f"{at}.bundle.bundle_price"
            )
            if not promotion.bundle:
                yield _incomplete(f"{at}.bundle.components", "what belongs together")
        case PromotionKind.GIFT:
            yield from _component_problems(promotion.gift, known, f"{at}.gift.gift")


def _component_problems(
    part: Component, known: Collection[str], at: str
) -> Iterator[InvalidArgument]:
    if part.item_code not in known:
        yield unknown_item(f"{at}.item_code", part.item_code)
    if part.quantity < 1:
        yield _incomplete(f"{at}.quantity", "one or more of it")


def _threshold_problems(promotion: Promotion, currency: str, at: str) -> Iterator[InvalidArgument]:
    yield from amount_problems(promotion.threshold, currency, f"{at}.threshold")
    yield from amount_problems(promotion.reduction, currency, f"{at}.reduction")
    if not 0 < promotion.reduction.amount_minor <= promotion.threshold.amount_minor:
        yield _incomplete(f"{at}.reduction", "a reduction above zero, up to the threshold")


def _incomplete(at: str, wanted: str) -> InvalidArgument:
    return InvalidArgument("PRICING_PROMOTION_INCOMPLETE", f"say {wanted}", field=at)
