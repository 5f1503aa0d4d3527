"""Performance pay: what a table makes of the rating and the duration of a work, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from kit.money import Money


@dataclass(frozen=True, slots=True)
class Facts:
    """How a work went.

    Args:
        rating: as the customer gave it; None: nobody rated.
        duration_minutes: how long it took; 0: not said.
        standard_minutes: how long it should take; 0: not said.
    """

    rating: Fraction | None
    duration_minutes: int = 0
    standard_minutes: int = 0

    @property
    def duration_ratio(self) -> Fraction | None:
        """The duration as a part of the standard one; None when one of them is not said."""
        if not (self.duration_minutes and self.standard_minutes):
            return None
        return Fraction(self.duration_minutes, self.standard_minutes)


@dataclass(frozen=True, slots=True)
class Band:
    """One row of a performance table.

    Args:
        rating_at_least: None: any rating, or none.
        rating_below: likewise.
        duration_at_most: of the standard duration; None: however long.
        duration_above: likewise.
        ratio: of the base; may be negative.
        cap_minor: at most so much, either way; 0: no cap.
    """

    rating_at_least: Fraction | None
    rating_below: Fraction | None
    duration_at_most: Fraction | None
    duration_above: Fraction | None
    ratio: Fraction
    cap_minor: int = 0

    def fits(self, facts: Facts) -> bool:
        """Whether a work falls into this row; what is not known fits no condition on it."""
        return _within(facts.rating, self.rating_at_least, self.rating_below) and _within_length(
            facts.duration_ratio, self.duration_at_most, self.duration_above
        )


def performance(base: Money, bands: Sequence[Band], facts: Facts) -> tuple[Money, Band | None]:
    """What the first row that fits makes of a base, and that row; nothing when none fits."""
    band = next((band for band in bands if band.fits(facts)), None)
    if band is None:
        return Money(base.currency, 0), None
    return capped(base.times(band.ratio), band.cap_minor), band


def capped(amount: Money, cap_minor: int) -> Money:
    """An amount no further from zero than a cap; 0: no cap."""
    if not cap_minor or abs(amount.amount_minor) <= cap_minor:
        return amount
    return Money(amount.currency, cap_minor if amount.amount_minor > 0 else -cap_minor)


def _within(value: Fraction | None, at_least: Fraction | None, below: Fraction | None) -> bool:
    if at_least is None and below is None:
        return True
    if value is None:
        return False
    return (at_least is None or value >= at_least) and (below is None or value < below)


def _within_length(
    value: Fraction | None, at_most: Fraction | None, above: Fraction | None
) -> bool:
    if at_most is None and above is None:
        return True
    if value is None:
        return False
    return (at_most is None or value <= at_most) and (above is None or value > above)
