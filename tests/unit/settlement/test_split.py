"""Splits: exact in each order, without drift over all of them."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import InvalidArgument
from kit.money import Money
from services.settlement.domain.splits.scheme import check_scheme
from services.settlement.domain.splits.split import (
    Carry,
    Portion,
    fresh_carry,
    give_back,
    split_recurring,
)
from services.settlement.domain.splits.terms import PortionTerm
from tests.unit.settlement.words import cny, portions


def shares(total: int, *ratios: str) -> list[int]:
    split, _ = split_recurring(cny(total), portions(*ratios), fresh_carry(len(ratios)))
    return [share.amount_minor for share in split]


def test_an_amount_that_divides_is_split_as_the_rule_says() -> None:
    assert shares(200_00, "7/10", "1/5", "1/10") == [140_00, 40_00, 20_00]


def test_a_first_split_gives_the_left_over_fen_to_the_largest_remainder() -> None:
    assert shares(333_33, "7/10", "1/5", "1/10") == [233_33, 66_67, 33_33]


def test_split_gives_leftover_fen_to_the_first_party() -> None:
    assert shares(1_00, "1/3", "1/3", "1/3") == [34, 33, 33]


def test_equal_parties_take_the_left_over_fen_in_turns() -> None:
    carry = fresh_carry(2)
    firsts = []
    for _ in range(4):
        split, carry = split_recurring(cny(1), portions("1/2", "1/2"), carry)
        firsts.append(split[0].amount_minor)
    assert firsts == [1, 0, 1, 0]


def test_a_party_with_no_portion_gets_nothing() -> None:
    assert shares(99, "1", "0") == [99, 0]
    assert shares(0, "7/10", "3/10") == [0, 0]


@st.composite
def rules(draw: st.DrawFn) -> list[Portion]:
    weights = draw(st.lists(st.integers(0, 60), min_size=1, max_size=4).filter(any))
    return portions(*(str(Fraction(weight, sum(weights))) for weight in weights))


amounts = st.one_of(st.integers(0, 20), st.integers(0, 10**9))


@given(rules(), st.lists(amounts, max_size=40))
def test_no_party_ever_drifts_by_a_fen_and_every_split_sums_exactly(
    rule: list[Portion], totals: list[int]
) -> None:
    carry = fresh_carry(len(rule))
    given_so_far = [0] * len(rule)
    for count, total in enumerate(totals, 1):
        split, carry = split_recurring(cny(total), rule, carry)
        assert sum(share.amount_minor for share in split) == total
        assert all(share.amount_minor >= 0 for share in split)
        given_so_far = [a + b.amount_minor for a, b in zip(given_so_far, split, strict=True)]
        for portion, received in zip(rule, given_so_far, strict=True):
            assert abs(sum(totals[:count]) * portion.ratio - received) < 1


@given(rules(), st.lists(st.tuples(amounts, st.booleans()), max_size=30), st.integers(0, 10**9))
def test_what_cancelled_splits_gave_back_is_handed_out_again_first(
    rule: list[Portion], orders: list[tuple[int, bool]], last: int
) -> None:
    carry = fresh_carry(len(rule))
    standing: list[tuple[int, list[Money]]] = []
    cancelled: list[tuple[int, list[Money]]] = []
    for total, stands in orders:
        split, carry = split_recurring(cny(total), rule, carry)
        (standing if stands else cancelled).append((total, split))
    for _, split in cancelled:
        carry = give_back(carry, split)
    # Once as much was split as came back, the orders that stand are as even as if it never had.
    total = last + sum(carry.returned)
    split, carry = split_recurring(cny(total), rule, carry)
    standing.append((total, split))
    assert sum(share.amount_minor for share in split) == total
    assert carry.returned == (0,) * len(rule)
    whole = sum(amount for amount, _ in standing)
    for party, portion in enumerate(rule):
        received = sum(split[party].amount_minor for _, split in standing)
        assert abs(whole * portion.ratio - received) < 1


def test_less_than_what_came_back_is_handed_out_in_proportion() -> None:
    split, carry = split_recurring(cny(4), portions("1/2", "1/2"), Carry(0, (6, 2)))
    assert [share.amount_minor for share in split] == [3, 1]
    assert carry == Carry(0, (3, 1))


def terms(*stated: tuple[str, str, bool]) -> tuple[PortionTerm, ...]:
    return tuple(PortionTerm(*term) for term in stated)


def test_the_remaining_party_takes_what_the_others_leave() -> None:
    checked = check_scheme(
        terms(("technician", "0.7", False), ("outlet", "1/5", False), ("platform", "", True)), "p"
    )
    assert [portion.ratio for portion in checked.portions] == [
        Fraction(7, 10), Fraction(1, 5), Fraction(1, 10)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("stated", "field", "says"),
    [
        ([], "p", "needs a portion for the technician"),
        ([("platform", "", True)], "p", "needs a portion for the technician"),
        ([("technician", "0.7", False)], "p", "sum to 7/10, not to 1"),
        ([("technician", "0.7", False), ("outlet", "0.4", False)], "p", "sum to 11/10"),
        ([("technician", "0.9", False), ("outlet", "0.2", False), ("platform", "", True)], "p", "sum to 11/10"),
        ([("technician", "1.1", False)], "p[0].portion", "between 0 and 1"),
        ([("technician", "-0.1", False)], "p[0].portion", "no portion"),
        ([("technician", "0.7x", False)], "p[0].portion", "no portion"),
        ([("technician", "1e9999999", False)], "p[0].portion", "no portion"),
        ([("technician", "1/0", False)], "p[0].portion", "no portion"),
        ([("technician", "", False)], "p[0].portion", "no portion"),
        ([("technician", "0.7", True)], "p[0].portion", "not both"),
        ([("technician", "", True), ("outlet", "", True)], "p[1].remaining", "only one party"),
        ([("technician", "1", False), ("technician", "0", False)], "p[1].party_kind", "already"),
        ([("technician", "1", False), ("landlord", "0", False)], "p[1].party_kind", "landlord"),
        ([("technician", "0.33333", False), ("platform", "", True)], "p", "basis points"),
    ],
)  # fmt: skip
def test_a_rule_that_does_not_make_a_whole_is_refused_where_it_is_wrong(
    stated: list[tuple[str, str, bool]], field: str, says: str
) -> None:
    with pytest.raises(InvalidArgument, match=says) as refusal:
        check_scheme(terms(*stated), "p")
    assert (refusal.value.reason, refusal.value.field) == ("SETTLEMENT_SPLIT_RULE_INVALID", field)
