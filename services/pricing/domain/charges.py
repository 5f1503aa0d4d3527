"""Charge models: how a rate's price becomes an amount for what was asked.

Each model turns the price of a unit into steps, for the customer's side and the settlement side at
once; all amounts are whole minor units of the book's currency.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from kit.money import Rounding, round_minor
from services.pricing.domain.ratios import exact_ratio, is_ratio

#: What a line may say beside its quantity, whole numbers:
#: minutes of work, visits within the line, visits of the plan year that were used before, metres
#: travelled, minutes waited.
MEASURES: Final = ("minutes", "visits", "visits_used", "distance_metres", "waiting_minutes")

_LONGEST_STEP_MINUTES: Final = 1440


class Pair(NamedTuple):
    """An amount for the customer's side and one for the settlement side, in minor units."""

    list_price: int
    settlement_price: int

    def times(self, count: int) -> Pair:
        """Both, so many times."""
        return Pair(self.list_price * count, self.settlement_price * count)

    def plus(self, other: Pair) -> Pair:
        """Both together."""
        return Pair(
            self.list_price + other.list_price, self.settlement_price + other.settlement_price
        )


NOTHING: Final = Pair(0, 0)


class Ratios(NamedTuple):
    """A ratio for each side, as written."""

    ratio: str
    settlement_ratio: str


class Asked(NamedTuple):
    """What a charge needs to know of a line.

    Attributes:
        parts: what the spare parts of the quote come to, before promotions.
    """

    quantity: int
    measures: Mapping[str, int]
    parts: Pair
    rounding: Rounding


class Charged(NamedTuple):
    """One step of a charge.

    Attributes:
        kind: what is said of it, see `wording`.
        after: the amounts so far.
        figures: the numbers that made it, in the order in which the wording names them.
        rounded: whether each side was rounded.
    """

    kind: str
    after: Pair
    figures: tuple[object, ...] = ()
    rounded: tuple[bool, bool] = (False, False)


@dataclass(frozen=True, slots=True)
class PerUnit:
    """Price × quantity."""

    def unsound(self) -> str:
        """What it lacks; empty: nothing."""
        return ""

    def steps(self, price: Pair, asked: Asked) -> Sequence[Charged]:
        """The unit's price, and times the quantity when there is more than one."""
        return per_unit(price, asked.quantity)


@dataclass(frozen=True, slots=True)
class Hourly:
    """Price × quantity, and labour by started steps of minutes beyond those included.

    Attributes:
        step_price: for each started step.
        step_minutes: the length of a step.
        included_minutes: what the base contains.
    """

    step_price: Pair
    step_minutes: int = 60
    included_minutes: int = 0

    def unsound(self) -> str:
        """What it lacks; empty: nothing."""
        sound = min(*self.step_price, self.included_minutes) >= 0 and (
            0 < self.step_minutes <= _LONGEST_STEP_MINUTES
        )
        return "" if sound else "prices and minutes of zero or more, a step of up to a day"

    def steps(self, price: Pair, asked: Asked) -> Iterator[Charged]:
        """The base, then the labour when minutes were said."""
        yield Charged("base", price)
        yield from _times("quantity", price, asked.quantity)
        minutes = asked.measures.get("minutes", 0)
        started = started_steps(minutes, self.included_minutes, self.step_minutes)
        if started:
            labour = self.step_price.times(started)
            after = price.times(asked.quantity).plus(labour)
            figures = (minutes, self.included_minutes, self.step_minutes, started, self.step_price)
            yield Charged("hours", after, figures)


