"""What a batch is drawn of: the oldest first, within every limit, nothing lost in between."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import InvalidArgument
from services.settlement.domain.payouts.draw import Due, Limits, Payable, check_limits, draw

LIMITS = Limits(30, 2_000_00, 5_000_00, 10_000_00, 3_000_00, 3)


def due(payee: str, *amounts: int, available: int | None = None, **more: object) -> Due:
    payable = tuple(Payable(f"ea_{payee}_{i}", minor) for i, minor in enumerate(amounts))
    given = Due(payee, sum(amounts) if available is None else available, payable, whole=True)
    return replace(given, **more)  # type: ignore[arg-type]


def test_all_earnings_of_a_payee_go_into_one_payout() -> None:
    (drawn,), left = draw([due("zhang", 140_00, 28_30)], LIMITS)
    assert (drawn.gross_minor, drawn.balance_minor, left) == (168_30, 0, [])


def test_what_exceeds_a_payout_waits_for_the_next_batch_the_oldest_going_first() -> None:
    (drawn,), left = draw([due("zhang", 1_500_00, 800_00, 400_00)], LIMITS)
    assert [each.amount_minor for each in drawn.earnings] == [1_500_00, 400_00]
    assert [(each.earning_id, each.reason) for each in left] == [("ea_zhang_1", "over_payout")]


def test_a_deduction_is_taken_off_the_first_payout_and_a_subsidy_goes_along() -> None:
    (less,), _ = draw([due("zhang", 140_00, available=120_00)], LIMITS)
    (more,), _ = draw([due("liu", 140_00, available=150_00)], LIMITS)
    assert (less.gross_minor, less.balance_minor) == (120_00, -20_00)
    assert (more.gross_minor, more.balance_minor) == (150_00, 10_00)


def test_single_earnings_take_a_deduction_along_but_no_subsidy() -> None:
    one = (Payable("ea_1", 50_00), Payable("ea_2", 90_00, wanted=False))
    (less,), _ = draw([Due("zhang", 120_00, one, whole=False)], LIMITS)
    (plain,), _ = draw([Due("zhang", 160_00, one, whole=False)], LIMITS)
    assert (less.gross_minor, plain.gross_minor) == (30_00, 50_00)


def test_an_outlet_is_paid_its_balance() -> None:
    (drawn,), _ = draw([due("ol_1", available=77_00)], LIMITS)
    assert (drawn.gross_minor, drawn.earnings) == (77_00, ())


def test_who_owes_more_than_they_earned_is_not_paid() -> None:
    drawn, left = draw([due("zhang", 20_00, available=-5_00)], LIMITS)
    assert drawn == []
    assert [each.reason for each in left] == ["below_least"]


def test_who_has_no_account_is_left_out_by_name() -> None:
    drawn, left = draw([due("zhang", 20_00, hindrance="no_account"), due("liu", 30_00)], LIMITS)
    assert [each.payee_id for each in drawn] == ["liu"]
    assert [(each.payee_id, each.amount_minor, each.reason) for each in left] == [
        ("zhang", 20_00, "no_account")
    ]


def test_the_batch_the_day_and_the_payee_s_day_each_have_a_limit() -> None:
    payees = [due(name, 2_000_00) for name in ("a", "b", "c")]
    drawn, left = draw(payees, LIMITS)
    assert (len(drawn), [each.reason for each in left]) == (2, ["over_batch"])
    _, left = draw(payees[:1], LIMITS, used_today_minor=9_000_00)
    assert [each.reason for each in left] == ["over_day"]
    _, left = draw([replace(payees[0], used_today_minor=1_500_00)], LIMITS)
    assert [each.reason for each in left] == ["over_payee_day"]
    drawn, left = draw([due(name, 1_00) for name in "abcd"], LIMITS)
    assert (len(drawn), [each.reason for each in left]) == (3, ["over_batch"])


AMOUNTS = st.lists(st.integers(0, 2_500_00), max_size=8)


@given(st.lists(st.tuples(AMOUNTS, st.integers(-900_00, 900_00)), max_size=6))
def test_no_limit_is_passed_no_account_overdrawn_and_all_that_is_due_is_drawn_or_told(
    payees: list[tuple[list[int], int]],
) -> None:
    dues = [
        due(f"p{i}", *amounts, available=sum(amounts) + other)
        for i, (amounts, other) in enumerate(payees)
    ]
    drawn, left = draw(dues, LIMITS)
    assert sum(each.gross_minor for each in drawn) <= LIMITS.per_batch_minor
    assert len(drawn) <= LIMITS.payouts_per_batch
    available = {each.payee_id: each.available_minor for each in dues}
    for each in drawn:
        assert LIMITS.least_minor <= each.gross_minor <= LIMITS.per_payout_minor
        assert each.gross_minor <= available[each.payee_id]
    named = {each.earning_id for one in drawn for each in one.earnings}
    told = {each.earning_id for each in left if each.earning_id}
    whole = {each.payee_id for each in left if not each.earning_id}
    assert not named & told
    for one in dues:
        for payable in one.payable:
            assert payable.earning_id in named | told or one.payee_id in whole


@pytest.mark.parametrize(
    "change",
    [{"least_minor": 0}, {"per_payout_minor": 1}, {"per_day_minor": 1}, {"payouts_per_batch": 0}],
)
def test_limits_that_let_nothing_through_are_refused_by_field(change: dict[str, int]) -> None:
    with pytest.raises(InvalidArgument) as refused:
        check_limits(replace(LIMITS, **change))
    assert refused.value.field == f"payout_limits.{next(iter(change))}"
