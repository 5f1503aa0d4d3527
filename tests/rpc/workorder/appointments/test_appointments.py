"""What was agreed: the window on the work order, and how it came to be."""

from datetime import timedelta
from typing import Any

from kit.authn import Actor
from protos.workorder.v1 import appointment_pb2 as pb
from protos.workorder.v1 import workorder_pb2
from tests.rpc.workorder.appointments.conftest import Bookings
from tests.rpc.workorder.conftest import CUSTOMER, CUSTOMER_SERVICE, DISPATCHER, technician

AGREED, RESCHEDULED = pb.APPOINTMENT_CHANGE_KIND_AGREED, pb.APPOINTMENT_CHANGE_KIND_RESCHEDULED
CHANGED = "workorder.v1.AppointmentChanged"


async def agreed(bookings: Bookings, hour: int = 9, **fields: Any) -> workorder_pb2.WorkOrder:
    """A work order that somebody has accepted, with a slot that is confirmed."""
    order = await bookings.accepted(**fields)
    held = await bookings.reserve(order.work_order_id, hour)
    await bookings.confirm(held.reservation_id)
    return await bookings.desk.get(order.work_order_id)


def move(bookings: Bookings, order: workorder_pb2.WorkOrder, hour: int = 11) -> dict[str, Any]:
    return {
        "work_order_id": order.work_order_id,
        "window_start": bookings.at(hour),
        "reason_code": pb.RESCHEDULE_REASON_CUSTOMER_UNAVAILABLE,
        "reason": "客户出差",
        "blamed_party": pb.RESCHEDULE_BLAME_CUSTOMER,
    }


async def test_a_confirmed_slot_is_the_window_of_the_work_order(bookings: Bookings) -> None:
    await bookings.calendar(1)
    order = await agreed(bookings)
    assert order.state == workorder_pb2.WORK_ORDER_STATE_SCHEDULED
    assert order.appointment.window_start == bookings.at(9)
    assert order.appointment.window_end == bookings.at(11)
    standing = await bookings.standing(order.work_order_id)
    assert standing.appointment == order.appointment
    assert standing.reservation.state == pb.SLOT_RESERVATION_STATE_CONFIRMED
    (change,) = standing.changes
    assert (change.kind, change.to_window) == (AGREED, order.appointment)
    assert change.reservation_id == standing.reservation.reservation_id
    assert bookings.events("appointment", order.work_order_id) == [CHANGED]


async def test_before_anybody_accepts_the_window_is_promised(bookings: Bookings) -> None:
    await bookings.calendar(1)
    order = await bookings.order()
    held = await bookings.reserve(order.work_order_id)
    await bookings.confirm(held.reservation_id)
    promised = await bookings.desk.get(order.work_order_id)
    assert promised.state == workorder_pb2.WORK_ORDER_STATE_CREATED
    assert promised.appointment.window_start == bookings.at(9)
    assert promised.revision == order.revision + 1


async def test_another_slot_is_taken_and_the_first_given_back_in_one_step(
    bookings: Bookings,
) -> None:
    await bookings.calendar(1, 1)
    order = await agreed(bookings)
    standing = await bookings.call(
        "RescheduleAppointment", CUSTOMER_SERVICE, **move(bookings, order)
    )
    assert standing.appointment.window_start == bookings.at(11)
    assert standing.reschedule_count == 1
    assert await bookings.left() == [1, 0]
    change = standing.changes[-1]
    assert change.kind == RESCHEDULED
    assert (change.from_window, change.to_window) == (order.appointment, standing.appointment)
    assert (change.reason_code, change.reason, change.blamed_party) == (
        pb.RESCHEDULE_REASON_CUSTOMER_UNAVAILABLE,
        "客户出差",
        pb.RESCHEDULE_BLAME_CUSTOMER,
    )
    assert change.acting_person_id == "pe_service"
    now = await bookings.desk.get(order.work_order_id)
    assert now.appointment == standing.appointment
    assert now.state == workorder_pb2.WORK_ORDER_STATE_SCHEDULED


