"""The life of an earning: what each step leads to, and what is refused."""

from collections.abc import Callable

import pytest

from kit.errors import FailedPrecondition
from services.settlement.domain.earnings import state
from services.settlement.domain.earnings.state import EarningState as S
from services.settlement.domain.earnings.state import Step

FORWARD: dict[Callable[[S], Step], tuple[S, S, str]] = {
    state.lock: (S.ESTIMATED, S.LOCKED, "hold_shares"),
    state.post: (S.LOCKED, S.PAYABLE, "post_shares"),
    state.start_payout: (S.PAYABLE, S.PAYING, "hold_payout"),
    state.confirm_payout: (S.PAYING, S.PAID, "post_payout"),
    state.return_payout: (S.PAYING, S.PAYABLE, "nothing"),
}


@pytest.mark.parametrize("step", FORWARD)
@pytest.mark.parametrize("before", S)
def test_each_step_has_one_state_it_starts_from(step: Callable[[S], Step], before: S) -> None:
    needed, to, effect = FORWARD[step]
    if before is needed:
        assert step(before) == Step(to, state.LedgerEffect(effect))
    else:
        with pytest.raises(FailedPrecondition) as refusal:
            step(before)
        assert refusal.value.reason == "SETTLEMENT_EARNING_STATE"
        assert refusal.value.details == {"state": before}


@pytest.mark.parametrize(
    ("before", "to", "effect"),
    [
        (S.ESTIMATED, S.CANCELLED, "nothing"),
        (S.LOCKED, S.CANCELLED, "void_shares"),
        (S.PAYABLE, S.REVERSED, "reverse_shares"),
    ],
)
def test_cancelling_undoes_what_the_ledger_has(before: S, to: S, effect: str) -> None:
    assert state.cancel(before) == Step(to, state.LedgerEffect(effect))


@pytest.mark.parametrize("before", [S.CANCELLED, S.REVERSED])
def test_cancelling_again_changes_nothing(before: S) -> None:
    assert state.cancel(before) is None


@pytest.mark.parametrize("before", [S.PAYING, S.PAID])
def test_money_on_its_way_or_arrived_is_not_cancelled(before: S) -> None:
    with pytest.raises(FailedPrecondition, match=f"that is {before} cannot be cancelled"):
        state.cancel(before)
