"""Parts used on work orders: taken from what is held, costed, reversed; and the old ones owed for."""

from datetime import timedelta
from typing import Any

from kit.authn import Actor
from protos.workorder.v1 import part_pb2
from tests.rpc.workorder.stock.conftest import FINANCE, WAREHOUSE, Yard, line


def used(yard: Yard, order: str, *parts: part_pb2.UsedPart) -> dict[str, Any]:
    return {
        "work_order_id": order,
        "technician_id": yard.zhang.person_id,
        "used_parts": parts,
    }


async def pump_used(yard: Yard) -> tuple[str, part_pb2.PartUse]:
    """A pump of 900.00 in a customer's appliance."""
    await yard.receive(yard.pump, 1, 90_000, "SN1", room=yard.van)
    order = await yard.in_progress()
    part = part_pb2.UsedPart(
        item_code=yard.pump, quantity=1, serial_numbers=["SN1"], in_warranty=True
    )
    use: part_pb2.PartUse = await yard.call(
        "PartService/UseParts", yard.zhang, **used(yard, order, part)
    )
    return order, use


async def test_what_is_held_for_the_work_order_is_taken_first(yard: Yard) -> None:
    await yard.receive(yard.fuse, 5, room=yard.van)
    order, other = await yard.in_progress(), await yard.in_progress()
    for each, quantity in ((order, 2), (other, 2)):
        await yard.call(
            "StockService/ReserveParts",
            work_order_id=each,
            stockroom_id=yard.van,
            stock_lines=[line(yard.fuse, quantity)],
        )
    three = part_pb2.UsedPart(item_code=yard.fuse, quantity=3)
    await yard.call("PartService/UseParts", yard.zhang, **used(yard, order, three))
    level = await yard.level(yard.van, yard.fuse)
    assert (level.on_hand, level.reserved) == (2, 2)
    one = part_pb2.UsedPart(item_code=yard.fuse, quantity=1)
    refusal = await yard.refused("PartService/UseParts", yard.zhang, **used(yard, order, one))
    assert refusal.reason == "STOCK_SHORT"
    await yard.sound()


async def test_the_cost_of_a_work_orders_parts_is_summed_by_item_and_warranty(yard: Yard) -> None:
    await yard.receive(yard.fuse, 10, 100, room=yard.van)
    order = await yard.in_progress()
    parts = [
        part_pb2.UsedPart(item_code=yard.fuse, quantity=2),
        part_pb2.UsedPart(item_code=yard.fuse, quantity=1, in_warranty=True),
    ]
    use = await yard.call("PartService/UseParts", yard.zhang, **used(yard, order, *parts))
    assert [each.HasField("cost") for each in use.part_use_lines] == [False, False]
    asked = {"work_order_id": order}
    cost = await yard.call("PartService/GetWorkOrderPartsCost", FINANCE, **asked)
    lines = [(each.in_warranty, each.cost.amount_minor) for each in cost.parts_cost_lines]
    assert lines == [(False, 200), (True, 100)]
    refusal = await yard.refused("PartService/GetWorkOrderPartsCost", yard.zhang, **asked)
    assert refusal.reason == "ROLE_REQUIRED"
    await yard.call("PartService/ReversePartUse", part_use_id=use.part_use_id, reason="录错工单")
    cost = await yard.call("PartService/GetWorkOrderPartsCost", FINANCE, **asked)
    assert not cost.parts_cost_lines


async def test_parts_are_used_by_who_holds_the_work_order_while_it_is_done(yard: Yard) -> None:
    await yard.receive(yard.fuse, 1, room=yard.van)
    one = part_pb2.UsedPart(item_code=yard.fuse, quantity=1)
    await yard.desk.technician(technician_id=yard.zhang.person_id)
    early = (await yard.desk.scheduled(yard.zhang.person_id)).work_order_id
    refusal = await yard.refused("PartService/UseParts", yard.zhang, **used(yard, early, one))
    assert refusal.reason == "PART_USE_STATE_FORBIDS"
    others = (await yard.desk.in_progress()).work_order_id
    refusal = await yard.refused("PartService/UseParts", yard.zhang, **used(yard, others, one))
    assert refusal.reason == "WORK_ORDER_NOT_YOURS"
    stranger = Actor("pe_stranger", frozenset({"technician"}))
    refusal = await yard.refused("PartService/UseParts", stranger, **used(yard, early, one))
    assert refusal.reason == "WORK_ORDER_NOT_YOURS"
    assert await yard.free(yard.van, yard.fuse) == 1