async def test_a_move_to_a_full_slot_changes_nothing(bookings: Bookings) -> None:
    await bookings.calendar(1, 1)
    order = await agreed(bookings)
    await bookings.for_case("ca_other", 11)
    refusal = await bookings.refused("RescheduleAppointment", **move(bookings, order))
    assert refusal.reason == "APPOINTMENT_SLOT_FULL"
    assert await bookings.desk.get(order.work_order_id) == order
    assert await bookings.left() == [0, 0]


async def test_a_move_says_why_and_goes_somewhere_else(bookings: Bookings) -> None:
    await bookings.calendar(1, 1)
    order = await agreed(bookings)
    for field in ("reason_code", "blamed_party"):
        refusal = await bookings.refused(
            "RescheduleAppointment", **move(bookings, order) | {field: 0}
        )
        assert (refusal.reason, refusal.field) == ("APPOINTMENT_REASON_MISSING", field)
    nowhere = await bookings.refused("RescheduleAppointment", **move(bookings, order, hour=9))
    assert nowhere.reason == "APPOINTMENT_UNMOVED"
    unheard = await bookings.refused(
        "RescheduleAppointment", **move(bookings, order) | {"reason_code": 99}
    )
    assert unheard.field == "reason_code"


async def test_what_was_never_agreed_is_neither_moved_nor_answered(bookings: Bookings) -> None:
    await bookings.calendar(1, 1)
    order = await bookings.accepted()
    refusal = await bookings.refused("RescheduleAppointment", **move(bookings, order))
    assert refusal.reason == "APPOINTMENT_MISSING"
    refusal = await bookings.refused(
        "AnswerAppointment",
        work_order_id=order.work_order_id,
        answer=pb.CUSTOMER_ANSWER_CONFIRMED,
    )
    assert refusal.reason == "APPOINTMENT_MISSING"
    empty = await bookings.standing(order.work_order_id)
    assert not empty.HasField("appointment")
    assert not empty.changes


async def test_the_customer_answers_and_after_a_move_is_asked_anew(bookings: Bookings) -> None:
    await bookings.calendar(1, 1)
    order = await agreed(bookings)
    this = {"work_order_id": order.work_order_id}
    suits = await bookings.call(
        "AnswerAppointment", CUSTOMER, **this, answer=pb.CUSTOMER_ANSWER_CONFIRMED
    )
    assert suits.customer_answer == pb.CUSTOMER_ANSWER_CONFIRMED
    saturday = workorder_pb2.Appointment(
        window_start=bookings.at(9, 5), window_end=bookings.at(12, 5)
    )
    asks = await bookings.call(
        "AnswerAppointment",
        CUSTOMER,
        **this,
        answer=pb.CUSTOMER_ANSWER_ANOTHER_TIME,
        comment="周末才在家",
        wished=saturday,
    )
    assert asks.customer_answer == pb.CUSTOMER_ANSWER_ANOTHER_TIME
    assert (asks.changes[-1].to_window, asks.changes[-1].reason) == (saturday, "周末才在家")
    assert asks.appointment == order.appointment, "nothing has moved yet"
    moved = await bookings.call("RescheduleAppointment", **move(bookings, order))
    assert moved.customer_answer == pb.CUSTOMER_ANSWER_UNSPECIFIED
    assert [each.change_number for each in moved.changes] == [1, 2, 3, 4]
    assert bookings.events("appointment", order.work_order_id) == [CHANGED] * 4


async def test_only_the_customers_side_answers(bookings: Bookings) -> None:
    await bookings.calendar(1)
    order = await agreed(bookings)
    said = {"work_order_id": order.work_order_id, "answer": pb.CUSTOMER_ANSWER_CONFIRMED}
    for actor in (DISPATCHER, technician(order.technician_id)):
        assert (
            await bookings.refused("AnswerAppointment", actor, **said)
        ).reason == "ROLE_REQUIRED"
    stranger = Actor("cu_wang", frozenset({"customer"}))
    for rpc, fields in (
        ("AnswerAppointment", said),
        ("GetAppointment", {"work_order_id": order.work_order_id}),
        ("RescheduleAppointment", move(bookings, order)),
    ):
        assert (await bookings.refused(rpc, stranger, **fields)).reason == "WORK_ORDER_UNKNOWN"
    silent = await bookings.refused("AnswerAppointment", work_order_id=order.work_order_id)
    assert silent.reason == "APPOINTMENT_ANSWER_MISSING"