@dataclass(frozen=True, slots=True)
class Package:
    """One price (一口价) for up to ``size`` units, and again for each started size; 0: for all."""

    size: int = 0

    def unsound(self) -> str:
        """What it lacks; empty: nothing."""
        return "" if self.size >= 0 else "a size of zero or more"

    def steps(self, price: Pair, asked: Asked) -> Iterator[Charged]:
        """The package, and how many of it when there is more than one."""
        yield Charged("package_of", price, (self.size,)) if self.size else Charged("package", price)
        yield from _times("packages", price, -(-asked.quantity // self.size) if self.size else 1)


class PriceStep(NamedTuple):
    """From so many units on, this price each."""

    from_quantity: int
    price: Pair


@dataclass(frozen=True, slots=True)
class Graduated:
    """Each unit at the price of the step it falls into (阶梯价); the rate's price is that of the
    units before the first step."""

    price_steps: tuple[PriceStep, ...]

    def unsound(self) -> str:
        """What it lacks; empty: nothing."""
        return _unsound_steps(self.price_steps)

    def steps(self, price: Pair, asked: Asked) -> Iterator[Charged]:
        """One step for each price that units fall under."""
        after = NOTHING
        bounds = (PriceStep(1, price), *self.price_steps, PriceStep(asked.quantity + 1, NOTHING))
        for step, following in pairwise(bounds):
            last = min(following.from_quantity - 1, asked.quantity)
            if last < step.from_quantity:
                return
            count = last - step.from_quantity + 1
            after = after.plus(step.price.times(count))
            yield Charged("graduated", after, (step.from_quantity, last, step.price, count))


@dataclass(frozen=True, slots=True)
class Volume:
    """All units at the price of the step that the quantity reaches."""

    price_steps: tuple[PriceStep, ...]

    def unsound(self) -> str:
        """What it lacks; empty: nothing."""
        return _unsound_steps(self.price_steps)

    def steps(self, price: Pair, asked: Asked) -> Iterator[Charged]:
        """The price reached, and times the quantity."""
        reached = [step for step in self.price_steps if step.from_quantity <= asked.quantity]
        unit = reached[-1].price if reached else price
        yield Charged("volume", unit, (reached[-1].from_quantity if reached else 1,))
        yield from _times("quantity", unit, asked.quantity)


@dataclass(frozen=True, slots=True)
class PerVisit:
    """Price × visits (按次收费); one when the line says none."""

    def unsound(self) -> str:
        """What it lacks; empty: nothing."""
        return ""

    def steps(self, price: Pair, asked: Asked) -> Iterator[Charged]:
        """The price of a visit, and times the visits."""
        yield Charged("visit", price)
        yield from _times("visits", price, asked.measures.get("visits", 1) * asked.quantity)


@dataclass(frozen=True, slots=True)
class AnnualPlan:
    """A year's service (年度服务包): bought for the rate's price; a line that says how many visits
    of the year were used is a visit under it, free while the included ones last.

    Attributes:
        extra_visit_price: for each visit beyond.
    """

    included_visits: int
    extra_visit_price: Pair

    def unsound(self) -> str:
        """What it lacks; empty: nothing."""
        sound = self.included_visits >= 0 and min(self.extra_visit_price) >= 0
        return "" if sound else "visits and prices of zero or more"

    def steps(self, price: Pair, asked: Asked) -> Iterator[Charged]:
        """The plan's price, or that of the visits beyond the included ones."""
        used = asked.measures.get("visits_used")
        if used is None:
            yield Charged("plan", price, (self.included_visits,))
            yield from _times("quantity", price, asked.quantity)
            return
        visits = asked.measures.get("visits", 1)
        beyond = max(0, visits - max(0, self.included_visits - used))
        figures = (used, visits, self.included_visits, beyond, self.extra_visit_price)
        yield Charged("plan_visits", self.extra_visit_price.times(beyond), figures)


@dataclass(frozen=True, slots=True)
class PercentOfParts:
    """A share of what the quote's spare parts come to for the customer, beside the rate's price.

    Attributes:
        ratios: "0.1" is 10 %.
    """

    ratios: Ratios

    def unsound(self) -> str:
        """What it lacks; empty: nothing."""
        sound = all(is_ratio(ratio) and 0 <= exact_ratio(ratio) <= 1 for ratio in self.ratios)
        return "" if sound else "ratios from 0 to 1, written as '0.1' or '1/3'"

    def steps(self, price: Pair, asked: Asked) -> Iterator[Charged]:
        """The price, when there is one, and the share."""
        if price != NOTHING:
            yield Charged("base", price)
            yield from _times("quantity", price, asked.quantity)
        parts = asked.parts.list_price
        shares = [exact_ratio(ratio) * parts for ratio in self.ratios]
        whole = Pair(*(round_minor(share, asked.rounding) for share in shares))
        rounded = (whole.list_price != shares[0], whole.settlement_price != shares[1])
        after = price.times(asked.quantity).plus(whole)
        yield Charged("percent_of_parts", after, (Pair(parts, parts), self.ratios), rounded)


Charge = PerUnit | Hourly | Package | Graduated | Volume | PerVisit | AnnualPlan | PercentOfParts

PER_UNIT: Final = PerUnit()


def per_unit(price: Pair, quantity: int) -> Sequence[Charged]:
    """The steps of the commonest charge."""
    base = Charged("base", price)
    if quantity == 1:
        return (base,)
    return base, Charged("quantity", price.times(quantity), (quantity, price))


def started_steps(measured: int, free: int, step: int) -> int:
    """How many steps were started beyond what is free."""
    return max(0, -(-(measured - free) // step))


def _unsound_steps(steps: tuple[PriceStep, ...]) -> str:
    froms = [1, *(step.from_quantity for step in steps)]
    sound = (
        len(steps) > 0
        and all(one < next_one for one, next_one in pairwise(froms))
        and all(min(step.price) >= 0 for step in steps)
    )
    return "" if sound else "steps from 2 on, ascending, with prices of zero or more"


def _times(kind: str, price: Pair, count: int) -> Sequence[Charged]:
    return (Charged(kind, price.times(count), (count, price)),) if count != 1 else ()
