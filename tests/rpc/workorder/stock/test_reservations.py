"""Reservations hold until their instant and no longer, whoever looks."""

from datetime import timedelta

from protos.workorder.v1 import part_pb2, stock_pb2
from tests.rpc.workorder.stock.conftest import Yard, line

STATE = stock_pb2.StockReservationState


async def reserve(
    yard: Yard, order: str, quantity: int, **hours: float
) -> stock_pb2.StockReservation:
    held: stock_pb2.StockReservation = await yard.call(
        "StockService/ReserveParts",
        work_order_id=order,
        stockroom_id=yard.van,
        stock_lines=[line(yard.fuse, quantity)],
        expires_at=yard.desk.later(**(hours or {"hours": 2})),
    )
    return held


async def test_what_is_held_is_not_free_and_what_is_released_is(yard: Yard) -> None:
    await yard.receive(yard.fuse, 3, room=yard.van)
    order = await yard.in_progress()
    held = await reserve(yard, order, 2)
    level = await yard.level(yard.van, yard.fuse)
    assert (level.on_hand, level.reserved, level.free) == (3, 2, 1)
    released = await yard.call("StockService/ReleaseParts", reservation_id=held.reservation_id)
    assert released.state == STATE.STOCK_RESERVATION_STATE_RELEASED
    again = await yard.call("StockService/ReleaseParts", reservation_id=held.reservation_id)
    assert again.state == STATE.STOCK_RESERVATION_STATE_RELEASED
    assert await yard.free(yard.van, yard.fuse) == 3
    await yard.sound()


async def test_an_expired_reservation_is_free_for_others_from_its_instant_on(yard: Yard) -> None:
    await yard.receive(yard.fuse, 3, room=yard.van)
    order = await yard.in_progress()
    await reserve(yard, order, 3)
    wanted = {"stockroom_id": yard.van, "stock_lines": [line(yard.fuse, 2)], "reason": "受潮"}
    assert (await yard.refused("StockService/ScrapStock", **wanted)).reason == "STOCK_SHORT"
    yard.desk.clock.advance(timedelta(hours=2))
    assert await yard.free(yard.van, yard.fuse) == 3
    (shown,) = (
        await yard.call("StockService/ListReservations", stockroom_id=yard.van, past=True)
    ).stock_reservations
    assert shown.state == STATE.STOCK_RESERVATION_STATE_EXPIRED
    await yard.call("StockService/ScrapStock", **wanted)
    level = await yard.level(yard.van, yard.fuse)
    assert (level.on_hand, level.reserved) == (1, 0)
    await yard.sound()


async def test_closing_what_is_over_sends_its_request_back_and_wakes_the_case(yard: Yard) -> None:
    await yard.receive(yard.fuse, 2)
    asked = await yard.allocated(yard.fuse, 2, case_id="ca_9")
    yard.desk.clock.advance(timedelta(hours=48))
    late = {"part_request_id": asked.part_request_id}
    refusal = await yard.refused("PartService/DispatchParts", **late)
    assert refusal.reason == "PART_REQUEST_RESERVATION_EXPIRED"
    closed = await yard.call("StockService/ExpireReservations", limit=500)
    assert not closed.more
    waiting = await yard.call("PartService/GetPartRequest", **late)
    assert waiting.state == part_pb2.PART_REQUEST_STATE_APPROVED
    assert not waiting.HasField("reserved_until")
    # Of no case, so that the case that asked is woken by what the product did for nobody.
    assert yard.events("PartRequestChanged", asked.part_request_id)[-1][0] == ""
    nothing = await yard.call("StockService/ExpireReservations", limit=500)
    assert nothing.expired_count == 0
    assert await yard.free(yard.central, yard.fuse) == 2
    await yard.sound()


async def test_a_request_may_be_allocated_again_for_longer(yard: Yard) -> None:
    await yard.receive(yard.fuse, 2)
    asked = await yard.allocated(yard.fuse, 2)
    again = await yard.do(
        "AllocateParts",
        asked,
        from_stockroom_id=yard.central,
        reserved_until=yard.desk.later(days=7),
    )
    assert again.reservation_id != asked.reservation_id
    level = await yard.level(yard.central, yard.fuse)
    assert (level.on_hand, level.reserved) == (2, 2)
    await yard.sound()


async def test_what_a_request_holds_is_given_back_through_the_request(yard: Yard) -> None:
    await yard.receive(yard.fuse, 1)
    asked = await yard.allocated(yard.fuse, 1)
    refusal = await yard.refused("StockService/ReleaseParts", reservation_id=asked.reservation_id)
    assert refusal.reason == "STOCK_RESERVATION_OF_REQUEST"


async def test_parts_are_not_held_for_ever(yard: Yard) -> None:
    order = await yard.in_progress()
    refusal = await yard.refused(
        "StockService/ReserveParts",
        work_order_id=order,
        stockroom_id=yard.van,
        stock_lines=[line(yard.fuse, 1)],
        expires_at=yard.desk.later(days=91),
    )
    assert (refusal.reason, refusal.field) == ("STOCK_EXPIRY_INVALID", "expires_at")


async def test_as_many_are_closed_at_once_as_is_asked_and_whether_there_are_more_is_said(
    yard: Yard,
) -> None:
    await yard.receive(yard.fuse, 2, room=yard.van)
    order = await yard.in_progress()
    for _ in range(2):
        await reserve(yard, order, 1)
    yard.desk.clock.advance(timedelta(hours=2))
    some = await yard.call("StockService/ExpireReservations", limit=1)
    assert (some.expired_count, some.more) == (1, True)
