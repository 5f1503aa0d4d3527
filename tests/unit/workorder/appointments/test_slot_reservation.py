"""The life of a reservation, and how an appointment comes to be."""

from datetime import UTC, datetime, timedelta

import pytest

from kit.authn import Actor
from kit.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from services.workorder.domain.appointments import rescheduling, slot_reservation
from services.workorder.domain.appointments.rescheduling import (
    ChangeKind,
    CustomerAnswer,
    RescheduleBlame,
    RescheduleReason,
    Told,
    Why,
    kind_of,
    told_by,
)
from services.workorder.domain.appointments.slot_reservation import Reservation, State
from services.workorder.domain.orders.work_order import Progress, Verb
from services.workorder.domain.orders.work_order import State as WorkOrderState

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
HALF_AN_HOUR = timedelta(minutes=30)
HELD = Reservation("sr_1", State.HELD, NOW + HALF_AN_HOUR)


def test_a_hold_expires_by_itself_and_what_is_confirmed_does_not() -> None:
    over = NOW + HALF_AN_HOUR
    assert HELD.state_at(over - timedelta(microseconds=1)) is State.HELD
    assert HELD.state_at(over) is State.EXPIRED
    confirmed = slot_reservation.confirm(HELD, NOW)
    assert confirmed.state_at(over + timedelta(days=365)) is State.CONFIRMED


def test_a_hold_whose_time_is_over_is_not_confirmed() -> None:
    with pytest.raises(FailedPrecondition, match="reserve a slot anew") as refused:
        slot_reservation.confirm(HELD, NOW + HALF_AN_HOUR)
    assert refused.value.reason == "APPOINTMENT_HOLD_OVER"
    assert refused.value.details == {"state": "expired"}


def test_what_is_released_late_had_expired() -> None:
    assert slot_reservation.release(HELD, NOW).state is State.RELEASED
    assert slot_reservation.release(HELD, NOW + HALF_AN_HOUR).state is State.EXPIRED
    assert (
        slot_reservation.release(slot_reservation.confirm(HELD, NOW), NOW).state is State.RELEASED
    )


def test_only_what_is_not_agreed_is_let_go_of_without_a_word() -> None:
    slot_reservation.require_replaceable(HELD)
    with pytest.raises(FailedPrecondition, match="reschedule"):
        slot_reservation.require_replaceable(slot_reservation.confirm(HELD, NOW))


@pytest.mark.parametrize(
    ("actor", "may"),
    [
        (Actor("pe_1", frozenset({"customer_service"})), True),
        (Actor("cu_li", frozenset({"customer"})), True),
        (Actor("cu_wang", frozenset({"customer"})), False),
        (Actor("pe_zhang", frozenset({"technician"})), True),
        (Actor("pe_guo", frozenset({"technician"})), False),
        (Actor("pe_2", frozenset({"finance"})), False),
    ],
)
def test_the_office_the_customer_and_the_technician_agree_on_a_visit(
    actor: Actor, may: bool
) -> None:
    if may:
        slot_reservation.require_party(actor, "cu_li", "pe_zhang")
    else:
        with pytest.raises(PermissionDenied):
            slot_reservation.require_party(actor, "cu_li", "pe_zhang")


def test_a_span_is_a_week_unless_it_is_said_and_two_months_at_most() -> None:
    assert slot_reservation.require_span(NOW, None, NOW) == NOW + timedelta(days=7)
    assert slot_reservation.require_span(NOW, NOW + timedelta(days=62), NOW) > NOW
    for begin, end in (
        (NOW, NOW),
        (NOW, NOW + timedelta(days=63)),
        (datetime(9999, 12, 31, 20, tzinfo=UTC), None),
    ):
        with pytest.raises(InvalidArgument):
            slot_reservation.require_span(begin, end, NOW)


def test_no_calendar_has_slots_in_the_far_future() -> None:
    slot_reservation.require_near(NOW + timedelta(days=100), NOW)
    with pytest.raises(NotFound):
        slot_reservation.require_near(datetime(9999, 12, 31, 23, tzinfo=UTC), NOW)


def test_a_move_is_counted_and_asks_the_customer_anew() -> None:
    history = [ChangeKind.AGREED, ChangeKind.CUSTOMER_CONFIRMED]
    assert told_by(history) == Told(CustomerAnswer.CONFIRMED, 0)
    history += [ChangeKind.RESCHEDULED, ChangeKind.SLOT_RELEASED]
    assert told_by(history) == Told(None, 1)
    history += [ChangeKind.CUSTOMER_ASKED]
    assert told_by(history) == Told(CustomerAnswer.ANOTHER_TIME, 1)


def test_to_agree_on_another_window_is_to_move() -> None:
    first, second = (NOW, NOW + HALF_AN_HOUR), (NOW + HALF_AN_HOUR, NOW + 2 * HALF_AN_HOUR)
    assert kind_of(None, first) is ChangeKind.AGREED
    assert kind_of(first, first) is ChangeKind.AGREED
    assert kind_of(first, second) is ChangeKind.RESCHEDULED


@pytest.mark.parametrize(
    ("why", "field"),
    [
        (Why("", None, RescheduleBlame.CUSTOMER), "reason_code"),
        (Why("", RescheduleReason.WEATHER_OR_ROAD, None), "blamed_party"),
        (Why("", RescheduleReason.OTHER, RescheduleBlame.NOBODY), "reason"),
    ],
)
def test_a_move_says_why_and_whose_doing_it_is(why: Why, field: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        rescheduling.require_why(why)
    assert refused.value.field == field
    rescheduling.require_why(Why("", RescheduleReason.WEATHER_OR_ROAD, RescheduleBlame.NOBODY))


@pytest.mark.parametrize(
    ("state", "after", "verb"),
    [
        (WorkOrderState.CREATED, WorkOrderState.CREATED, Verb.PROMISE),
        (WorkOrderState.OFFERED, WorkOrderState.OFFERED, Verb.PROMISE),
        (WorkOrderState.ACCEPTED, WorkOrderState.SCHEDULED, Verb.SCHEDULE),
        (WorkOrderState.SCHEDULED, WorkOrderState.SCHEDULED, Verb.SCHEDULE),
    ],
)
def test_before_somebody_accepts_a_window_is_promised_and_then_scheduled(
    state: WorkOrderState, after: WorkOrderState, verb: Verb
) -> None:
    agreed, by = rescheduling.agree(Progress("wo_1", state, 3, "000000"))
    assert (agreed.state, agreed.revision, by) == (after, 4, verb)


@pytest.mark.parametrize(
    "state", [WorkOrderState.IN_PROGRESS, WorkOrderState.COMPLETED, WorkOrderState.CANCELLED]
)
def test_no_window_is_agreed_for_what_is_under_way_or_over(state: WorkOrderState) -> None:
    with pytest.raises(FailedPrecondition):
        rescheduling.agree(Progress("wo_1", state, 3, "000000"))
