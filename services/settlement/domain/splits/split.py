"""Splitting a settlement amount between its parties (分账), exact to the fen, without drift.

Every amount of one contract (one version of a rule between the same parties) is dealt fen by fen
in one fair, repeating order, like cards, and the contract remembers its place in it. So each split
sums to its amount, nobody's share is negative, and after any number of splits no party has got a
whole fen more or less than its exact portion of all of them.

The order is Tijdeman's answer to the chairman assignment problem: the next fen goes, among those
who are owed enough of one, to the party that would run out of patience first. It keeps every error
within 1 - 1/(2n - 2) of a fen for n parties: half a fen for two, which is ordinary rounding.

What a cancelled split had handed out goes back to its contract, and is handed out first next time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from math import lcm
from typing import Final

from kit.errors import InvalidArgument
from kit.money import Money
from services.settlement.domain.apportion import apportion

#: Portions of one rule share a denominator up to this: whole basis points, or thirds and sevenths.
FINEST_PORTION: Final = 10_000

_EXACT: Final = re.compile(r"\d(\.\d{1,9})?|\d{1,5}/[1-9]\d{0,4}", re.ASCII)


class PartyKind(StrEnum):
    """Who can have a portion."""

    TECHNICIAN = "technician"
    OUTLET = "outlet"
    PLATFORM = "platform"
    AGENT = "agent"
    TEAM = "team"
    FRANCHISEE = "franchisee"


@dataclass(frozen=True, slots=True)
class Portion:
    """One party's portion of the whole, checked and exact."""

    party_kind: PartyKind
    ratio: Fraction


@dataclass(frozen=True, slots=True)
class Carry:
    """What a contract remembers between its splits.

    Attributes:
        dealt: its place in the dealing order.
        returned: by party, what cancelled splits gave back and nobody has been given since.
    """

    dealt: int
    returned: tuple[int, ...]


def fresh_carry(parties: int) -> Carry:
    """The carry of a contract before its first split."""
    return Carry(0, (0,) * parties)


def check_portions(
    stated: Mapping[str, tuple[PartyKind, str | None]], field: str
) -> tuple[Portion, ...]:
    """The portions that deal out an amount between them, which make exactly the whole.

    Args:
        stated: by the field that states it: the party, and its exact number or, where it takes what
            the others leave, None.
        field: of all of them.

    Raises:
        InvalidArgument: ``SETTLEMENT_SPLIT_RULE_INVALID``, naming the portion at fault.
    """
    ratios = [None if text is None else _ratio(text, at) for at, (_, text) in stated.items()]
    left = 1 - sum((ratio for ratio in ratios if ratio is not None), Fraction(0))
    remaining = [at for at, (_, text) in stated.items() if text is None]
    if len(remaining) > 1:
        raise invalid("only one party can take what remains", f"{remaining[1]}.remaining")
    if left < 0 or (left > 0 and not remaining):
        raise invalid(
            f"the portions sum to {1 - left}, not to 1; correct them, or let one party take what"
            " remains",
            field,
        )
    exact = [left if ratio is None else ratio for ratio in ratios]
    if lcm(*(ratio.denominator for ratio in exact)) > FINEST_PORTION:
        raise invalid(
            f"the portions have no common denominator up to {FINEST_PORTION}; use basis points",
            field,
        )
    kinds = (kind for kind, _ in stated.values())
    return tuple(Portion(kind, ratio) for kind, ratio in zip(kinds, exact, strict=True))


def split_recurring(
    total: Money, portions: Sequence[Portion], carry: Carry
) -> tuple[list[Money], Carry]:
    """Split the next amount of a contract, and give the carry to remember.

    Args:
        total: not negative.
        portions: as ``check_portions`` gives them.
        carry: what the contract remembers; ``fresh_carry`` before its first split.
    """
    amount = total.amount_minor
    again = _from_returned(amount, carry.returned)
    dealt, place = _deal(amount - sum(again), _weights(portions), carry.dealt)
    returned = tuple(kept - given for kept, given in zip(carry.returned, again, strict=True))
    shares = [a + b for a, b in zip(again, dealt, strict=True)]
    return [Money(total.currency, share) for share in shares], Carry(place, returned)


def give_back(carry: Carry, shares: Sequence[Money]) -> Carry:
    """The carry after a split was cancelled: its shares are to be handed out again."""
    returned = tuple(
        kept + share.amount_minor for kept, share in zip(carry.returned, shares, strict=True)
    )
    return Carry(carry.dealt, returned)


def _from_returned(amount: int, returned: tuple[int, ...]) -> list[int]:
    if sum(returned) <= amount:
        return list(returned)
    return apportion(amount, returned)


def _deal(amount: int, weights: tuple[int, ...], place: int) -> tuple[list[int], int]:
    order = _dealing_order(weights)
    rounds, rest = divmod(amount, len(order))
    dealt = [rounds * weight for weight in weights]
    for party in (order + order)[place : place + rest]:
        dealt[party] += 1
    return dealt, (place + rest) % len(order)


def _weights(portions: Sequence[Portion]) -> tuple[int, ...]:
    denominator = lcm(*(portion.ratio.denominator for portion in portions))
    return tuple(int(portion.ratio * denominator) for portion in portions)


@lru_cache(maxsize=256)
def _dealing_order(weights: tuple[int, ...]) -> tuple[int, ...]:
    """Whose each unit is, over one round of as many units as the weights sum to."""
    length = sum(weights)
    parties = [party for party, weight in enumerate(weights) if weight]
    if len(parties) == 1:
        return tuple(parties * length)
    patience = 2 * len(parties) - 2
    owed = [0] * len(weights)  # in parts of a unit: length * patience of them make one
    order = []
    for _ in range(length):
        for party in parties:
            owed[party] += weights[party] * patience
        entitled = [party for party in parties if owed[party] >= length]
        given = min(
            entitled,
            key=lambda party: Fraction(length * (patience - 1) - owed[party], weights[party]),
        )
        owed[given] -= length * patience
        order.append(given)
    return tuple(order)


def _ratio(text: str, field: str) -> Fraction:
    if not _EXACT.fullmatch(text):
        raise invalid(
            f"{text!r} is no portion; write 0.7 or 2/3, or let the party take what remains",
            f"{field}.portion",
        )
    ratio = Fraction(text)
    if ratio > 1:
        raise invalid(f"a portion is between 0 and 1, not {text}", f"{field}.portion")
    return ratio


def invalid(message: str, field: str) -> InvalidArgument:
    """The refusal of a split rule."""
    return InvalidArgument("SETTLEMENT_SPLIT_RULE_INVALID", message, field=field)