async def test_an_old_part_is_owed_until_it_is_back(yard: Yard) -> None:
    order, use = await pump_used(yard)
    owed = {"work_order_id": order}
    (core,) = (await yard.call("PartService/ListCoreReturns", yard.zhang, **owed)).core_returns
    assert core.owed_by_person_id == yard.zhang.person_id
    assert not core.overdue
    yard.desk.clock.advance(timedelta(days=14))
    (core,) = (await yard.call("PartService/ListCoreReturns", overdue=True, **owed)).core_returns
    assert core.overdue
    this = {"core_return_id": core.core_return_id}
    refusal = await yard.refused("PartService/ReceiveCore", stockroom_id=yard.central, **this)
    assert refusal.reason == "STOCKROOM_UNFIT"
    back = await yard.call("PartService/ReceiveCore", stockroom_id=yard.returns, **this)
    assert back.state == part_pb2.CORE_RETURN_STATE_RECEIVED
    level = await yard.level(yard.returns, yard.pump)
    assert (level.on_hand, level.stock_value.amount_minor) == (1, 0)
    refusal = await yard.refused("PartService/ReceiveCore", stockroom_id=yard.returns, **this)
    assert refusal.reason == "CORE_RETURN_STATE_FORBIDS"
    refusal = await yard.refused("PartService/ReversePartUse", part_use_id=use.part_use_id)
    assert refusal.reason == "CORE_RETURN_STATE_FORBIDS"
    await yard.sound()


async def test_an_old_part_may_be_waived_with_a_reason(yard: Yard) -> None:
    order, _ = await pump_used(yard)
    (core,) = (await yard.call("PartService/ListCoreReturns", work_order_id=order)).core_returns
    this = {"core_return_id": core.core_return_id}
    refusal = await yard.refused("PartService/WaiveCoreReturn", **this)
    assert refusal.reason == "STOCK_REASON_MISSING"
    waived = await yard.call("PartService/WaiveCoreReturn", reason="客户留存", **this)
    assert waived.state == part_pb2.CORE_RETURN_STATE_WAIVED
    assert waived.closed_by_person_id == WAREHOUSE.person_id


async def test_a_use_that_was_a_mistake_is_taken_back_at_its_cost_and_once(yard: Yard) -> None:
    order, use = await pump_used(yard)
    this = {"part_use_id": use.part_use_id, "reason": "录错工单"}
    undone = await yard.call("PartService/ReversePartUse", yard.zhang, **this)
    assert undone.HasField("reversed_at")
    level = await yard.level(yard.van, yard.pump)
    assert (level.free, level.stock_value.amount_minor) == (1, 90_000)
    found = await yard.call("StockService/ListStockUnits", item_code=yard.pump)
    assert found.stock_units[0].stockroom_id == yard.van
    (core,) = (await yard.call("PartService/ListCoreReturns", work_order_id=order)).core_returns
    assert core.state == part_pb2.CORE_RETURN_STATE_VOID
    again = await yard.call("PartService/ReversePartUse", yard.zhang, **this)
    assert again == undone
    assert await yard.free(yard.van, yard.pump) == 1
    await yard.sound()


async def test_uses_are_listed_for_their_work_order_and_to_their_technician(yard: Yard) -> None:
    order, use = await pump_used(yard)
    for who, fields in ((WAREHOUSE, {"work_order_id": order}), (yard.zhang, {})):
        listed = await yard.call("PartService/ListPartUses", who, **fields)
        assert [each.part_use_id for each in listed.part_uses] == [use.part_use_id]
    stranger = Actor("pe_stranger", frozenset({"technician"}))
    assert not (await yard.call("PartService/ListPartUses", stranger)).part_uses
