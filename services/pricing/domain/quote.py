"""The one computation of a quote: what the customer pays and what the technician's side earns, by the
same steps, each with its rule, its amounts and its reason.

A step whose result is no whole minor unit is rounded half up (四舍五入), once, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, NamedTuple

from kit.errors import InvalidArgument
from kit.money import Money, Rounding, round_minor, sum_money
from services.pricing.domain.book import (
    Amount,
    CombineMode,
    Modifier,
    PriceBook,
    PricedItem,
    Rate,
    exact_ratio,
)
from services.pricing.domain.selection import (
    Line,
    Rejected,
    Situation,
    choose_modifiers,
    choose_rate,
)
from services.pricing.domain.wording import (
    explain_base,
    explain_factor,
    explain_fixed,
    explain_quantity,
    explain_ratio_of_base,
)

#: Raised with every change by which the same facts could be answered otherwise.
EVALUATOR_VERSION: Final = 1

_MOST_LINES: Final = 200
_LARGEST_QUANTITY: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an amount."""

    phase: str
    rule_id: str
    label: str
    before: Money
    after: Money
    explanation: str
    rounding: Rounding | None = None


@dataclass(frozen=True, slots=True)
class QuotedLine:
    """One line computed, in both views."""

    line: Line
    item: PricedItem
    steps: tuple[Step, ...]
    settlement_steps: tuple[Step, ...]
    rejected: tuple[Rejected, ...]

    @property
    def amount(self) -> Money:
        """What the customer pays."""
        return self.steps[-1].after

    @property
    def settlement_amount(self) -> Money:
        """What the technician's side earns."""
        return self.settlement_steps[-1].after


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quote computed; the totals are the sums of the lines."""

    lines: tuple[QuotedLine, ...]
    total: Money
    settlement_total: Money


def evaluate(book: PriceBook, lines: Sequence[Line], situation: Situation) -> Quoted:
    """Compute a quote; a function of its arguments and nothing else.

    Raises:
        InvalidArgument: a line or the place is wrong; the message names the field.
        FailedPrecondition: ``PRICING_RATE_MISSING``.
    """
    _check(lines, situation)
    quoted = tuple(
        _evaluate_line(book, line, situation, f"facts.lines[{number}]")
        for number, line in enumerate(lines)
    )
    currency = book.content.currency
    return Quoted(
        quoted,
        sum_money(currency, [line.amount for line in quoted]),
        sum_money(currency, [line.settlement_amount for line in quoted]),
    )


def _check(lines: Sequence[Line], situation: Situation) -> None:
    if not 0 < len(lines) <= _MOST_LINES:
        raise InvalidArgument(
            "PRICING_LINES_INVALID", f"a quote has 1 to {_MOST_LINES} lines", field="facts.lines"
        )
    if not situation.places:
        raise InvalidArgument(
            "PRICING_PLACE_UNKNOWN",
            "the place has no path of adcodes; resolve it first (directory ResolvePlace)",
            field="facts.place",
        )
    for number, line in enumerate(lines):
        if not 0 < line.quantity <= _LARGEST_QUANTITY:
            raise InvalidArgument(
                "PRICING_QUANTITY_INVALID",
                f"a quantity is 1 to {_LARGEST_QUANTITY}, not {line.quantity}",
                field=f"facts.lines[{number}].quantity",
            )


def _evaluate_line(book: PriceBook, line: Line, situation: Situation, field: str) -> QuotedLine:
    rate, lost = choose_rate(book, line.item_code, situation, f"{field}.item_code")
    modifiers, kept_out = choose_modifiers(book, line, situation, field)
    item = book.items[line.item_code]
    return QuotedLine(
        line=line,
        item=item,
        steps=_steps(item, rate, rate.list_price, line.quantity, modifiers),
        settlement_steps=_steps(item, rate, rate.settlement_price, line.quantity, modifiers),
        rejected=(*lost, *kept_out),
    )


def _steps(
    item: PricedItem, rate: Rate, price: Amount, quantity: int, modifiers: Sequence[Modifier]
) -> tuple[Step, ...]:
    unit_price = Money(price.currency, price.amount_minor)
    nothing = Money(price.currency, 0)
    steps = [
        Step("base", rate.rate_id, item.name, nothing, unit_price, explain_base(item, unit_price))
    ]
    base = unit_price.times(quantity)
    if quantity != 1:
        said = explain_quantity(quantity, unit_price, base)
        steps.append(Step("quantity", rate.rate_id, "数量", unit_price, base, said))
    for modifier in modifiers:
        steps.append(_modify(modifier, steps[-1].after, base, quantity))
    return tuple(steps)


def _modify(modifier: Modifier, before: Money, base: Money, quantity: int) -> Step:
    """One modifier's step, in whole minor units."""
    effect = _effect(modifier, before, base, quantity)
    return Step(
        phase=modifier.phase,
        rule_id=modifier.modifier_code,
        label=modifier.label,
        before=before,
        after=effect.after,
        explanation=effect.explanation,
        rounding=effect.rounding,
    )


class _Effect(NamedTuple):
    after: Money
    explanation: str
    rounding: Rounding | None = None


def _effect(modifier: Modifier, before: Money, base: Money, quantity: int) -> _Effect:
    match modifier.combine_mode:
        case CombineMode.MULTIPLY:
            after, rounding = _times(before, exact_ratio(modifier.ratio))
            return _Effect(after, explain_factor(modifier, before, after, rounding), rounding)
        case CombineMode.ADD_RATIO_OF_BASE:
            ratio = exact_ratio(modifier.ratio)
            addition, rounding = _times(base, ratio)
            said = explain_ratio_of_base(modifier, base, ratio, addition, rounding)
            return _Effect(before + addition, said, rounding)
        case CombineMode.ADD_AMOUNT:
            fixed = Money(modifier.amount.currency, modifier.amount.amount_minor)
            return _Effect(before + fixed.times(quantity), explain_fixed(modifier, fixed, quantity))
        case None:
            raise AssertionError("no book is published with a modifier that does nothing")


def _times(amount: Money, ratio: Fraction) -> tuple[Money, Rounding | None]:
    """An amount times a ratio in whole minor units, and the rounding if it took one."""
    exact = amount.amount_minor * ratio
    whole = round_minor(exact, Rounding.HALF_UP)
    return Money(amount.currency, whole), None if whole == exact else Rounding.HALF_UP
