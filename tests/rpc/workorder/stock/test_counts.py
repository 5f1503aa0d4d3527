"""盘点: the difference is posted, with a reason, and a large one by somebody who did not count."""

from typing import Any

from protos.common.v1.money_pb2 import Money
from protos.workorder.v1 import stock_count_pb2
from tests.rpc.workorder.stock.conftest import OTHER_WAREHOUSE, Yard


def counted(item: str, quantity: int, *serials: str, reason: str = "", cost: int = 0) -> Any:
    return stock_count_pb2.CountedItem(
        item_code=item,
        quantity=quantity,
        serial_numbers=serials,
        reason=reason,
        unit_cost=Money(currency="CNY", amount_minor=cost),
    )


async def opened(yard: Yard) -> dict[str, str]:
    count = await yard.call("StockCountService/OpenStockCount", stockroom_id=yard.central)
    return {"stock_count_id": count.stock_count_id}


async def test_a_difference_is_posted_though_stock_went_on_moving(yard: Yard) -> None:
    await yard.receive(yard.fuse, 10, 100)
    this = await opened(yard)
    await yard.call(
        "StockCountService/RecordStockCount",
        counted_items=[counted(yard.fuse, 8, reason="少两只")],
        **this,
    )
    await yard.receive(yard.fuse, 5, 100)
    posted = await yard.call("StockCountService/PostStockCount", **this)
    assert posted.state == stock_count_pb2.STOCK_COUNT_STATE_POSTED
    level = await yard.level(yard.central, yard.fuse)
    assert (level.on_hand, level.stock_value.amount_minor) == (13, 1_300)
    refusal = await yard.refused("StockCountService/PostStockCount", **this)
    assert refusal.reason == "STOCK_COUNT_CLOSED"
    await yard.sound()


async def test_a_difference_needs_a_reason_and_agreement_none(yard: Yard) -> None:
    await yard.receive(yard.fuse, 3)
    this = await opened(yard)
    refusal = await yard.refused(
        "StockCountService/RecordStockCount", counted_items=[counted(yard.fuse, 2)], **this
    )
    assert (refusal.reason, refusal.field) == (
        "STOCK_REASON_MISSING",
        "counted_items[0].reason",
    )
    await yard.call(
        "StockCountService/RecordStockCount", counted_items=[counted(yard.fuse, 3)], **this
    )
    await yard.call("StockCountService/PostStockCount", **this)
    moved = await yard.call("StockService/ListStockMovements", document_id=this["stock_count_id"])
    assert not moved.stock_movements


async def test_a_large_difference_is_posted_by_somebody_who_did_not_count(yard: Yard) -> None:
    await yard.receive(yard.fuse, 10, 1_001)
    this = await opened(yard)
    lines = [counted(yard.fuse, 9, reason="少一只")]
    told = await yard.call("StockCountService/RecordStockCount", counted_items=lines, **this)
    assert told.needs_four_eyes
    refusal = await yard.refused("StockCountService/PostStockCount", **this)
    assert refusal.reason == "STOCK_COUNT_OWN_POSTING"
    posted = await yard.call("StockCountService/PostStockCount", OTHER_WAREHOUSE, **this)
    assert posted.closed_by_person_id == OTHER_WAREHOUSE.person_id
    assert await yard.free(yard.central, yard.fuse) == 9


async def test_units_that_are_missing_and_that_turned_up_are_moved_by_name(yard: Yard) -> None:
    await yard.receive(yard.pump, 2, 400, "SN1", "SN2")
    this = await opened(yard)
    found = [counted(yard.pump, 2, "SN1", "SN3", reason="标签贴错")]
    told = await yard.call("StockCountService/RecordStockCount", counted_items=found, **this)
    (of,) = told.stock_count_lines
    assert (list(of.missing_serials), list(of.surplus_serials)) == (["SN2"], ["SN3"])
    await yard.call("StockCountService/PostStockCount", **this)
    units = await yard.call(
        "StockService/ListStockUnits", item_code=yard.pump, stockroom_id=yard.central
    )
    assert [each.serial_number for each in units.stock_units] == ["SN1", "SN3"]
    level = await yard.level(yard.central, yard.pump)
    assert (level.on_hand, level.stock_value.amount_minor) == (2, 800)
    await yard.sound()


async def test_what_is_found_where_none_was_is_worth_what_is_said(yard: Yard) -> None:
    this = await opened(yard)
    lines = [counted(yard.fuse, 4, reason="漏记入库", cost=250)]
    await yard.call("StockCountService/RecordStockCount", counted_items=lines, **this)
    await yard.call("StockCountService/PostStockCount", **this)
    level = await yard.level(yard.central, yard.fuse)
    assert (level.on_hand, level.stock_value.amount_minor) == (4, 1_000)


async def test_a_count_does_not_take_what_is_held(yard: Yard) -> None:
    await yard.receive(yard.fuse, 2)
    await yard.allocated(yard.fuse, 2)
    this = await opened(yard)
    lines = [counted(yard.fuse, 1, reason="少一只")]
    await yard.call("StockCountService/RecordStockCount", counted_items=lines, **this)
    assert (await yard.refused("StockCountService/PostStockCount", **this)).reason == "STOCK_SHORT"


async def test_one_count_at_a_time_is_open_and_a_cancelled_one_moves_nothing(yard: Yard) -> None:
    await yard.receive(yard.fuse, 2)
    this = await opened(yard)
    refusal = await yard.refused("StockCountService/OpenStockCount", stockroom_id=yard.central)
    assert refusal.reason == "STOCK_COUNT_OPEN"
    lines = [counted(yard.fuse, 0, reason="找不到")]
    await yard.call("StockCountService/RecordStockCount", counted_items=lines, **this)
    gone = await yard.call("StockCountService/CancelStockCount", **this)
    assert gone.state == stock_count_pb2.STOCK_COUNT_STATE_CANCELLED
    assert await yard.free(yard.central, yard.fuse) == 2
    listed = await yard.call("StockCountService/ListStockCounts", stockroom_id=yard.central)
    assert [each.stock_count_id for each in listed.stock_counts] == [gone.stock_count_id]
    await opened(yard)


async def test_only_who_holds_a_stockroom_counts_it(yard: Yard) -> None:
    refusal = await yard.refused(
        "StockCountService/OpenStockCount", yard.zhang, stockroom_id=yard.central
    )
    assert refusal.reason == "STOCKROOM_UNKNOWN"
    count = await yard.call("StockCountService/OpenStockCount", yard.zhang, stockroom_id=yard.van)
    assert count.opened_by_person_id == yard.zhang.person_id
