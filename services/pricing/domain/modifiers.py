"""Which modifiers apply to a line, what each does to its amounts, and which were kept out and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from kit.errors import InvalidArgument
from kit.money import Rounding, round_quotient
from services.pricing.domain.book import (
    Amount,
    Choice,
    CombineMode,
    Favours,
    Modifier,
    Policies,
    PricedItem,
    Side,
    covers,
)
from services.pricing.domain.charges import Pair, started_steps
from services.pricing.domain.conditions import Situation
from services.pricing.domain.ratios import exact_ratio, is_ratio, quotient


class Line(NamedTuple):
    """One line as it was asked.

    Attributes:
        modifier_codes: those asked for.
        measures: by name, see `MEASURES`.
        ratios: by modifier code, the ratio set within its band.
    """

    item_code: str
    quantity: int
    modifier_codes: tuple[str, ...] = ()
    measures: Mapping[str, int] | None = None
    ratios: Mapping[str, str] | None = None
    stock_state: str = ""

    def measure(self, name: str) -> int:
        """How much was said of a measure; the quantity when none is named."""
        return (self.measures or {}).get(name, 0) if name else self.quantity


class Kept(NamedTuple):
    """A modifier that was asked for, or would apply by itself, and does not count.

    Attributes:
        why: "item", a dimension of its conditions, "frozen", "measure" (nothing of what it is
            counted by) or "group".
        instead: the modifier of its group that applies.
    """

    modifier: Modifier
    why: str
    instead: Modifier | None = None


class Effect(NamedTuple):
    """What a modifier makes of a line's amounts.

    Attributes:
        figures: for each side the ratio, or the fixed sum and how often it counts.
        rounded: whether each side was rounded.
        capped: whether each side would have fallen below nothing.
    """

    modifier: Modifier
    before: Pair
    after: Pair
    figures: tuple[object, object]
    rounded: tuple[bool, bool]
    capped: tuple[bool, bool]


def apply_modifiers(
    policies: Policies,
    item: PricedItem,
    line: Line,
    situation: Situation,
    base: Pair,
    rounding: Rounding,
    field: str,
) -> list[Effect]:
    """What the modifiers of a line make of its base, step by step, in the book's order.

    Raises:
        InvalidArgument: ``PRICING_MODIFIER_UNKNOWN``, ``PRICING_OUTSIDE_BAND``, naming ``field``.
    """
    candidates = policies.automatic_at(item, situation.places)
    if line.modifier_codes or line.ratios:
        candidates = _with_asked(policies, candidates, line, field)
    applying = [m for m in candidates if not why_not(m, item, line, situation)]
    effects: list[Effect] = []
    settled: set[str] = set()
    now = base
    for modifier in applying:
        group = modifier.exclusivity_group
        if group in settled:
            continue
        rivals = [m for m in applying if m.exclusivity_group == group] if group else [modifier]
        choices = [_effect(rival, line, base, now, rounding) for rival in rivals]
        effect = _chosen(choices, policies.groups[group]) if group else choices[0]
        if group:
            settled.add(group)
        effects.append(effect)
        now = effect.after
    return effects


def kept_out(
    policies: Policies,
    item: PricedItem,
    line: Line,
    situation: Situation,
    effects: Sequence[Effect],
) -> Iterator[Kept]:
    """The modifiers that were asked for, or would apply to the item by themselves at this place, and
    do not count, in the book's order."""
    of_group = {e.modifier.exclusivity_group: e.modifier for e in effects}
    applied = {effect.modifier.modifier_code for effect in effects}
    automatic = policies.automatic_at(item, situation.places)
    for modifier in (
        _with_asked(policies, automatic, line, "") if line.modifier_codes else automatic
    ):
        why = why_not(modifier, item, line, situation)
        if why:
            yield Kept(modifier, why)
        elif modifier.modifier_code not in applied:
            yield Kept(modifier, "group", of_group[modifier.exclusivity_group])


def why_not(modifier: Modifier, item: PricedItem, line: Line, situation: Situation) -> str:
    """What keeps a modifier from a line: "item", a dimension, "frozen", "measure"; empty: nothing."""
    if not covers(modifier, item):
        return "item"
    broken = modifier.conditions.broken(situation, line.quantity)
    if broken:
        return broken
    if modifier.special and situation.frozen_places:
        return "frozen"
    return "measure" if modifier.measure and not _count(modifier, line) else ""


def _with_asked(
    policies: Policies, automatic: Iterable[Modifier], line: Line, field: str
) -> list[Modifier]:
    wanted = {m.modifier_code for m in automatic}
    for number, code in enumerate(line.modifier_codes):
        if code not in policies.modifiers:
            raise InvalidArgument(
                "PRICING_MODIFIER_UNKNOWN",
                f"the price book has no modifier {code!r}; it has"
                f" {', '.join(sorted(policies.modifiers)) or 'none'}",
                field=f"{field}.modifier_codes[{number}]",
            )
        wanted.add(code)
    for code, ratio in (line.ratios or {}).items():
        _check_band(policies.modifiers.get(code), code, ratio, field)
    return [m for code, m in policies.modifiers.items() if code in wanted]


