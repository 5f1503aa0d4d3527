from datetime import UTC, datetime, timedelta

import pytest

from kit.errors import FailedPrecondition, InvalidArgument, PermissionDenied
from services.workorder.domain.orders import work_order
from services.workorder.domain.orders.work_order import (
    Offer,
    Outcome,
    Progress,
    State,
    Verb,
    possible,
)

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
OPEN = Offer("of_1", "zhang", NOW + timedelta(minutes=30))
ACCEPTED = Offer("of_1", "zhang", NOW + timedelta(minutes=30), Outcome.ACCEPTED)


def progress(state: State, *offers: Offer, wrong: int = 0) -> Progress:
    return Progress("wo_1", state, 7, "123456", wrong, offers)


def test_a_refusal_names_the_state_and_what_is_possible() -> None:
    with pytest.raises(FailedPrecondition) as refused:
        work_order.check_in(progress(State.OFFERED, OPEN), "zhang")
    assert refused.value.reason == "WORK_ORDER_STATE_FORBIDS"
    assert "wo_1 is offered, which does not allow check_in" in refused.value.message
    assert "accept, decline, expire, promise, reissue_code, cancel" in refused.value.message
    assert refused.value.details == {"state": "offered", "verb": "check_in"}


@pytest.mark.parametrize("state", [State.ACCEPTED_BY_CUSTOMER, State.CANCELLED])
def test_nothing_is_possible_at_the_end(state: State) -> None:
    assert possible(state) == ()
    with pytest.raises(FailedPrecondition, match="possible now: nothing more"):
        work_order.cancel(progress(state))


@pytest.mark.parametrize(
    "state",
    [state for state in State if state not in (State.ACCEPTED_BY_CUSTOMER, State.CANCELLED)],
)
def test_a_work_order_can_be_cancelled_until_it_ends(state: State) -> None:
    assert Verb.CANCEL in possible(state)


def test_every_state_but_the_first_can_be_reached() -> None:
    reached = {to for arcs in work_order._NEXT.values() for to in arcs.values()}
    assert reached == set(State)


def test_an_offer_is_open_until_the_instant_it_expires() -> None:
    last = OPEN.expires_at - timedelta(microseconds=1)
    accepted = work_order.accept(progress(State.OFFERED, OPEN), "zhang", last)
    assert accepted.offers == (ACCEPTED,)
    with pytest.raises(FailedPrecondition) as refused:
        work_order.accept(progress(State.OFFERED, OPEN), "zhang", OPEN.expires_at)
    assert refused.value.reason == "WORK_ORDER_OFFER_EXPIRED"


def test_nobody_accepts_an_offer_made_to_another() -> None:
    with pytest.raises(PermissionDenied) as refused:
        work_order.accept(progress(State.OFFERED, OPEN), "wang", NOW)
    assert (refused.value.reason, refused.value.field) == ("WORK_ORDER_NOT_YOURS", "technician_id")


def test_no_second_offer_while_one_is_open() -> None:
    second = Offer("of_2", "wang", NOW + timedelta(hours=1))
    with pytest.raises(FailedPrecondition) as refused:
        work_order.offer(progress(State.OFFERED, OPEN), second, NOW)
    assert refused.value.reason == "WORK_ORDER_STATE_FORBIDS"


def test_who_accepts_first_of_those_that_are_asked_at_once_has_it_and_the_others_hear_so() -> None:
    second = Offer("of_2", "wang", NOW + timedelta(hours=1))
    asked = work_order.offer(progress(State.OFFERED, OPEN), second, NOW, beside=True)
    assert asked.state is State.OFFERED
    taken = work_order.accept(asked, "wang", NOW)
    assert {o.technician_id: o.outcome for o in taken.offers} == {
        "zhang": Outcome.WITHDRAWN,
        "wang": Outcome.ACCEPTED,
    }
    with pytest.raises(FailedPrecondition) as refused:
        work_order.accept(taken, "zhang", NOW)
    assert refused.value.reason == "WORK_ORDER_STATE_FORBIDS"


def test_nobody_is_asked_twice_at_once() -> None:
    with pytest.raises(FailedPrecondition) as refused:
        work_order.offer(progress(State.OFFERED, OPEN), OPEN, NOW, beside=True)
    assert (refused.value.reason, refused.value.field) == (
        "WORK_ORDER_OFFERED_ALREADY",
        "technician_id",
    )


def test_it_stays_offered_until_the_last_one_has_declined() -> None:
    second = Offer("of_2", "wang", NOW + timedelta(hours=1))
    one_left = work_order.decline(progress(State.OFFERED, OPEN, second), "zhang")
    assert one_left.state is State.OFFERED
    assert work_order.expire(one_left, "wang").state is State.CREATED


def test_cancelling_leaves_an_accepted_offer_accepted() -> None:
    cancelled = work_order.cancel(progress(State.ACCEPTED, ACCEPTED))
    assert cancelled.offers == (ACCEPTED,)


def test_a_wrong_code_costs_a_try_and_changes_nothing_else() -> None:
    before = progress(State.IN_PROGRESS, ACCEPTED)
    after = work_order.complete(before, "zhang", "654321")
    assert after.state is State.IN_PROGRESS
    assert (after.wrong_code_count, after.revision) == (1, before.revision + 1)


def test_the_right_code_counts_after_four_wrong_ones() -> None:
    after = work_order.complete(progress(State.IN_PROGRESS, ACCEPTED, wrong=4), "zhang", "123456")
    assert after.state is State.COMPLETED


def test_after_five_wrong_codes_even_the_right_one_is_refused() -> None:
    with pytest.raises(FailedPrecondition) as refused:
        work_order.complete(progress(State.IN_PROGRESS, ACCEPTED, wrong=5), "zhang", "123456")
    assert refused.value.reason == "WORK_ORDER_CODE_LOCKED"


def test_a_new_code_unlocks() -> None:
    locked = progress(State.IN_PROGRESS, ACCEPTED, wrong=5)
    unlocked = work_order.reissue_code(locked, "777777")
    assert work_order.complete(unlocked, "zhang", "777777").state is State.COMPLETED


@pytest.mark.parametrize("given", ["", "12345", "1234567", "12345a", "１２３４５６", "-12345"])
def test_what_cannot_be_a_code_is_not_counted_as_a_try(given: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        work_order.complete(progress(State.IN_PROGRESS, ACCEPTED), "zhang", given)
    assert (refused.value.reason, refused.value.field) == (
        "WORK_ORDER_CODE_MALFORMED",
        "completion_code",
    )


@pytest.mark.parametrize("rating", [-1, 6])
def test_a_rating_is_one_to_five_stars_or_none(rating: int) -> None:
    assert work_order.record_acceptance(progress(State.COMPLETED, ACCEPTED), 0).revision == 8
    with pytest.raises(InvalidArgument) as refused:
        work_order.record_acceptance(progress(State.COMPLETED, ACCEPTED), rating)
    assert (refused.value.reason, refused.value.field) == ("WORK_ORDER_RATING_INVALID", "rating")