async def test_customers_move_their_own_appointment(bookings: Bookings) -> None:
    await bookings.calendar(1, 1)
    order = await agreed(bookings)
    moved = await bookings.call("RescheduleAppointment", CUSTOMER, **move(bookings, order))
    assert moved.changes[-1].acting_person_id == "cu_li"


async def test_a_window_that_the_technician_agrees_gives_the_slot_back(bookings: Bookings) -> None:
    await bookings.calendar(1, 1)
    order = await agreed(bookings)
    evening = workorder_pb2.Appointment(window_start=bookings.at(19), window_end=bookings.at(20))
    await bookings.desk.call(
        "ScheduleAppointment",
        technician(order.technician_id),
        work_order_id=order.work_order_id,
        appointment=evening,
    )
    standing = await bookings.standing(order.work_order_id)
    assert standing.appointment == evening
    assert not standing.HasField("reservation")
    assert standing.reschedule_count == 1
    assert await bookings.left() == [1, 1]


async def test_the_technicians_word_on_the_window_held_confirms_its_slot(
    bookings: Bookings,
) -> None:
    await bookings.calendar(1)
    order = await bookings.accepted()
    held = await bookings.reserve(order.work_order_id)
    window = workorder_pb2.Appointment(window_start=held.window_start, window_end=held.window_end)
    await bookings.desk.call(
        "ScheduleAppointment",
        technician(order.technician_id),
        work_order_id=order.work_order_id,
        appointment=window,
    )
    standing = await bookings.standing(order.work_order_id)
    assert standing.reservation.state == pb.SLOT_RESERVATION_STATE_CONFIRMED
    bookings.desk.clock.advance(timedelta(hours=2))
    assert await bookings.left() == [0]


async def test_a_cancelled_work_order_gives_its_slot_back(bookings: Bookings) -> None:
    await bookings.calendar(1)
    order = await agreed(bookings)
    await bookings.desk.call(
        "CancelWorkOrder", DISPATCHER, work_order_id=order.work_order_id, reason="客户退货"
    )
    assert await bookings.left() == [1]
    standing = await bookings.standing(order.work_order_id)
    assert not standing.HasField("reservation")


async def test_a_slot_that_is_given_back_leaves_the_window_and_stands_in_the_history(
    bookings: Bookings,
) -> None:
    await bookings.calendar(1)
    order = await agreed(bookings)
    standing = await bookings.standing(order.work_order_id)
    await bookings.call(
        "ReleaseSlot", reservation_id=standing.reservation.reservation_id, reason="排错了"
    )
    after = await bookings.standing(order.work_order_id)
    assert after.appointment == order.appointment
    assert not after.HasField("reservation")
    assert after.changes[-1].kind == pb.APPOINTMENT_CHANGE_KIND_SLOT_RELEASED
    again = await bookings.call("RescheduleAppointment", **move(bookings, order) | {
        "window_start": bookings.at(9, 2)
    })  # fmt: skip
    assert again.reservation.window_start == bookings.at(9, 2)


async def test_a_window_that_is_over_is_not_agreed(bookings: Bookings) -> None:
    await bookings.calendar(1)
    order = await bookings.accepted()
    held = await bookings.reserve(order.work_order_id, hold_minutes=10_000)
    bookings.desk.clock.advance(timedelta(days=2))
    refusal = await bookings.refused("ConfirmSlot", reservation_id=held.reservation_id)
    assert refusal.reason == "WORK_ORDER_APPOINTMENT_INVALID"