def _check_band(modifier: Modifier | None, code: str, ratio: str, field: str) -> None:
    if modifier is None or not modifier.least_ratio:
        raise InvalidArgument(
            "PRICING_RATIO_FIXED",
            f"{code!r} has no band within which a line may set its ratio",
            field=f"{field}.ratios[{code}]",
        )
    if not is_within(ratio, modifier.least_ratio, modifier.most_ratio):
        raise InvalidArgument(
            "PRICING_OUTSIDE_BAND",
            f"{ratio!r} is not between {modifier.least_ratio} and {modifier.most_ratio}, which"
            f" {modifier.label} allows",
            field=f"{field}.ratios[{code}]",
        )


def is_within(ratio: str, least: str, most: str) -> bool:
    """Whether a written ratio lies in a band, ends included."""
    return is_ratio(ratio) and exact_ratio(least) <= exact_ratio(ratio) <= exact_ratio(most)


def _chosen(choices: Sequence[Effect], choice: Choice) -> Effect:
    """The one of a group; of equals the first by priority."""
    match choice:
        case Choice.FIRST:
            return choices[0]
        case Choice.BEST_FOR_CUSTOMER:
            return min(choices, key=lambda effect: effect.after.list_price)
        case Choice.BEST_FOR_PAYEE:
            return max(choices, key=lambda effect: effect.after.settlement_price)


def _effect(modifier: Modifier, line: Line, base: Pair, now: Pair, rounding: Rounding) -> Effect:
    """What one modifier makes of both amounts."""
    customer = _Change(now.list_price, None)
    payee = _Change(now.settlement_price, None)
    if modifier.side is not Side.SETTLEMENT:
        ratio, amount = modifier.ratio, modifier.amount
        customer = _change(modifier, line, base.list_price, now.list_price, ratio, amount, rounding)
    if modifier.side is not Side.LIST:
        ratio = modifier.settlement_ratio or modifier.ratio
        amount = (
            modifier.settlement_amount if modifier.settlement_amount.currency else modifier.amount
        )
        payee = _change(
            modifier, line, base.settlement_price, now.settlement_price, ratio, amount, rounding
        )
    return Effect(
        modifier,
        before=now,
        after=Pair(customer.after, payee.after),
        figures=(customer.figure, payee.figure),
        rounded=(customer.rounded, payee.rounded),
        capped=(customer.capped, payee.capped),
    )


class _Change(NamedTuple):
    after: int
    figure: object
    rounded: bool = False
    capped: bool = False


def _change(
    modifier: Modifier,
    line: Line,
    base: int,
    before: int,
    written: str,
    amount: Amount,
    rounding: Rounding,
) -> _Change:
    """What a modifier makes of one amount; it never falls below nothing."""
    said = (line.ratios or {}).get(modifier.modifier_code, written)
    match modifier.combine_mode:
        case CombineMode.MULTIPLY:
            after, exactly = _part(before, said, rounding)
            return _floor(after, said, not exactly)
        case CombineMode.ADD_RATIO_OF_BASE:
            added, exactly = _part(base, said, rounding)
            return _floor(before + added, (said, base, added), not exactly)
        case CombineMode.ADD_AMOUNT:
            count = _count(modifier, line)
            return _floor(before + amount.amount_minor * count, (amount.amount_minor, count))
        case CombineMode.OVERRIDE:
            count = _count(modifier, line)
            return _floor(amount.amount_minor * count, (amount.amount_minor, count))
        case CombineMode.BEST_OF:
            count = _count(modifier, line)
            offered = amount.amount_minor * count
            best = min if modifier.favours is Favours.CUSTOMER else max
            return _floor(best(before, offered), (amount.amount_minor, count))
        case None:
            raise AssertionError("no book is published with a modifier that does nothing")


def _count(modifier: Modifier, line: Line) -> int:
    """How often a fixed sum counts."""
    measured = line.measure(modifier.measure)
    if not modifier.measure:
        return measured
    return started_steps(measured, modifier.free_measure, modifier.measure_step)


def _part(amount: int, written: str, rounding: Rounding) -> tuple[int, bool]:
    """An amount times a ratio, and whether that is exact."""
    numerator, denominator = quotient(written)
    product = amount * numerator
    part = round_quotient(product, denominator, rounding)
    return part, part * denominator == product


def _floor(after: int, figure: object, rounded: bool = False) -> _Change:
    return _Change(max(after, 0), figure, rounded, after < 0)
