"""Who holds a slot: held, confirmed, let go of, over."""

from datetime import timedelta

from kit.authn import SYSTEM, Actor
from kit.rpc.convert import instant_to_proto
from protos.workorder.v1 import appointment_pb2 as pb
from tests.rpc.workorder.appointments.conftest import Bookings
from tests.rpc.workorder.conftest import CUSTOMER, DISPATCHER, technician

HELD, CONFIRMED = pb.SLOT_RESERVATION_STATE_HELD, pb.SLOT_RESERVATION_STATE_CONFIRMED
RELEASED, EXPIRED = pb.SLOT_RESERVATION_STATE_RELEASED, pb.SLOT_RESERVATION_STATE_EXPIRED
CHANGED = "workorder.v1.SlotReservationChanged"


async def test_a_slot_is_held_for_as_long_as_its_calendar_says(bookings: Bookings) -> None:
    await bookings.calendar(2, hold_minutes=20)
    order = await bookings.order()
    held = await bookings.reserve(order.work_order_id)
    assert (held.state, held.case_id, held.customer_id) == (HELD, bookings.case("ca_1"), "cu_li")
    assert (held.window_start, held.window_end) == (bookings.at(9), bookings.at(11))
    assert held.expires_at == bookings.desk.later(minutes=20)
    assert await bookings.left() == [1]
    assert bookings.events("slot_reservation", held.reservation_id) == [CHANGED]


async def test_a_work_order_without_a_case_has_its_slot_too(bookings: Bookings) -> None:
    await bookings.calendar(2)
    orders = [
        await bookings.desk.order(case_id="", place=bookings.place(), title=title)
        for title in ("无个案的一单", "无个案的另一单")
    ]
    held = [await bookings.reserve(order.work_order_id) for order in orders]
    assert [each.case_id for each in held] == ["", ""]
    agreed = [await bookings.confirm(each.reservation_id) for each in held]
    assert [each.work_order_id for each in agreed] == [each.work_order_id for each in orders]
    assert bookings.counted() == [(2, 2)]


async def test_the_same_slot_again_is_the_one_that_is_held(bookings: Bookings) -> None:
    await bookings.calendar(2)
    first = await bookings.for_case("ca_1")
    assert await bookings.for_case("ca_1") == first
    assert bookings.counted() == [(1, 1)]


async def test_whoever_prefers_another_slot_lets_go_of_the_first(bookings: Bookings) -> None:
    await bookings.calendar(1, 1)
    first = await bookings.for_case("ca_1", 9)
    second = await bookings.for_case("ca_1", 11)
    assert await bookings.left() == [1, 0]
    former = await bookings.call("GetSlotReservation", reservation_id=first.reservation_id)
    assert former.state == RELEASED
    assert former.end_reason
    await bookings.confirm(second.reservation_id)
    refusal = await bookings.refused("ReserveSlot", **bookings.of_case("ca_1", 9))
    assert refusal.reason == "APPOINTMENT_CONFIRMED_ALREADY"


async def test_whoever_finds_the_other_slot_full_keeps_the_first(bookings: Bookings) -> None:
    await bookings.calendar(1, 1)
    await bookings.for_case("ca_2", 11)
    first = await bookings.for_case("ca_1", 9)
    refusal = await bookings.refused("ReserveSlot", **bookings.of_case("ca_1", 11))
    assert refusal.reason == "APPOINTMENT_SLOT_FULL"
    kept = await bookings.call("GetSlotReservation", reservation_id=first.reservation_id)
    assert kept.state == HELD


async def test_a_hold_whose_time_is_over_frees_its_place_at_that_instant(
    bookings: Bookings,
) -> None:
    await bookings.calendar(1)
    held = await bookings.for_case("ca_1")
    bookings.desk.clock.advance(timedelta(minutes=30))
    assert await bookings.left() == [1]
    over = await bookings.call("GetSlotReservation", reservation_id=held.reservation_id)
    assert (over.state, over.ended_at) == (EXPIRED, held.expires_at)
    refusal = await bookings.refused("ConfirmSlot", reservation_id=held.reservation_id)
    assert refusal.reason == "APPOINTMENT_HOLD_OVER"
    await bookings.for_case("ca_2")
    assert bookings.counted() == [(1, 1)]
    assert bookings.events("slot_reservation", held.reservation_id) == [CHANGED, CHANGED]


