"""What a refund undoes is taken back by share, exactly, over any sequence of refunds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import FailedPrecondition, InvalidArgument
from services.settlement.domain.adjustments.claw_back import (
    Taken,
    by_share,
    check_posted,
    part_of_refund,
)
from services.settlement.domain.earnings.state import EarningState

SHARES = st.lists(st.integers(0, 1_000_000), min_size=1, max_size=6).filter(any)


@given(SHARES, st.lists(st.integers(0, 300_000), max_size=12))
def test_any_sequence_of_partial_refunds_takes_at_most_each_share_and_in_the_end_all(
    shares: list[int], amounts: list[int]
) -> None:
    taken = [0] * len(shares)
    for asked in amounts:
        amount = min(asked, sum(shares) - sum(taken))
        parts = by_share(shares, taken, amount)
        assert sum(parts) == amount
        assert all(part >= 0 for part in parts)
        taken = [before + part for before, part in zip(taken, parts, strict=True)]
        assert all(gone <= share for gone, share in zip(taken, shares, strict=True))
    rest = by_share(shares, taken, sum(shares) - sum(taken))
    assert [before + part for before, part in zip(taken, rest, strict=True)] == shares


@given(
    SHARES,
    st.integers(1, 10_000_000),
    st.lists(st.integers(1, 2_000_000), max_size=12),
)
def test_refunds_of_a_part_of_what_was_paid_take_that_part_and_a_full_refund_takes_all(
    shares: list[int], paid: int, refunds: list[int]
) -> None:
    total, taken = sum(shares), Taken((0,) * len(shares))
    for asked in [*refunds, paid]:
        refund = min(asked, paid - taken.refunded_minor)
        if refund == 0:
            continue
        amount = part_of_refund(total, taken, refund, paid)
        parts = by_share(shares, taken.by_share, amount)
        taken = Taken(
            tuple(a + b for a, b in zip(taken.by_share, parts, strict=True)),
            taken.refunded_minor + refund,
        )
        # In sum within half a minor unit of the exact part, however many refunds it came in.
        assert abs(2 * (sum(taken.by_share) * paid - total * taken.refunded_minor)) <= paid
    assert list(taken.by_share) == shares


def test_a_third_refunded_thrice_takes_every_fen_once() -> None:
    shares, taken = [140_01, 39_99, 20_00], Taken((0, 0, 0))
    for _ in range(3):
        amount = part_of_refund(200_00, taken, 120_00, 360_00)
        parts = by_share(shares, taken.by_share, amount)
        taken = Taken(
            tuple(a + b for a, b in zip(taken.by_share, parts, strict=True)),
            taken.refunded_minor + 120_00,
        )
    assert list(taken.by_share) == shares


@pytest.mark.parametrize("refunded", [0, -1, 360_01])
def test_more_than_was_paid_cannot_be_refunded(refunded: int) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        part_of_refund(200_00, Taken((0,)), refunded, 360_00)
    assert refusal.value.reason == "SETTLEMENT_CLAW_BACK_TOO_MUCH"


def test_more_than_is_left_cannot_be_taken() -> None:
    with pytest.raises(InvalidArgument) as refusal:
        by_share([100, 50], [100, 20], 31)
    assert refusal.value.reason == "SETTLEMENT_CLAW_BACK_TOO_MUCH"


@pytest.mark.parametrize("state", EarningState)
def test_only_what_was_posted_can_be_taken_back(state: EarningState) -> None:
    if state in ("payable", "paying", "paid"):
        check_posted(state)
        return
    with pytest.raises(FailedPrecondition) as refusal:
        check_posted(state)
    assert refusal.value.reason == "SETTLEMENT_EARNING_NOT_POSTED"
