"""A payout's life: late, doubled and unordered answers lead to one end, and an end stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.settlement.domain.payouts.channel import Answer, Outcome, Standing
from services.settlement.domain.payouts.compare import compare
from services.settlement.domain.payouts.state import FINAL, HANDED_OVER, PayoutState, after

NET = 100_00


def told(standing: Standing, amount_minor: int | None = NET) -> Answer:
    return Answer(Outcome.TOLD, standing, bill_number="13300", amount_minor=amount_minor)


UNCLEAR = Answer(Outcome.UNCLEAR)
ANSWERS = [
    *(told(standing) for standing in Standing),
    told(Standing.PAID, 1),
    UNCLEAR,
    Answer(Outcome.UNKNOWN),
    Answer(Outcome.REFUSED),
    Answer(Outcome.LATER),
]


def test_a_lost_reply_leaves_doubt_until_the_channel_says_what_became() -> None:
    doubtful = after(PayoutState.SUBMITTING, UNCLEAR, NET)
    assert doubtful is PayoutState.DOUBTFUL
    assert after(doubtful, UNCLEAR, NET) is PayoutState.DOUBTFUL
    assert after(doubtful, told(Standing.WAITING_FOR_PAYEE), NET) is PayoutState.WAITING_FOR_PAYEE
    assert after(doubtful, told(Standing.PAID), NET) is PayoutState.PAID


def test_what_the_payee_confirmed_does_not_wait_for_them_again() -> None:
    state = after(PayoutState.TRANSFERRING, told(Standing.WAITING_FOR_PAYEE), NET)
    assert state is PayoutState.TRANSFERRING


def test_a_payout_that_waits_does_not_fail_by_a_refusal() -> None:
    waiting = PayoutState.WAITING_FOR_PAYEE
    assert after(waiting, Answer(Outcome.REFUSED), NET) is waiting
    assert after(PayoutState.SUBMITTING, Answer(Outcome.REFUSED), NET) is PayoutState.FAILED


def test_too_little_money_at_the_channel_neither_fails_nor_moves_a_payout() -> None:
    assert after(PayoutState.SUBMITTING, Answer(Outcome.LATER), NET) is PayoutState.SUBMITTING


def test_another_amount_under_our_number_is_never_taken_for_ours() -> None:
    state = after(PayoutState.SUBMITTING, told(Standing.PAID, NET + 1), NET)
    assert state is PayoutState.DOUBTFUL
    assert compare(state, NET, told(Standing.PAID, NET + 1))[0][0] == "amount"


@given(st.lists(st.sampled_from(ANSWERS)), st.sampled_from(sorted(FINAL)))
def test_an_end_stays_whatever_is_said_afterwards(answers: list[Answer], end: PayoutState) -> None:
    state = end
    for answer in answers:
        state = after(state, answer, NET)
    assert state is end


@given(st.lists(st.sampled_from(ANSWERS)), st.sampled_from(sorted(HANDED_OVER)))
def test_only_what_the_channel_says_makes_a_payout_paid(
    answers: list[Answer], begun: PayoutState
) -> None:
    state = begun
    for answer in answers:
        state = after(state, answer, NET)
    if state is PayoutState.PAID:
        assert told(Standing.PAID) in answers


@given(st.permutations([told(standing) for standing in (
    Standing.UNDER_WAY, Standing.WAITING_FOR_PAYEE, Standing.TRANSFERRING, Standing.PAID)]))  # fmt: skip
def test_the_order_in_which_answers_come_does_not_matter(answers: list[Answer]) -> None:
    state = PayoutState.SUBMITTING
    for answer in answers:
        state = after(state, answer, NET)
    assert state is PayoutState.PAID


@pytest.mark.parametrize(
    ("state", "answer", "kinds"),
    [
        (PayoutState.PAID, told(Standing.PAID), []),
        (PayoutState.PAID, told(Standing.RETURNED), ["state"]),
        (PayoutState.RETURNED, told(Standing.PAID), ["state"]),
        (PayoutState.PAID, Answer(Outcome.UNKNOWN), ["missing"]),
        (PayoutState.DOUBTFUL, Answer(Outcome.UNKNOWN), []),
        (PayoutState.PAID, told(Standing.PAID, NET - 1), ["amount"]),
        (PayoutState.WAITING_FOR_PAYEE, UNCLEAR, ["unanswered"]),
    ],
)
def test_a_reconciliation_lists_where_the_channel_says_otherwise(
    state: PayoutState, answer: Answer, kinds: list[str]
) -> None:
    assert [kind for kind, _, _ in compare(state, NET, answer)] == kinds
