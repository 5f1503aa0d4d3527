"""The portions of a split rule as people state them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from kit.money import Money
from services.settlement.domain.splits.split import FINEST_PORTION, PartyKind, invalid

_MOST_TIERS: Final = 50
_PORTION: Final = re.compile(r"[01](\.\d{1,4})?|\d{1,5}/[1-9]\d{0,4}", re.ASCII)


@dataclass(frozen=True, slots=True)
class TierTerm:
    """From which amount on a portion holds."""

    from_amount: Money
    portion: str


@dataclass(frozen=True, slots=True)
class PortionTerm:
    """One party's portion as a rule states it.

    Args:
        party_kind: whose it is.
        portion: an exact number: of what is left when the others have taken theirs, or, with a
            bound, of the whole amount.
        remaining: it takes what the other portions leave.
        party_id: a party that the rule itself names, such as another outlet that has a part.
        fixed: so much, as far as there is so much.
        tiers: a portion that depends on the amount.
        graduated: each tier's portion holds for the part of the amount within it.
        at_least, at_most: bounds of a portion of the whole amount.
    """

    party_kind: str
    portion: str = ""
    remaining: bool = False
    party_id: str = ""
    fixed: Money | None = None
    tiers: tuple[TierTerm, ...] = ()
    graduated: bool = False
    at_least: Money | None = None
    at_most: Money | None = None

    @property
    def amounts(self) -> tuple[Money, ...]:
        """The amounts it names."""
        named = (self.fixed, self.at_least, self.at_most)
        return (
            *(each for each in named if each is not None),
            *(tier.from_amount for tier in self.tiers),
        )


class PortionKind(StrEnum):
    """How a portion comes to its amount."""

    PERCENT = "percent"
    REMAINING = "remaining"
    FIXED = "fixed"
    TIERED = "tiered"
    CAPPED = "capped"


def kind_of(term: PortionTerm, field: str) -> PortionKind:
    """How a stated portion comes to its amount.

    Raises:
        InvalidArgument: ``SETTLEMENT_SPLIT_RULE_INVALID`` when it states two ways at once.
    """
    bounded = term.at_least is not None or term.at_most is not None
    if term.remaining and term.portion:
        raise invalid("a party takes a portion or what remains, not both", f"{field}.portion")
    ways = (term.remaining, term.fixed is not None, bool(term.tiers), bool(term.portion))
    if sum(ways) > 1:
        raise invalid("a portion is a number, an amount, tiers or what remains; one of them", field)
    if bounded and not term.portion:
        raise invalid("bounds are of a portion of the whole; give the portion", f"{field}.portion")
    if term.graduated and not term.tiers:
        raise invalid("only tiers are graduated", f"{field}.graduated")
    if term.remaining:
        return PortionKind.REMAINING
    if term.fixed is not None:
        return PortionKind.FIXED
    if term.tiers:
        return PortionKind.TIERED
    return PortionKind.CAPPED if bounded else PortionKind.PERCENT


def party_of(term: PortionTerm, field: str) -> PartyKind:
    """Whose portion it is.

    Raises:
        InvalidArgument: ``SETTLEMENT_SPLIT_RULE_INVALID`` for a party that is none.
    """
    try:
        return PartyKind(term.party_kind)
    except ValueError as error:
        raise invalid(
            f"unknown party {term.party_kind!r}; known: {', '.join(PartyKind)}",
            f"{field}.party_kind",
        ) from error


def basis_points(text: str, field: str) -> int:
    """A portion of the whole amount in basis points.

    Raises:
        InvalidArgument: ``SETTLEMENT_SPLIT_RULE_INVALID`` for what is no whole number of them from
            0 to 10,000.
    """
    points = Fraction(text) * FINEST_PORTION if _PORTION.fullmatch(text) else Fraction(-1)
    if points.denominator != 1 or not 0 <= points <= FINEST_PORTION:
        raise invalid(
            f"{text!r} is no portion of the whole; write whole basis points, such as 0.1250", field
        )
    return int(points)


def check_tiers(term: PortionTerm, field: str) -> tuple[tuple[int, int], ...]:
    """From which amount on, in minor units, which portion holds, in basis points; from 0 on, rising.

    Raises:
        InvalidArgument: ``SETTLEMENT_SPLIT_RULE_INVALID``.
    """
    if len(term.tiers) > _MOST_TIERS:
        raise invalid(f"a portion has up to {_MOST_TIERS} tiers", f"{field}.tiers")
    starts = [tier.from_amount.amount_minor for tier in term.tiers]
    if starts[0] != 0:
        raise invalid("the first tier begins at 0", f"{field}.tiers[0].from_amount")
    for i, start in enumerate(starts[1:], 1):
        if start <= starts[i - 1]:
            raise invalid("tiers rise", f"{field}.tiers[{i}].from_amount")
    return tuple(
        (start, basis_points(tier.portion, f"{field}.tiers[{i}].portion"))
        for i, (start, tier) in enumerate(zip(starts, term.tiers, strict=True))
    )
