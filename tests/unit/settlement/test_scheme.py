"""Portions of every kind together: exact in each split, without drift over all of them."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import InvalidArgument
from services.settlement.domain.splits.scheme import (
    PARTS,
    Dealing,
    Memory,
    Scheme,
    check_scheme,
    fresh_memory,
    revise,
    split,
    undo,
)
from services.settlement.domain.splits.terms import PortionTerm, TierTerm
from tests.unit.settlement.words import cny


def tiered(kind: str, *tiers: tuple[int, str], graduated: bool = False) -> PortionTerm:
    made = tuple(TierTerm(cny(start), portion) for start, portion in tiers)
    return PortionTerm(kind, tiers=made, graduated=graduated)


def scheme(*terms: PortionTerm) -> Scheme:
    return check_scheme(terms, "p")


def shares(of: Scheme, base: int) -> tuple[int, ...]:
    return split(of, base, fresh_memory(of))[0].shares


REST = PortionTerm("platform", remaining=True)


def test_a_fixed_amount_is_taken_first_and_the_rest_is_dealt() -> None:
    of = scheme(PortionTerm("agent", fixed=cny(20_00)), PortionTerm("technician", "0.7"), REST)
    assert shares(of, 220_00) == (20_00, 140_00, 60_00)


def test_nobody_takes_more_than_is_left_in_the_declared_order() -> None:
    of = scheme(
        PortionTerm("agent", fixed=cny(20_00)),
        PortionTerm("outlet", fixed=cny(20_00)),
        PortionTerm("technician", "0.7"),
        REST,
    )
    assert shares(of, 30_00) == (20_00, 10_00, 0, 0)
    assert shares(of, 0) == (0, 0, 0, 0)


def test_a_tier_holds_for_the_whole_amount_or_for_the_part_within_it() -> None:
    tiers = ((0, "0.1"), (100_00, "0.2"))
    whole = scheme(tiered("outlet", *tiers), PortionTerm("technician", remaining=True))
    graduated = scheme(
        tiered("outlet", *tiers, graduated=True), PortionTerm("technician", remaining=True)
    )
    assert shares(whole, 99_99)[0] == 9_99
    assert shares(whole, 150_00)[0] == 30_00
    assert shares(graduated, 150_00)[0] == 10_00 + 10_00


def test_a_bounded_portion_is_at_least_and_at_most_so_much() -> None:
    of = scheme(
        PortionTerm("agent", "0.1", at_least=cny(5_00), at_most=cny(30_00)),
        PortionTerm("technician", remaining=True),
    )
    assert [shares(of, base)[0] for base in (10_00, 100_00, 1000_00)] == [5_00, 10_00, 30_00]


def test_several_outlets_share_by_what_the_rule_declares() -> None:
    of = scheme(
        PortionTerm("technician", "0.6"),
        PortionTerm("outlet", "0.2"),
        PortionTerm("outlet", "0.15", party_id="so_east"),
        PortionTerm("outlet", remaining=True, party_id="so_west"),
    )
    assert shares(of, 333_33) == (200_00, 66_67, 50_00, 16_66)


@st.composite
def schemes(draw: st.DrawFn) -> Scheme:
    """Up to three portions that are taken, and two or three that share the rest."""
    taken = draw(st.permutations(["outlet", "agent", "team"]))[: draw(st.integers(0, 3))]
    terms = [draw(_taken(kind)) for kind in taken]
    weights = draw(st.lists(st.integers(0, 100), min_size=2, max_size=3))
    points = [weight * 10_000 // max(1, sum(weights)) for weight in weights]
    dealt = [
        PortionTerm(kind, f"{points[i] / 10_000:.4f}")
        for i, kind in enumerate(("technician", "franchisee")[: len(weights) - 1])
    ]
    return scheme(*draw(st.permutations([*terms, *dealt, REST])))


def _taken(kind: str) -> st.SearchStrategy[PortionTerm]:
    portion = st.integers(0, 10_000).map(lambda points: f"{points / 10_000:.4f}")
    amount = st.integers(0, 500_00)
    return st.one_of(
        amount.map(lambda minor: PortionTerm(kind, fixed=cny(minor))),
        st.builds(
            lambda first, second, start, graduated: tiered(
                kind, (0, first), (start + 1, second), graduated=graduated
            ),
            portion, portion, amount, st.booleans(),
        ),
        st.builds(
            lambda of, least, more: PortionTerm(
                kind, of, at_least=cny(least), at_most=cny(least + more)
            ),
            portion, amount, amount,
        ),
    )  # fmt: skip


bases = st.one_of(st.integers(0, 50), st.integers(0, 10**9))


def all_is_exact(dealing: Dealing, base: int) -> None:
    assert sum(dealing.shares) == base
    assert min(dealing.shares) >= 0


@given(schemes(), st.lists(bases, max_size=30))
def test_every_split_sums_exactly_and_nobody_is_ever_owed_a_whole_fen(
    of: Scheme, amounts: list[int]
) -> None:
    memory, exact, got = fresh_memory(of), [0] * of.size, [0] * of.size
    for base in amounts:
        dealing, memory = split(of, base, memory)
        all_is_exact(dealing, base)
        exact = [a + b for a, b in zip(exact, dealing.exact_parts, strict=True)]
        got = [a + b for a, b in zip(got, dealing.shares, strict=True)]
        for taken in of.taken:
            assert 0 <= exact[taken.position] - got[taken.position] * PARTS < PARTS
        left = sum(got[i] for i in of.dealt)
        for position, portion in zip(of.dealt, of.portions, strict=True):
            assert abs(left * portion.ratio - got[position]) < 1


def test_a_tiered_portion_does_not_drift_in_ten_thousand_splits() -> None:
    of = scheme(tiered("outlet", (0, "0.3333")), PortionTerm("technician", "0.7"), REST)
    memory, got = fresh_memory(of), [0, 0, 0]
    for _ in range(10_000):
        dealing, memory = split(of, 1_01, memory)
        got = [a + b for a, b in zip(got, dealing.shares, strict=True)]
    assert sum(got) == 10_000 * 1_01
    assert got[0] == 10_000 * 1_01 * 3333 // 10_000
    assert abs((sum(got) - got[0]) * 7 / 10 - got[1]) < 1


@given(schemes(), st.lists(bases, max_size=8), bases)
def test_a_give_back_restores_what_the_contract_remembers(
    of: Scheme, before: list[int], base: int
) -> None:
    memory = fresh_memory(of)
    for amount in before:
        memory = split(of, amount, memory)[1]
    dealing, after = split(of, base, memory)
    again, _ = split(of, base, undo(of, dealing, after))
    assert again.shares == dealing.shares
    assert undo(of, dealing, after).owed_parts == memory.owed_parts


@given(schemes(), bases, st.lists(bases, min_size=1, max_size=6))
def test_a_changed_base_is_always_dealt_exactly(of: Scheme, first: int, then: list[int]) -> None:
    dealing, memory = split(of, first, fresh_memory(of))
    for base in then:
        dealing, memory = revise(of, dealing, base, memory)
        all_is_exact(dealing, base)


@given(st.integers(0, 10**8), st.integers(0, 10**8), st.lists(bases, max_size=5))
def test_more_to_settle_never_lowers_what_anybody_gets_by_portions(
    first: int, more: int, others: list[int]
) -> None:
    of = scheme(PortionTerm("technician", "0.7"), PortionTerm("outlet", "0.2"), REST)
    memory = fresh_memory(of)
    dealing, memory = split(of, first, memory)
    for other in others:
        memory = _other(of, other, memory)
    after, _ = revise(of, dealing, first + more, memory)
    assert all(a >= b for a, b in zip(after.shares, dealing.shares, strict=True))


def _other(of: Scheme, base: int, memory: Memory) -> Memory:
    dealing, memory = split(of, base, memory)
    return undo(of, dealing, memory) if base % 2 else memory


@pytest.mark.parametrize(
    ("terms", "field", "says"),
    [
        ([PortionTerm("technician", fixed=cny(1))], "p", "say who takes"),
        ([PortionTerm("technician", "1", fixed=cny(1))], "p[0]", "one of them"),
        ([PortionTerm("technician", "1"), PortionTerm("agent", fixed=cny(-1))], "p[1]", "negative"),
        ([PortionTerm("technician", "1"), PortionTerm("agent", at_most=cny(1))], "p[1].portion", "bounds"),
        ([PortionTerm("technician", "1"), tiered("agent", (5, "0.1"))], "p[1].tiers[0].from_amount", "begins at 0"),
        ([PortionTerm("technician", "1"), tiered("agent", (0, "0.1"), (0, "0.2"))], "p[1].tiers[1].from_amount", "rise"),
        ([PortionTerm("technician", "1"), tiered("agent", (0, "1/3"))], "p[1].tiers[0].portion", "basis points"),
        ([PortionTerm("technician", "1"), PortionTerm("agent", "0.1", at_least=cny(2), at_most=cny(1))], "p[1].at_most", "more than"),
        ([PortionTerm("technician", "1", party_id="pe_li"), REST], "p[0].party_id", "does not name"),
    ],
)  # fmt: skip
def test_portions_that_cannot_be_are_refused_where_they_are_wrong(
    terms: Sequence[PortionTerm], field: str, says: str
) -> None:
    with pytest.raises(InvalidArgument, match=says) as refusal:
        check_scheme(terms, "p")
    assert refusal.value.field == field
