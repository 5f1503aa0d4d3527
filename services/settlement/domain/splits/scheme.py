"""All portions of one rule version together, and what each comes to.

1. Fixed, tiered and bounded portions are taken off the commission base in the rule's order, each as
   far as something is left. Parts of a fen are carried from split to split, in ten-thousandths, so
   that nobody drifts.
2. What they leave is dealt between the other portions (see ``split``), again without drift.

So every split sums to its base whatever the portions are, and no share is negative.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kit.money import Money
from services.settlement.domain.apportion import apportion
from services.settlement.domain.splits.split import (
    FINEST_PORTION,
    Carry,
    PartyKind,
    Portion,
    check_portions,
    fresh_carry,
    give_back,
    invalid,
    split_recurring,
)
from services.settlement.domain.splits.terms import (
    PortionKind,
    PortionTerm,
    basis_points,
    check_tiers,
    kind_of,
    party_of,
)

#: Of how many parts a minor unit is when an exact amount is carried.
PARTS: Final = FINEST_PORTION

#: The dealing of whole units asks for a currency and makes no use of it.
_ANY_CURRENCY: Final = "CNY"


@dataclass(frozen=True, slots=True)
class Taken:
    """A portion that is taken off the base before the rest is dealt.

    Args:
        position: in the rule.
        fixed_minor: so much; None: by its tiers.
        tiers: from which amount on which basis points of it.
        graduated: of the part within each tier, not of the whole.
        at_least_minor, at_most_minor: bounds.
    """

    position: int
    fixed_minor: int | None
    tiers: tuple[tuple[int, int], ...] = ()
    graduated: bool = False
    at_least_minor: int = 0
    at_most_minor: int | None = None

    def entitled(self, base: int) -> int:
        """The exact amount, in parts of a minor unit."""
        if self.fixed_minor is not None:
            return self.fixed_minor * PARTS
        exact = self._graduated(base) if self.graduated else self._whole(base)
        exact = max(exact, self.at_least_minor * PARTS)
        return exact if self.at_most_minor is None else min(exact, self.at_most_minor * PARTS)

    def _whole(self, base: int) -> int:
        return base * next(points for start, points in reversed(self.tiers) if start <= base)

    def _graduated(self, base: int) -> int:
        ends = [*(start for start, _ in self.tiers[1:]), base]
        return sum(
            max(0, min(base, end) - start) * points
            for (start, points), end in zip(self.tiers, ends, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Scheme:
    """A rule version's portions, checked.

    Args:
        taken: taken off the base, in order.
        dealt: positions in the rule of those between which the rest is dealt.
        portions: theirs.
    """

    taken: tuple[Taken, ...]
    dealt: tuple[int, ...]
    portions: tuple[Portion, ...]

    @property
    def size(self) -> int:
        """How many parties there are."""
        return len(self.taken) + len(self.dealt)


@dataclass(frozen=True, slots=True)
class Memory:
    """What a contract remembers between its splits.

    Args:
        carry: of what is dealt.
        owed_parts: of each portion that is taken, what it is owed exactly beyond its shares.
    """

    carry: Carry
    owed_parts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Dealing:
    """What became of one base, by position in the rule.

    Args:
        shares: in minor units; they sum to the base.
        exact_parts: of what was taken, the exact amount it answers; of what was dealt, 0.
    """

    shares: tuple[int, ...]
    exact_parts: tuple[int, ...]


def fresh_memory(scheme: Scheme) -> Memory:
    """What a contract remembers before its first split."""
    return Memory(fresh_carry(len(scheme.dealt)), (0,) * len(scheme.taken))


def check_scheme(terms: Sequence[PortionTerm], field: str) -> Scheme:
    """The portions that a rule states.

    Raises:
        InvalidArgument: ``SETTLEMENT_SPLIT_RULE_INVALID``, naming the term at fault under ``field``.
    """
    parties = [party_of(term, f"{field}[{i}]") for i, term in enumerate(terms)]
    _check_parties(terms, parties, field)
    kinds = [kind_of(term, f"{field}[{i}]") for i, term in enumerate(terms)]
    _check_amounts(terms, field)
    shared = (PortionKind.PERCENT, PortionKind.REMAINING)
    dealt = tuple(i for i, kind in enumerate(kinds) if kind in shared)
    if not dealt:
        raise invalid("say who takes what the others leave", field)
    stated = {
        f"{field}[{i}]": (parties[i], None if terms[i].remaining else terms[i].portion)
        for i in dealt
    }
    taken = tuple(
        _taken(i, kinds[i], terms[i], f"{field}[{i}]") for i in range(len(terms)) if i not in dealt
    )
    return Scheme(taken, dealt, check_portions(stated, field))


def split(scheme: Scheme, base: int, memory: Memory) -> tuple[Dealing, Memory]:
    """Split the next amount of a contract, and give what to remember.

    Args:
        scheme: the portions.
        base: in minor units, not negative.
        memory: of the contract.
    """
    taken, parts, owed = _take(scheme, base, memory.owed_parts)
    dealt, carry = split_recurring(_money(base - sum(taken)), scheme.portions, memory.carry)
    shares = [each.amount_minor for each in dealt]
    return _dealing(scheme, taken, parts, shares), Memory(carry, owed)


def undo(scheme: Scheme, was: Dealing, memory: Memory) -> Memory:
    """What to remember after a split was cancelled: its shares are to be handed out again."""
    returned = give_back(memory.carry, [_money(was.shares[i]) for i in scheme.dealt])
    return Memory(returned, _without(scheme, was, memory.owed_parts))


def revise(scheme: Scheme, was: Dealing, base: int, memory: Memory) -> tuple[Dealing, Memory]:
    """What becomes of a split when its base has changed.

    What is taken is taken anew of the whole; what is more to be dealt is dealt as the contract's
    next amount, what is less is taken back in proportion to the shares.
    """
    if base == sum(was.shares):
        return was, memory
    taken, parts, owed = _take(scheme, base, _without(scheme, was, memory.owed_parts))
    before = [was.shares[i] for i in scheme.dealt]
    more = base - sum(taken) - sum(before)
    if more >= 0:
        added, carry = split_recurring(_money(more), scheme.portions, memory.carry)
        dealt = [a + b.amount_minor for a, b in zip(before, added, strict=True)]
    else:
        less = apportion(-more, before)
        carry = give_back(memory.carry, [_money(each) for each in less])
        dealt = [a - b for a, b in zip(before, less, strict=True)]
    return _dealing(scheme, taken, parts, dealt), Memory(carry, owed)


def _take(
    scheme: Scheme, base: int, owed_parts: Sequence[int]
) -> tuple[list[int], list[int], tuple[int, ...]]:
    """What each takes in order, what that answers exactly, and what each is owed then."""
    left, shares, exact, owed = base, list[int](), list[int](), list[int]()
    for each, before in zip(scheme.taken, owed_parts, strict=True):
        entitled = each.entitled(base)
        share = max(0, (entitled + before) // PARTS)
        if share > left:
            # There is no more: nobody is owed what was never there.
            share, entitled = left, left * PARTS
        left -= share
        shares.append(share)
        exact.append(entitled)
        owed.append(before + entitled - share * PARTS)
    return shares, exact, tuple(owed)


def _without(scheme: Scheme, was: Dealing, owed_parts: Sequence[int]) -> tuple[int, ...]:
    return tuple(
        owed - was.exact_parts[each.position] + was.shares[each.position] * PARTS
        for each, owed in zip(scheme.taken, owed_parts, strict=True)
    )


def _dealing(
    scheme: Scheme, taken: Sequence[int], parts: Sequence[int], dealt: Sequence[int]
) -> Dealing:
    shares, exact = [0] * scheme.size, [0] * scheme.size
    for each, share, part in zip(scheme.taken, taken, parts, strict=True):
        shares[each.position], exact[each.position] = share, part
    for position, share in zip(scheme.dealt, dealt, strict=True):
        shares[position] = share
    return Dealing(tuple(shares), tuple(exact))


def _taken(position: int, kind: PortionKind, term: PortionTerm, field: str) -> Taken:
    if term.fixed is not None:
        return Taken(position, term.fixed.amount_minor)
    if kind is PortionKind.TIERED:
        return Taken(position, None, check_tiers(term, field), term.graduated)
    least = term.at_least.amount_minor if term.at_least else 0
    most = term.at_most.amount_minor if term.at_most else None
    if most is not None and least > most:
        raise invalid("at least is more than at most", f"{field}.at_most")
    tiers = ((0, basis_points(term.portion, f"{field}.portion")),)
    return Taken(position, None, tiers, at_least_minor=least, at_most_minor=most)


def _check_parties(terms: Sequence[PortionTerm], kinds: list[PartyKind], field: str) -> None:
    named = [(kind, term.party_id) for kind, term in zip(kinds, terms, strict=True)]
    for i, (kind, party_id) in enumerate(named):
        if (kind, party_id) in named[:i]:
            raise invalid(f"{kind} has a portion already", f"{field}[{i}].party_kind")
        if party_id and kind in (PartyKind.TECHNICIAN, PartyKind.PLATFORM):
            raise invalid(f"a rule does not name the {kind}", f"{field}[{i}].party_id")
    if PartyKind.TECHNICIAN not in kinds:
        raise invalid("an earning needs a portion for the technician", field)


def _check_amounts(terms: Sequence[PortionTerm], field: str) -> None:
    amounts = [(f"{field}[{i}]", each) for i, term in enumerate(terms) for each in term.amounts]
    for at, amount in amounts:
        if amount.amount_minor < 0:
            raise invalid("amounts of a rule are not negative", at)
        if amount.currency != amounts[0][1].currency:
            raise invalid("all amounts of a rule are in one currency", at)


def _money(units: int) -> Money:
    return Money(_ANY_CURRENCY, units)
