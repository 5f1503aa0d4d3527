"""A computed line said step by step, for either side, and the rules that lost there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from kit.money import Money, Rounding
from services.pricing.domain.book import Side
from services.pricing.domain.conditions import DIMENSIONS, Conditions, Situation
from services.pricing.domain.modifiers import kept_out
from services.pricing.domain.phrases import Language
from services.pricing.domain.price_book import PriceBook
from services.pricing.domain.quote import Quoted, QuotedLine, situation_of
from services.pricing.domain.wording import Reasons, Words

#: The phases of every computation that are no modifier's.
OWN_PHASES: Final = ("base", "quantity", "promotion", "currency")

_QUANTITIES: Final = ("quantity", "packages", "visits")


class Step(NamedTuple):
    """One step of an amount."""

    phase: str
    rule_id: str
    label: str
    before: Money
    after: Money
    explanation: str
    rounding: Rounding | None = None


class Rejected(NamedTuple):
    """A rule that was considered and does not count.

    Attributes:
        reason: in words.
        why: "less_specific", "condition", "item", "frozen", "measure", "group", "items", "coupon",
            "reach".
        dimension: which one decided or does not hold; empty: none.
        wanted: what the rule says of it; empty: nothing.
    """

    rule_id: str
    reason: str
    why: str
    dimension: str = ""
    wanted: str = ""


def steps(
    book: PriceBook, quoted: Quoted, number: int, side: Side, language: Language = "zh"
) -> Iterator[Step]:
    """The steps of line ``number`` (from 0) of one side, `Side.LIST` or `Side.SETTLEMENT`; each
    begins where the one before it ended."""
    at = 0 if side is Side.LIST else 1
    line, currency = quoted.lines[number], book.head.currency
    words = Words(language, currency, book.head.rounding, at)
    rate_id = book.rates.rate_id(line.item.item_code, line.rate)
    now = 0

    def step(
        phase: str, rule_id: str, label: str, after: int, said: str, rounded: bool = False
    ) -> Step:
        nonlocal now
        before, now = now, after
        rounding = book.head.rounding if rounded else None
        money = (Money(currency, before), Money(currency, after))
        return Step(phase, rule_id, label, *money, said, rounding)

    for charged in line.charges:
        phase = "quantity" if charged.kind in _QUANTITIES else "base"
        label = words.charge_label(line.item, charged)
        after, rounded = charged.after[at], charged.rounded[at]
        yield step(phase, rate_id, label, after, words.charge(line.item, charged), rounded)
    for effect in line.effects:
        modifier = effect.modifier
        if modifier.side in (Side.BOTH, side):
            code, after = modifier.modifier_code, effect.after[at]
            said, rounded = words.effect(effect), effect.rounded[at]
            yield step(modifier.phase, code, modifier.label, after, said, rounded)
    for discount in quoted.discounts if side is Side.LIST else ():
        if off := discount.off[number]:
            promotion = discount.promotion
            said = words.discount(discount, off)
            yield step("promotion", promotion.promotion_code, promotion.label, now - off, said)
    if quoted.exchange_rate is not None:
        rate = quoted.exchange_rate
        own, other = Money(currency, now), Money(quoted.currency, line.amounts[at])
        label, said = words.exchange_label(), words.exchange(rate, own, other)
        yield Step("currency", rate.exchange_rate_id, label, own, other, said)


def rejected(
    book: PriceBook, line: QuotedLine, situation: Situation, language: Language = "zh"
) -> Iterator[Rejected]:
    """The rates that held and lost, the nearest first, then the modifiers that do not count."""
    item, winner, of, reasons = line.item, line.rate, book.rates.conditions, Reasons(language)
    situation = situation_of(line.line, situation)
    held = book.rates.holding(item.item_code, situation, line.line.quantity)
    for hit in sorted(held):
        if hit != winner:
            dimension, conditions = book.rates.decisive(winner, hit), of(hit)
            wanted = reasons.wanted(conditions, dimension)
            said = reasons.lost(dimension, of(winner), wanted)
            rate_id = book.rates.rate_id(item.item_code, hit)
            yield Rejected(rate_id, said, "less_specific", dimension, wanted)
    for kept in kept_out(book.policies, item, line.line, situation, line.effects):
        modifier, said = kept.modifier, reasons.kept_out(kept, item)
        why = _why(kept.why, modifier.conditions, reasons)
        yield Rejected(modifier.modifier_code, said, *why)


def missed_promotions(quoted: Quoted, language: Language = "zh") -> Iterator[Rejected]:
    """The promotions that do not count for the quote."""
    reasons = Reasons(language)
    for missed in quoted.missed:
        promotion = missed.promotion
        why = _why(missed.why, promotion.conditions, reasons)
        yield Rejected(promotion.promotion_code, reasons.missed(missed), *why)


def _why(why: str, conditions: Conditions, reasons: Reasons) -> tuple[str, str, str]:
    if why in DIMENSIONS:
        return "condition", why, reasons.wanted(conditions, why)
    return why, "", ""
