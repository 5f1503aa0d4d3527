"""Which lines of a bill are which entries of ours, and what is said of the rest."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from kit.money import Money
from services.settlement.domain.reconciliation.explaining import Correction, explain
from services.settlement.domain.reconciliation.matching import (
    Discrepancy,
    DiscrepancyKind,
    Match,
    MatchedBy,
    Reconciled,
    Tolerance,
    reconcile,
)
from services.settlement.domain.reconciliation.movement import Movement

DAY = datetime(2026, 10, 6, 16, tzinfo=UTC)
PERIOD = (DAY, DAY + timedelta(days=1))


def moved(
    key: str,
    amount_minor: int,
    *numbers: str,
    hour: float = 12,
    order: str = "",
    currency: str = "CNY",
) -> Movement:
    at = DAY + timedelta(hours=hour)
    return Movement(key, frozenset(numbers), order, Money(currency, amount_minor), at)


def compared(
    lines: list[Movement], entries: list[Movement], tolerance: Tolerance | None = None
) -> Reconciled:
    return reconcile(lines, entries, PERIOD, tolerance or Tolerance())


def keys(found: Reconciled) -> list[tuple[str, str, str]]:
    def joined(side: tuple[Movement, ...]) -> str:
        return "+".join(one.key for one in side)

    return [(one.by.value, joined(one.lines), joined(one.entries)) for one in found.matches]


def only(found: Reconciled) -> Discrepancy:
    (discrepancy,) = found.discrepancies
    return discrepancy


def test_a_number_matches_whatever_the_times_say() -> None:
    found = compared([moved("1", 240_00, "wx1", hour=2)], [moved("rc_1", 240_00, "wx1", hour=20)])
    assert keys(found) == [("number", "1", "rc_1")]
    assert not found.discrepancies


def test_either_of_our_numbers_will_do() -> None:
    found = compared(
        [moved("1", 240_00, "wx1", "rc_1"), moved("2", 30_00, "wx2", "rc_2")],
        [moved("rc_1", 240_00, "rc_1"), moved("rc_2", 30_00, "wx2")],
    )
    assert keys(found) == [("number", "1", "rc_1"), ("number", "2", "rc_2")]


def test_an_order_paid_in_two_parts_here_is_one_line_of_the_bill() -> None:
    found = compared(
        [moved("1", 500_00, order="tm_9")],
        [moved("rc_1", 200_00, order="tm_9"), moved("rc_2", 300_00, order="tm_9", hour=14)],
    )
    assert keys(found) == [("order_number", "1", "rc_1+rc_2")]


def test_money_back_is_no_part_of_money_in_on_one_order() -> None:
    found = compared(
        [moved("1", 500_00, order="tm_9"), moved("2", -500_00, order="tm_9", hour=14)],
        [moved("rc_1", 500_00, order="tm_9")],
    )
    assert keys(found) == [("order_number", "1", "rc_1")]
    assert only(found).kind is DiscrepancyKind.ONLY_IN_BILL
    assert only(found).difference == Money("CNY", -500_00)


def test_without_numbers_amount_and_time_say_what_is_likely() -> None:
    found = compared([moved("1", 88_00, hour=10)], [moved("rc_1", 88_00, hour=11)])
    assert [match.by for match in found.matches] == [MatchedBy.AMOUNT_AND_TIME]


def test_the_same_amount_three_hours_later_is_something_else() -> None:
    found = compared([moved("1", 88_00, hour=10)], [moved("rc_1", 88_00, hour=13)])
    assert [one.kind for one in found.discrepancies] == [
        DiscrepancyKind.ONLY_IN_BILL,
        DiscrepancyKind.ONLY_HERE,
    ]


def test_two_of_one_amount_beside_one_are_ambiguous() -> None:
    found = compared(
        [moved("1", 88_00, hour=10), moved("2", 88_00, hour=10.5)], [moved("rc_1", 88_00, hour=11)]
    )
    assert only(found).kind is DiscrepancyKind.AMBIGUOUS
    assert only(found).difference == Money("CNY", 88_00)


def test_a_number_told_twice_is_matched_once() -> None:
    found = compared(
        [moved("1", 88_00, "wx1"), moved("2", 88_00, "wx1", hour=13)], [moved("rc_1", 88_00, "wx1")]
    )
    assert keys(found) == [("number", "1", "rc_1")]
    assert only(found).kind is DiscrepancyKind.REPEATED_IN_BILL
    assert only(found).lines[0].key == "2"


def test_a_number_told_twice_and_never_booked_is_missing_once() -> None:
    found = compared([moved("1", 88_00, "wx1"), moved("2", 88_00, "wx1", hour=13)], [])
    kinds = {one.kind: one.lines[0].key for one in found.discrepancies}
    assert kinds == {
        DiscrepancyKind.REPEATED_IN_BILL: "2",
        DiscrepancyKind.ONLY_IN_BILL: "1",
    }


def test_what_was_booked_twice_is_to_be_taken_back_once() -> None:
    found = compared(
        [moved("1", 88_00, "wx1")],
        [moved("rc_1", 88_00, "wx1"), moved("rc_2", 88_00, "wx1", hour=15)],
    )
    assert only(found).kind is DiscrepancyKind.REPEATED_HERE
    assert explain(only(found), {}).correction is Correction.REVERSE


def test_a_fen_within_the_tolerance_is_matched_and_told() -> None:
    found = compared(
        [moved("1", 333_34, "wx1")], [moved("rc_1", 333_33, "wx1")], Tolerance(amount_minor=1)
    )
    assert found.matches[0].difference == Money("CNY", 1)
    assert only(compared([moved("1", 333_34, "wx1")], [moved("rc_1", 333_33, "wx1")])).kind is (
        DiscrepancyKind.AMOUNT_DIFFERS
    )


def test_what_happened_at_the_edge_may_stand_in_the_bill_beside() -> None:
    late = compared([], [moved("rc_1", 88_00, "wx1", hour=23.5)])
    assert only(late).kind is DiscrepancyKind.CROSSES_PERIOD
    assert explain(only(late), {}).correction is Correction.NONE


def test_what_was_booked_just_before_the_period_is_found_by_its_line_and_else_not_told() -> None:
    before = [moved("rc_1", 88_00, "wx1", hour=-0.5), moved("rc_2", 99_00, "wx2", hour=-0.5)]
    found = compared([moved("1", 88_00, "wx1", hour=0.1)], before)
    assert keys(found) == [("number", "1", "rc_1")]
    assert not found.discrepancies


def test_one_number_in_two_currencies_is_told_as_that() -> None:
    found = compared([moved("1", 88_00, "wx1", currency="THB")], [moved("rc_1", 88_00, "wx1")])
    assert only(found).kind is DiscrepancyKind.CURRENCY_DIFFERS


def explained(line: Movement, entry: Movement, fees: dict[str, Money] | None = None) -> str:
    return explain(only(compared([line], [entry])), fees or {}).english


def test_a_difference_is_explained_where_it_explains_itself() -> None:
    booked = moved("rc_1", 123_00, "wx1")
    kept = {"1": Money("CNY", 74)}
    assert "fee of ¥0.74" in explained(moved("1", 122_26, "wx1"), booked, kept)
    assert "money back" in explained(moved("1", -123_00, "wx1"), booked)
    assert "a hundred times" in explained(moved("1", 1_23, "wx1"), booked)
    assert "same digits" in explained(moved("1", 132_00, "wx1"), booked)
    assert "¥7.00 more" in explained(moved("1", 130_00, "wx1"), booked)


amounts = st.sampled_from([-200_00, -50_00, 50_00, 100_00, 100_01, 200_00])
numbers = st.sets(st.sampled_from(["a", "b", "c", "d"]), max_size=2)
sides = st.lists(
    st.tuples(amounts, numbers, st.sampled_from(["", "o1", "o2"]), st.integers(0, 23)), max_size=9
)


def side(prefix: str, drawn: list[tuple[int, set[str], str, int]]) -> list[Movement]:
    return [
        moved(f"{prefix}{i}", amount, *names, order=order, hour=hour)
        for i, (amount, names, order, hour) in enumerate(drawn)
    ]


@given(sides, sides, st.sampled_from([0, 1, 100_00]))
def test_nothing_is_lost_between_the_bill_and_the_books(
    told: list[tuple[int, set[str], str, int]],
    booked: list[tuple[int, set[str], str, int]],
    tolerated: int,
) -> None:
    lines, entries = side("l", told), side("e", booked)
    found = compared(lines, entries, Tolerance(amount_minor=tolerated))
    everything: list[Match | Discrepancy] = [*found.matches, *found.discrepancies]
    for given_side, of in ((lines, "lines"), (entries, "entries")):
        seen = Counter(one.key for each in everything for one in getattr(each, of))
        assert seen == Counter(one.key for one in given_side)
    apart = sum(line.amount.amount_minor for line in lines) - sum(
        entry.amount.amount_minor for entry in entries
    )
    assert apart == sum(each.difference.amount_minor for each in everything)
    assert all(abs(match.difference.amount_minor) <= tolerated for match in found.matches)


@given(sides, st.randoms(use_true_random=False))
def test_a_bill_that_tells_what_was_booked_agrees_whatever_its_order(
    booked: list[tuple[int, set[str], str, int]], chance: Random
) -> None:
    entries = side("e", booked)
    lines = [
        Movement(f"l{one.key}", one.numbers, one.order_number, one.amount, one.at)
        for one in entries
    ]
    chance.shuffle(lines)
    found = compared(lines, entries)
    assert not found.discrepancies
    assert sum(len(match.lines) for match in found.matches) == len(lines)