async def test_the_sweep_writes_down_what_is_over_once(bookings: Bookings) -> None:
    await bookings.calendar(3)
    for number in range(3):
        await bookings.for_case(f"ca_{number}")
    bookings.desk.clock.advance(timedelta(minutes=30))
    swept = await bookings.call("ExpireSlots")
    assert swept.expired_count >= 3
    assert not swept.more
    assert bookings.counted() == [(0, 0)]
    assert (await bookings.call("ExpireSlots")).expired_count == 0
    listed = await bookings.call(
        "ListSlotReservations", case_id=bookings.case("ca_0"), state=EXPIRED
    )
    assert bookings.zone in {each.territory_code for each in listed.reservations}


async def test_what_is_confirmed_does_not_expire(bookings: Bookings) -> None:
    await bookings.calendar(1)
    held = await bookings.for_case("ca_1")
    confirmed = await bookings.confirm(held.reservation_id)
    assert (confirmed.state, confirmed.confirmed_by_person_id) == (CONFIRMED, "system")
    bookings.desk.clock.advance(timedelta(hours=5))
    await bookings.call("ExpireSlots")
    assert await bookings.confirm(held.reservation_id) == confirmed
    assert bookings.counted() == [(1, 1)]


async def test_letting_go_twice_is_letting_go_once(bookings: Bookings) -> None:
    await bookings.calendar(1)
    held = await bookings.for_case("ca_1")
    released = await bookings.call(
        "ReleaseSlot", reservation_id=held.reservation_id, reason="不装了"
    )
    assert (released.state, released.end_reason) == (RELEASED, "不装了")
    assert await bookings.call("ReleaseSlot", reservation_id=held.reservation_id) == released
    assert bookings.counted() == [(0, 0)]


async def test_a_slot_that_was_reserved_before_the_work_order_becomes_its_own(
    bookings: Bookings,
) -> None:
    await bookings.calendar(1)
    held = await bookings.for_case("ca_1")
    order = await bookings.order()
    confirmed = await bookings.confirm(held.reservation_id, work_order_id=order.work_order_id)
    assert confirmed.work_order_id == order.work_order_id
    now = await bookings.desk.get(order.work_order_id)
    assert now.appointment.window_start == bookings.at(9)


async def test_a_slot_that_was_confirmed_before_the_work_order_becomes_its_own(
    bookings: Bookings,
) -> None:
    await bookings.calendar(1)
    held = await bookings.for_case("ca_1")
    first = await bookings.confirm(held.reservation_id)
    order = await bookings.order()
    bookings.desk.clock.advance(timedelta(hours=1))
    later = await bookings.confirm(held.reservation_id, work_order_id=order.work_order_id)
    assert later.confirmed_at == first.confirmed_at
    assert (await bookings.standing(order.work_order_id)).reservation == later


async def test_a_slot_of_another_case_is_not_taken_over(bookings: Bookings) -> None:
    await bookings.calendar(2)
    held = await bookings.for_case("ca_other")
    order = await bookings.order()
    refusal = await bookings.refused(
        "ConfirmSlot", reservation_id=held.reservation_id, work_order_id=order.work_order_id
    )
    assert refusal.reason == "APPOINTMENT_OTHER_CASE"


async def test_a_work_order_with_a_slot_takes_no_second_one(bookings: Bookings) -> None:
    await bookings.calendar(2, 2)
    order = await bookings.order()
    await bookings.reserve(order.work_order_id, 9)
    held = await bookings.for_case("ca_1", 11)
    refusal = await bookings.refused(
        "ConfirmSlot", reservation_id=held.reservation_id, work_order_id=order.work_order_id
    )
    assert refusal.reason == "APPOINTMENT_CONFIRMED_ALREADY"


async def test_customers_reserve_for_themselves_and_see_their_own(bookings: Bookings) -> None:
    await bookings.calendar(3)
    order = await bookings.order()
    held = await bookings.call(
        "ReserveSlot", CUSTOMER, work_order_id=order.work_order_id, window_start=bookings.at(9)
    )
    stranger = Actor("cu_wang", frozenset({"customer"}))
    this = {"reservation_id": held.reservation_id}
    for rpc in ("GetSlotReservation", "ConfirmSlot", "ReleaseSlot"):
        refusal = await bookings.refused(rpc, stranger, **this)
        assert refusal.reason == "APPOINTMENT_RESERVATION_UNKNOWN"
    mine = await bookings.call("ListSlotReservations", CUSTOMER, work_order_id=order.work_order_id)
    assert list(mine.reservations) == [held]
    theirs = await bookings.call("ListSlotReservations", stranger)
    assert list(theirs.reservations) == []
    foreign = await bookings.refused("ReserveSlot", stranger, **bookings.of_case("ca_9"))
    assert foreign.reason == "APPOINTMENT_NOT_YOURS"
    await bookings.call("ConfirmSlot", CUSTOMER, **this)


async def test_an_office_of_elsewhere_neither_sees_nor_reserves(bookings: Bookings) -> None:
    await bookings.calendar(1)
    held = await bookings.for_case("ca_1")
    shanghai = Actor("pe_sh", frozenset({"dispatcher"}), region_adcodes=("310000",))
    this = {"reservation_id": held.reservation_id}
    assert (await bookings.refused("GetSlotReservation", shanghai, **this)).reason == (
        "APPOINTMENT_RESERVATION_UNKNOWN"
    )
    refusal = await bookings.refused("ReserveSlot", shanghai, **bookings.of_case("ca_2"))
    assert refusal.reason == "APPOINTMENT_NOT_YOURS"
    here = Actor("pe_bj", frozenset({"dispatcher"}), region_adcodes=("110105",))
    assert (await bookings.call("GetSlotReservation", here, **this)) == held


async def test_technicians_reserve_for_the_work_they_hold(bookings: Bookings) -> None:
    await bookings.calendar(2)
    order = await bookings.accepted()
    zhang, guo = technician(order.technician_id), technician("pe_guo")
    wanted = {"work_order_id": order.work_order_id, "window_start": bookings.at(9)}
    assert (await bookings.refused("ReserveSlot", guo, **wanted)).reason == "WORK_ORDER_UNKNOWN"
    held = await bookings.call("ReserveSlot", zhang, **wanted)
    seen = await bookings.call("GetSlotReservation", zhang, reservation_id=held.reservation_id)
    assert seen == held
    assert (
        await bookings.refused("GetSlotReservation", guo, reservation_id=held.reservation_id)
    ).reason == "APPOINTMENT_RESERVATION_UNKNOWN"


async def test_a_slot_needs_somebody_it_is_for(bookings: Bookings) -> None:
    await bookings.calendar(1)
    for missing in ("case_id", "customer_id"):
        refusal = await bookings.refused("ReserveSlot", **bookings.of_case("ca_1") | {missing: ""})
        assert (refusal.reason, refusal.field) == ("APPOINTMENT_HOLDER_MISSING", missing)


async def test_there_is_a_slot_only_where_a_calendar_has_one(bookings: Bookings) -> None:
    await bookings.calendar(1)
    half_past = instant_to_proto(bookings.at(9).ToDatetime() + timedelta(minutes=30))
    for start in (half_past, bookings.at(9, 9000)):
        refusal = await bookings.refused(
            "ReserveSlot", **bookings.of_case("ca_1") | {"window_start": start}
        )
        assert refusal.reason == "APPOINTMENT_SLOT_UNKNOWN"


async def test_work_that_is_over_reserves_nothing(bookings: Bookings) -> None:
    await bookings.calendar(1)
    order = await bookings.desk.in_progress(place=bookings.place())
    refusal = await bookings.refused(
        "ReserveSlot", work_order_id=order.work_order_id, window_start=bookings.at(9)
    )
    assert refusal.reason == "WORK_ORDER_STATE_FORBIDS"


async def test_a_repeated_call_is_answered_as_before(bookings: Bookings) -> None:
    await bookings.calendar(1)
    wanted = {"idempotency_key": f"once-{bookings.zone}", **bookings.of_case("ca_1")}
    first = await bookings.call("ReserveSlot", **wanted)
    await bookings.call("ReleaseSlot", reservation_id=first.reservation_id)
    assert await bookings.call("ReserveSlot", **wanted) == first
    assert bookings.counted() == [(0, 0)]


async def test_only_the_product_itself_sweeps(bookings: Bookings) -> None:
    assert (await bookings.refused("ExpireSlots", DISPATCHER)).reason == "ROLE_REQUIRED"
    assert (await bookings.refused("ExpireSlots", SYSTEM, limit=501)).reason == (
        "APPOINTMENT_LIMIT_INVALID"
    )
